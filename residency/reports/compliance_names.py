"""Keeping names out of a report: pseudonyms for ids, and for names that people wrote into free text."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from residency.program.records import Person, User

_SHORTEST_PART = 3
_PART = "[name]"
"""Stands for a first or last name alone, which may belong to several people, or be a word."""

_SEPARATORS = re.compile(r"[\s,.;]+")


@dataclass(frozen=True)
class _Written:
    """What is looked for in text, letters folded, and what takes its place."""

    replacement: Mapping[str, str]
    pattern: re.Pattern[str] | None

    @classmethod
    def of(cls, replacement: Mapping[str, str]) -> "_Written":
        longest_first = sorted(replacement, key=lambda text: (-len(text), text))
        alternatives = "|".join(re.escape(text) for text in longest_first)
        return cls(replacement, re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)") if replacement else None)

    def replaced(self, text: str) -> str:
        one_line = " ".join(text.split())
        if self.pattern is None:
            return one_line
        pieces: list[str] = []
        position = 0
        for match in self.pattern.finditer(_folded(one_line)):
            pieces += [one_line[position : match.start()], self.replacement[match.group()]]
            position = match.end()
        return "".join(pieces) + one_line[position:]


@dataclass(frozen=True)
class Pseudonyms:
    """Who is called what outside the application."""

    of_id: Mapping[str, str]
    whole: _Written
    parts_too: _Written

    @classmethod
    def of(cls, people: Iterable[Person], users: Iterable[User] = ()) -> "Pseudonyms":
        """The pseudonyms of a program's people; somebody without one goes by the id, as everywhere."""
        of_id: dict[str, str] = {}
        whole: dict[str, str] = {}
        parts: dict[str, str] = {}
        for person in people:
            of_id[person.id] = pseudonym = person.pseudonym or person.id
            whole |= {_folded(text): pseudonym for text in (person.name, person.email) if text}
            words = _SEPARATORS.split(person.name)
            parts |= {_folded(word): _PART for word in words if len(word) >= _SHORTEST_PART}
        for user in users:
            pseudonym = of_id.get(user.person or "", _PART)
            whole |= {_folded(text): pseudonym for text in (user.username, user.email)}
        return cls(of_id, _Written.of(whole), _Written.of(parts | whole))

    def person(self, person_id: str) -> str:
        """What somebody is called; empty for nobody."""
        return self.of_id[person_id] if person_id else ""

    def own_text(self, text: str) -> str:
        """A sentence of the engine with whole names replaced, in case something it cites holds one."""
        return self.whole.replaced(text)

    def free_text(self, text: str) -> str:
        """What a person wrote, on one line, with every name and part of a name replaced.

        Parts count from three letters on, so a word that is also somebody's name goes, too.
        """
        return self.parts_too.replaced(text)


def _folded(text: str) -> str:
    """Case folded letter by letter, so that positions stay; letters that fold to two stay as they are."""
    return "".join(folded if len(folded := letter.casefold()) == 1 else letter for letter in text)
