"""Repairs at once that a chief resident would recognise, each on a schedule made for it."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from residency.acgme.rules import rule_set
from residency.program.calendar import Period
from residency.program.records import (
    ROLE_CODES,
    Assignments,
    CallShift,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import CallKind, CoverageRole, FacultyRole, Half, PersonType, ServiceKind
from residency.scheduling.call_cover import with_calls
from residency.scheduling.duty_gate import DutyGate
from residency.scheduling.immediate import immediate_repair
from residency.scheduling.problem import NOTHING, Disruption, RepairProblem
from residency.scheduling.repair import better_of, repair
from residency.scheduling.repaired import CallMove, Layer, repaired_assignments

MONDAY = date(2026, 3, 2)
PRIMARY, SUPERVISING = (ROLE_CODES[role] for role in (CoverageRole.PRIMARY, CoverageRole.SUPERVISING))
SERVICES = (
    Service("WARD", "Ward", ServiceKind.INPATIENT, load_category=1, inpatient=True),
    Service(
        "C",
        "Clinic",
        ServiceKind.OUTPATIENT,
        load_category=3,
        needs_supervision=True,
        required_type=PersonType.RESIDENT,
    ),
    Service("AT", "Precepting", ServiceKind.OUTPATIENT, load_category=2, required_type=PersonType.FACULTY),
    Service("ADM", "Administration", ServiceKind.ADMINISTRATION, load_category=6),
    Service("OPT", "Optional lecture", ServiceKind.EDUCATION, load_category=7),
    Service("NF", "Night float", ServiceKind.NIGHT_FLOAT, load_category=1),
    Service("W", "Off", ServiceKind.OFF, load_category=7),
    Service("LV", "Leave", ServiceKind.ABSENCE, load_category=4),
    Service("AWAY", "Elsewhere", ServiceKind.RESEARCH, load_category=7, offsite=True),
)
CODE = {service.abbreviation: number for number, service in enumerate(SERVICES)}
ADMIN, AT, CLINIC, LECTURE, OFF, WARD = (CODE[name] for name in ("ADM", "AT", "C", "OPT", "W", "WARD"))


def resident(name, **more):
    return Person(name, name, PersonType.RESIDENT, **more)


def attending(name, role=FacultyRole.CORE, **more):
    return Person(name, name, PersonType.FACULTY, faculty_role=role, **more)


def coverage(*asked, role=CoverageRole.PRIMARY):
    """(service, day offset, half 0 or 1, minimum) as dated requirements."""
    return tuple(
        CoverageRequirement(service, (Half.AM, Half.PM)[half], count, day=MONDAY + timedelta(day), role=role)
        for service, day, half, count in asked
    )


def situation(people, rows, asked, *, days=1, lost=(), suspended=(), services=SERVICES, **more):
    """A problem: rows ``(person, service, day offset, half[, role[, locked]])``, lost ``(person, block)``."""
    index = {person.id: number for number, person in enumerate(people)}
    program = Program(
        timezone="UTC",
        people=tuple(people),
        services=tuple(services),
        coverage=tuple(asked),
        assignments=Assignments(
            person=np.array([index[row[0]] for row in rows], np.int32),
            service=np.array([CODE[row[1]] for row in rows], np.int32),
            day=np.datetime64(MONDAY, "D") + np.array([row[2] for row in rows], np.int64),
            half=np.array([row[3] for row in rows], np.int8),
            role=np.array([row[4] if len(row) > 4 else PRIMARY for row in rows], np.int8),
            source=np.zeros(len(rows), np.int8),
            locked=np.array([len(row) > 5 and row[5] for row in rows], np.bool_),
        ),
        **more,
    )
    period = Period.horizon(MONDAY, days)
    snapshot = Snapshot.of(program, period)
    gone = np.zeros(snapshot.available.shape, np.bool_)
    for name, block in lost:
        gone[index[name], block] = True
    stops = np.array([service.abbreviation in suspended for service in services], np.bool_)
    disruption = Disruption(gone, snapshot.demand, stops)
    covered = Period(MONDAY - timedelta(31), MONDAY + timedelta(62))
    return RepairProblem.of(program, snapshot, disruption, rule_set(), (covered,))


def night(name, day, *, in_house=True, hours=12, kind=CallKind.OVERNIGHT):
    begin = datetime(2026, 3, 2, 19, tzinfo=UTC) + timedelta(days=day)
    return CallShift(name, begin, begin + timedelta(hours=hours), kind, in_house)


def test_somebody_free_takes_the_slot_of_the_lost():
    problem = situation(
        [attending("a"), attending("b")], [("a", "WARD", 0, 0)], coverage(("WARD", 0, 0, 1)), lost=[("a", 0)]
    )
    found = immediate_repair(problem)
    assert found.service[:, 0].tolist() == [NOTHING, WARD]
    assert (found.cost, found.layer, found.bound) == (20, Layer.IMMEDIATE, None)


@pytest.mark.parametrize(
    ("idle", "taken"),
    [("ADM", "OPT"), ("AWAY", "OPT"), ("W", "OPT"), (None, "OPT"), (None, "ADM"), ("AWAY", "ADM")],
)
def test_the_least_protected_surplus_work_is_given_up_first(idle, taken):
    rows = [("a", "WARD", 0, 0), ("c", taken, 0, 0)] + ([("b", idle, 0, 0)] if idle else [])
    people = [attending("a"), attending("b"), attending("c")]
    problem = situation(people, rows, coverage(("WARD", 0, 0, 1)), lost=[("a", 0)])
    assert immediate_repair(problem).service[2, 0] == WARD


def test_extra_work_goes_to_whoever_has_least_of_it_for_their_fte():
    people = [attending("a"), attending("half", fte=0.5), attending("whole")]
    rows = [("a", "WARD", day, 0) for day in range(3)]
    asked = coverage(*(("WARD", day, 0, 1) for day in range(3)))
    problem = situation(people, rows, asked, days=3, lost=[("a", 0), ("a", 2), ("a", 4)])
    found = immediate_repair(problem)
    assert (found.service == WARD).sum(axis=1).tolist() == [0, 1, 2]


def test_people_move_on_when_nobody_free_may_take_the_slot():
    people = [attending("a"), attending("b", specialties=("x",)), attending("c")]
    services = (
        *SERVICES[:2],
        Service("AT", "x", ServiceKind.INPATIENT, required_specialty="x"),
        *SERVICES[3:],
    )
    problem = situation(
        people,
        [("a", "AT", 0, 0), ("b", "WARD", 0, 0)],
        coverage(("WARD", 0, 0, 1), ("AT", 0, 0, 1)),
        lost=[("a", 0)],
        services=services,
    )
    found = immediate_repair(problem)
    assert found.service[:, 0].tolist() == [NOTHING, AT, WARD]
    assert found.cost == 30


def test_a_more_protected_slot_takes_the_person_of_a_less_protected_one_where_nobody_else_can():
    people = [attending("a"), attending("b")]
    rows = [("a", "WARD", 0, 0), ("b", "ADM", 0, 0)]
    problem = situation(people, rows, coverage(("WARD", 0, 0, 1), ("ADM", 0, 0, 1)), lost=[("a", 0)])
    found = immediate_repair(problem)
    assert found.service[1, 0] == WARD
    assert found.unfilled[:, 0].tolist()[:2] == [0, 1]


def test_a_less_protected_slot_takes_nobody_from_a_more_protected_one():
    people = [attending("a"), attending("b")]
    rows = [("a", "ADM", 0, 0), ("b", "WARD", 0, 0)]
    problem = situation(people, rows, coverage(("WARD", 0, 0, 1), ("ADM", 0, 0, 1)), lost=[("a", 0)])
    assert immediate_repair(problem).service[1, 0] == WARD


def test_locked_rows_and_absent_people_never_move():
    people = [attending("a"), attending("b"), attending("c", active_to=MONDAY - timedelta(1))]
    rows = [("a", "WARD", 0, 0), ("b", "OPT", 0, 0, PRIMARY, True)]
    problem = situation(people, rows, coverage(("WARD", 0, 0, 1)), lost=[("a", 0)])
    found = immediate_repair(problem)
    assert found.service[:, 0].tolist() == [NOTHING, LECTURE, NOTHING]


def test_people_released_from_a_service_that_stops_are_the_first_to_be_used():
    people = [attending("a"), attending("b"), attending("c")]
    rows = [("a", "WARD", 0, 0), ("c", "OPT", 0, 0)]
    asked = coverage(("WARD", 0, 0, 1), ("OPT", 0, 0, 1))
    found = immediate_repair(situation(people, rows, asked, lost=[("a", 0)], suspended=["OPT"]))
    assert found.service[:, 0].tolist() == [NOTHING, NOTHING, WARD]
    assert found.unfilled.sum() == 0


def clinic(attendings, residents, *, lost, locked=(), asked=(), levels=(), more=()):
    people = [*(attending(name) for name in attendings), *(resident(name) for name in residents), *more]
    rows = [(name, "AT", 0, 0, SUPERVISING) for name in attendings]
    rows += [(name, "C", 0, 0, PRIMARY, name in locked) for name in residents]
    levels = tuple(PgyLevel(name, 2025, 1 if name in levels else 2) for name in residents)
    return situation(people, rows, asked, lost=[(name, 0) for name in lost], pgy_levels=levels)


def test_an_attending_who_is_free_supervises_in_place_of_the_lost():
    found = immediate_repair(clinic("a", "xy", lost="a", more=[attending("b")]))
    assert (found.service[3, 0], found.role[3, 0]) == (AT, SUPERVISING)
    assert not found.new_violations


def test_residents_without_an_attending_leave_largest_units_first_until_it_is_legal():
    problem = clinic("ab", "wxyz", lost="b", levels="wx")
    found = immediate_repair(problem)
    assert found.service[2:, 0].tolist().count(NOTHING) == 1
    assert found.service[2:4, 0].tolist().count(NOTHING) == 1
    assert not found.new_violations


def test_residents_whom_coverage_asks_for_stay_rather_than_others():
    problem = clinic("ab", "wxyz", lost="b", levels="wx", asked=coverage(("C", 0, 0, 3)))
    found = immediate_repair(problem)
    assert found.unfilled[0, 0] == 0
    problem = clinic("a", "w", lost="a", asked=coverage(("C", 0, 0, 1)))
    assert immediate_repair(problem).unfilled[0, 0] == 1


def test_what_locked_residents_break_is_told():
    found = immediate_repair(clinic("a", "wx", lost="a", locked="w"))
    assert found.service[1:, 0].tolist() == [CLINIC, CLINIC]
    assert [each.rule for each in found.new_violations] == ["SUPERVISION"]
    found = immediate_repair(clinic("a", "vwxyz", lost="a", locked="w"))
    assert sorted(found.service[1:, 0].tolist()) == [NOTHING, *[CLINIC] * 4]


def test_locked_residents_are_worth_an_attending_from_any_slot():
    people = [attending("a"), attending("b"), resident("x")]
    rows = [("a", "AT", 0, 0, SUPERVISING), ("b", "WARD", 0, 0), ("x", "C", 0, 0, PRIMARY, True)]
    asked = coverage(("WARD", 0, 0, 1))
    found = immediate_repair(situation(people, rows, asked, lost=[("a", 0)]))
    assert found.service[1, 0] == AT
    assert not found.new_violations


def test_what_was_short_before_may_stay_as_short():
    problem = clinic("", "wx", lost="", asked=coverage(("WARD", 0, 0, 1)))
    found = immediate_repair(problem)
    assert CLINIC in found.service[:, 0]
    assert not found.new_violations


def test_nobody_is_sent_to_a_clinic_that_then_lacks_an_attending():
    people = [attending("a"), *(resident(name) for name in "vwxyz")]
    rows = [("a", "AT", 0, 0, SUPERVISING), *((name, "C", 0, 0) for name in "vwxy")]
    problem = situation(people, rows, coverage(("C", 0, 0, 5)))
    found = immediate_repair(problem)
    assert found.unfilled[0, 0] == 1
    more = situation([*people, attending("b")], rows, coverage(("C", 0, 0, 5)))
    assert immediate_repair(more).unfilled[0, 0] == 0


def test_a_named_supervising_post_and_the_units_of_residents_add_up():
    asked = coverage(("AT", 0, 0, 1), role=CoverageRole.SUPERVISING)
    problem = clinic("ab", "vwxyz", lost="", asked=asked)
    assert problem.demand[:, 0].tolist() == [1, 1]
    assert problem.unfilled(problem.service_before, problem.role_before).sum() == 0
    gone = clinic("ab", "vwxyz", lost="b", asked=asked, more=[attending("c")])
    found = immediate_repair(gone)
    assert found.role[-1, 0] == SUPERVISING
    assert found.unfilled.sum() == 0


def test_a_resident_gives_back_the_half_days_that_break_a_rule_and_keeps_the_others():
    rows = [("x", "WARD", day, half) for day in range(-31, 60) for half in (0, 1) if day % 7 != 6]
    rows.remove(("x", "WARD", 15, 1))
    sundays = coverage(("WARD", 6, 0, 1), ("WARD", 13, 1, 1), ("WARD", 20, 0, 1))
    asked = (*sundays, *coverage(("WARD", 15, 1, 1)))
    found = immediate_repair(situation([resident("x")], rows, asked, days=28))
    assert found.service[0, [12, 27, 40, 31]].tolist() == [NOTHING, NOTHING, NOTHING, WARD]
    assert not found.new_violations
    shared = situation([resident("x"), attending("b")], rows, asked, days=28)
    assert immediate_repair(shared).unfilled.sum() == 0
    judged_not = situation([attending("x")], rows, asked, days=28)
    assert immediate_repair(judged_not).unfilled.sum() == 0


def test_half_days_lost_are_leave_to_the_rules():
    rows = [("x", "WARD", day, half) for day in range(-31, 60) for half in (0, 1) if day % 7 != 6]
    rows.remove(("x", "WARD", 15, 1))
    asked = coverage(("WARD", 15, 1, 1))
    assert immediate_repair(situation([resident("x")], rows, asked, days=28)).unfilled.sum() == 0
    sundays = [("x", 2 * day + half) for day in (13, 20, 27) for half in (0, 1)]
    found = immediate_repair(situation([resident("x")], rows, asked, days=28, lost=sundays))
    assert found.unfilled.sum() == 1, "288 h in 25 days that are not leave are more than 80 h a week"
    assert not found.new_violations


def test_call_of_the_lost_goes_to_whoever_gives_up_least_and_has_the_least_call():
    people = [
        attending("a"),
        attending("adjunct", FacultyRole.ADJUNCT),
        resident("r"),
        attending("busy"),
        attending("tired"),
        attending("none", fte=0.0),
        attending("night"),
        attending("bound"),
        attending("calls"),
        attending("b"),
    ]
    rows = [("busy", "OPT", 1, 0), ("night", "NF", 0, 1), ("bound", "OPT", 1, 1, PRIMARY, True)]
    problem = situation(
        people,
        rows,
        (),
        days=4,
        lost=[("a", 2)],
        call_shifts=(night("a", 0), night("tired", 1), night("calls", 9), night("a", -1), night("a", 3)),
    )
    found = immediate_repair(problem)
    assert found.calls == (CallMove(0, 9),)
    assert not with_calls(problem, found.calls).present[9, 2:4].any()


def test_call_costs_no_slot_that_cannot_be_filled_again():
    people = [attending("a"), attending("b"), attending("c")]
    rows = [("b", "WARD", 1, 0)]
    asked = coverage(("WARD", 1, 0, 1))
    shifts = (night("a", 0), night("c", -1), night("c", 6))
    found = immediate_repair(
        situation(people, rows, asked, days=3, lost=[("a", 1)], call_shifts=(shifts[0], shifts[2]))
    )
    assert found.calls == (CallMove(0, 2),)
    alone = situation(people[:2], rows, asked, days=3, lost=[("a", 1)], call_shifts=shifts[:1])
    found = immediate_repair(alone)
    assert found.calls == (CallMove(0, None),)
    assert with_calls(alone, found.calls).present.all() == alone.present.all()


def test_whoever_rests_after_call_is_replaced():
    people = [attending("a"), attending("b"), attending("c", active_from=MONDAY + timedelta(1))]
    problem = situation(
        people,
        [("b", "WARD", 1, 0)],
        coverage(("WARD", 1, 0, 1)),
        days=3,
        lost=[("a", 1)],
        call_shifts=(night("a", 0),),
    )
    found = immediate_repair(problem)
    assert found.calls == (CallMove(0, 1),)
    assert found.service[:, 2].tolist() == [NOTHING, NOTHING, WARD]


@pytest.mark.parametrize(("day", "taker"), [(1, 2), (0, 1)])
def test_directors_are_spared_tuesdays(day, taker):
    people = [attending("a"), attending("pd", FacultyRole.PD), attending("b")]
    shifts = (night("a", day), night("b", 9))
    problem = situation(people, [], (), days=3, lost=[("a", 2 * day + 1)], call_shifts=shifts)
    assert immediate_repair(problem).calls == (CallMove(0, taker),)


def test_call_of_a_resident_goes_to_one_of_the_same_year_who_breaks_no_rule_by_it():
    people = [resident("x"), resident("junior"), resident("busy"), resident("y")]
    levels = [PgyLevel(name, 2025, 1 if name == "junior" else 3) for name in ("x", "junior", "busy", "y")]
    rows = [("busy", "WARD", day, half) for day in range(-4, 1) for half in (0, 1)]
    rows += [("y", "OPT", 3, 0)]
    shifts = (night("x", 2), night("busy", -1), *(night("y", day, in_house=False) for day in (9, 12)))
    problem = situation(
        people, rows, (), days=3, lost=[("x", 5)], call_shifts=shifts, pgy_levels=tuple(levels)
    )
    found = immediate_repair(problem)
    assert found.calls[0].to in {2, 3}
    assert not found.new_violations
    frequent = (
        night("x", 2),
        *(night("busy", day) for day in range(-20, 1, 2)),
        night("y", 2, in_house=False),
    )
    again = situation(
        people, rows[:-1], (), days=3, lost=[("x", 5)], call_shifts=frequent, pgy_levels=tuple(levels)
    )
    assert immediate_repair(again).calls == (CallMove(0, None),)


def test_rows_that_stay_keep_their_source_and_lock():
    people = [attending("a"), attending("b")]
    rows = [("a", "WARD", 0, 0), ("a", "WARD", -1, 0), ("b", "OPT", 0, 1, PRIMARY, True)]
    problem = situation(people, rows, coverage(("WARD", 0, 0, 1)), lost=[("a", 0)])
    found = immediate_repair(problem)
    kept = repaired_assignments(problem, found.service, found.role)
    assert sorted(zip(kept.person.tolist(), kept.locked.tolist(), strict=True)) == [
        (0, False),
        (1, False),
        (1, True),
    ]


def test_the_gate_tells_how_far_a_rule_was_broken_before():
    always = [("x", "WARD", day, half) for day in range(-31, 60) for half in (0, 1)]
    full = situation([resident("x")], always, (), days=28)
    assert not DutyGate(full).new_violations(full.service_before, full.role_before)
    some = situation([resident("x")], [row for row in always if row[2] not in range(6, 8)], (), days=28)
    gate = DutyGate(some)
    found = gate.new_violations(full.service_before, full.role_before)
    assert {each.rule for each in found} == {"FREE_DAY", "HOURS_80"}
    assert all(gate.excess_before(each) < abs(each.value - each.limit) for each in found)


@pytest.mark.parametrize("services", [SERVICES, ()])
@pytest.mark.parametrize("people", [(), (attending("a"), resident("x"))])
def test_nothing_asked_means_nothing_done(people, services):
    problem = situation(people, [], (), days=2, services=services)
    found = repair(problem)
    assert (found.cost, found.burden, found.calls, found.new_violations) == (0, 0.0, (), ())


def test_the_exact_layer_is_asked_where_there_is_time_and_is_never_taken_where_it_is_worse():
    problem = situation(
        [attending("a"), attending("b")], [("a", "WARD", 0, 0)], coverage(("WARD", 0, 0, 1)), lost=[("a", 0)]
    )
    at_once, proven = immediate_repair(problem), repair(problem, seconds=10.0)
    assert proven.cost == at_once.cost
    assert proven.is_proven
    left = immediate_repair(situation([attending("a"), attending("b")], [], coverage(("WARD", 0, 0, 2))))
    assert better_of(problem, left, proven) == proven
    assert better_of(problem, proven, left).bound is None
