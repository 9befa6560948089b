from hypothesis import given, settings
from hypothesis import strategies as st

from residency.resilience.matching import Eligibility, HalfDayMatching, bits


def largest_matching(people, slots):
    """Kuhn's algorithm on single people (sets of posts) and single slots (post of each)."""
    holder = {}

    def seat(person, tried):
        for slot, post in enumerate(slots):
            if post in people[person] and slot not in tried:
                tried.add(slot)
                if slot not in holder or seat(holder[slot], tried):
                    holder[slot] = person
                    return True
        return False

    return sum(seat(person, set()) for person in range(len(people)))


@st.composite
def half_days(draw):
    posts = draw(st.integers(1, 5))
    reach = draw(st.lists(st.integers(0, 2**posts - 1), min_size=1, max_size=6))
    supply = draw(st.lists(st.integers(0, 3), min_size=len(reach), max_size=len(reach)))
    demand = draw(st.lists(st.integers(0, 3), min_size=posts, max_size=posts))
    return reach, supply, demand


def crowd(reach, supply):
    """Every single person as (group, set of posts)."""
    return [(group, set(bits(mask))) for group, mask in enumerate(reach) for _ in range(supply[group])]


def shortage(people, demand):
    slots = [post for post, count in enumerate(demand) for _ in range(count)]
    return len(slots) - largest_matching([posts for _, posts in people], slots)


def solved(reach, supply, demand, placed=()):
    return HalfDayMatching(Eligibility(reach, len(demand)), supply, demand, placed)


def without(people, *rows):
    return [person for row, person in enumerate(people) if row not in rows]


@settings(max_examples=1500, deadline=None)
@given(half_days())
def test_shortage_essential_people_and_tight_sets_equal_solving_again(half_day):
    reach, supply, demand = half_day
    matching = solved(reach, supply, demand)
    people = crowd(reach, supply)
    base = shortage(people, demand)
    assert matching.shortage == base
    single = [shortage(without(people, row), demand) - base for row in range(len(people))]
    assert [matching.essential >> group & 1 for group, _ in people] == single
    tight_sets = matching.tight_sets()
    for a in range(len(people)):
        for b in range(a):
            pair = shortage(without(people, a, b), demand) - base
            together = [
                tight for tight in tight_sets if tight >> people[a][0] & 1 and tight >> people[b][0] & 1
            ]
            assert len(together) <= 1
            assert pair == single[a] + single[b] + len(together)


@settings(max_examples=800, deadline=None)
@given(half_days(), st.data())
def test_one_more_person_helps_exactly_at_wanting_posts(half_day, data):
    reach, supply, demand = half_day
    matching = solved(reach, supply, demand)
    people = crowd(reach, supply)
    for post in range(len(demand)):
        helped = shortage([*people, (-1, {post})], demand) < matching.shortage
        assert helped == bool(matching.wanting >> post & 1)
    if people:
        row = data.draw(st.integers(0, len(people) - 1))
        post = data.draw(st.integers(0, len(demand) - 1))
        group, posts = people[row]
        trained = [*without(people, row), (group, posts | {post})]
        spared = not matching.essential >> group & 1
        gain = matching.shortage - shortage(trained, demand)
        assert gain == int(spared and bool(matching.wanting >> post & 1))


@settings(max_examples=500, deadline=None)
@given(half_days(), st.data())
def test_posts_filled_at_the_start_stay_filled(half_day, data):
    reach, supply, demand = half_day
    possible = [(group, post) for group, mask in enumerate(reach) for post in bits(mask)]
    placed = data.draw(st.lists(st.sampled_from(possible), max_size=8)) if possible else []
    matching = solved(reach, supply, demand, placed)
    assert matching.shortage == solved(reach, supply, demand).shortage
    seated, left = [0] * len(demand), list(supply)
    for group, post in placed:
        if left[group] and seated[post] < demand[post]:
            seated[post] += 1
            left[group] -= 1
    assert all(demand[post] - empty >= seated[post] for post, empty in enumerate(matching.empty))
    assert sum(matching.empty) == matching.shortage
    for group in bits(matching.essential):
        assert reach[group] >> matching.post_of(group) & 1


def test_bits_are_ascending_positions():
    assert bits(0) == []
    assert bits(0b1011 | 1 << 100) == [0, 1, 3, 100]
