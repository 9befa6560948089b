"""What is said of a crisis: verdict in words first, what stops and stays, and what to do next."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from residency.reports.crisis_page import (
    WORK_LISTED,
    render_activation,
    render_awaiting,
    render_recovery,
    render_simulation,
)
from residency.reports.crisis_sentences import (
    alert_message,
    categories,
    hours,
    next_steps,
    outcome_sentences,
    plan_sentences,
    recovery_sentences,
    work_label,
)
from residency.resilience.crisis_results import (
    ChosenFallback,
    CrisisOutcome,
    CrisisPlan,
    RecoveryOutcome,
    ShedLoad,
    Work,
)
from residency.resilience.load_shedding import (
    LEVELS,
    Activity,
    LoadSheddingLevel,
    automatic_level,
    recovery_order,
    shed,
)

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
REQUEST, CRISIS, VERSION, FALLBACK = (UUID(int=number) for number in range(1, 5))
WARD = Activity("W", "Ward | nights", 1, True, 6000)
CLINIC = Activity("C", "Clinic", 3, True, 600, 1200)
ROUNDS = Activity("R", "Rounds", 4, True, 120)
CLUB = Activity("J", "Journal club", 7, False, 90)


def plan(level=LoadSheddingLevel.RED, capacity=7000, work=(WARD, CLINIC, ROUNDS, CLUB), **changes):
    shedding, automatic = shed(work, level, capacity), automatic_level(work, capacity)
    values = {
        "word": "level critical",
        "from_level": LoadSheddingLevel.NORMAL,
        "period_start": date(2026, 11, 24),
        "period_end": date(2026, 12, 1),
        "load": ShedLoad.of(shedding, automatic),
        "utilization": 0.9,
        "coverage": 0.95,
        "lost": ("F-1", "F-2"),
        "scenario": "2_faculty_loss",
        "fallback": ChosenFallback(
            id=FALLBACK,
            scenario="2_faculty_loss",
            made_on_the_spot=False,
            coverage=0.98765,
            changes=12,
            unfilled_slots=1,
            violations=0,
            period_start=date(2026, 11, 24),
            period_end=date(2027, 2, 22),
        ),
        "notes": (),
    }
    return CrisisPlan(**{**values, **changes})


def outcome(result="activated", version=VERSION, **changes):
    values = {
        "result": result,
        "request_id": REQUEST,
        "crisis_id": CRISIS,
        "plan": plan(),
        "version_id": version,
        "alert_key": f"crisis:{REQUEST}",
        "at": NOW,
    }
    return CrisisOutcome(**{**values, **changes})


def test_a_plan_says_first_what_stops_and_what_stays():
    assert plan_sentences(plan()) == [
        "Level critical sheds load to RED: core education, research, administration and optional education "
        "stop (2 activities with 3.5 h of the faculty's work, Tue 24 Nov to Mon 30 Nov 2026); patient "
        "safety, ACGME requirements and continuity of care stay, with 110 h.",
        "What stays fits the 116.7 h that the faculty can give below the 80 % mark; NORMAL would be enough "
        "for that.",
        "2 faculty members are lost from duty that the schedule counts on (F-1 and F-2).",
        "The fallback for the loss of two or more faculty members (2_faculty_loss, prepared) covers 98.7 % "
        "with 12 changes; 1 slot stays empty.",
    ]


@pytest.mark.parametrize(
    ("capacity", "told"),
    [
        (6600, "What stays fits the 110 h that the faculty can give below the 80 % mark."),
        (
            6100,
            "What stays exceeds the 101.7 h that the faculty can give below the 80 % mark by 8.3 h; BLACK is "
            "the least level that could make it fit.",
        ),
    ],
)
def test_the_capacity_is_compared_with_what_stays(capacity, told):
    work = (WARD, CLINIC, Activity("R", "Rounds", 4, True, 6000), CLUB)
    assert plan_sentences(plan(capacity=capacity, work=work))[1] == told


def test_where_no_level_is_enough_that_is_said():
    crowded = plan(level=LoadSheddingLevel.CRITICAL, capacity=60)
    assert plan_sentences(crowded)[1].endswith("by 99 h, and no level would make it fit.")


def test_nobody_lost_is_said_and_a_fallback_that_breaks_rules_too():
    quiet = plan(lost=(), scenario=None, fallback=None, notes=("Something else.",))
    assert plan_sentences(quiet)[2:] == [
        "No faculty member is lost from duty that the schedule counts on.",
        "No fallback is called for.",
        "Something else.",
    ]
    unpublished = plan(lost=(), scenario="mass_casualty_event", fallback=None)
    assert len(plan_sentences(unpublished)) == 3
    made = plan().fallback.model_copy(update={"made_on_the_spot": True, "violations": 2, "unfilled_slots": 0})
    assert plan_sentences(plan(fallback=made))[-1] == (
        "The fallback for the loss of two or more faculty members (2_faculty_loss, made on the spot) covers "
        "98.7 % with 12 changes; 0 slots stay empty; it breaks 2 binding rules that the schedule before did "
        "not."
    )


def test_an_outcome_says_what_was_done_and_what_is_next():
    draft = (
        f"Draft version {VERSION} waits for a coordinator; nothing is published: look at it with "
        f"`residency validate {VERSION}`, then `residency publish {VERSION}`."
    )
    told = outcome_sentences(outcome())
    assert told[0] == "The crisis response is active."
    assert told[-1] == draft
    raised = outcome("raised", plan=plan(from_level=LoadSheddingLevel.ORANGE))
    assert outcome_sentences(raised)[0] == "The open crisis was raised from ORANGE."
    kept = plan(from_level=LoadSheddingLevel.BLACK)
    assert outcome_sentences(outcome("unchanged", version=None, plan=kept, alert_key=None)) == [
        "A crisis is open already with load shed to BLACK; it was not lowered, and nothing else was changed."
    ]
    other = outcome_sentences(outcome("unchanged", plan=kept))
    assert other[0] == "The open crisis stays at BLACK, with another fallback."
    assert other[-1] == draft
    assert "No draft was made." in next_steps(outcome(version=None))[0]


def test_an_alert_names_level_and_draft_and_no_person():
    message = alert_message(outcome())
    assert message.startswith("A crisis response is active. Level critical sheds load to RED")
    assert str(VERSION) in message
    assert "F-1" not in message
    assert alert_message(outcome("raised")).startswith("The open crisis was raised. Level critical")
    assert alert_message(outcome("unchanged")).startswith("The open crisis has another fallback. Level")


def test_the_way_back_is_told_in_order():
    ended = RecoveryOutcome(
        result="deactivated",
        crisis_id=CRISIS,
        from_level=LoadSheddingLevel.RED,
        order=Work.of(recovery_order([CLUB, ROUNDS])),
        fallbacks_off=1,
        drafts=(VERSION,),
    )
    assert recovery_sentences(ended) == [
        "The crisis is over: load is back from RED to NORMAL.",
        "Work comes back in this order: Rounds and Journal club.",
        f"1 fallback is off; the draft stays as before ({VERSION}).",
    ]
    several = ended.model_copy(update={"order": (), "fallbacks_off": 2, "drafts": (VERSION, FALLBACK)})
    assert recovery_sentences(several)[1:] == [
        "No work had stopped.",
        f"2 fallbacks are off; the drafts stay as before ({VERSION}, {FALLBACK}).",
    ]
    bare = ended.model_copy(update={"fallbacks_off": 0, "drafts": ()})
    assert recovery_sentences(bare)[2] == "0 fallbacks are off."
    assert recovery_sentences(RecoveryOutcome(result="no_action")) == [
        "No crisis is open; nothing was changed."
    ]


def test_every_category_is_either_stopped_or_stays():
    for level in LEVELS:
        told = f"{categories(level, stopped=True)}, {categories(level, stopped=False)}".replace(" and ", ", ")
        assert len([name for name in told.split(", ") if name]) == 7
    named = [work_label(work) for work in Work.of([CLINIC, CLUB, Activity("N", "None", 3, True, 0)])]
    assert named == ["Clinic (10 h of faculty, 20 h of residents)", "Journal club (1.5 h of faculty)", "None"]
    assert hours(1234.5) == "1\N{NO-BREAK SPACE}234.5 h"


def test_pages_hold_the_verdict_first_and_escape_names():
    simulated = render_simulation(plan(), at=NOW, timezone="UTC")
    assert simulated.startswith("# Crisis response, simulated\n\n**Level critical sheds load to RED")
    assert "Nothing was changed. Computed Tue 24 Nov 2026 12:30 UTC." in simulated
    assert "| Ward \\| nights | 1 patient safety | required | 100 h | 0 h |" in simulated
    assert simulated.index("What stops, in this order") < simulated.index("What stays protected")
    nothing = render_simulation(plan(work=()), at=NOW, timezone="UTC")
    assert "## What stops, in this order\n\nNothing." in nothing
    many = tuple(replace(CLUB, service=f"J{number}") for number in range(WORK_LISTED + 2))
    assert "And 2 more." in render_simulation(plan(work=many), at=NOW, timezone="UTC")


def test_pages_of_requests_activations_and_ends():
    awaiting = render_awaiting(REQUEST, "level critical", NOW, status="pending", timezone="UTC")
    assert f"residency crisis approve {REQUEST} --by NAME" in awaiting
    assert "waits for a second person" in awaiting
    declined = render_awaiting(REQUEST, "level critical", NOW, status="declined", timezone="UTC")
    assert "**The request was declined; nothing was changed.**" in declined
    assert "approve" not in declined
    active = render_activation(outcome(), timezone="UTC")
    assert "**The crisis response is active.** Level critical" in active
    assert "## What to do next" in active
    unchanged = outcome("unchanged", version=None, alert_key=None)
    assert "What to do next" not in render_activation(unchanged, timezone="UTC")
    ended = RecoveryOutcome(result="deactivated", crisis_id=CRISIS, order=Work.of([CLINIC]))
    page = render_recovery(ended, at=NOW, timezone="UTC")
    assert page.startswith("# Crisis response, ended")
    assert "| Clinic | 3 continuity of care | required | 10 h | 20 h |" in page
    assert render_recovery(RecoveryOutcome(result="no_action"), at=NOW, timezone="UTC").startswith(
        "# Crisis response\n\n**No crisis is open; nothing was changed.**"
    )
