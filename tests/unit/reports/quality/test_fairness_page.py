"""The page and the picture of fairness: least fair first, a dot for everybody, the rest counted."""

from xml.etree import ElementTree as ET

import pytest

from residency.reports.fairness_page import render_fairness
from residency.reports.fairness_picture import COHORTS_SHOWN, fairness_picture, nice_step


def test_the_fairness_page_lists_cohorts_least_fair_first(make, shown_at):
    page = render_fairness(
        make.metrics((*make.people, make.person("R-9", "PGY-3", 5.0, fte=0.0))), **shown_at
    )
    rows = [row.split(" | ") for row in page.splitlines() if row.startswith("| PGY")]
    assert [(row[0], row[2], row[3], row[4]) for row in rows] == [
        ("| PGY-1", "83.3 %", "needs a look", "R-1"),
        ("| PGY-2", "100.0 %", "one person", "R-3"),
        ("| PGY-3", "not known", "nobody available", "\N{EN DASH}"),
    ]
    assert "| Weekends | 83.3 % | needs a look | PGY-1 (83.3 %) | R-1 |" in page
    assert "| Nights" not in page
    assert "without FTE: R-4." in page
    assert "data:image/svg+xml" in page


def test_a_stored_page_without_people_has_no_picture(make, shown_at):
    page = render_fairness(make.metrics(people=(), without_availability=(), other_fairness=()), **shown_at)
    assert "data:image" not in page
    assert "Nights, weekends" not in page
    assert "Not compared" not in page


def test_idle_cohorts_are_told(make, shown_at):
    page = render_fairness(make.metrics((make.person("a", "x", 0.0), make.person("b", "x", 0.0))), **shown_at)
    assert "| x | 2 | 100.0 % | no hours |" in page


def test_the_fairness_picture_draws_a_dot_for_everybody_compared(make):
    crowd = tuple(make.person(f"P{at}", "crowd", float(at)) for at in range(50))
    picture = fairness_picture(make.metrics((*make.people, *crowd)))
    root = ET.fromstring(picture)  # noqa: S314 - our own output
    dots = root.findall("{http://www.w3.org/2000/svg}circle")
    assert len(dots) == 2 + 50
    shown = make.texts(picture)
    assert "P49" in shown
    assert "R-1" in shown
    assert "1 more cohort is not shown: only one person, or no hours." in shown
    assert shown.index("crowd") < shown.index("PGY-1")


def test_many_cohorts_are_cut_and_counted(make):
    people = [
        make.person(f"{cohort}-{at}", f"Cohort {cohort:02}", 10.0 + at * (12 - cohort))
        for cohort in range(COHORTS_SHOWN + 2)
        for at in (0, 1)
    ]
    shown = make.texts(fairness_picture(make.metrics(tuple(people))))
    assert "Cohort 07" in shown
    assert "Cohort 08" not in shown
    assert "2 more cohorts are not shown: shared more evenly." in shown
    assert make.texts(fairness_picture(make.metrics(()))) != []
    assert make.texts(fairness_picture(make.nothing)) != []


@pytest.mark.parametrize(("largest", "step"), [(0, 1), (4, 1), (9, 2), (100, 20), (110, 25), (260, 100)])
def test_axis_marks_are_round(largest, step):
    assert nice_step(largest) == step
