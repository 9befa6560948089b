"""What all tables share: naming of constraints, uuid keys, UTC instants and checked enumerations."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import DateTime, Enum, MetaData, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PERSONAL: dict[Any, Any] = {"personal": True}
"""Marks a column that names, describes or reaches a person; the read-only views never show it."""

SECRET: dict[Any, Any] = {"personal": True, "secret": True}
"""Marks a column whose value not even the audit log may hold."""


class Base(DeclarativeBase):
    """Base of every table; constraint names are derived, so migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[Mapping[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class Identified:
    """A uuid primary key and the instant the row was made."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4, server_default=func.gen_random_uuid())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Changing(Identified):
    """An identified row that may change, with the instant of its last change."""

    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


def checked(enumeration: type[StrEnum], name: str) -> Enum:
    """A text column whose values the database checks against an enumeration.

    Args:
        enumeration: the allowed words.
        name: the constraint's name within its table.
    """
    return Enum(
        enumeration,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=_values,
    )


def _values(members: type[StrEnum]) -> list[str]:
    return [member.value for member in members]


def words(name: str, *allowed: str) -> Enum:
    """A text column that allows only the given words, for lists no calculation needs to name."""
    return Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)
