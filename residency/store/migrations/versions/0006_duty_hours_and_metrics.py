"""Rotations, approved exceptions, duty-hours findings, metrics, conflict alerts and compliance reports.

Revision 0006, after 0005.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _words(
    name: str, *words: str, nullable: bool = False, server_default: str | None = None
) -> sa.Column[Any]:
    kind = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=nullable, server_default=server_default)


def _identified() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _changing() -> list[sa.Column[Any]]:
    changed = sa.Column(
        "updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
    return [changed, *_identified()]


def upgrade() -> None:
    """Bring the schema forward."""
    _schedule()
    _duty_hours()
    _quality()
    _reports()


def _schedule() -> None:
    op.create_table(
        "rotations",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("block_number", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        *_changing(),
        postgresql.ExcludeConstraint(
            (sa.column("person_id"), "="),
            (sa.column("version_id"), "="),
            (sa.text("daterange(start_date, end_date, '[]')"), "&&"),
            using="gist",
            name="ex_rotations_no_overlap",
        ),
        sa.CheckConstraint("block_number BETWEEN 0 AND 13", name=op.f("ck_rotations_block_number")),
        sa.CheckConstraint("start_date <= end_date", name=op.f("ck_rotations_range")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_rotations_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_rotations_service_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["schedule_versions.id"],
            name=op.f("fk_rotations_version_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rotations")),
    )
    op.create_index(
        "ix_rotations_version_id_start_date", "rotations", ["version_id", "start_date"], unique=False
    )


def _duty_hours() -> None:
    op.create_table(
        "hours_approvals",
        sa.Column("weekly_limit", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("min_pgy", sa.Integer(), server_default="1", nullable=False),
        sa.Column("max_pgy", sa.Integer(), server_default="8", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        *_changing(),
        sa.CheckConstraint("approved_by <> ''", name=op.f("ck_hours_approvals_approved_by_somebody")),
        sa.CheckConstraint(
            "min_pgy BETWEEN 1 AND 8 AND max_pgy BETWEEN min_pgy AND 8",
            name=op.f("ck_hours_approvals_pgy_range"),
        ),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_hours_approvals_range")),
        sa.CheckConstraint(
            "weekly_limit > 80 AND weekly_limit <= 88", name=op.f("ck_hours_approvals_weekly_limit")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_hours_approvals_service_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_approvals")),
    )
    op.create_index(
        "uq_hours_approvals_natural",
        "hours_approvals",
        ["service_id", "min_pgy", "max_pgy", "valid_from"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "acgme_findings",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_set", sa.Text(), nullable=False),
        _words("force", "must", "should", "early_warning"),
        _words("severity", "critical", "high", "medium", "low"),
        _words("basis", "planned", "logged"),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("window_start", sa.Text(), nullable=False),
        sa.Column("window_end", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("limit_value", sa.Double(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("arithmetic", sa.Text(), nullable=False),
        sa.Column("pgy", sa.Integer(), nullable=True),
        sa.Column("leave_half_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("exception", sa.Text(), server_default="", nullable=False),
        sa.Column("intervals", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("fixed_only", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        _words("status", "open", "justified", "false_positive", "closed", server_default="open"),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detected_run", sa.Uuid(), nullable=True),
        _words("decision", "justified", "false_positive", nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("justification", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("overridden_reason", sa.Text(), nullable=True),
        sa.Column("overridden_by", sa.Text(), nullable=True),
        sa.Column("overridden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_run", sa.Uuid(), nullable=True),
        *_changing(),
        sa.CheckConstraint(
            "(person_id IS NULL) = (place <> '')", name=op.f("ck_acgme_findings_person_or_place")
        ),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_acgme_findings_closed_at")
        ),
        sa.CheckConstraint(
            "basis = 'planned' OR draft_id IS NULL", name=op.f("ck_acgme_findings_drafts_are_planned")
        ),
        sa.CheckConstraint(
            "status = 'closed' OR status = coalesce(decision, 'open')",
            name=op.f("ck_acgme_findings_status_is_the_decision"),
        ),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_acgme_findings_range")),
        sa.CheckConstraint(
            "num_nulls(decision, decided_by, decided_at, justification) IN (0, 4)",
            name=op.f("ck_acgme_findings_whole_decision"),
        ),
        sa.CheckConstraint(
            "num_nulls(overridden_reason, overridden_by, overridden_at) IN (0, 3)",
            name=op.f("ck_acgme_findings_whole_override"),
        ),
        sa.CheckConstraint("pgy BETWEEN 1 AND 8", name=op.f("ck_acgme_findings_pgy")),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["schedule_versions.id"],
            name=op.f("fk_acgme_findings_draft_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_acgme_findings_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["schedule_versions.id"],
            name=op.f("fk_acgme_findings_version_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acgme_findings")),
    )
    op.create_index("ix_acgme_findings_draft_id", "acgme_findings", ["draft_id"], unique=False)
    op.create_index("ix_acgme_findings_last_day", "acgme_findings", ["last_day"], unique=False)
    op.create_index(
        "uq_acgme_findings_key",
        "acgme_findings",
        ["rule", "force", "person_id", "place", "window_start", "basis", "rule_set", "draft_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def _quality() -> None:
    op.create_table(
        "metrics_snapshots",
        _words("kind", "hourly", "daily"),
        sa.Column("bucket_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("rule_set", sa.Text(), nullable=False),
        sa.Column("fairness", sa.Double(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=True),
        sa.Column("compliance", sa.Double(), nullable=True),
        sa.Column("compliance_weighted", sa.Double(), nullable=True),
        _words("stability_grade", "A", "B", "C", "D", "F", nullable=True),
        sa.Column("churn", sa.Double(), nullable=True),
        sa.Column("ripple", sa.Double(), nullable=True),
        sa.Column("n1_score", sa.Double(), nullable=True),
        sa.Column("summary", postgresql.JSONB(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        *_identified(),
        sa.CheckConstraint(
            "compliance BETWEEN 0 AND 1", name=op.f("ck_metrics_snapshots_compliance_is_a_share")
        ),
        sa.CheckConstraint(
            "compliance_weighted BETWEEN 0 AND 1",
            name=op.f("ck_metrics_snapshots_compliance_weighted_is_a_share"),
        ),
        sa.CheckConstraint("coverage BETWEEN 0 AND 1", name=op.f("ck_metrics_snapshots_coverage_is_a_share")),
        sa.CheckConstraint("fairness BETWEEN 0 AND 1", name=op.f("ck_metrics_snapshots_fairness_is_a_share")),
        sa.CheckConstraint("period_start <= period_end", name=op.f("ck_metrics_snapshots_range")),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["schedule_versions.id"],
            name=op.f("fk_metrics_snapshots_version_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metrics_snapshots")),
        sa.UniqueConstraint("kind", "bucket_start", name=op.f("uq_metrics_snapshots_kind_bucket_start")),
    )
    op.create_table(
        "conflict_alerts",
        sa.Column("person_id", sa.Uuid(), nullable=True),
        _words(
            "type",
            "leave_fmit_overlap",
            "leave_call_overlap",
            "leave_assignment_overlap",
            "coverage_gap",
            "supervision_deficit",
            "sole_provider_loss",
            "simultaneous_leave",
            "back_to_back",
            "excessive_alternating",
            "call_cascade",
            "recovery_violation",
            "external_commitment",
        ),
        _words("severity", "critical", "warning", "info"),
        sa.Column("week_start", sa.Date(), nullable=True),
        sa.Column("slot", sa.Text(), nullable=True),
        sa.Column("absence_id", sa.Uuid(), nullable=True),
        sa.Column("swap_id", sa.Uuid(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        _words("status", "new", "acknowledged", "resolved", "ignored", server_default="new"),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        *_changing(),
        sa.CheckConstraint(
            "(status IN ('resolved', 'ignored')) = (resolved_at IS NOT NULL)",
            name=op.f("ck_conflict_alerts_resolved_at"),
        ),
        sa.CheckConstraint(
            "status <> 'acknowledged' OR acknowledged_at IS NOT NULL",
            name=op.f("ck_conflict_alerts_acknowledged_at"),
        ),
        sa.CheckConstraint(
            "status <> 'ignored' OR coalesce(resolution, '') <> ''",
            name=op.f("ck_conflict_alerts_ignored_for_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["absence_id"], ["absences.id"], name=op.f("fk_conflict_alerts_absence_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_conflict_alerts_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_alerts")),
    )
    op.create_index("ix_conflict_alerts_status_type", "conflict_alerts", ["status", "type"], unique=False)
    op.create_index(
        "uq_conflict_alerts_open",
        "conflict_alerts",
        ["fingerprint"],
        unique=True,
        postgresql_where=sa.text("status IN ('new', 'acknowledged')"),
    )


def _reports() -> None:
    op.create_table(
        "compliance_reports",
        _words("kind", "weekly", "monthly", "audit"),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("rule_sets", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("files", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column(
            "sent_to", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False
        ),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        *_identified(),
        sa.CheckConstraint("period_start < period_end", name=op.f("ck_compliance_reports_range")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_compliance_reports_revision")),
        sa.ForeignKeyConstraint(
            ["superseded_by"],
            ["compliance_reports.id"],
            name=op.f("fk_compliance_reports_superseded_by"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compliance_reports")),
        sa.UniqueConstraint(
            "kind",
            "period_start",
            "period_end",
            "revision",
            name=op.f("uq_compliance_reports_kind_period_start_period_end_revision"),
        ),
        sa.UniqueConstraint("run_id", name=op.f("uq_compliance_reports_run_id")),
    )
    op.create_index(
        "ix_compliance_reports_kind_period_end", "compliance_reports", ["kind", "period_end"], unique=False
    )
    op.create_table(
        "archived_files",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        _words("format", "pdf", "xlsx", "json"),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        *_identified(),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_archived_files_sha256")),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_archived_files_not_empty")),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["compliance_reports.id"],
            name=op.f("fk_archived_files_report_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archived_files")),
        sa.UniqueConstraint("location", name=op.f("uq_archived_files_location")),
        sa.UniqueConstraint("report_id", "format", name=op.f("uq_archived_files_report_id_format")),
    )


def downgrade() -> None:
    """Take the schema back."""
    # The views show the columns of the tables, and the rights are made anew after the next migration.
    op.execute("DROP SCHEMA IF EXISTS readonly CASCADE")
    for table in (
        "archived_files",
        "compliance_reports",
        "conflict_alerts",
        "metrics_snapshots",
        "acgme_findings",
        "hours_approvals",
        "rotations",
    ):
        op.drop_table(table)
