"""The audit log's chain of hashes: the canonical form of an entry, and what is wrong with a run of them.

Each entry's hash is the SHA-256 of the former entry's hash and the entry's canonical JSON, which is
PostgreSQL's own text of a ``jsonb`` object: keys by their length in bytes, then by their bytes; a space after
each colon and comma; numbers in plain digits. Nothing here trusts the database: it computes every hash anew.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from residency.errors import InvalidInputError

_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The newest place of a chain: what a witness notes, and all that is needed to continue or check it."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        """The form that people note and give back: number, colon, hexadecimal hash."""
        return f"{self.seq}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> "ChainHead":
        """The head from its text.

        Raises:
            InvalidInputError: if the text is not a number, a colon and 64 hexadecimal digits.
        """
        seq, _, digest = text.strip().partition(":")
        try:
            head = cls(int(seq), bytes.fromhex(digest))
        except ValueError:
            head = None
        if head is None or head.seq < 0 or len(head.hash) != _HASH_BYTES:
            raise InvalidInputError("head", text, "a number, a colon and 64 hexadecimal digits")
        return head


GENESIS = ChainHead(0, bytes(_HASH_BYTES))
"""What stands before the first entry."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry as it is hashed; ``before`` and ``after`` are canonical JSON texts.

    ``at`` is aware; ``prev_hash`` and ``hash`` are 32 bytes and no part of the canonical form.
    """

    seq: int
    at: datetime
    actor: str
    actor_kind: str
    database_role: str
    remote_addr: str | None
    origin: str
    action: str
    entity_type: str
    entity_id: str
    before: str | None
    after: str | None
    reason: str | None
    run_id: UUID | None
    prev_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class ChainFault:
    """One thing that is wrong with a chain: at which entry, and the sentence that says what."""

    seq: int
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What checking a chain found: how many entries, the last one's place, and all faults."""

    entries: int
    first_at: datetime | None
    last_at: datetime | None
    head: ChainHead
    faults: tuple[ChainFault, ...]


def canonical_json(value: object) -> str:
    """A JSON value as PostgreSQL's ``jsonb`` writes it.

    Args:
        value: None, bool, str, int, Decimal, or sequences and string-keyed mappings of those. Read JSON with
            :func:`parse_json`, which keeps every digit; a float has lost some already.

    Raises:
        TypeError: for a value of any other type.
    """
    if isinstance(value, Decimal):
        text = format(value, "f")
        # PostgreSQL's numeric knows no negative zero.
        return text.removeprefix("-") if value.is_zero() else text
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value)
        ordered = sorted(members, key=lambda name: (len(name.encode()), name.encode()))
        return "{" + ", ".join(f"{_quoted(name)}: {canonical_json(members[name])}" for name in ordered) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(canonical_json(item) for item in cast("Sequence[object]", value)) + "]"
    raise TypeError(f"{type(value).__name__} is no JSON value with a canonical form")


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401 -- JSON is what it is
    """JSON with its numbers digit by digit, for :func:`canonical_json`."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def canonical_entry(entry: AuditEntry) -> bytes:
    """The entry's canonical JSON, UTF-8: everything but its two hashes."""
    at = entry.at.astimezone(UTC)
    run_id = str(entry.run_id) if entry.run_id else None
    return (
        f'{{"at": "{at:%Y-%m-%dT%H:%M:%S.%f}Z", "seq": {entry.seq}, "actor": {_quoted(entry.actor)}, '
        f'"after": {entry.after or "null"}, "action": {_quoted(entry.action)}, '
        f'"before": {entry.before or "null"}, "origin": {_quoted(entry.origin)}, '
        f'"reason": {_quoted(entry.reason)}, "run_id": {_quoted(run_id)}, '
        f'"entity_id": {_quoted(entry.entity_id)}, "actor_kind": {_quoted(entry.actor_kind)}, '
        f'"entity_type": {_quoted(entry.entity_type)}, "remote_addr": {_quoted(entry.remote_addr)}, '
        f'"database_role": {_quoted(entry.database_role)}}}'
    ).encode()


def entry_hash(entry: AuditEntry) -> bytes:
    """What the entry's hash must be, from its own former hash."""
    return hashlib.sha256(entry.prev_hash + canonical_entry(entry)).digest()


class ChainCheck:
    """Takes entries in the order in which they are stored and finds every break of the chain.

    After a fault it goes on from what is stored, so that one fault is told once.

    Args:
        start: the place before the first entry: genesis, or the end of the newest archive.
    """

    def __init__(self, start: ChainHead = GENESIS) -> None:
        self._start = start
        self._last = start
        self._entries = 0
        self._first_at: datetime | None = None
        self._last_at: datetime | None = None
        self._faults: list[ChainFault] = []
        self._witnessed: bytes | None = None

    def take(self, entry: AuditEntry, witness: ChainHead | None = None) -> None:
        """Check the next entry; ``witness`` is a head noted earlier that some entry must match."""
        self._check_place(entry)
        if entry.hash != entry_hash(entry):
            self._note(entry.seq, "altered", f"entry {entry.seq} is not what was written: its hash differs")
        if witness is not None and entry.seq == witness.seq:
            self._witnessed = entry.hash
        self._entries += 1
        self._first_at = self._first_at or entry.at
        self._last_at = entry.at
        self._last = ChainHead(entry.seq, entry.hash)

    def _check_place(self, entry: AuditEntry) -> None:
        due = self._last.seq + 1
        if entry.seq == due:
            if entry.prev_hash != self._last.hash:
                said = f"entry {entry.seq} does not continue entry {self._last.seq}: the link between differs"
                self._note(entry.seq, "broken_link", said)
        elif entry.seq > due:
            gone = f"entry {due} is" if entry.seq == due + 1 else f"entries {due} to {entry.seq - 1} are"
            self._note(due, "deleted", f"{gone} missing before entry {entry.seq}")
        elif entry.seq == self._last.seq:
            self._note(entry.seq, "duplicate", f"entry {entry.seq} stands there twice")
        else:
            said = f"entry {entry.seq} stands after entry {self._last.seq}"
            self._note(entry.seq, "reordered", said)

    def finish(self, head: ChainHead | None = None, witness: ChainHead | None = None) -> ChainReport:
        """The report, once all entries were taken.

        Args:
            head: where the chain says that it ends; None when nothing is known of it.
            witness: a head that somebody noted earlier.
        """
        if head is not None and head != self._last:
            kind = "truncated" if head.seq > self._last.seq else "other_head"
            said = f"the chain ends with entry {self._last.seq}, but its head is entry {head.seq}"
            if head.seq == self._last.seq:
                said = f"the head of the chain is not the hash of its last entry {head.seq}"
            self._note(head.seq, kind, said)
        if witness is not None and witness != self._start and self._witnessed != witness.hash:
            found = "is not there" if self._witnessed is None else "is another one"
            self._note(
                witness.seq, "other_history", f"entry {witness.seq}, whose hash was noted earlier, {found}"
            )
        return ChainReport(self._entries, self._first_at, self._last_at, self._last, tuple(self._faults))

    def _note(self, seq: int, kind: str, sentence: str) -> None:
        self._faults.append(ChainFault(seq, kind, sentence))


def check_chain(
    entries: Iterable[AuditEntry],
    *,
    start: ChainHead = GENESIS,
    head: ChainHead | None = None,
    witness: ChainHead | None = None,
) -> ChainReport:
    """Check a whole run of entries, see :class:`ChainCheck`."""
    check = ChainCheck(start)
    for entry in entries:
        check.take(entry, witness)
    return check.finish(head, witness)


def _quoted(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)
