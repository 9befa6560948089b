"""What is said of covering for somebody and of an absence, in sentences and on the page."""

from datetime import date

import pytest

from residency.program.vocabulary import AbsenceType, ConflictSeverity, ConflictType, CoverageRole, Half
from residency.quality.schedule_validation import ToldConflict
from residency.reports.absence_page import effect_sentences, level_rows, render_effects
from residency.reports.cover_page import cover_sentences, render_cover, slot_title, substitute_row
from residency.resilience.results import DefenseLevel, HealthStatus, UtilizationLevel
from residency.scheduling.cover_results import (
    AbsenceEffects,
    Blocking,
    CoverPlan,
    CoverReport,
    Levels,
    Move,
    OpenSlot,
    RuledOut,
    Substitute,
)

MONDAY = date(2026, 11, 30)
SUBSTITUTE = Substitute(
    person="p-B",
    cohort="faculty core",
    hours_before=100,
    hours_after=106,
    fairness_before=0.95,
    fairness_after=None,
    rest_before=12.5,
    rest_after=None,
    gives_up=(),
    gaps_elsewhere=(),
    new_warnings=(),
    acgme="breaks no rule and brings no new warning",
)
OUT = RuledOut(kind="work", reason="is needed on *Clinic*", rule=None, people=("p-C", "p-D"))
MOVE = Move(
    person="p-B",
    day=MONDAY,
    half=Half.AM,
    given_up=None,
    taken="Ward",
    sentence="p-B, who is free, takes Ward.",
)
BLOCKING = Blocking(
    day=MONDAY,
    half=Half.AM,
    slots=("Ward",),
    people=(),
    ruled_out=(OUT,),
    missing=1,
    sentence="Nobody could fill it.",
)


def slot(candidates=1):
    return OpenSlot(
        day=MONDAY,
        half=Half.AM,
        starts_at=None,
        ends_at=None,
        label="Mon 30 Nov AM",
        what="Ward",
        service="WD",
        role=CoverageRole.PRIMARY,
        required_by=("coverage",),
        candidates=candidates,
        substitutes=(SUBSTITUTE,) * candidates,
        ruled_out=(OUT,),
    )


def plan(**more):
    nothing = {"moves": (), "still_open": (), "blocking": (), "open_together": ()}
    return CoverPlan(**{**nothing, "layer": "immediate", "proven": False, **more})


def report(slots, of_plan, notes=()):
    return CoverReport(
        person="p-A",
        start=MONDAY,
        last=MONDAY,
        window_start=date(2026, 11, 19),
        window_end=date(2026, 12, 17),
        rule_set="acgme-2017",
        version_ids=(),
        slots=slots,
        plan=of_plan,
        notes=notes,
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            report((), plan(), ("1 day has no schedule",)),
            [
                "p-A is away, Mon 30 Nov to Mon 30 Nov 2026: nothing opens that needs somebody else.",
                "1 day has no schedule.",
            ],
        ),
        (
            report((slot(),), plan(moves=(MOVE,), proven=True)),
            [
                "p-A is away, Mon 30 Nov to Mon 30 Nov 2026: 1 slot opens.",
                "All can be covered, with 1 move, and no plan needs fewer.",
            ],
        ),
        (
            report((slot(), slot(0)), plan(still_open=("Ward",), blocking=(BLOCKING,))),
            [
                "p-A is away, Mon 30 Nov to Mon 30 Nov 2026: 2 slots open.",
                "1 slot stays open in the best plan known, with 0 moves.",
                "Nobody could simply step in for Ward (Mon 30 Nov AM).",
                "That nobody can close the rest is proven below.",
            ],
        ),
        (
            report((slot(),), plan(still_open=("a", "b"), open_together=("Mon 30 Nov AM",))),
            [
                "p-A is away, Mon 30 Nov to Mon 30 Nov 2026: 1 slot opens.",
                "2 slots stay open in the best plan known, with 0 moves.",
                "What is open on Mon 30 Nov AM could be filled by itself; "
                "no way was found to fill it and keep all else covered.",
            ],
        ),
    ],
)
def test_the_verdict_comes_first_and_claims_no_more_than_is_proven(given, told):
    assert cover_sentences(given) == told


def test_supervision_that_fails_is_counted():
    watched = slot().model_copy(update={"required_by": ("coverage", "supervision")})
    said = cover_sentences(report((slot(), watched, watched), plan()))
    assert said[1] == "Without 2 of them residents lack an attending."


def test_a_page_shows_plan_proofs_and_each_slot_as_inert_text():
    page = render_cover(
        report((slot(), slot(0)), plan(moves=(MOVE,), still_open=("x",), blocking=(BLOCKING,)))
    )
    for title in ("## The plan", "## Still open", "## Why nobody can", "Ward, Mon 30 Nov AM: nobody could"):
        assert title in page
    assert r"p-C and p-D: is needed on \*Clinic\*" in page
    assert "And " not in page
    many = render_cover(report((slot(0),) * 41, plan()))
    assert "And 1 slot more." in many
    assert "The plan" not in many
    assert slot_title(slot(2)) == "Ward, Mon 30 Nov AM: 2 people could take it"


def test_what_a_substitute_gives_up_is_told_with_the_slots_that_it_opens():
    assert substitute_row(SUBSTITUTE)[2:6] == ("100.0 to 106.0", "0.950 to –", "12.5 h, –", "–")  # noqa: RUF001
    given = SUBSTITUTE.model_copy(update={"gives_up": ("Clinic", "Ward"), "cohort": ""})
    assert substitute_row(given)[5] == "Clinic and Ward"
    assert substitute_row(given)[1] == "–"  # noqa: RUF001
    gap = given.model_copy(update={"gaps_elsewhere": ("Ward",)})
    assert substitute_row(gap)[5] == "Clinic and Ward; opens Ward"


LEVELS = Levels(
    status=HealthStatus.HEALTHY,
    utilization=0.5,
    utilization_level=UtilizationLevel.GREEN,
    coverage=1.0,
    defense_level=DefenseLevel.PREVENTION,
    buffer=0.25,
    empty_slots=0,
)
UNKNOWN = LEVELS.model_copy(
    update={"utilization_level": None, "defense_level": None, "utilization": None, "coverage": None}
)
CONFLICT = ToldConflict(
    type=ConflictType.COVERAGE_GAP,
    severity=ConflictSeverity.CRITICAL,
    grade=None,
    person="p-A",
    absence_start=MONDAY,
    absence_end=MONDAY,
    week_start=None,
    day=MONDAY,
    half=Half.AM,
    subject="Ward",
    description="p-A is away: Ward has 0 of 1 people.",
    fingerprint="f",
)


def effects(**more):
    facts = {
        "person": "p-A",
        "start": MONDAY,
        "last": MONDAY,
        "back": date(2026, 12, 1),
        "type": AbsenceType.VACATION,
        "version_ids": (),
        "assigned_gap": 0,
        "reassigned_gap": 0,
        "supervision_deficit": 0,
        "call_opened": 0,
        "conflicts": (),
        "resolved": 0,
        "before": LEVELS,
        "after": UNKNOWN,
        "notes": (),
    }
    return AbsenceEffects(**{**facts, **more})


def test_an_absence_is_told_by_what_the_rest_can_absorb():
    days = "p-A away, Mon 30 Nov to Mon 30 Nov 2026"
    assert effect_sentences(effects())[0] == f"{days}: nobody else is needed."
    assert effect_sentences(effects(call_opened=1))[0] == f"{days}: it can be absorbed, if others take over."
    hard = effect_sentences(
        effects(
            assigned_gap=2,
            reassigned_gap=1,
            conflicts=(CONFLICT,),
            back=date(2026, 12, 4),
            notes=("somebody is away",),
        )
    )
    assert hard == [
        f"{days}: the program cannot absorb it without leaving slots or residents uncovered.",
        "2 slots to hand over, 1 of them for which nobody is left after the best reassignment; "
        "0 attendings missing for supervision; 0 call shifts open.",
        "1 conflict would be raised, 1 of them critical.",
        "Counted is the recovery owed until 2026-12-04, too.",
        "Somebody is away.",
    ]


def test_levels_stand_side_by_side_and_conflicts_below():
    rows = {name: (before, after) for name, before, after in level_rows(effects())}
    assert rows["Utilization level"] == ("GREEN (room to spare)", "–")  # noqa: RUF001
    assert rows["Required slots filled"] == ("100.0 %", "not known")
    page = render_effects(effects(conflicts=(CONFLICT,) * 51))
    assert "## Conflicts" in page
    assert "And 1 more." in page
    assert page.endswith("Nothing was stored.\n")
    assert "Conflicts" not in render_effects(effects())
