"""The chain finds whatever was done to it, and the canonical form says the same of equal values alone."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from residency.audit.chain import (
    GENESIS,
    AuditEntry,
    ChainHead,
    canonical_entry,
    canonical_json,
    check_chain,
    entry_hash,
    parse_json,
)
from residency.errors import InvalidInputError

EPOCH = datetime(1990, 1, 1, tzinfo=UTC)
few = settings(max_examples=15, deadline=None)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
documents = st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=3)


@st.composite
def bare_entries(draw):
    return {
        "at": draw(st.integers(0, 10**17).map(lambda micros: EPOCH + timedelta(microseconds=micros))),
        "actor": draw(texts),
        "actor_kind": draw(st.sampled_from(["user", "task", "system"])),
        "database_role": "residency_app",
        "remote_addr": draw(st.none() | st.just("10.0.0.7")),
        "origin": "trigger",
        "action": draw(st.sampled_from(["insert", "update", "delete"])),
        "entity_type": draw(st.sampled_from(["people", "absences"])),
        "entity_id": draw(texts),
        "before": draw(st.none() | documents.map(canonical_json)),
        "after": draw(st.none() | documents.map(canonical_json)),
        "reason": draw(st.none() | texts),
        "run_id": draw(st.none() | st.uuids()),
    }


def chained(bare, start=GENESIS):
    """The entries with their places, each hash over the former."""
    last, entries = start, []
    for facts in bare:
        unhashed = AuditEntry(seq=last.seq + 1, prev_hash=last.hash, hash=b"", **facts)
        entries.append(replace(unhashed, hash=entry_hash(unhashed)))
        last = ChainHead(entries[-1].seq, entries[-1].hash)
    return entries, last


chains = st.lists(bare_entries(), min_size=3, max_size=8).map(chained)


def kinds(report):
    return {fault.kind for fault in report.faults}


@few
@given(chains)
def test_an_untouched_chain_is_whole(chain):
    entries, head = chain
    report = check_chain(entries, head=head, witness=ChainHead(entries[1].seq, entries[1].hash))
    assert report.faults == ()
    assert (report.entries, report.head) == (len(entries), head)
    assert (report.first_at, report.last_at) == (entries[0].at, entries[-1].at)


def changed(entry, name, data):
    """The entry with another value in one field."""
    value = getattr(entry, name)
    if isinstance(value, bytes):
        place = data.draw(st.integers(0, len(value) - 1))
        other = bytes(
            [*value[:place], value[place] ^ (1 << data.draw(st.integers(0, 7))), *value[place + 1 :]]
        )
    elif isinstance(value, datetime):
        other = value + timedelta(microseconds=data.draw(st.integers(1, 10**12)))
    elif name == "run_id":
        other = data.draw(st.none() | st.uuids())
    elif name in {"before", "after"}:
        other = data.draw(st.none() | documents.map(canonical_json))
    else:
        other = data.draw(texts if value is not None else st.just("x"))
    assume(other != value)
    return replace(entry, **{name: other})


@pytest.mark.parametrize("name", [each.name for each in fields(AuditEntry) if each.name != "seq"])
@few
@given(chain=chains, data=st.data())
def test_one_changed_field_is_found_at_its_entry(name, chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 1))
    entries[place] = changed(entries[place], name, data)
    report = check_chain(entries, head=head)
    assert "altered" in kinds(report)
    assert {fault.seq for fault in report.faults} <= {place + 1, place + 2}


@few
@given(chain=chains, data=st.data())
def test_a_removed_entry_is_found(chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 2))
    (fault,) = check_chain([*entries[:place], *entries[place + 1 :]], head=head).faults
    assert (fault.kind, fault.seq) == ("deleted", place + 1)
    assert fault.sentence == f"entry {place + 1} is missing before entry {place + 2}"


@few
@given(chain=chains, data=st.data())
def test_a_removed_entry_is_found_though_the_rest_was_renumbered(chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 2))
    rest = [replace(entry, seq=entry.seq - 1) for entry in entries[place + 1 :]]
    assert kinds(check_chain([*entries[:place], *rest], head=head)) >= {"altered", "broken_link"}


@few
@given(chain=chains, data=st.data())
def test_a_truncated_chain_differs_from_its_head(chain, data):
    entries, head = chain
    kept = data.draw(st.integers(0, len(entries) - 1))
    (fault,) = check_chain(entries[:kept], head=head).faults
    assert fault.kind == "truncated"
    assert fault.sentence == f"the chain ends with entry {kept}, but its head is entry {head.seq}"


@few
@given(chain=chains, data=st.data())
def test_two_entries_that_changed_places_are_found(chain, data):
    entries, head = chain
    one, other = data.draw(st.lists(st.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True))
    entries[one], entries[other] = entries[other], entries[one]
    assert "reordered" in kinds(check_chain(entries, head=head))


@few
@given(chain=chains, data=st.data())
def test_an_entry_that_stands_twice_is_found(chain, data):
    entries, head = chain
    place = data.draw(st.integers(0, len(entries) - 1))
    entries.insert(place, entries[place])
    (fault,) = check_chain(entries, head=head).faults
    assert (fault.kind, fault.seq) == ("duplicate", place + 1)


@few
@given(bare=st.lists(bare_entries(), min_size=2, max_size=6), data=st.data())
def test_a_history_rewritten_with_all_its_hashes_differs_from_what_a_witness_noted(bare, data):
    (entries, head), place = chained(bare), data.draw(st.integers(0, len(bare) - 1))
    bare[place] = {**bare[place], "actor": bare[place]["actor"] + "!"}
    forged, new_head = chained(bare)
    assert check_chain(forged, head=new_head).faults == ()
    (fault,) = check_chain(forged, head=new_head, witness=head).faults
    assert (fault.kind, fault.seq) == ("other_history", head.seq)
    before = ChainHead(entries[place - 1].seq, entries[place - 1].hash) if place else GENESIS
    assert check_chain(forged, head=new_head, witness=before).faults == ()
    shortened, shorter_head = chained(bare[:-1])
    (fault,) = check_chain(shortened, head=shorter_head, witness=head).faults
    assert fault.sentence == f"entry {head.seq}, whose hash was noted earlier, is not there"


@few
@given(chain=chains, data=st.data())
def test_a_chain_goes_on_from_where_an_archive_ended(chain, data):
    entries, head = chain
    place = data.draw(st.integers(1, len(entries) - 1))
    start = ChainHead(entries[place - 1].seq, entries[place - 1].hash)
    assert check_chain(entries[place:], start=start, head=head).faults == ()
    assert kinds(check_chain(entries[place:], head=head)) == {"deleted"}
    other = ChainHead(start.seq, bytes(32))
    assert kinds(check_chain(entries[place:], start=other, head=head)) == {"broken_link"}


def test_a_head_that_is_not_the_last_hash_is_found():
    entries, head = chained([facts() for _ in range(2)])
    assert kinds(check_chain(entries, head=ChainHead(head.seq, bytes(32)))) == {"other_head"}
    assert kinds(check_chain(entries, head=ChainHead(1, entries[0].hash))) == {"other_head"}
    assert check_chain([], head=GENESIS).faults == ()
    assert kinds(check_chain([], head=head)) == {"truncated"}


def test_several_missing_entries_are_told_as_a_range():
    entries, head = chained([facts() for _ in range(6)])
    (fault,) = check_chain([entries[0], *entries[4:]], head=head).faults
    assert fault.sentence == "entries 2 to 4 are missing before entry 5"


def facts():
    return {
        "at": datetime(2026, 11, 23, 8, 30, 1, 250, tzinfo=UTC),
        "actor": 'Zoë "Z" \\',
        "actor_kind": "task",
        "database_role": "residency_app",
        "remote_addr": None,
        "origin": "trigger",
        "action": "update",
        "entity_type": "people",
        "entity_id": "7",
        "before": None,
        "after": '{"fte": 0.50}',
        "reason": "line\nbreak",
        "run_id": UUID(int=5),
    }


def test_the_canonical_form_is_what_the_reference_page_shows():
    (entry,), _ = chained([facts()])
    assert canonical_entry(entry).decode() == (
        '{"at": "2026-11-23T08:30:01.000250Z", "seq": 1, "actor": "Zoë \\"Z\\" \\\\", '
        '"after": {"fte": 0.50}, "action": "update", "before": null, "origin": "trigger", '
        '"reason": "line\\nbreak", "run_id": "00000000-0000-0000-0000-000000000005", "entity_id": "7", '
        '"actor_kind": "task", "entity_type": "people", "remote_addr": null, '
        '"database_role": "residency_app"}'
    )


@few
@given(bare_entries())
def test_the_canonical_entry_is_the_canonical_json_of_its_fields(bare):
    (entry,), _ = chained([bare])
    read = parse_json(canonical_entry(entry))
    assert canonical_json(read).encode() == canonical_entry(entry)
    assert set(read) == {each.name for each in fields(AuditEntry)} - {"prev_hash", "hash"}


def test_the_instant_counts_and_not_the_zone_it_was_read_in():
    (entry,), _ = chained([facts()])
    elsewhere = entry.at.astimezone(timezone(timedelta(hours=-10)))
    assert canonical_entry(replace(entry, at=elsewhere)) == canonical_entry(entry)


def test_keys_go_by_length_in_bytes_and_then_by_bytes():
    assert canonical_json({"é": 1, "b": 2, "aa": 3, "a": 4, "": 5}) == (
        '{"": 5, "a": 4, "b": 2, "aa": 3, "é": 1}'
    )


def test_numbers_keep_their_digits_and_lose_their_exponents():
    written = "[1.50, 1e3, 1E-7, -0.0, -0, 12345678901234567890.10, 2.50e1]"
    assert canonical_json(parse_json(written)) == (
        "[1.50, 1000, 0.0000001, 0.0, 0, 12345678901234567890.10, 25.0]"
    )


def test_a_float_is_refused_because_its_digits_are_gone():
    with pytest.raises(TypeError, match="float is no JSON value with a canonical form"):
        canonical_json({"share": 0.1})


@few
@given(
    st.recursive(
        st.none() | st.booleans() | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner)
    )
)
def test_the_canonical_form_reads_back_as_the_same_value(value):
    assert json.loads(canonical_json(value)) == value


def test_equal_numbers_written_differently_are_told_apart():
    assert canonical_json([Decimal("1.0")]) != canonical_json([Decimal("1.00")])


@few
@given(st.integers(0, 10**12), st.binary(min_size=32, max_size=32))
def test_a_head_is_noted_and_given_back(seq, digest):
    head = ChainHead(seq, digest)
    assert ChainHead.parse(f" {head}\n") == head


@pytest.mark.parametrize("text", ["", "5", "5:", "5:zz", "x:" + "0" * 64, "-1:" + "0" * 64, "5:" + "0" * 62])
def test_what_is_no_head_is_refused_with_the_form_that_is_one(text):
    with pytest.raises(InvalidInputError, match=r"head: .* expected a number, a colon and 64 hexadecimal"):
        ChainHead.parse(text)
