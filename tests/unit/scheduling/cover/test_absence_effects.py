"""What breaks if somebody is away: the three numbers, conflicts and levels, with nothing kept."""

from datetime import date, timedelta

import pytest

from residency.acgme.rules import rule_set
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceType, ConflictType
from residency.resilience.losses import single_losses
from residency.scheduling.absence_case import AbsenceCase
from residency.scheduling.absence_effects import absence_effects

MONDAY = date(2026, 11, 30)


def test_the_three_numbers_and_the_levels(clinic, away, skilled):
    rows = [
        ("A", "CO", 0, "AM"),
        ("A", "FC", 0, "PM"),
        ("A", "AT", 1, "AM", "supervising"),
        ("X", "CL", 1, "AM"),
    ]
    program = clinic(rows, [("CO", 0, "AM", 1), ("FC", 0, "PM", 1)], skilled("A"))
    effects = absence_effects(away(program, "A", 0, 1), naming="id")
    numbers = effects.assigned_gap, effects.reassigned_gap, effects.supervision_deficit
    assert numbers == (2, 1, 1)
    assert not effects.can_be_absorbed
    assert (effects.before.coverage, effects.after.coverage) == (1, 0)
    assert (effects.before.empty_slots, effects.after.empty_slots) == (0, 2)
    assert effects.after.utilization > effects.before.utilization
    assert effects.back == MONDAY + timedelta(days=2)
    spared = absence_effects(away(program, "B", 0, 1), naming="pseudonym")
    assert (spared.person, spared.assigned_gap, spared.can_be_absorbed) == ("p-B", 0, True)


def test_conflicts_are_those_that_the_absence_raises(clinic, away, night):
    program = clinic(
        [("A", "FC", 0, "AM")], [("FC", 0, "AM", 1), ("FC", 2, "AM", 1)], call_shifts=(night("A", 0),)
    )
    effects = absence_effects(away(program, "A"), naming="id")
    kinds = [conflict.type for conflict in effects.conflicts]
    assert set(kinds) >= {
        ConflictType.LEAVE_CALL_OVERLAP,
        ConflictType.COVERAGE_GAP,
        ConflictType.LEAVE_ASSIGNMENT_OVERLAP,
    }
    assert {conflict.person for conflict in effects.conflicts} == {"A"}
    assert (effects.call_opened, effects.resolved) == (1, 0)
    assert not any("p-A" in conflict.description for conflict in effects.conflicts)
    outside = absence_effects(away(program, "A"), naming="pseudonym").conflicts
    assert [conflict.description.replace("p-A", "A") for conflict in outside] == [
        conflict.description for conflict in effects.conflicts
    ]
    assert any("p-A" in conflict.description for conflict in outside)


@pytest.mark.parametrize("kind", [AbsenceType.VACATION, AbsenceType.DEPLOYMENT])
def test_the_numbers_are_those_of_losing_the_person_on_those_days(kind):
    start = date(2026, 11, 10)
    program = sample_program(people=29, days=90, seed=5, start=start, timezone="UTC")
    covered = [Period(start, start + timedelta(days=90))]
    away_from = start + timedelta(days=20), start + timedelta(days=26)
    seen = set()
    for person in [each.id for each in program.people][::4]:
        case = AbsenceCase.of(program, person, away_from, rule_set(), covered, kind)
        effects = absence_effects(case, naming="id")
        losses = single_losses(Snapshot.of(case.planned, case.days))
        alone = [int(each[case.person]) for each in (losses.assigned, losses.reassigned, losses.supervision)]
        assert [effects.assigned_gap, effects.reassigned_gap, effects.supervision_deficit] == alone
        seen.add(tuple(number > 0 for number in alone))
    assert len(seen) > 1
