"""The page and the calendar of a forecast: every half-day is drawn, every cause told, no person named."""

import base64
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.vocabulary import AbsenceStatus
from residency.reports.forecast_page import forecast_sentences, render_forecast, render_no_forecast
from residency.reports.forecast_picture import forecast_picture, level_of, worst_days
from residency.reports.health_picture import LEVEL_COLOURS
from residency.resilience.forecast import forecast
from residency.resilience.forecast_inputs import ForecastInputs
from residency.resilience.results import UtilizationLevel

TODAY = date(2026, 3, 30)
NAMESPACE = "{http://www.w3.org/2000/svg}"
AT = datetime(2026, 3, 30, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def program():
    """Busy, with two of three faculty absences only anticipated."""
    start = TODAY - timedelta(days=14)
    whole = sample_program(29, 104, 1, start, "UTC")
    absences = [
        replace(absence, status=AbsenceStatus.ANTICIPATED if place % 3 else absence.status)
        for place, absence in enumerate(whole.absences)
    ]
    people = tuple(replace(person, pseudonym=f"code {n}") for n, person in enumerate(whole.people))
    return replace(whole, people=people, absences=tuple(absences))


@pytest.fixture(scope="module")
def partly(program):
    known = Period(TODAY - timedelta(days=14), TODAY + timedelta(days=60))
    return forecast(ForecastInputs.of(program, TODAY, 90, [known]))


def page_of(found):
    return render_forecast(found, at=AT, timezone="UTC")


def test_the_calendar_draws_every_half_day_and_what_would_differ(partly):
    root = ET.fromstring(forecast_picture(partly))  # noqa: S314 - our own output
    boxes = [r for r in root.iter(f"{NAMESPACE}rect") if r.get("height") == "25"]
    strips = [r for r in root.iter(f"{NAMESPACE}rect") if r.get("height") == "13"]
    halves = [
        (half, used)
        for day, second in zip(partly.days, partly.anticipated, strict=True)
        for half, used in ((day.am, second.am), (day.pm, second.pm))
    ]
    assert [box.get("fill") for box in boxes] == [LEVEL_COLOURS[half.level] for half, _ in halves]
    assert len(strips) == sum(level_of(used) is not half.level for half, used in halves) > 0
    assert len([r for r in root.iter(f"{NAMESPACE}rect") if r.get("stroke-dasharray")]) == 30
    texts = [text.text for text in root.iter(f"{NAMESPACE}text")]
    told = [f"{half.level.value[0]} {int(100 * half.utilization + 1e-6)}" for half, _ in halves]
    assert [text for text in texts if re.fullmatch(r"[GYORB] \d+", text)] == told
    assert "1 Apr" in texts
    assert any("Dashed frame" in text for text in texts)


def test_a_calendar_begins_in_the_week_of_its_first_day(program):
    wednesday = TODAY + timedelta(days=2)
    found = forecast(ForecastInputs.of(program, wednesday, 5, [Period(TODAY, TODAY + timedelta(days=30))]))
    root = ET.fromstring(forecast_picture(found))  # noqa: S314 - our own output
    texts = [text.text for text in root.iter(f"{NAMESPACE}text")]
    assert "30 Mar" in texts
    assert "6 Apr" not in texts
    assert not any("Dashed" in text for text in texts)


def test_the_verdict_comes_first_then_what_to_do_and_why(partly):
    page = page_of(partly)
    order = ["overloaded", "What to do", "data:image/svg", "The worst days", "nobody to spare", "computed"]
    places = [page.index(word) for word in order]
    assert places == sorted(places)
    assert f"on {partly.high_risk_days} of the next 90 days" in page
    assert "faculty away" in page
    assert "more days are RED or BLACK" in page
    assert "30 days have no published schedule yet" in page
    assert "If every anticipated absence comes" in page
    (picture,) = re.findall(r"base64,([A-Za-z0-9+/=]+)", page)
    assert base64.b64decode(picture).decode() == forecast_picture(partly)


def test_no_page_names_a_person(partly, program):
    page = page_of(partly)
    for person in program.people:
        assert person.name not in page
        assert not re.search(rf"\b{person.id}\b", page)


def test_the_worst_days_are_of_the_highest_level(partly):
    found = worst_days(partly.days, 90)
    levels = [list(UtilizationLevel).index(day.level) for day in found]
    assert levels == sorted(levels, reverse=True)
    assert len({day.day for day in found}) == 90


def test_a_quiet_time_says_so(program):
    quiet = replace(program, coverage=(), assignments=program.assignments.take(slice(0, 0)))
    known = [Period(TODAY, TODAY + timedelta(days=30))]
    found = forecast(ForecastInputs.of(quiet, TODAY, 7, known))
    page = page_of(found)
    assert forecast_sentences(found)[0].startswith("On none of the next 7 days will faculty be overloaded")
    assert "The worst days" not in page
    assert "nobody to spare" not in page
    assert "What to do" not in page
    one = forecast(ForecastInputs.of(quiet, TODAY + timedelta(days=29), 2, known))
    assert "1 day has no published schedule yet" in page_of(one)


def test_few_bad_days_are_all_listed(program):
    found = forecast(ForecastInputs.of(program, TODAY, 90, [Period(TODAY, TODAY + timedelta(days=90))]))
    first = next(place for place, day in enumerate(found.days) if day.high_risk)
    short = found.model_copy(
        update={
            "days": found.days[first : first + 1],
            "anticipated": found.anticipated[first : first + 1],
            "high_risk_days": 1,
            "anticipated_high_risk_days": 1,
            "services": found.services[:2],
        }
    )
    page = page_of(short)
    assert "more days are RED" not in page
    assert "If every" not in forecast_sentences(short)[-1]


def test_services_beyond_the_table_are_counted(partly):
    busy = [each.model_copy(update={"high_risk_days": 3}) for each in partly.services * 3]
    page = page_of(partly.model_copy(update={"services": tuple(busy)}))
    assert f"{len(busy) - 10} more services with such days" in page


def test_without_a_schedule_the_page_says_why():
    assert render_no_forecast("no <schedule>") == "# Utilization forecast\n\n**No data.** no \\<schedule\\>\n"
    assert level_of(0.7) is UtilizationLevel.YELLOW
