"""The page of the fallback schedules says what they hold, the worst first, and names nobody."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from residency.program.calendar import Period
from residency.reports.fallback_page import SCENARIO_WORDS, fallback_sentences, render_fallbacks
from residency.resilience.fallback_results import StoredFallback

DAYS = Period(date(2026, 3, 2), date(2026, 5, 31))


def fallback(scenario="holiday_skeleton", coverage=1.0, people=(), empty=(), **others):
    """``empty`` are (post, day of March, half, slots)."""
    values = {
        "id": uuid4(),
        "scenario": scenario,
        "subject": tuple(uuid4() for _ in people),
        "people": tuple(f"SECRET-{person}" for person in people),
        "pseudonyms": tuple(people),
        "parameters": {},
        "revision": 1,
        "period": DAYS,
        "valid_from": DAYS.start,
        "valid_until": DAYS.end,
        "input_hash": "h",
        "coverage": coverage,
        "changes": 12,
        "unfilled_slots": sum(slots for *_, slots in empty),
        "unfilled": tuple(
            {"post": post, "date": date(2026, 3, day).isoformat(), "half": half, "slots": slots}
            for post, day, half, slots in empty
        ),
        "call_moves": (),
        "violations": (),
        "services_reduced": (),
        "assumptions": (),
        "layer": "exact",
        "gap": 0.0,
        "status": "ready",
        "computed_at": datetime(2026, 3, 1, tzinfo=UTC),
        "stale_since": None,
    }
    return StoredFallback(**(values | others))


def rows(page):
    """The cells of the first table by its first column."""
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


def shown(fallbacks, **how):
    return render_fallbacks(
        fallbacks, at=datetime(2026, 3, 1, 12, tzinfo=UTC), timezone="Pacific/Honolulu", **how
    )


def test_nothing_prepared_is_no_success():
    page = shown([])
    assert fallback_sentences([]) == ["No fallback schedule is prepared."]
    assert "**No fallback schedule is prepared.**" in page
    assert "Nothing has to be looked at" not in page


def test_every_scenario_has_its_row_and_the_missing_ones_are_told():
    page = shown([fallback()])
    table = rows(page)
    assert all(words in table for words in SCENARIO_WORDS.values())
    assert table["holiday skeleton"][:6] == ["1", "100 %", "12", "0", "0.0\xa0%", "1 of 1"]
    assert table["holiday skeleton"][-1].replace("\xa0", " ") == "Sat 30 May 2026"
    assert table["weather emergency"][0] == "0"
    assert "Every bad day that is prepared for keeps 100 % of its slots or more covered." in page
    assert "One fallback schedule stands ready." in page
    assert "Nothing is prepared for: one faculty member lost, two faculty members lost," in page
    assert "**Nothing has to be looked at: each of them fills every slot.**" in page
    assert "What is assumed" not in page
    assert "What could not be done" not in page


def test_the_worst_is_told_first_by_pseudonym_and_in_bold_below_80_percent():
    worst = fallback(
        "2_faculty_loss",
        0.799,
        ("F-A", "F-B"),
        (("Clinic", 3, "AM", 2), ("Ward", 4, "PM", 3), ("Clinic", 9, "AM", 2)),
        call_moves=({"to": None}, {"to": "x"}),
        violations=("R-A works 82 h.",),
        assumptions=("They are gone.",),
        gap=None,
        layer="immediate",
    )
    others = [
        fallback("2_faculty_loss", 0.95, ("F-A", "F-C"), (("Ward", 5, "AM", 1),), gap=0.0123),
        fallback("weather_emergency", 0.80, call_moves=({"to": None},)),
        *(fallback(scenario) for scenario in SCENARIO_WORDS if scenario[0] not in "2w"),
    ]
    page = shown([*others, worst], warnings=["the solver was lost"])
    first, *told = fallback_sentences([*others, worst])
    assert first == "Less than 80 % of the slots can be covered in case of: two faculty members lost."
    assert told == [
        "8 fallback schedules stand ready.",
        "The worst is two faculty members lost (F-A and F-B): 79 % covered.",
        "1 of them breaks a binding rule because of locked work.",
        "In 2 of them nobody can take some call shift.",
    ]
    table = rows(page)
    assert table["two faculty members lost"][:5] == ["2", "**79 %**", "12", "7", "1.2\xa0%, 1 not proven"]
    assert table["two faculty members lost"][5] == "0 of 2"
    section = page.split("## What to look at first")[1]
    assert section.index("F-A and F-B") < section.index("F-A and F-C")
    assert "Clinic 4 and Ward 3; first Tue 3 Mar AM" in section.replace("\xa0", " ")
    assert "1 shift" in section
    assert "R-A works 82 h." in page.replace("\\", "")
    assert "**two faculty members lost**: They are gone." in page
    assert "- the solver was lost" in page
    assert "SECRET" not in page


@pytest.mark.parametrize(("count", "more"), [(8, None), (9, "1 other leaves"), (11, "3 others leave")])
def test_of_many_hard_cases_the_rest_is_counted(count, more):
    page = shown(
        [
            fallback("1_faculty_loss", 0.9, (f"F-{n}",), (("Clinic", 3, "AM", n + 1),), gap=None)
            for n in range(count)
        ]
    )
    assert (more is None) == (" something empty too." not in page)
    assert more is None or more in page
    assert rows(page)["one faculty member lost"][4] == "not proven"


@pytest.mark.parametrize("status", ["ready", "active", "stale", "draft", "retired"])
def test_a_draft_is_made_only_of_what_is_ready_or_active(status):
    assert fallback(status=status).is_usable == (status in {"ready", "active"})
