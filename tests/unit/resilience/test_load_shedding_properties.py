"""Shedding load on any work: a strict prefix of the categories, no more than must be, and all of it back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from residency.resilience.load_shedding import (
    LEVELS,
    Activity,
    LoadSheddingLevel,
    automatic_level,
    recovery_order,
    shed,
    shed_to_fit,
)

LAST_KEPT = dict(zip(LoadSheddingLevel, (7, 6, 4, 3, 2, 1), strict=True))
"""The least protected category that still stays at a level."""

work = st.lists(
    st.builds(
        Activity,
        service=st.text("abc", min_size=1, max_size=3),
        name=st.just("work"),
        category=st.integers(1, 7),
        required=st.booleans(),
        minutes=st.integers(0, 600),
        resident_minutes=st.integers(0, 60),
    ),
    max_size=9,
    unique_by=lambda each: each.service,
)
capacities = st.integers(0, 2000)


def minutes(activities):
    return sum(each.minutes for each in activities)


@settings(max_examples=80)
@given(work, capacities)
def test_what_is_shed_to_fit_is_a_strict_prefix_and_no_longer_than_it_has_to_be(activities, capacity):
    found = shed_to_fit(activities, capacity)
    assert sorted([*found.suspended, *found.protected], key=repr) == sorted(activities, key=repr)
    assert all(each.category > 1 for each in found.suspended)
    for stopped in found.suspended:
        for stays in found.protected:
            assert stopped.category >= stays.category
            if stopped.category == stays.category:
                assert (stopped.required, -stopped.minutes) <= (stays.required, -stays.minutes)
    assert found.fits == (minutes(found.protected) <= capacity)
    if found.fits and found.suspended:
        assert minutes([*found.protected, found.suspended[-1]]) > capacity
    if not found.fits:
        assert {each.category for each in found.protected} == {1}


@settings(max_examples=80)
@given(work, capacities)
def test_the_automatic_level_is_the_smallest_whose_rest_fits(activities, capacity):
    rest = {
        level: minutes(each for each in activities if each.category <= LAST_KEPT[level]) for level in LEVELS
    }
    fitting = [level for level in LEVELS if rest[level] <= capacity]
    assert automatic_level(activities, capacity) == (fitting or [LoadSheddingLevel.CRITICAL])[0]


@settings(max_examples=60)
@given(work, st.sampled_from(LoadSheddingLevel))
def test_a_level_stops_all_of_its_categories_and_they_come_back_in_reverse(activities, level):
    found = shed(activities, level)
    assert {each.service for each in found.suspended} == {
        each.service for each in activities if each.category > LAST_KEPT[level]
    }
    back = recovery_order(found.suspended)
    assert back == found.suspended[::-1]
    assert [each.category for each in back] == sorted(each.category for each in back)


@settings(max_examples=60)
@given(work, capacities, capacities, st.randoms(use_true_random=False))
def test_less_capacity_never_gives_work_back_and_the_order_of_the_work_changes_nothing(
    activities, one, other, order
):
    fewer, more = (shed_to_fit(activities, capacity) for capacity in sorted((one, other)))
    assert fewer.suspended[: len(more.suspended)] == more.suspended
    mixed = list(activities)
    order.shuffle(mixed)
    assert shed_to_fit(mixed, one) == shed_to_fit(activities, one)
