"""Time, demand and the schedule: blocks, services, versions, assignments, rotations, call, absences, duty."""

import datetime as dt
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    ActivityClass,
    AssignmentSource,
    CallKind,
    CoverageRole,
    DayType,
    DutySetting,
    FacultyRole,
    Half,
    Intent,
    Moonlighting,
    PersonType,
    ServiceKind,
)
from residency.store.tables.base import PERSONAL, Base, Changing, Identified, checked, words


class BlockRow(Identified, Base):
    """One half of one civil day."""

    __tablename__ = "blocks"
    __table_args__ = (
        UniqueConstraint("date", "half"),
        CheckConstraint("block_number BETWEEN 0 AND 13", name="block_number"),
    )

    date: Mapped[dt.date]
    half: Mapped[Half] = mapped_column(checked(Half, "half"))
    academic_year: Mapped[int]
    block_number: Mapped[int]
    is_weekend: Mapped[bool]
    is_holiday: Mapped[bool] = mapped_column(server_default=text("false"))
    holiday_name: Mapped[str | None] = mapped_column(Text)
    actual_date: Mapped[dt.date | None]
    day_type: Mapped[DayType] = mapped_column(checked(DayType, "day_type"), server_default="NORMAL")
    intent: Mapped[Intent] = mapped_column(checked(Intent, "intent"), server_default="NORMAL")


class ServiceRow(Changing, Base):
    """What people are assigned to."""

    __tablename__ = "services"
    __table_args__ = (
        CheckConstraint("char_length(abbreviation) BETWEEN 1 AND 10", name="abbreviation_length"),
        CheckConstraint("load_category BETWEEN 1 AND 7", name="load_category"),
        CheckConstraint("hours_am >= 0 AND hours_pm >= 0", name="hours_not_negative"),
        CheckConstraint("min_pgy BETWEEN 1 AND 8", name="min_pgy"),
    )

    name: Mapped[str] = mapped_column(Text, unique=True)
    abbreviation: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[ServiceKind] = mapped_column(checked(ServiceKind, "kind"))
    load_category: Mapped[int]
    hours_am: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default="6")
    hours_pm: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default="6")
    start_am: Mapped[time] = mapped_column(server_default="07:00")
    start_pm: Mapped[time] = mapped_column(server_default="13:00")
    night_hours: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    counts_as_duty: Mapped[bool]
    needs_supervision: Mapped[bool] = mapped_column(server_default=text("false"))
    supervision_units_pgy1: Mapped[int] = mapped_column(server_default="2")
    supervision_units_other: Mapped[int] = mapped_column(server_default="1")
    procedure_units: Mapped[int] = mapped_column(server_default="0")
    required_type: Mapped[PersonType | None] = mapped_column(checked(PersonType, "required_type"))
    required_role: Mapped[FacultyRole | None] = mapped_column(checked(FacultyRole, "required_role"))
    required_specialty: Mapped[str | None] = mapped_column(Text)
    required_credential: Mapped[str | None] = mapped_column(Text)
    min_pgy: Mapped[int | None]
    max_people: Mapped[int | None]
    leave_eligible: Mapped[bool] = mapped_column(server_default=text("true"))
    offsite: Mapped[bool] = mapped_column(server_default=text("false"))
    inpatient: Mapped[bool] = mapped_column(server_default=text("false"))
    includes_weekend: Mapped[bool] = mapped_column(server_default=text("false"))
    half_block: Mapped[bool] = mapped_column(server_default=text("false"))
    first_component: Mapped[str | None] = mapped_column(Text)
    second_component: Mapped[str | None] = mapped_column(Text)
    clinic_location: Mapped[str | None] = mapped_column(Text)
    archived_at: Mapped[datetime | None]
    archived_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)


class CoverageRequirementRow(Changing, Base):
    """How many people a service needs in a half-day, by weekday or on one date."""

    __tablename__ = "coverage_requirements"
    __table_args__ = (
        CheckConstraint("num_nonnulls(weekday, date) = 1", name="weekday_or_date"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("minimum >= 0", name="minimum_not_negative"),
        CheckConstraint("maximum >= minimum", name="maximum_not_below_minimum"),
        CheckConstraint("role IN ('primary', 'supervising')", name="role_is_demanded"),
        Index(
            "uq_coverage_requirements_dated",
            "service_id",
            "date",
            "half",
            "role",
            unique=True,
            postgresql_where=text("date IS NOT NULL"),
        ),
    )

    service_id: Mapped[UUID] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    weekday: Mapped[int | None]
    date: Mapped[dt.date | None]
    half: Mapped[Half] = mapped_column(checked(Half, "half"))
    role: Mapped[CoverageRole] = mapped_column(checked(CoverageRole, "role"), server_default="primary")
    minimum: Mapped[int]
    maximum: Mapped[int | None]
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]


class ScheduleVersion(Changing, Base):
    """One generated, imported or hand-made set of assignments; ``end_date`` is exclusive."""

    __tablename__ = "schedule_versions"
    __table_args__ = (
        CheckConstraint("start_date < end_date", name="range"),
        ExcludeConstraint(
            (text("daterange(start_date, end_date)"), "&&"),
            where=text("publication = 'published'"),
            name="ex_schedule_versions_one_published",
        ),
        Index("ix_schedule_versions_input_hash", "input_hash"),
    )

    academic_year: Mapped[int]
    start_date: Mapped[dt.date]
    end_date: Mapped[dt.date]
    algorithm: Mapped[str] = mapped_column(
        words("algorithm", "greedy", "min_conflicts", "cp_sat", "manual", "import")
    )
    run_status: Mapped[str] = mapped_column(
        words("run_status", "queued", "running", "success", "partial", "failed", "cancelled")
    )
    publication: Mapped[str] = mapped_column(
        words("publication", "draft", "published", "superseded", "archived"), server_default="draft"
    )
    parent_version_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("schedule_versions.id", ondelete="SET NULL")
    )
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    assignments_count: Mapped[int] = mapped_column(server_default="0")
    violations_count: Mapped[int | None]
    overrides_count: Mapped[int] = mapped_column(server_default="0")
    runtime_seconds: Mapped[float | None]
    config: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    input_hash: Mapped[str] = mapped_column(Text)


class AssignmentRow(Changing, Base):
    """One person on one service in one half-day of one version."""

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint("version_id", "person_id", "block_id"),
        Index("ix_assignments_version_id_block_id", "version_id", "block_id"),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence_is_a_share"),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("schedule_versions.id", ondelete="RESTRICT"))
    block_id: Mapped[UUID] = mapped_column(ForeignKey("blocks.id", ondelete="RESTRICT"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    service_id: Mapped[UUID] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    role: Mapped[CoverageRole] = mapped_column(checked(CoverageRole, "role"), server_default="primary")
    source: Mapped[AssignmentSource] = mapped_column(checked(AssignmentSource, "source"))
    locked: Mapped[bool] = mapped_column(server_default=text("false"))
    cause_id: Mapped[UUID | None]
    override_reason: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    override_ack_at: Mapped[datetime | None]
    override_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    notes: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    confidence: Mapped[float | None]
    explain: Mapped[dict[str, Any] | None] = mapped_column(info=PERSONAL)
    created_by: Mapped[str] = mapped_column(Text, info=PERSONAL)


class RotationRow(Changing, Base):
    """One person's days on one service in one version, inclusive dates: the unit of averaging by rotation."""

    __tablename__ = "rotations"
    __table_args__ = (
        CheckConstraint("start_date <= end_date", name="range"),
        CheckConstraint("block_number BETWEEN 0 AND 13", name="block_number"),
        ExcludeConstraint(
            ("person_id", "="),
            ("version_id", "="),
            (text("daterange(start_date, end_date, '[]')"), "&&"),
            name="ex_rotations_no_overlap",
        ),
        Index("ix_rotations_version_id_start_date", "version_id", "start_date"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    service_id: Mapped[UUID] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    start_date: Mapped[dt.date]
    end_date: Mapped[dt.date]
    academic_year: Mapped[int]
    """Of its first day, like the block's number."""
    block_number: Mapped[int]
    version_id: Mapped[UUID] = mapped_column(ForeignKey("schedule_versions.id", ondelete="RESTRICT"))


class CallShiftRow(Identified, Base):
    """One person's call in one version."""

    __tablename__ = "call_shifts"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="range"),
        ExcludeConstraint(
            ("person_id", "="),
            ("version_id", "="),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            where=text("in_house"),
            name="ex_call_shifts_no_overlap",
        ),
        Index("ix_call_shifts_version_id_starts_at", "version_id", "starts_at"),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("schedule_versions.id", ondelete="RESTRICT"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kind: Mapped[CallKind] = mapped_column(checked(CallKind, "kind"))
    in_house: Mapped[bool]
    service_id: Mapped[UUID | None] = mapped_column(ForeignKey("services.id", ondelete="SET NULL"))
    is_holiday: Mapped[bool] = mapped_column(server_default=text("false"))


class AbsenceRow(Changing, Base):
    """Time away with inclusive dates."""

    __tablename__ = "absences"
    __table_args__ = (
        CheckConstraint("start_date <= end_date", name="range"),
        CheckConstraint(
            "start_date < end_date OR NOT (start_half = 'PM' AND end_half = 'AM')", name="half_range"
        ),
        Index("ix_absences_person_id_start_date", "person_id", "start_date"),
        UniqueConstraint(
            "person_id",
            "start_date",
            "start_half",
            "end_date",
            "end_half",
            "type",
            name="uq_absences_natural",
        ),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    start_date: Mapped[dt.date]
    end_date: Mapped[dt.date]
    start_half: Mapped[Half] = mapped_column(checked(Half, "start_half"), server_default="AM")
    end_half: Mapped[Half] = mapped_column(checked(Half, "end_half"), server_default="PM")
    type: Mapped[AbsenceType] = mapped_column(checked(AbsenceType, "type"))
    status: Mapped[AbsenceStatus] = mapped_column(checked(AbsenceStatus, "status"))
    is_blocking: Mapped[bool | None]
    away_from_program: Mapped[bool]
    return_tentative: Mapped[bool] = mapped_column(server_default=text("false"))
    replacement_activity: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    reviewed_by: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    reviewed_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(Text, info=PERSONAL)


class DutyLogRow(Changing, Base):
    """Hours somebody actually worked; overlaps are allowed."""

    __tablename__ = "duty_logs"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="range"),
        UniqueConstraint(
            "person_id", "starts_at", "ends_at", "activity_class", "source", name="uq_duty_logs_natural"
        ),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    activity_class: Mapped[ActivityClass] = mapped_column(checked(ActivityClass, "activity_class"))
    setting: Mapped[DutySetting] = mapped_column(checked(DutySetting, "setting"))
    call_kind: Mapped[CallKind | None] = mapped_column(checked(CallKind, "call_kind"))
    moonlighting: Mapped[Moonlighting] = mapped_column(
        checked(Moonlighting, "moonlighting"), server_default="none"
    )
    new_patient: Mapped[bool] = mapped_column(server_default=text("false"))
    voluntary_stay: Mapped[bool] = mapped_column(server_default=text("false"))
    reason: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    source: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[str] = mapped_column(Text, info=PERSONAL)
    edited_at: Mapped[datetime | None]
