import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.resilience.bitmask import bits
from residency.resilience.matching import Eligibility, HalfDayMatching, wanting


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


def empty(matching, demand):
    """Slots that the matching leaves empty at each post."""
    taken = [sum(groups.values()) for groups in matching.filled]
    return [slots - filled for slots, filled in zip(demand, taken, strict=True)]


def wanting_posts(matching, reach, demand):
    held = [sum(1 << p for p, groups in enumerate(matching.filled) if g in groups) for g in range(len(reach))]
    short = sum(1 << post for post, slots in enumerate(empty(matching, demand)) if slots)
    return wanting(Eligibility(reach, len(demand)).able, held, short)


def without(people, *rows):
    return [person for row, person in enumerate(people) if row not in rows]


def check_every_loss(reach, supply, demand, placed=()):
    """Every single and every pair against solving again; the pairs that cost more than their singles."""
    matching = solved(reach, supply, demand, placed)
    people = crowd(reach, supply)
    base = shortage(people, demand)
    assert matching.shortage == base
    single = [shortage(without(people, row), demand) - base for row in range(len(people))]
    assert [matching.essential >> group & 1 for group, _ in people] == single
    tight_sets = matching.tight_sets()
    joint = 0
    for a in range(len(people)):
        for b in range(a):
            pair = shortage(without(people, a, b), demand) - base
            together = [
                tight for tight in tight_sets if tight >> people[a][0] & 1 and tight >> people[b][0] & 1
            ]
            assert len(together) <= 1
            assert pair == single[a] + single[b] + len(together)
            joint += len(together)
    return joint


@settings(max_examples=1500, deadline=None)
@given(half_days())
def test_shortage_essential_people_and_tight_sets_equal_solving_again(half_day):
    check_every_loss(*half_day)


@pytest.mark.parametrize("links", range(1, 6))
def test_people_are_freed_one_after_the_other_along_a_chain(links):
    """Of the two ways to a link's third post one starts at somebody whom only the link before can free.

    Posts of a link: 0 and 1 on the two ways, 2 where they meet; who fills post 2 goes on to the next link.
    The other way starts at one and the same idle person in all links but the first.
    """
    second_posts = sum(1 << 3 * link + 1 for link in range(1, links))
    reach, demand, placed = [0b001 | second_posts, 0b010], [], []
    for link in range(links):
        first, second, meeting = (1 << 3 * link + place for place in range(3))
        onward = 1 << 3 * (link + 1) if link + 1 < links else 0
        placed += [(len(reach) + place, 3 * link + place) for place in range(3)]
        reach += [first | meeting, second | meeting, meeting | onward]
        demand += [1, 1, 1]
    joint = check_every_loss(reach, [1] * len(reach), demand, placed)
    assert joint == links * (links + 1) // 2 + links


@settings(max_examples=800, deadline=None)
@given(half_days(), st.data())
def test_one_more_person_helps_exactly_at_wanting_posts(half_day, data):
    reach, supply, demand = half_day
    matching = solved(reach, supply, demand)
    people = crowd(reach, supply)
    for post in range(len(demand)):
        helped = shortage([*people, (-1, {post})], demand) < matching.shortage
        assert helped == bool(wanting_posts(matching, reach, demand) >> post & 1)
    if people:
        row = data.draw(st.integers(0, len(people) - 1))
        post = data.draw(st.integers(0, len(demand) - 1))
        group, posts = people[row]
        trained = [*without(people, row), (group, posts | {post})]
        spared = not matching.essential >> group & 1
        gain = matching.shortage - shortage(trained, demand)
        assert gain == int(spared and bool(wanting_posts(matching, reach, demand) >> post & 1))


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
    left_empty = empty(matching, demand)
    assert all(demand[post] - slots >= seated[post] for post, slots in enumerate(left_empty))
    assert sum(left_empty) == matching.shortage
    for post, groups in enumerate(matching.filled):
        assert 0 <= left_empty[post] <= demand[post]
        assert all(reach[group] >> post & 1 and count > 0 for group, count in groups.items())
    for group, count in enumerate(supply):
        assert sum(groups.get(group, 0) for groups in matching.filled) <= count


def test_a_chain_of_moves_fills_what_placing_alone_cannot():
    """The one who may do both posts sits in the first; the other may do the first alone."""
    matching = solved([0b11, 0b01], [1, 1], [1, 1], placed=[(0, 0)])
    assert matching.shortage == 0
    assert matching.filled == [{1: 1}, {0: 1}]
    assert bits(matching.essential) == [0, 1]
    short = solved([0b01], [1], [1, 2])
    assert (short.shortage, empty(short, [1, 2])) == (2, [0, 2])
    assert bits(wanting_posts(short, [0b01], [1, 2])) == [1]


def test_nobody_moves_twice():
    """The second slot of the one post asks for the same person to move on again, in vain."""
    matching = solved([0b11, 0b01], [1, 1], [1, 2], placed=[(0, 0)])
    assert (matching.shortage, empty(matching, [1, 2])) == (1, [0, 1])


def test_nobody_takes_two_places():
    """Two may move from the first post to the second, but one alone is left over to follow them."""
    matching = solved([0b11, 0b01, 0b11], [1, 1, 1], [2, 2], placed=[(0, 0), (2, 0)])
    assert (matching.shortage, empty(matching, [2, 2])) == (1, [0, 1])


def test_bits_are_ascending_positions():
    assert bits(0) == []
    assert bits(0b1011 | 1 << 100) == [0, 1, 3, 100]
