"""The audit log: what changed, who says they did it, and the chain of hashes that keeps it whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from residency.store.tables.base import PERSONAL, Base, words

ACTIONS = (
    "insert",
    "update",
    "delete",
    "login",
    "access_change",
    "export",
    "execute",
    "archive",
    "purge",
    "override",
)
ACTOR_KINDS = ("user", "task", "system")
ORIGINS = ("trigger", "application")


class TransactionId(UserDefinedType[Any]):
    """PostgreSQL's 64-bit transaction id, which never comes round again."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "xid8"


class AuditFacts:
    """What the log holds of one change or action, before it has its place in the chain."""

    actor: Mapped[str] = mapped_column(Text, info=PERSONAL)
    """Who did it, as the application says; the database role where it says nothing."""
    database_role: Mapped[str] = mapped_column(Text)
    """The role that was logged in, as the database knows it: no application can claim another."""
    remote_addr: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    entity_type: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[str] = mapped_column(Text, info=PERSONAL)
    """The row's id; of an action outside the tables whatever names its object."""
    before: Mapped[dict[str, Any] | None] = mapped_column(info=PERSONAL)
    after: Mapped[dict[str, Any] | None] = mapped_column(info=PERSONAL)
    reason: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    run_id: Mapped[UUID | None]


class AuditEntryRow(AuditFacts, Base):
    """One entry of the append-only log.

    Its key is ``seq`` alone: an entry has one place in the chain, and a second key would cost every write.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_entity_type_entity_id", "entity_type", "entity_id"),
        Index("ix_audit_log_at", "at", postgresql_using="brin"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    """When its transaction committed, to the microsecond; one instant for all its entries."""
    actor_kind: Mapped[str] = mapped_column(words("actor_kind", *ACTOR_KINDS))
    origin: Mapped[str] = mapped_column(words("origin", *ORIGINS))
    """``trigger`` when the database saw the change, ``application`` when it was told of an action."""
    action: Mapped[str] = mapped_column(words("action", *ACTIONS))
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary, info=PERSONAL)
    hash: Mapped[bytes] = mapped_column(LargeBinary, info=PERSONAL)
    """Personal as well: a hash over few unknown values can be guessed backwards."""


class PendingAuditEntry(AuditFacts, Base):
    """An entry that waits for its transaction's commit to give it a place in the chain.

    No committed transaction leaves one behind, so the table needs no log against crashes, and its words are
    checked where they stay: each check would cost every write twice.
    """

    __tablename__ = "audit_pending"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    xid: Mapped[str] = mapped_column(TransactionId, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    opens: Mapped[bool]
    """Whether it is the first of its statement, which asks for the sealing at commit."""
    actor_kind: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)


class AuditHead(Base):
    """The newest place of the chain: one row, locked by each commit that adds entries."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("chain = 1", name="one_chain"),)

    chain: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class NamedChange:
    """An update that the log calls by another name than ``update``: a change of any of these columns."""

    action: str
    columns: tuple[str, ...]


AUDITED: Mapping[str, tuple[NamedChange, ...]] = MappingProxyType(
    {
        "people": (),
        "person_academic_years": (),
        "users": (
            NamedChange("access_change", ("role", "is_active", "password_hash")),
            NamedChange("login", ("last_login_at",)),
        ),
        "services": (),
        "coverage_requirements": (),
        "schedule_versions": (),
        "assignments": (NamedChange("override", ("override_reason", "override_ack_at", "override_by")),),
        "rotations": (),
        "call_shifts": (),
        "absences": (),
        "duty_logs": (),
        "hours_approvals": (),
        "acgme_findings": (NamedChange("override", ("overridden_reason", "overridden_at", "overridden_by")),),
        "fallback_activations": (),
        "crisis_requests": (),
        "crisis_activations": (),
        "load_shedding_decisions": (),
        "resilience_events": (),
    }
)
"""Tables whose changes are written to the log by trigger, and the changes that have a name of their own."""
