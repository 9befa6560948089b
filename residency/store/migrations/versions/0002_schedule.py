"""Schedule versions, assignments, call, absences and duty logs.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    # Exclusion constraints compare uuids and words beside ranges.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "schedule_versions",
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column(
            "algorithm",
            sa.Enum(
                "greedy",
                "min_conflicts",
                "cp_sat",
                "manual",
                "import",
                name="algorithm",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "run_status",
            sa.Enum(
                "queued",
                "running",
                "success",
                "partial",
                "failed",
                "cancelled",
                name="run_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "publication",
            sa.Enum(
                "draft",
                "published",
                "superseded",
                "archived",
                name="publication",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="draft",
            nullable=False,
        ),
        sa.Column("parent_version_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("assignments_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("violations_count", sa.Integer(), nullable=True),
        sa.Column("overrides_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("runtime_seconds", sa.Double(), nullable=True),
        sa.Column("config", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("daterange(start_date, end_date)"), "&&"),
            where=sa.text("publication = 'published'"),
            using="gist",
            name="ex_schedule_versions_one_published",
        ),
        sa.CheckConstraint("start_date < end_date", name=op.f("ck_schedule_versions_range")),
        sa.ForeignKeyConstraint(
            ["parent_version_id"],
            ["schedule_versions.id"],
            name=op.f("fk_schedule_versions_parent_version_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_versions")),
    )
    op.create_index("ix_schedule_versions_input_hash", "schedule_versions", ["input_hash"], unique=False)
    op.create_table(
        "absences",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column(
            "start_half",
            sa.Enum("AM", "PM", name="start_half", native_enum=False, create_constraint=True, length=32),
            server_default="AM",
            nullable=False,
        ),
        sa.Column(
            "end_half",
            sa.Enum("AM", "PM", name="end_half", native_enum=False, create_constraint=True, length=32),
            server_default="PM",
            nullable=False,
        ),
        sa.Column(
            "type",
            sa.Enum(
                "vacation",
                "conference",
                "deployment",
                "tdy",
                "pcs",
                "training",
                "military_duty",
                "medical",
                "sick",
                "family_emergency",
                "bereavement",
                "emergency_leave",
                "maternity_paternity",
                "convalescent",
                name="type",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "anticipated",
                "approved",
                "confirmed",
                "rejected",
                "denied",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("is_blocking", sa.Boolean(), nullable=True),
        sa.Column("away_from_program", sa.Boolean(), nullable=False),
        sa.Column("return_tentative", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("replacement_activity", sa.Text(), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "start_date < end_date OR NOT (start_half = 'PM' AND end_half = 'AM')",
            name=op.f("ck_absences_half_range"),
        ),
        sa.CheckConstraint("start_date <= end_date", name=op.f("ck_absences_range")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_absences_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
        sa.UniqueConstraint(
            "person_id",
            "start_date",
            "start_half",
            "end_date",
            "end_half",
            "type",
            name="uq_absences_natural",
        ),
    )
    op.create_index("ix_absences_person_id_start_date", "absences", ["person_id", "start_date"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("block_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "primary",
                "supervising",
                "backup",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="primary",
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "preload",
                "manual",
                "swap",
                "absence_repair",
                "solver",
                "template",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=True),
        sa.Column("override_reason", sa.Text(), nullable=True),
        sa.Column("override_ack_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("override_by", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("explain", postgresql.JSONB(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_assignments_confidence_is_a_share")),
        sa.ForeignKeyConstraint(
            ["block_id"], ["blocks.id"], name=op.f("fk_assignments_block_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_assignments_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_assignments_service_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["schedule_versions.id"],
            name=op.f("fk_assignments_version_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
        sa.UniqueConstraint(
            "version_id", "person_id", "block_id", name=op.f("uq_assignments_version_id_person_id_block_id")
        ),
    )
    op.create_index(
        "ix_assignments_version_id_block_id", "assignments", ["version_id", "block_id"], unique=False
    )
    op.create_table(
        "call_shifts",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "overnight",
                "weekend",
                "backup",
                "home",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("in_house", sa.Boolean(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("is_holiday", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("person_id"), "="),
            (sa.column("version_id"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("in_house"),
            using="gist",
            name="ex_call_shifts_no_overlap",
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_call_shifts_range")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_call_shifts_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_call_shifts_service_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["schedule_versions.id"],
            name=op.f("fk_call_shifts_version_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_shifts")),
    )
    op.create_index(
        "ix_call_shifts_version_id_starts_at", "call_shifts", ["version_id", "starts_at"], unique=False
    )
    op.create_table(
        "duty_logs",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "activity_class",
            sa.Enum(
                "patient_care",
                "transition",
                "education",
                "administration",
                "home_clinical",
                name="activity_class",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "setting",
            sa.Enum("in_house", "home", name="setting", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "call_kind",
            sa.Enum(
                "overnight",
                "weekend",
                "backup",
                "home",
                name="call_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "moonlighting",
            sa.Enum(
                "none",
                "internal",
                "external",
                name="moonlighting",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="none",
            nullable=False,
        ),
        sa.Column("new_patient", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("voluntary_stay", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_duty_logs_range")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_duty_logs_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_logs")),
        sa.UniqueConstraint(
            "person_id", "starts_at", "ends_at", "activity_class", "source", name="uq_duty_logs_natural"
        ),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("duty_logs")
    op.drop_table("call_shifts")
    op.drop_table("assignments")
    op.drop_table("absences")
    op.drop_table("schedule_versions")
