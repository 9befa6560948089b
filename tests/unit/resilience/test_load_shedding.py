"""Load shedding: words, levels, the strict prefix and the way back, against brute force."""

from itertools import chain, combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.errors import InvalidInputError
from residency.resilience.load_shedding import (
    CATEGORY_NAMES,
    LEVELS,
    SUSPENDED_CATEGORIES,
    Activity,
    LoadSheddingLevel,
    automatic_level,
    level_asked,
    recovery_order,
    shed,
    shed_to_fit,
)

NORMAL, YELLOW, ORANGE, RED, BLACK, CRITICAL = LEVELS


def activity(category, minutes, *, required=True, service="s"):
    return Activity(service, service, category, required, minutes)


@st.composite
def works(draw):
    """Up to seven activities whose hours are often equal."""
    count = draw(st.integers(0, 7))
    return [
        Activity(
            f"s{number}",
            f"Service {number}",
            draw(st.integers(1, 7)),
            draw(st.booleans()),
            draw(st.sampled_from([0, 60, 60, 120, 360])),
            draw(st.sampled_from([0, 60])),
        )
        for number in range(count)
    ]


def stays_longer(one, other):
    """Whether one activity may not stop while the other goes on, by the rule's own words."""
    if one.category != other.category:
        return one.category < other.category
    if one.required != other.required:
        return one.required
    return one.minutes < other.minutes


def allowed_cuts(work):
    """Every set of activities that may be cut while the others stay."""
    rows = range(len(work))
    for cut in chain.from_iterable(combinations(rows, size) for size in range(len(work) + 1)):
        kept = [work[row] for row in rows if row not in cut]
        if all(
            work[row].category > 1 and not any(stays_longer(work[row], each) for each in kept) for row in cut
        ):
            yield [work[row] for row in cut], kept


def minutes(work):
    return sum(each.minutes for each in work)


def alike(work):
    return sorted((each.category, each.required, each.minutes) for each in work)


@pytest.mark.parametrize(
    ("level", "severity", "asked"),
    [
        ("warning", None, ORANGE),
        ("critical", None, RED),
        ("emergency", None, BLACK),
        (None, "minor", YELLOW),
        (None, "moderate", ORANGE),
        (None, "severe", RED),
        (None, "critical", BLACK),
    ],
)
def test_each_word_stands_for_a_level_in_its_own_field(level, severity, asked):
    assert level_asked(level, severity) is asked


@pytest.mark.parametrize(
    ("level", "severity", "field", "told"),
    [
        (None, None, "level", "one of warning, critical, emergency, or instead a severity (minor, moderate,"),
        ("critical", "critical", "level", "either a level (warning, critical, emergency) or a severity"),
        ("severe", None, "level", "'severe' is not valid; expected one of warning, critical, emergency"),
        ("RED", None, "level", "'RED' is not valid"),
        ("Critical", None, "level", "'Critical' is not valid"),
        ("", None, "level", "'' is not valid"),
        (None, "emergency", "severity", "'emergency' is not valid; expected one of minor, moderate, severe"),
        (None, "", "severity", "'' is not valid"),
    ],
)
def test_any_other_word_is_refused_with_what_would_be_right(level, severity, field, told):
    with pytest.raises(InvalidInputError, match="expected") as refused:
        level_asked(level, severity)
    assert refused.value.field == field
    assert told in str(refused.value)


def test_each_level_stops_what_the_one_before_stopped_and_never_patient_safety():
    stops = [SUSPENDED_CATEGORIES[level] for level in LEVELS]
    assert [max((set(CATEGORY_NAMES) - each), default=0) for each in stops] == [7, 6, 4, 3, 2, 1]
    for milder, harder in pairwise(stops):
        assert milder < harder
    assert [level.rank for level in LEVELS] == [0, 1, 2, 3, 4, 5]


def test_a_level_stops_whole_categories_optional_before_required_and_larger_hours_first():
    lecture = activity(7, 60, service="lecture")
    rounds = activity(4, 120, service="rounds")
    club = activity(4, 30, required=False, service="club")
    seminar = activity(4, 90, required=False, service="seminar")
    clinic, ward = activity(3, 600, service="clinic"), activity(1, 900, service="ward")
    shedding = shed([ward, rounds, clinic, club, lecture, seminar], RED)
    assert shedding.suspended == (lecture, seminar, club, rounds)
    assert shedding.protected == (ward, clinic)
    assert (shedding.suspended_minutes, shedding.protected_minutes) == (300, 1500)
    assert (shedding.fits, shedding.excess_minutes) == (None, 0)
    assert recovery_order([lecture, seminar, club, rounds]) == (rounds, club, seminar, lecture)


def test_the_automatic_level_is_the_smallest_whose_rest_fits():
    work = [activity(category, 60) for category in range(1, 8)]
    fitting = {420: NORMAL, 360: YELLOW, 240: ORANGE, 180: RED, 120: BLACK, 60: CRITICAL, 59: CRITICAL}
    assert {capacity: automatic_level(work, capacity) for capacity in fitting} == fitting
    assert automatic_level(work, 359) is ORANGE


def test_where_not_even_critical_fits_patient_safety_stays_and_the_result_says_so():
    ward, team = activity(1, 900, service="ward"), activity(2, 60, service="team")
    shedding = shed_to_fit([ward, team], 600)
    assert shedding.level is CRITICAL
    assert shedding.suspended == (team,)
    assert shedding.protected == (ward,)
    assert shedding.fits is False
    assert shedding.excess_minutes == 300


def test_a_capacity_that_everything_fits_stops_nothing():
    shedding = shed_to_fit([activity(7, 60)], 60)
    assert (shedding.level, shedding.suspended, shedding.fits) == (NORMAL, (), True)
    assert shed([activity(7, 60)], NORMAL, 59).excess_minutes == 1


@given(works(), st.integers(0, 2600))
def test_shedding_to_fit_is_the_least_of_all_allowed_cuts(work, capacity):
    shedding = shed_to_fit(work, capacity)
    cuts = list(allowed_cuts(work))
    fitting = [cut for cut, kept in cuts if minutes(kept) <= capacity]
    if fitting:
        assert shedding.fits
        least = min(fitting, key=len)
        assert alike(shedding.suspended) in [alike(cut) for cut in fitting if len(cut) == len(least)]
    else:
        assert not shedding.fits
        assert alike(shedding.suspended) == alike(each for each in work if each.category > 1)
    assert alike([*shedding.suspended, *shedding.protected]) == alike(work)


@given(works(), st.integers(0, 2600))
def test_the_automatic_level_is_that_of_a_search_over_all_levels(work, capacity):
    fitting = [
        level
        for level in LEVELS
        if minutes(each for each in work if each.category not in SUSPENDED_CATEGORIES[level]) <= capacity
    ]
    assert automatic_level(work, capacity) is (fitting[0] if fitting else CRITICAL)
    cut = shed_to_fit(work, capacity).suspended
    assert {each.category for each in cut} <= SUSPENDED_CATEGORIES[automatic_level(work, capacity)]


@given(works(), st.sampled_from(LEVELS), st.randoms())
def test_nothing_is_kept_that_is_less_protected_than_something_cut(work, level, rng):
    shedding = shed(work, level)
    for cut in shedding.suspended:
        assert cut.category > 1
        assert all(kept.category < cut.category for kept in shedding.protected)
    order = [*shedding.suspended, *reversed(shedding.protected)]
    for place, earlier in enumerate(order):
        assert not any(stays_longer(earlier, later) for later in order[place:])
    shuffled = rng.sample(work, len(work))
    assert shed(shuffled, level) == shedding
    back = recovery_order(shedding.suspended)
    assert list(back) == list(reversed(shedding.suspended))
    assert [each.category for each in back] == sorted(each.category for each in back)


def test_the_brute_force_sees_cuts_that_the_rule_forbids():
    ward, clinic, lecture = activity(1, 60), activity(3, 60), activity(7, 60)
    cuts = [cut for cut, _ in allowed_cuts([ward, clinic, lecture])]
    assert cuts == [[], [lecture], [clinic, lecture]]
    assert LoadSheddingLevel("CRITICAL") is CRITICAL
