"""Resources of a Prefect server as values, and the pure difference between those wanted and those there."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import JsonValue

from residency.errors import ConflictError

Fields = Mapping[str, JsonValue]
_SHOWN_CHARACTERS = 60


class Kind(StrEnum):
    """Kinds of resources, in the order in which they need one another."""

    BLOCK_TYPE = "block type"
    VARIABLE = "variable"
    GLOBAL_LIMIT = "global concurrency limit"
    WORK_POOL = "work pool"
    WORK_QUEUE = "work queue"
    BLOCK_DOCUMENT = "block document"
    DEPLOYMENT = "deployment"
    SCHEDULE = "schedule"
    AUTOMATION = "automation"


class Action(StrEnum):
    """What becomes of a resource; only ``KEEP`` leaves the server as it is."""

    CREATE = "create"
    UPDATE = "update"
    REMOVE = "remove"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as this checkout wants it.

    ``fields`` must be on the server as they stand here. ``initial`` is given when the resource is made
    and belongs to people from then on, such as whether a schedule is active. A resource with ``kept`` is
    never overwritten by itself; ``follow`` then says, of the fields that are stored, which of them point
    at this plant's own parts and have to go along with those. ``unavailable`` says why there are no
    fields to make it with.
    """

    kind: Kind
    name: str
    fields: Fields = field(repr=False)
    initial: Fields = field(default_factory=dict[str, JsonValue])
    secrets: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    kept: bool = False
    follow: Callable[[Fields], Fields] | None = None
    unavailable: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource as the server has it; ``path`` is its address in the API, ``ours`` that we made it."""

    kind: Kind
    name: str
    path: str
    fields: Fields = field(repr=False)
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """One step, or the reason for none: what is written, and a sentence for each field."""

    action: Action
    kind: Kind
    name: str
    sentences: tuple[str, ...] = ()
    fields: Fields = field(default_factory=dict[str, JsonValue], repr=False)
    wanted: Resource | None = field(default=None, repr=False)
    stored: Stored | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """One line, such as ``update work queue exports: limit 1 -> 2``."""
        told = ": " + "; ".join(self.sentences) if self.sentences else ""
        return f"{self.action} {self.kind} {self.name}{told}"


def difference(
    wanted: Sequence[Resource], stored: Iterable[Stored], *, prune: bool = False, renew: bool = False
) -> list[Change]:
    """The steps that make the server match, in an order in which they can be carried out.

    Args:
        wanted: every resource of this checkout, each name once for its kind.
        stored: what the server has, also what is not ours.
        prune: whether ours that are no longer wanted are removed, rather than only listed.
        renew: whether resources that are never overwritten by themselves are overwritten.

    Raises:
        ConflictError: if a field differs that the server cannot change.
    """
    there = {(each.kind, each.name): each for each in stored}
    names = {(each.kind, each.name) for each in wanted}
    order = list(Kind)
    changes = [
        change
        for resource in sorted(wanted, key=lambda each: order.index(each.kind))
        for change in _changes(resource, there.get((resource.kind, resource.name)), renew)
    ]
    gone = [each for key, each in there.items() if each.ours and key not in names]
    # What needs others goes before them.
    gone.sort(key=lambda each: (-order.index(each.kind), each.name))
    return changes + [_removal(each, prune) for each in gone]


def is_empty(changes: Iterable[Change]) -> bool:
    """Whether nothing is to be done."""
    return all(change.action is Action.KEEP for change in changes)


def _changes(wanted: Resource, stored: Stored | None, renew: bool) -> list[Change]:
    if stored is None:
        sentences = (wanted.unavailable,) if wanted.unavailable else _described(wanted)
        made = {**wanted.fields, **wanted.initial}
        return [Change(Action.CREATE, wanted.kind, wanted.name, sentences, made, wanted)]
    differing = {name: value for name, value in wanted.fields.items() if stored.fields.get(name) != value}
    for name in sorted(wanted.fixed & differing.keys()):
        raise ConflictError(
            f"{wanted.kind} {wanted.name} has {name} {stored.fields.get(name)}, wanted is "
            f"{differing[name]}, and Prefect cannot change that; set RESIDENCY_WORK_POOL_TYPE="
            f"{stored.fields.get(name)}, or delete the pool once its runs have ended "
            f"(`prefect work-pool delete {wanted.name}`) and apply again"
        )
    if not differing:
        return []
    if not wanted.kept or renew:
        return [_update(wanted, stored, differing)]
    followed: Fields = wanted.follow(stored.fields) if wanted.follow else {}
    changes = [_update(wanted, stored, followed)] if followed else []
    after = {**stored.fields, **followed}
    if left := [name for name, value in wanted.fields.items() if after.get(name) != value]:
        sentence = (
            f"differs from the settings in {', '.join(left)} (`residency apply --renew-blocks` overwrites it)"
        )
        changes.append(
            Change(Action.KEEP, wanted.kind, wanted.name, (sentence,), wanted=wanted, stored=stored)
        )
    return changes


def _update(wanted: Resource, stored: Stored, fields: Fields) -> Change:
    sentences: list[str] = []
    for name, value in fields.items():
        if name in wanted.secrets:
            sentences.append(f"{name} differs (secret, not shown)")
        else:
            sentences += _sentences(name, stored.fields.get(name), value)
    return Change(Action.UPDATE, wanted.kind, wanted.name, tuple(sentences), fields, wanted, stored)


def _removal(stored: Stored, prune: bool) -> Change:
    if prune:
        return Change(Action.REMOVE, stored.kind, stored.name, stored=stored)
    sentence = "no longer in this checkout (`residency apply --prune` removes it)"
    return Change(Action.KEEP, stored.kind, stored.name, (sentence,), stored=stored)


def _described(wanted: Resource) -> tuple[str, ...]:
    """The plain values of a resource that is to be made."""
    return tuple(
        f"{name} {_shown(value)}"
        for name, value in wanted.fields.items()
        if name not in wanted.secrets and isinstance(value, str | int | float) and value != ""
    )


def _sentences(place: str, old: JsonValue, new: JsonValue) -> list[str]:
    """One sentence for each value that differs, located as deep as both sides have the same shape."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            sentence
            for key in sorted(old.keys() | new.keys())
            if old.get(key) != new.get(key)
            for sentence in _sentences(f"{place}.{key}", old.get(key), new.get(key))
        ]
    return [f"{place} {_shown(old)} -> {_shown(new)}"]


def _shown(value: JsonValue) -> str:
    text = value if isinstance(value, str) and value else json.dumps(value, sort_keys=True)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."
