"""People, their academic years, and the users who receive messages."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from residency.program.vocabulary import FacultyRole, PersonType, UserRole
from residency.store.tables.base import PERSONAL, SECRET, Base, Changing, checked, words

_NO_TEXTS = text("'{}'::text[]")


class PersonRow(Changing, Base):
    """A resident, faculty member or learner."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("fte BETWEEN 0 AND 1", name="fte_is_a_share"),
        CheckConstraint("active_to IS NULL OR active_to >= active_from", name="active_range"),
    )

    external_id: Mapped[str] = mapped_column(Text, unique=True, info=PERSONAL)
    """The id that bundles and coordinators use."""
    name: Mapped[str] = mapped_column(Text, info=PERSONAL)
    type: Mapped[PersonType] = mapped_column(checked(PersonType, "type"))
    email: Mapped[str | None] = mapped_column(Text, unique=True, info=PERSONAL)
    fte: Mapped[Decimal] = mapped_column(Numeric(5, 4), server_default="1")
    active_from: Mapped[date | None]
    active_to: Mapped[date | None]
    specialties: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=_NO_TEXTS)
    credentials: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=_NO_TEXTS)
    performs_procedures: Mapped[bool] = mapped_column(server_default=text("false"))
    faculty_role: Mapped[FacultyRole | None] = mapped_column(checked(FacultyRole, "faculty_role"))
    primary_duty: Mapped[str | None] = mapped_column(Text)
    admin_type: Mapped[str | None] = mapped_column(words("admin_type", "GME", "DFM", "SM"))
    target_clinical_blocks: Mapped[int | None]
    learner_type: Mapped[str | None] = mapped_column(words("learner_type", "MS", "TY", "PSYCH"))
    ms_year: Mapped[int | None]
    screener_role: Mapped[str | None] = mapped_column(
        words("screener_role", "dedicated", "rn", "emt", "resident")
    )
    pseudonym: Mapped[str] = mapped_column(Text, unique=True)
    """Stands for the person wherever the application's own readers are not the only ones."""
    archived_at: Mapped[datetime | None]
    """When a published program stopped naming the person."""


class PersonAcademicYearRow(Changing, Base):
    """One person's standing in one academic year; the July rollover inserts rows and edits none."""

    __tablename__ = "person_academic_years"
    __table_args__ = (
        UniqueConstraint("person_id", "academic_year"),
        CheckConstraint("pgy_level BETWEEN 1 AND 8", name="pgy_level"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    academic_year: Mapped[int]
    pgy_level: Mapped[int | None]
    is_graduated: Mapped[bool] = mapped_column(server_default=text("false"))
    clinic_min: Mapped[int | None]
    clinic_max: Mapped[int | None]
    sunday_call_count: Mapped[int] = mapped_column(server_default="0")
    weekday_call_count: Mapped[int] = mapped_column(server_default="0")
    fmit_weeks_count: Mapped[int] = mapped_column(server_default="0")
    away_days: Mapped[int] = mapped_column(server_default="0")


class UserRow(Changing, Base):
    """Somebody who signs in to the scheduling application; administrators and coordinators get alerts."""

    __tablename__ = "users"

    username: Mapped[str] = mapped_column(Text, unique=True, info=PERSONAL)
    email: Mapped[str] = mapped_column(Text, unique=True, info=PERSONAL)
    password_hash: Mapped[str | None] = mapped_column(Text, info=SECRET)
    """Empty until the user sets a password in the scheduling application; no default exists."""
    role: Mapped[UserRole] = mapped_column(checked(UserRole, "role"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    last_login_at: Mapped[datetime | None]
