"""What a crisis is asked for with, checked before anything is stored."""

import unicodedata
from dataclasses import dataclass
from uuid import UUID

from residency.errors import InvalidInputError
from residency.resilience.load_shedding import LoadSheddingLevel, level_asked

LONGEST_REASON = 2000
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class CrisisWord:
    """How grave a crisis is: one of the two words, and the load-shedding level that follows.

    ``to_critical`` goes beyond what any word stands for and is an administrator's to approve.
    """

    level: str | None
    severity: str | None
    to_critical: bool = False

    def __post_init__(self) -> None:
        """Refuse words that are none, and CRITICAL on top of anything but the gravest.

        Raises:
            InvalidInputError: naming the field.
        """
        gravest = level_asked(self.level, self.severity) is LoadSheddingLevel.BLACK
        if self.to_critical and not gravest:
            raise InvalidInputError(
                "to_critical", True, "level emergency or severity critical, which CRITICAL goes beyond"
            )

    @property
    def shedding_level(self) -> LoadSheddingLevel:
        """The level to which load is shed."""
        if self.to_critical:
            return LoadSheddingLevel.CRITICAL
        return level_asked(self.level, self.severity)

    @property
    def method(self) -> str:
        """What gave the level, as a decision says it."""
        if self.to_critical:
            return "administrator"
        return "level" if self.level else "severity"

    def __str__(self) -> str:
        """The word with its field, such as ``level critical``."""
        word = f"level {self.level}" if self.level else f"severity {self.severity}"
        return f"{word}, to CRITICAL" if self.to_critical else word


@dataclass(frozen=True, slots=True)
class CrisisAsk:
    """A request before it is stored; ``requested_by`` as it was typed."""

    word: CrisisWord
    reason: str
    requested_by: str
    idempotency_key: str
    fallback_id: UUID | None = None

    def __post_init__(self) -> None:
        """Check reason and key.

        Raises:
            InvalidInputError: naming the field.
        """
        object.__setattr__(self, "reason", legible_reason(self.reason))
        if not 0 < len(self.idempotency_key) <= LONGEST_KEY or not self.idempotency_key.isprintable():
            raise InvalidInputError(
                "idempotency_key", self.idempotency_key[:40], f"1 to {LONGEST_KEY} printable characters"
            )


def legible_reason(reason: str) -> str:
    """A reason without blanks around it.

    Raises:
        InvalidInputError: if nothing is left, it is too long, or no database could keep it.
    """
    stripped = reason.strip()
    kept = all(unicodedata.category(character) not in {"Cc", "Cs"} for character in stripped)
    if not stripped or len(stripped) > LONGEST_REASON or not kept:
        raise InvalidInputError(
            "reason", reason[:40], f"a reason in words on one line, at most {LONGEST_REASON} characters"
        )
    return stripped
