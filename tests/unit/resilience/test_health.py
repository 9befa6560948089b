"""The verdict of a health check: status, levels, requests and sentences."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.program.calendar import Period
from residency.program.records import Assignments, CallShift, CoverageRequirement, Person, Program, Service
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import CallKind, CoverageRole, Half, PersonType, ServiceKind
from residency.resilience.health import ContingencyVerdict, assess, defense_level, judge, no_data
from residency.resilience.health_advice import immediate_actions
from residency.resilience.results import DefenseLevel, HealthStatus, PhaseRisk, UtilizationLevel

WEEK = Period(date(2026, 3, 2), date(2026, 3, 9))
GOOD = ContingencyVerdict(n1_pass=True, n2_pass=True, phase_risk=PhaseRisk.LOW, age_hours=1)
STATUSES = [
    HealthStatus.HEALTHY,
    HealthStatus.WARNING,
    HealthStatus.DEGRADED,
    HealthStatus.CRITICAL,
    HealthStatus.EMERGENCY,
]


def clinic(**changes):
    return Service(**{"abbreviation": "CL", "name": "Clinic", "kind": ServiceKind.OUTPATIENT, **changes})


def needs(minimum, half=Half.AM, service="CL", role=CoverageRole.PRIMARY, days=7):
    return tuple(
        CoverageRequirement(service, half, minimum, day=WEEK.day(2 * day), role=role) for day in range(days)
    )


def assigned(*rows):
    """Rows of (person, service, block, role)."""
    if not rows:
        return Assignments.empty()
    person, service, block, role = (np.array(column) for column in zip(*rows, strict=True))
    return Assignments(
        person=person.astype(np.int32),
        service=service.astype(np.int32),
        day=np.datetime64(WEEK.start, "D") + block // 2,
        half=(block % 2).astype(np.int8),
        role=role.astype(np.int8),
        source=np.zeros(len(rows), np.int8),
        locked=np.zeros(len(rows), np.bool_),
    )


def program(people, services=(), coverage=(), rows=(), **rest):
    return Program("UTC", tuple(people), (), tuple(services), tuple(coverage), assigned(*rows), **rest)


def faculty(number, **changes):
    return [Person(id=f"f{i}", name=f"F {i}", type=PersonType.FACULTY, **changes) for i in range(number)]


def health(subject, contingency=GOOD):
    return assess(Snapshot.of(subject, WEEK), contingency)


@pytest.mark.parametrize(
    ("share", "level"),
    [
        ("0.95", DefenseLevel.PREVENTION),
        ("0.9499999", DefenseLevel.CONTROL),
        ("0.90", DefenseLevel.CONTROL),
        ("0.8999999", DefenseLevel.SAFETY_SYSTEMS),
        ("0.80", DefenseLevel.SAFETY_SYSTEMS),
        ("0.7999999", DefenseLevel.CONTAINMENT),
        ("0.70", DefenseLevel.CONTAINMENT),
        ("0.6999999", DefenseLevel.EMERGENCY),
    ],
)
def test_a_defense_level_holds_down_to_exactly_its_mark(share, level):
    assert defense_level(Fraction(share)) is level


def expected_status(used, defense, verdict):
    """The five lines of the definition, as sets of reasons, worst first."""
    reasons = {used.value, defense.value}
    if verdict is not None:
        reasons |= {"N-1"} if not verdict.n1_pass else set()
        reasons |= {"N-2"} if not verdict.n2_pass else set()
        reasons |= {"phase"} if verdict.phase_risk is PhaseRisk.CRITICAL else set()
    for status, triggers in (
        (HealthStatus.EMERGENCY, {"BLACK", "EMERGENCY"}),
        (HealthStatus.CRITICAL, {"RED", "CONTAINMENT", "phase"}),
        (HealthStatus.DEGRADED, {"ORANGE", "CONTROL", "SAFETY_SYSTEMS", "N-1"}),
        (HealthStatus.WARNING, {"YELLOW", "N-2"}),
    ):
        if reasons & triggers:
            return status
    return HealthStatus.HEALTHY


VERDICTS = [
    None,
    *(
        ContingencyVerdict(n1, n2, risk, age_hours=1)
        for n1, n2, risk in product([True, False], [True, False], PhaseRisk)
    ),
]


@pytest.mark.parametrize("verdict", VERDICTS, ids=str)
def test_the_status_is_the_first_that_any_reason_calls_for(verdict):
    for used, defense in product(UtilizationLevel, DefenseLevel):
        assert judge(used, defense, verdict) is expected_status(used, defense, verdict)


@given(
    st.sampled_from(list(UtilizationLevel)), st.sampled_from(list(DefenseLevel)), st.sampled_from(VERDICTS)
)
def test_a_milder_level_never_worsens_the_status(used, defense, verdict):
    here = STATUSES.index(judge(used, defense, verdict))
    for milder in list(UtilizationLevel)[: list(UtilizationLevel).index(used)]:
        assert STATUSES.index(judge(milder, defense, verdict)) <= here
    for milder in list(DefenseLevel)[: list(DefenseLevel).index(defense)]:
        assert STATUSES.index(judge(used, milder, verdict)) <= here


def test_seventy_percent_exactly_is_yellow():
    # One member: 14 half-days of availability; 5 members: 70. 49 of 70 is .70.
    coverage = needs(7, service="CL")
    found = health(program(faculty(5), [clinic(required_type=PersonType.FACULTY)], coverage))
    assert (found.faculty_demanded, found.faculty_available) == (49, 70)
    assert found.utilization_level is UtilizationLevel.YELLOW
    assert found.buffer == pytest.approx((56 - 49) / 70)


def test_required_slots_without_people_are_an_emergency():
    found = health(program([], [clinic()], needs(1)), None)
    assert found.utilization == 1
    assert found.utilization_level is UtilizationLevel.BLACK
    assert found.status is HealthStatus.EMERGENCY
    assert found.coverage == 0
    assert not found.may_act_automatically
    assert found.services[0].redundancy == "BELOW"


def test_a_period_that_requires_nothing_is_healthy_and_says_so():
    found = health(program(faculty(2), [clinic()]))
    assert (found.status, found.coverage, found.utilization) == (HealthStatus.HEALTHY, 1, 0)
    assert any("Nothing is required" in warning for warning in found.warnings)
    assert found.services == ()
    assert found.mean_wait == 0


def test_a_period_of_no_days_is_judged_like_one_without_demand():
    empty = assess(
        Snapshot.of(program(faculty(2), [clinic()], needs(1)), Period(WEEK.start, WEEK.start)), None
    )
    assert (empty.status, empty.half_days, empty.coverage) == (HealthStatus.HEALTHY, (), 1)
    assert (empty.pool_size, empty.mean_wait) == (0, 0)


def test_residents_relieve_the_faculty_only_where_both_may_work():
    resident = Person(id="r", name="R", type=PersonType.RESIDENT)
    shared = program([*faculty(2), resident], [clinic()], needs(2), [(2, 0, block, 0) for block in (0, 2, 4)])
    assert health(shared).faculty_demanded == 7 * 2 - 3
    reserved = replace(shared, services=(clinic(required_type=PersonType.FACULTY),))
    assert health(reserved).faculty_demanded == 7 * 2
    residents_only = replace(shared, services=(clinic(required_type=PersonType.RESIDENT),))
    assert health(residents_only).faculty_demanded == 0


def test_supervision_that_is_already_demanded_is_not_demanded_twice():
    residents = [Person(id=f"r{i}", name="R", type=PersonType.RESIDENT) for i in range(5)]
    service = clinic(needs_supervision=True, required_type=PersonType.RESIDENT)
    rows = [(person, 0, 0, 0) for person in range(5)]  # 5 units on Monday morning: 2 attendings
    derived = health(program([*residents, *faculty(3)], [service], needs(5, days=1), rows))
    assert derived.faculty_demanded == 2
    assert [gap.missing for gap in derived.supervision_gaps] == [2]
    both = (*needs(5, days=1), *needs(1, role=CoverageRole.SUPERVISING, days=1))
    explicit = health(program([*residents, *faculty(3)], [service], both, [*rows, (5, 0, 0, 1)]))
    assert explicit.faculty_demanded == 2
    assert [gap.missing for gap in explicit.supervision_gaps] == [1]
    assert (explicit.required_slots, explicit.filled_slots) == (6, 6)
    location = explicit.supervision[0]
    assert (location.required_by_half_day[0], location.present_by_half_day[0]) == (2, 1)


def test_a_crowd_of_residents_is_no_spare_attending():
    residents = [Person(id=f"r{i}", name="R", type=PersonType.RESIDENT) for i in range(6)]
    both = (*needs(2), *needs(1, role=CoverageRole.SUPERVISING))
    found = health(program([*residents, *faculty(1)], [clinic()], both))
    assert found.services[0].worst_margin == 0
    assert found.services[0].redundancy == "N+0"


@pytest.mark.parametrize(
    ("contingency", "members", "requested"),
    [
        (None, 5, True),
        (replace(GOOD, age_hours=24), 5, False),
        (replace(GOOD, age_hours=24.01), 5, True),
        (GOOD, 5, False),  # 56 of 70 half-days: .80 exactly
        (GOOD, 4, True),
    ],
)
def test_a_new_contingency_analysis_is_requested_when_it_is_missing_old_or_the_load_is_high(
    contingency, members, requested
):
    found = health(
        program(faculty(members), [clinic(required_type=PersonType.FACULTY)], needs(8)), contingency
    )
    assert found.contingency_requested is requested


def test_an_unknown_contingency_is_null_and_neither_passes_nor_fails():
    found = health(program(faculty(3), [clinic()], needs(1), [(0, 0, 2 * d, 0) for d in range(7)]), None)
    assert (found.n1_pass, found.n2_pass, found.phase_risk) == (None, None, None)
    assert found.status is HealthStatus.HEALTHY
    assert any("Nobody has analysed" in item for item in found.watch_items)


@pytest.mark.parametrize(
    ("contingency", "sentences"),
    [
        (GOOD, []),
        (
            replace(GOOD, age_hours=30.9),
            ["The contingency analysis is 30 hours old; a new one is requested."],
        ),
        (
            replace(GOOD, n1_pass=False, n2_pass=False),
            ["The loss of one person would leave work that nobody else can do (N-1 fails)."],
        ),
        (
            replace(GOOD, n2_pass=False, phase_risk=PhaseRisk.HIGH),
            [
                "The loss of two people at once would leave work that nobody else can do (N-2 fails).",
                "The risk that a small further loss tips the schedule over is high.",
            ],
        ),
    ],
)
def test_what_the_contingency_analysis_found_is_watched(contingency, sentences):
    week = program(faculty(3), [clinic()], needs(1), [(0, 0, 2 * day, 0) for day in range(7)])
    watched = health(week, contingency).watch_items
    assert [item for item in watched if "contingency" in item or "loss" in item] == sentences


def test_without_a_published_schedule_nothing_is_judged():
    found = no_data(WEEK, "no published schedule covers the 7 days")
    assert found.status is HealthStatus.NO_DATA
    assert found.warnings == ("no published schedule covers the 7 days",)
    assert (found.utilization_level, found.defense_level, found.coverage) == (None, None, None)
    assert (found.may_act_automatically, found.contingency_requested) == (False, False)


def test_of_many_services_without_enough_people_five_are_named_and_the_rest_counted():
    places = [clinic(abbreviation=f"C{n}", name=f"Clinic {n}", required_credential=f"c{n}") for n in range(7)]
    coverage = tuple(row for place in places for row in needs(1, service=place.abbreviation))
    found = health(program(faculty(2), places, coverage))
    named = [item for item in found.watch_items if "too few eligible people" in item]
    assert len(named) == 6
    assert named[5] == "2 more services have too few eligible people (BELOW)."


def test_actions_grow_with_the_status_and_a_low_buffer_is_always_named():
    assert immediate_actions(HealthStatus.HEALTHY, Fraction(1, 10), has_faculty=True) == ()
    (low,) = immediate_actions(HealthStatus.HEALTHY, Fraction(99, 1000), has_faculty=True)
    assert immediate_actions(HealthStatus.HEALTHY, Fraction(0), has_faculty=False) == ()
    assert "buffer low: 9 %" in low
    assert "crisis team" in " ".join(
        immediate_actions(HealthStatus.EMERGENCY, Fraction(1, 2), has_faculty=True)
    )
    assert "RED" in " ".join(immediate_actions(HealthStatus.CRITICAL, Fraction(1, 2), has_faculty=True))
    assert "Confirm backups" in " ".join(
        immediate_actions(HealthStatus.DEGRADED, Fraction(1, 2), has_faculty=True)
    )


def test_faculty_work_without_any_faculty_leaves_no_buffer_and_says_so():
    found = health(program([], [clinic(required_type=PersonType.FACULTY)], needs(1)))
    assert (found.faculty_demanded, found.faculty_available, found.buffer) == (7, 0, 0)
    assert found.immediate_actions[-1].startswith("Capacity buffer low: none of the faculty's time is free")


def test_data_that_looks_wrong_is_named_by_pseudonym_and_never_by_name():
    people = [
        Person(id="r", name="Secret Resident", type=PersonType.RESIDENT, pseudonym="R-01"),
        Person(id="f", name="Secret Attending", type=PersonType.FACULTY, pseudonym="F-01"),
        Person(id="g", name="Secret Other", type=PersonType.FACULTY, pseudonym="F-02"),
        Person(id="m", name="Secret Student", type=PersonType.MED_STUDENT, pseudonym="M-01"),
    ]
    scope = clinic(required_credential="scope", name="Scope", abbreviation="SC")
    call = CallShift(
        "g",
        datetime(2026, 3, 2, 6, tzinfo=UTC),
        datetime(2026, 3, 2, 8, tzinfo=UTC),
        CallKind.OVERNIGHT,
        True,
    )
    found = health(
        program(
            people,
            [scope, clinic()],
            needs(1, service="SC") + needs(2),
            [(1, 0, 0, 0), (2, 1, 0, 0), (3, 1, 0, 0), (0, 1, 0, 0)],
            call_shifts=(call,),
        )
    )
    text = " ".join(found.warnings)
    assert "No PGY is known for R-01" in text
    assert "1 assignment is held by people who may not hold them (F-01)" in text
    assert "resting after call (F-02)" in text
    assert "Secret" not in found.model_dump_json()
    assert "M-01" not in text


def test_watch_items_name_the_worst_half_day_and_the_thin_service():
    coverage = (*needs(1), CoverageRequirement("CL", Half.PM, 3, day=date(2026, 3, 4)))
    found = health(program(faculty(2), [clinic()], coverage, [(0, 0, 2 * d, 0) for d in range(7)]))
    assert found.watch_items[0] == "Wed 4 Mar PM: 3 of 3 required slots empty (3 in Clinic)."
    assert any(
        item.startswith("Clinic has 1 too few eligible people on Wed 4 Mar PM") for item in found.watch_items
    )


def test_a_small_busy_pool_is_named_with_its_wait():
    coverage = needs(1, service="SC", days=4)
    scope = clinic(required_credential="scope", name="Scope", abbreviation="SC")
    people = [*faculty(5), Person(id="x", name="X", type=PersonType.FACULTY, credentials=("scope",))]
    later = Person(id="y", name="Y", type=PersonType.FACULTY, credentials=("scope",), active_from=WEEK.day(6))
    found = health(program([*people, later], [scope], coverage))
    assert found.services[0].mean_wait == pytest.approx(4.0)  # 4 slots, 5 half-days of staff, pool of 1.25
    assert (
        "Small or busy pools where work waits long: Scope (1.2 people on average, 80 % used, "
        "4.0 service times)." in found.watch_items
    )
