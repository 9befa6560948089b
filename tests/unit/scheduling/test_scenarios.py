"""The seven scenarios: who is lost, what is asked, what stops, and what is said about it."""

from datetime import date, timedelta

import numpy as np
import pytest

from residency.program.calendar import CalendarDay, Period
from residency.program.records import Absence, CoverageRequirement, Person, PgyLevel, Program, Service
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    DayType,
    Half,
    PersonType,
    ServiceKind,
)
from residency.resilience.load_shedding import LoadSheddingLevel
from residency.resilience.losses import single_losses
from residency.scheduling.scenario_losses import unable_to_travel
from residency.scheduling.scenarios import Scenario, ScenarioCase, plan_scenarios

PERIOD = Period(date(2026, 12, 24), date(2026, 12, 28))
CHRISTMAS = slice(2, 4)
FACULTY = tuple(f"f{number}" for number in range(5))
DEMAND = 5

SERVICES = (
    ("WARD", ServiceKind.INPATIENT, 1, {"inpatient": True}),
    ("STEP", ServiceKind.INPATIENT, 4, {"inpatient": True}),
    ("NF", ServiceKind.NIGHT_FLOAT, 1, {}),
    ("URG", ServiceKind.OUTPATIENT, 2, {}),
    ("CLIN", ServiceKind.OUTPATIENT, 3, {}),
    ("WELL", ServiceKind.OUTPATIENT, 4, {}),
    ("SURG", ServiceKind.PROCEDURE, 2, {}),
    ("SCOPE", ServiceKind.PROCEDURE, 3, {}),
    ("AWAY", ServiceKind.INPATIENT, 1, {"inpatient": True, "offsite": True}),
    ("LEC", ServiceKind.EDUCATION, 4, {}),
    ("JOUR", ServiceKind.EDUCATION, 7, {}),
    ("LAB", ServiceKind.RESEARCH, 4, {}),
    ("RSCH", ServiceKind.RESEARCH, 5, {}),
    ("ADM", ServiceKind.ADMINISTRATION, 6, {}),
    ("W", ServiceKind.OFF, 7, {}),
    ("LV", ServiceKind.ABSENCE, 7, {}),
)


def program(*absences, holiday=True):
    people = [Person(name, name, PersonType.FACULTY) for name in FACULTY]
    people += [Person(f"r{number}", f"r{number}", PersonType.RESIDENT) for number in range(6)]
    people += [Person("student", "student", PersonType.MED_STUDENT)]
    return Program(
        timezone="UTC",
        people=tuple(people),
        pgy_levels=tuple(PgyLevel(f"r{number}", 2026, 2) for number in range(6)),
        services=tuple(
            Service(name, name, kind, category, **more) for name, kind, category, more in SERVICES
        ),
        coverage=tuple(
            CoverageRequirement(name, half, DEMAND, weekday=weekday)
            for name, *_ in SERVICES[:-2]
            for half in Half
            for weekday in range(7)
        ),
        absences=absences,
        calendar=(CalendarDay(date(2026, 12, 25), DayType.FEDERAL_HOLIDAY, "Christmas"),) if holiday else (),
    )


def planned(scenario, given=None, **more) -> tuple[Snapshot, tuple[ScenarioCase, ...]]:
    given = program() if given is None else given
    snapshot = Snapshot.of(given, PERIOD)
    return snapshot, plan_scenarios(given, snapshot, scenarios=[scenario], **more)


def only(scenario, given=None) -> tuple[Snapshot, ScenarioCase]:
    snapshot, (case,) = planned(scenario, given)
    return snapshot, case


def stopped(snapshot, case):
    return {snapshot.service_ids[row] for row in np.flatnonzero(case.disruption.suspended).tolist()}


def asked(snapshot, case, block=0):
    """Slots of each service in one half-day."""
    names = [snapshot.service_ids[row] for row in snapshot.post_service.tolist()]
    return dict(zip(names, case.disruption.demand[:, block].tolist(), strict=True))


def lost(snapshot, case):
    assert (case.disruption.lost.all(axis=1) == case.disruption.lost.any(axis=1)).all()
    rows = np.flatnonzero(case.disruption.lost.all(axis=1)).tolist()
    assert rows == list(case.subject)
    return {snapshot.person_ids[row] for row in rows}


def reduced(snapshot, case):
    return {snapshot.service_ids[row] for row in case.services_reduced}


def test_every_faculty_member_is_lost_in_turn_and_nothing_else_changes():
    snapshot, cases = planned(Scenario.ONE_FACULTY_LOSS)
    assert [lost(snapshot, case) for case in cases] == [{name} for name in FACULTY]
    for case in cases:
        assert (case.disruption.demand == snapshot.demand).all()
        assert not stopped(snapshot, case)
        assert not case.services_reduced


def test_the_worst_pairs_are_lost_and_elective_procedures_stop():
    snapshot, cases = planned(Scenario.TWO_FACULTY_LOSS, top_k=3)
    assert len(cases) == 3
    assert len({case.subject for case in cases}) == 3
    for case in cases:
        assert len(lost(snapshot, case)) == 2
        assert stopped(snapshot, case) == reduced(snapshot, case) == {"SCOPE"}
        assert asked(snapshot, case)["SCOPE"] == 0
        assert asked(snapshot, case)["SURG"] == DEMAND
        assert case.parameters.top_k == 3


def test_half_of_the_faculty_goes_first_who_moves_then_who_is_away_longest():
    def away(name, type_, first, last, status=AbsenceStatus.APPROVED):
        return Absence(name, date(2026, 12, first), date(2026, 12, last), type_, status)

    given = program(
        away("f1", AbsenceType.VACATION, 24, 26),
        away("f3", AbsenceType.PCS, 27, 31),
        away("f4", AbsenceType.VACATION, 24, 25),
        away("f2", AbsenceType.PCS, 24, 27, AbsenceStatus.ANTICIPATED),
        away("f0", AbsenceType.PCS, 1, 20),
    )
    snapshot, case = only(Scenario.PCS_SEASON, given)
    assert lost(snapshot, case) == {"f3", "f1"}
    assert stopped(snapshot, case) == {"WELL", "LAB", "RSCH", "ADM", "JOUR"}
    assert case.parameters.shed_to is LoadSheddingLevel.ORANGE
    assert asked(snapshot, case)["LEC"] == DEMAND


def test_a_holiday_asks_a_quarter_of_an_ordinary_day_and_other_days_stay():
    snapshot, case = only(Scenario.HOLIDAY_SKELETON)
    on_holiday, ordinary = asked(snapshot, case, 2), asked(snapshot, case, 4)
    kept = {"WARD", "NF", "URG", "CLIN", "SURG", "SCOPE", "AWAY"}
    assert on_holiday == {name: 2 if name in kept else 0 for name in on_holiday}
    assert set(ordinary.values()) == {DEMAND}
    during = case.disruption.suspended_in
    assert during[CHRISTMAS].all()
    assert during.sum() == 2
    assert stopped(snapshot, case) == {"STEP", "WELL", "LEC", "JOUR", "LAB", "RSCH", "ADM"}
    assert case.parameters.dates == (date(2026, 12, 25),)
    assert not case.subject


def test_without_a_holiday_nothing_is_reduced_and_that_is_said():
    snapshot, case = only(Scenario.HOLIDAY_SKELETON, program(holiday=False))
    assert (case.disruption.demand == snapshot.demand).all()
    assert not case.disruption.suspended_in.any()
    assert not case.services_reduced
    assert "no federal holiday" in case.assumptions[-1]


def test_a_pandemic_leaves_the_essential_and_half_of_other_wards():
    snapshot, case = only(Scenario.PANDEMIC, program(holiday=False))
    assert asked(snapshot, case) == {
        **dict.fromkeys(asked(snapshot, case), 0),
        **dict.fromkeys(("WARD", "NF", "URG", "SURG", "AWAY"), DEMAND),
        "STEP": 3,
    }
    assert stopped(snapshot, case) == {"CLIN", "WELL", "SCOPE", "LEC", "JOUR", "LAB", "RSCH", "ADM"}
    assert reduced(snapshot, case) == {*stopped(snapshot, case), "STEP"}


def test_a_mass_casualty_event_asks_half_as_many_again_on_the_wards():
    snapshot, case = only(Scenario.MASS_CASUALTY, program(holiday=False))
    assert asked(snapshot, case) == {
        **dict.fromkeys(asked(snapshot, case), 0),
        **dict.fromkeys(("WARD", "STEP", "AWAY"), 8),
        "NF": DEMAND,
    }
    assert {"W", "LV"}.isdisjoint(stopped(snapshot, case))


def test_bad_weather_keeps_a_part_at_home_and_closes_what_can_wait():
    snapshot, case = only(Scenario.WEATHER, program(holiday=False))
    assert asked(snapshot, case) == {
        **dict.fromkeys(asked(snapshot, case), 0),
        **dict.fromkeys(("WARD", "STEP", "NF", "SURG"), DEMAND),
    }
    assert len(lost(snapshot, case)) == 3  # 30 % of 11, rounded down
    assert "student" not in lost(snapshot, case)
    assert case.subject == unable_to_travel(snapshot, 30)


def test_who_cannot_travel_depends_on_the_first_day_and_on_nothing_else():
    given = program()
    periods = [Period.horizon(PERIOD.start + timedelta(days=days), 3) for days in range(12)]
    drawn = {unable_to_travel(Snapshot.of(given, period), 30) for period in periods}
    assert len(drawn) > 1
    longer = Snapshot.of(given, Period.horizon(PERIOD.start, 9))
    assert unable_to_travel(longer, 30) == unable_to_travel(Snapshot.of(given, PERIOD), 30)


@pytest.mark.parametrize("scenario", Scenario)
def test_every_case_says_what_it_assumes_and_names_nobody(scenario):
    snapshot, cases = planned(scenario)
    for case in cases:
        assert case.scenario is scenario
        assert case.assumptions
        assert all(text.endswith(".") for text in case.assumptions)
        assert not any(name in text.split() for text in case.assumptions for name in snapshot.person_ids)
        assert case.disruption.demand.dtype == np.int16


def test_all_seven_are_planned_in_their_order_with_losses_that_are_known():
    given = program()
    snapshot = Snapshot.of(given, PERIOD)
    cases = plan_scenarios(given, snapshot, top_k=2, losses=single_losses(snapshot))
    again = plan_scenarios(given, snapshot, top_k=2)
    assert [case.subject for case in cases] == [case.subject for case in again]
    assert list(dict.fromkeys(case.scenario for case in cases)) == list(Scenario)
    assert len(cases) == len(FACULTY) + 2 + 5
