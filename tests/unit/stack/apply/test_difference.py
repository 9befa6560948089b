"""The pure difference: carried out, nothing is left of it, and nothing else on the server was touched."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.errors import ConflictError
from stack.apply.resources import Action, Change, Kind, Resource, Stored, difference, is_empty

FIELDS = st.dictionaries(
    st.sampled_from(["limit", "priority", "cron", "parameters"]),
    st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["a", "b"]), st.just({"x": [1]})),
    max_size=4,
)
NAMES = st.tuples(st.sampled_from(list(Kind)), st.sampled_from(["one", "two", "three"]))


@st.composite
def wishes(draw):
    return [
        Resource(
            kind,
            name,
            draw(FIELDS),
            initial=draw(st.sampled_from([{}, {"active": True}])),
            kept=draw(st.booleans()),
        )
        for kind, name in draw(st.sets(NAMES, max_size=8))
    ]


@st.composite
def servers(draw):
    found = []
    for kind, name in draw(st.sets(NAMES, max_size=8)):
        fields = draw(FIELDS) | draw(st.sampled_from([{}, {"active": False}, {"colour": "red"}]))
        found.append(Stored(kind, name, f"/{kind}/{name}", fields, ours=draw(st.booleans())))
    return found


def carried_out(server, changes):
    """What the server has once every step was taken."""
    there = {(each.kind, each.name): each for each in server}
    for change in changes:
        key = (change.kind, change.name)
        if change.action is Action.CREATE:
            assert key not in there
            there[key] = Stored(change.kind, change.name, "/new", change.fields)
        elif change.action is Action.UPDATE:
            there[key] = replace(there[key], fields={**there[key].fields, **change.fields})
        elif change.action is Action.REMOVE:
            del there[key]
    return list(there.values())


@given(wishes(), servers(), st.booleans(), st.booleans())
def test_nothing_is_left_to_do_once_it_was_carried_out(wanted, server, prune, renew):
    changes = difference(wanted, server, prune=prune, renew=renew)
    after = carried_out(server, changes)
    assert is_empty(difference(wanted, after, prune=prune, renew=renew))


@given(wishes(), servers(), st.integers(0, 9), st.booleans())
def test_a_run_that_was_killed_between_two_steps_is_finished_by_the_next(wanted, server, steps, prune):
    begun = carried_out(server, difference(wanted, server, prune=prune)[:steps])
    finished = carried_out(begun, difference(wanted, begun, prune=prune))
    whole = carried_out(server, difference(wanted, server, prune=prune))

    def content(found):
        return {(each.kind, each.name): each.fields for each in found}

    assert content(finished) == content(whole)


@given(wishes(), servers(), st.booleans())
def test_without_prune_nothing_is_removed_and_what_is_not_ours_never(wanted, server, prune):
    changes = difference(wanted, server, prune=prune)
    removed = {(each.kind, each.name) for each in changes if each.action is Action.REMOVE}
    ours = {(each.kind, each.name) for each in server if each.ours}
    names = {(each.kind, each.name) for each in wanted}
    assert removed == (ours - names if prune else set())
    listed = {(each.kind, each.name) for each in changes if each.wanted is None}
    assert listed == ours - names


@given(wishes(), servers(), st.booleans())
def test_what_belongs_to_people_stays(wanted, server, prune):
    names = {(each.kind, each.name) for each in wanted}
    before = {(each.kind, each.name): each for each in server}
    after = {
        (each.kind, each.name): each for each in carried_out(server, difference(wanted, server, prune=prune))
    }
    for resource in wanted:
        key = (resource.kind, resource.name)
        if key not in before:
            continue
        for own in ("active", "colour"):
            assert after[key].fields.get(own) == before[key].fields.get(own)
        if resource.kept:
            assert after[key] == before[key]
    for key in before.keys() - names:
        assert key in after or (prune and before[key].ours)


@given(wishes(), servers())
def test_the_order_never_needs_what_comes_later(wanted, server):
    order = list(Kind)
    changes = difference(wanted, server, prune=True)
    made = [order.index(each.kind) for each in changes if each.action is not Action.REMOVE]
    removed = [order.index(each.kind) for each in changes if each.action is Action.REMOVE]
    assert made == sorted(made)
    assert removed == sorted(removed, reverse=True)
    assert [each.action for each in changes if each.action is Action.REMOVE] == [
        each.action for each in changes[len(made) :]
    ]


def test_a_change_reads_as_one_line_and_shows_no_secret():
    wanted = Resource(
        Kind.BLOCK_DOCUMENT, "db", {"url": "new-secret", "zone": {"a": 1, "b": 2}}, secrets=frozenset({"url"})
    )
    stored = Stored(Kind.BLOCK_DOCUMENT, "db", "/x", {"url": "old-secret", "zone": {"a": 1, "b": 3}})
    (change,) = difference([wanted], [stored])
    assert str(change) == "update block document db: url differs (secret, not shown); zone.b 3 -> 2"
    assert "secret-" not in repr(change)
    assert "old-secret" not in repr([change, wanted, stored])


def test_a_kept_document_says_in_what_it_differs_and_how_to_overwrite_it():
    wanted = Resource(Kind.BLOCK_DOCUMENT, "db", {"url": "x", "zone": "y"}, kept=True)
    stored = Stored(Kind.BLOCK_DOCUMENT, "db", "/x", {"url": "x", "zone": "z"})
    (change,) = difference([wanted], [stored])
    assert change.action is Action.KEEP
    assert "differs from the settings in zone (" in str(change)
    assert "--renew-blocks" in str(change)
    (renewed,) = difference([wanted], [stored], renew=True)
    assert (renewed.action, renewed.fields) == (Action.UPDATE, {"zone": "y"})


def test_of_a_kept_document_only_what_follows_the_plant_is_written():
    wanted = Resource(
        Kind.BLOCK_DOCUMENT, "db", {"url": "new", "zone": "y"}, kept=True, follow=lambda _: {"url": "new"}
    )
    stored = Stored(Kind.BLOCK_DOCUMENT, "db", "/x", {"url": "old", "zone": "z"})
    update, kept = difference([wanted], [stored])
    assert (update.action, update.fields) == (Action.UPDATE, {"url": "new"})
    assert kept.action is Action.KEEP
    assert "in zone (" in str(kept)


def test_a_field_that_cannot_change_is_an_error_that_says_what_to_do():
    wanted = Resource(Kind.WORK_POOL, "residency", {"type": "docker"}, fixed=frozenset({"type"}))
    stored = Stored(Kind.WORK_POOL, "residency", "/x", {"type": "process"})
    with pytest.raises(ConflictError, match=r"RESIDENCY_WORK_POOL_TYPE=process, or delete the pool"):
        difference([wanted], [stored])


def test_long_values_are_cut_in_sentences():
    (change,) = difference([Resource(Kind.VARIABLE, "v", {"value": "x" * 500})], [])
    assert len(str(change)) < 100
    assert isinstance(change, Change)
