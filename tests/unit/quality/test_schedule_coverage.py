"""Coverage of a schedule: overall, by service, and by weekday, half and role, as a count by hand finds it."""

import pytest

from residency.program.calendar import HALVES
from residency.program.records import ROLES, CoverageRequirement
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import CoverageRole, Half
from residency.quality.coverage import coverage
from residency.quality.results import StatusLabel


def test_slots_are_counted_by_service_and_by_slot(schedules):
    people = [schedules.resident("r"), schedules.attending("f")]
    rows = [
        ("r", "CLINIC", 0, 0),
        ("f", "CLINIC", 0, 0, CoverageRole.SUPERVISING),
        ("r", "CLINIC", 1, 0),
    ]
    demand = (
        CoverageRequirement("CLINIC", Half.AM, 2, weekday=0),
        CoverageRequirement("CLINIC", Half.AM, 1, weekday=0, role=CoverageRole.SUPERVISING),
        CoverageRequirement("CLINIC", Half.AM, 1, weekday=1),
        CoverageRequirement("WARD", Half.PM, 0, weekday=1),
    )
    told = coverage(Snapshot.of(schedules.build(people, rows, coverage=demand), schedules.week))
    assert (told.required, told.filled, told.overall) == (4, 3, 0.75)
    assert told.status is StatusLabel.CRITICAL
    clinic, ward = told.by_service
    assert (clinic.service, clinic.name, clinic.required, clinic.filled) == ("CLINIC", "Clinic", 4, 3)
    assert (ward.required, ward.coverage, ward.status) == (0, None, StatusLabel.NO_DATA)
    assert [(slot.weekday, slot.half, slot.role, slot.required, slot.filled) for slot in told.by_slot] == [
        (0, Half.AM, CoverageRole.PRIMARY, 2, 1),
        (0, Half.AM, CoverageRole.SUPERVISING, 1, 1),
        (1, Half.AM, CoverageRole.PRIMARY, 1, 1),
    ]
    assert told.by_slot[0].coverage == 0.5


def test_without_demand_there_is_no_coverage(schedules):
    program = schedules.build([schedules.resident("r")], [("r", "WARD", 0, 0)])
    told = coverage(Snapshot.of(program, schedules.week))
    assert (told.overall, told.status, told.by_service, told.by_slot) == (None, StatusLabel.NO_DATA, (), ())


def test_a_count_slot_by_slot_finds_the_same(drawn_schedules):
    seen = 0
    for _, period, snapshot in drawn_schedules:
        told = coverage(snapshot)
        by_slot, by_service = {}, {}
        for post in range(len(snapshot.post_service)):
            service = snapshot.service_ids[snapshot.post_service[post]]
            role = ROLES[snapshot.post_role[post]]
            for block in range(period.blocks):
                held = sum(
                    bool(counts)
                    for counts, at, where in zip(
                        snapshot.assignment_counts,
                        snapshot.assignment_post,
                        snapshot.assignment_block,
                        strict=True,
                    )
                    if at == post and where == block
                )
                required = int(snapshot.demand[post, block])
                filled = min(required, held)
                slot = (period.day(block).weekday(), HALVES[block % 2], role)
                for table, key in ((by_slot, slot), (by_service, service)):
                    before = table.get(key, (0, 0))
                    table[key] = (before[0] + required, before[1] + filled)
        assert by_service == {each.service: (each.required, each.filled) for each in told.by_service}
        assert {key: cell for key, cell in by_slot.items() if cell[0]} == {
            (each.weekday, each.half, each.role): (each.required, each.filled) for each in told.by_slot
        }
        assert (told.required, told.filled) == tuple(
            sum(cell[side] for cell in by_service.values()) for side in (0, 1)
        )
        seen += told.filled
    assert seen > 50


@pytest.mark.parametrize(
    ("filled", "status"),
    [
        (19, StatusLabel.GOOD),
        (18, StatusLabel.WARNING),
        (17, StatusLabel.WARNING),
        (16, StatusLabel.CRITICAL),
    ],
)
def test_95_percent_is_good_and_85_needs_a_look(schedules, filled, status):
    """Twenty slots: ten people in two half-days."""
    people = [schedules.resident(f"r{number}") for number in range(10)]
    rows = [(f"r{number % 10}", "WARD", number // 10, 0) for number in range(filled)]
    demand = [CoverageRequirement("WARD", Half.AM, 10, weekday=day) for day in (0, 1)]
    told = coverage(Snapshot.of(schedules.build(people, rows, coverage=tuple(demand)), schedules.week))
    assert (told.filled, told.status) == (filled, status)
