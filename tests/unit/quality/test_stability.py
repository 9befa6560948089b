"""Stability of a version: what changed, how far it spread, who is hard to lose, and the grade."""

from datetime import date, timedelta

import numpy as np
import pytest

from residency.program.calendar import Period
from residency.quality.changes import changes
from residency.quality.results import StatusLabel
from residency.quality.ripple import ripple
from residency.quality.rows import NONE, PreviousSchedule, VersionRows
from residency.quality.stability import ChangeDates, grade_of, n1_score, stability, stability_score

MONDAY = date(2026, 3, 2)
WEEK = Period.horizon(MONDAY, 7)
TODAY = ChangeDates(date(2026, 3, 10))
BROKEN = ("HOURS_80", "must", "r1", "", "2026-03-02", "planned")
CURED = ("FREE_DAY", "must", "r1", "", "2026-03-02", "planned")


def rows(*given, extents=(WEEK,), people=None, services=None):
    """Rows ``(person, service, day, half[, cause[, override[, role]]])``, words in any order."""
    people = people or tuple(dict.fromkeys(row[0] for row in given))
    services = services or tuple(dict.fromkeys(row[1] for row in given))
    more = [(*row[4:], None, None, 0)[:2] + ((row[6],) if len(row) > 6 else (0,)) for row in given]
    causes = tuple(dict.fromkeys(cause for cause, _, _ in more if cause))
    overrides = tuple(dict.fromkeys(reason for _, reason, _ in more if reason))
    return VersionRows(
        extents=extents,
        people=people,
        services=services,
        person=np.array([people.index(row[0]) for row in given], np.int32),
        service=np.array([services.index(row[1]) for row in given], np.int32),
        day=np.datetime64(MONDAY, "D") + np.array([row[2] for row in given], np.int64),
        half=np.array([row[3] for row in given], np.int8),
        role=np.array([role for _, _, role in more], np.int8),
        override=np.array([overrides.index(o) if o else NONE for _, o, _ in more], np.int32),
        cause=np.array([causes.index(c) if c else NONE for c, _, _ in more], np.int32),
        overrides=overrides,
        causes=causes,
    )


def judged(old, new, *, broken=frozenset(), known=frozenset(), dates=TODAY):
    previous = None if old is None else PreviousSchedule(old, known)
    duty = np.ones(len(new.services), np.bool_)
    return stability(new, duty, broken, previous, WEEK, dates)


def test_added_removed_and_modified_are_told_apart():
    old = rows(("a", "X", 0, 0), ("a", "X", 0, 1), ("b", "Y", 1, 0), ("b", "Y", 2, 0), ("c", "X", 3, 0))
    new = rows(
        ("c", "X", 3, 0),
        ("b", "Z", 1, 0),  # another service
        ("b", "Y", 2, 0, None, "asked for"),  # an override
        ("a", "X", 0, 0, None, None, 1),  # another role
        ("d", "X", 4, 0),  # added, and a's afternoon removed
    )
    told = judged(old, new)
    assert (told.added, told.removed, told.modified, told.compared_days) == (1, 1, 3, 7)
    assert told.churn == 5 / 5


def test_the_same_version_in_other_words_and_order_has_no_churn():
    given = [("a", "X", 0, 0, None, "r1"), ("b", "Y", 1, 1, None, "r2"), ("c", "X", 2, 0)]
    old, new = rows(*given), rows(*reversed(given))
    assert old.people != new.people
    assert judged(old, new).churn == 0


def test_another_reason_for_an_override_is_a_change():
    assert judged(rows(("a", "X", 0, 0, None, "r1")), rows(("a", "X", 0, 0, None, "r2"))).modified == 1


def test_only_days_that_both_versions_cover_are_compared():
    """A version that covers the week from Wednesday, where the old one ends on Thursday."""
    old = rows(("a", "X", 0, 0), ("a", "X", 2, 0), extents=(Period.horizon(MONDAY, 4),))
    later = Period(MONDAY + timedelta(days=2), MONDAY + timedelta(days=30))
    new = rows(("a", "X", 3, 0), ("a", "X", 5, 0), ("a", "X", 20, 0), extents=(later,))
    told = judged(old, new)
    assert (told.added, told.removed, told.compared_days) == (1, 1, 2)
    nothing = judged(rows(("a", "X", 0, 0), extents=(Period.horizon(MONDAY, 1),)), new)
    assert (nothing.compared_days, nothing.churn) == (0, 0)


def test_without_a_predecessor_nothing_changed_and_nothing_is_new():
    told = judged(None, rows(("a", "X", 0, 0), ("b", "X", 0, 0)), broken=frozenset({BROKEN}))
    assert (told.compared_days, told.churn, told.ripple, told.new_violations) == (0, 0, 0, ())
    assert (told.added, told.removed, told.modified) == (0, 0, 0)
    assert told.days_since_major_change is None


def test_two_empty_versions_have_no_churn():
    assert judged(rows(), rows()).churn == 0


def test_new_violations_are_those_the_previous_version_did_not_have():
    same = rows(("a", "X", 0, 0), ("b", "X", 0, 0))
    told = judged(same, same, broken=frozenset({BROKEN}), known=frozenset({CURED}))
    assert told.new_violations == (BROKEN,)
    assert (told.grade, told.stable, told.status) == ("F", False, StatusLabel.CRITICAL)
    assert judged(same, same, broken=frozenset({BROKEN}), known=frozenset({BROKEN})).new_violations == ()


def test_a_major_change_is_of_the_day_it_was_published():
    old, new = rows(("a", "X", 0, 0), ("b", "X", 0, 0)), rows(("a", "Y", 0, 0), ("b", "X", 0, 0))
    before = date(2026, 1, 10)
    published = ChangeDates(date(2026, 3, 10), date(2026, 3, 1), before)
    told = judged(old, new, dates=published)
    assert (told.major_change_on, told.days_since_major_change) == (date(2026, 3, 1), 9)
    draft = judged(old, new, dates=ChangeDates(date(2026, 3, 10), None, before))
    assert (draft.major_change_on, draft.days_since_major_change) == (date(2026, 3, 10), 0)
    same = judged(old, old, dates=published)
    assert (same.major_change_on, same.days_since_major_change) == (before, 59)


@pytest.mark.parametrize(("moved", "major"), [(50, False), (51, True)])
def test_more_than_50_changes_are_major_whatever_their_share(moved, major):
    people = [f"p{number}" for number in range(400)]
    old = rows(*((name, "X", 0, 0) for name in people))
    new = rows(*((name, "Y" if at < moved else "X", 0, 0) for at, name in enumerate(people)))
    assert (judged(old, new).major_change_on is not None) is major


def test_n1_takes_shares_and_services_that_only_one_covers():
    """a holds 2 of 4 and all of X, b 1 of 4, c 1 of 4; Y is shared."""
    schedule = rows(("a", "X", 0, 0), ("a", "Y", 1, 0), ("b", "Y", 1, 0), ("c", "Y", 2, 0))
    duty = np.ones(2, np.bool_)
    worst, mean = 0.5 + 0.3, (0.8 + 0.25 + 0.25) / 3
    assert n1_score(schedule, duty, WEEK) == pytest.approx(0.7 * worst + 0.3 * mean)


def test_n1_is_capped_and_leaves_out_what_is_no_duty_or_outside_the_period():
    schedule = rows(("a", "X", 0, 0), ("b", "OFF", 1, 0), ("b", "X", 9, 0))
    assert n1_score(schedule, np.array([True, False]), WEEK) == 1
    assert n1_score(schedule, np.array([False, False]), WEEK) == 0


@pytest.mark.parametrize(
    ("churn", "spread", "hinges", "score", "grade"),
    [
        (0, 0, 0, 100, "A"),
        (0.1, 0, 0.1, 92.5, "A"),
        (0.2, 0, 0.2, 85, "B"),
        (0.5, 1, 0.1, 73.5, "C"),
        (0.5, 1, 0.4, 61.5, "D"),
        (1, 9, 1, 0, "F"),
        (2, 9, 0, 40, "F"),
    ],
)
def test_score_and_grade(churn, spread, hinges, score, grade):
    assert stability_score(churn, spread, hinges) == pytest.approx(score)
    assert grade_of(score, new_violations=False) == grade
    assert grade_of(score, new_violations=True) == "F"


def test_a_steady_schedule_is_good_and_one_that_hangs_on_few_needs_a_look():
    many = rows(*((f"p{number}", "X", 0, 0) for number in range(20)))
    told = judged(many, many)
    assert (told.stable, told.grade, told.status) == (True, "A", StatusLabel.GOOD)
    few = rows(("a", "X", 0, 0), ("b", "X", 0, 0))
    told = judged(few, few)
    assert (told.stable, told.grade, told.status) == (False, "B", StatusLabel.WARNING)


def ripple_of(old, new):
    return ripple(changes(old, new, WEEK))


def test_without_causes_there_is_no_ripple():
    assert ripple_of(rows(("a", "X", 0, 0)), rows(("b", "X", 0, 0))) == 0


def test_one_cause_that_draws_in_two_others():
    """a is ill: b takes a's ward, c takes b's clinic."""
    old = rows(("a", "WARD", 0, 0), ("b", "CLINIC", 0, 0), ("c", "ADMIN", 0, 0), ("d", "WARD", 1, 0))
    new = rows(
        ("a", "SICK", 0, 0, "absence"), ("b", "WARD", 0, 0), ("c", "CLINIC", 0, 0), ("d", "WARD", 1, 0)
    )
    assert ripple_of(old, new) == 2


def test_the_same_cause_binds_people_without_a_slot_in_common():
    old = rows(("a", "X", 0, 0), ("b", "Y", 3, 0))
    new = rows(("a", "Z", 0, 0, "swap"), ("b", "Z", 3, 0, "swap"))
    assert ripple_of(old, new) == 1 / 2


def test_changes_of_other_causes_and_without_any_stay_apart():
    old = rows(("a", "X", 0, 0), ("b", "X", 1, 0), ("c", "X", 2, 0), ("d", "X", 3, 0))
    new = rows(("a", "Y", 0, 0, "one"), ("b", "Y", 1, 0, "two"), ("c", "Y", 2, 0), ("d", "X", 3, 0))
    assert ripple_of(old, new) == 0


def test_a_slot_passed_on_in_another_half_day_or_role_binds_nobody():
    old = rows(("a", "X", 0, 0), ("b", "Y", 0, 1), ("c", "Z", 0, 0))
    new = rows(("a", "W", 0, 0, "one"), ("b", "X", 0, 1), ("c", "X", 0, 0, None, None, 1))
    assert ripple_of(old, new) == 0


def test_a_long_chain_is_one_change_set():
    names = [f"p{number:02}" for number in range(40)]
    old = rows(*((name, f"S{at}", 0, 0) for at, name in enumerate(names)))
    new = rows(
        (names[0], "SICK", 0, 0, "absence"),
        *((name, f"S{at}", 0, 0) for at, name in enumerate(names[1:])),
    )
    assert ripple_of(old, new) == 39
