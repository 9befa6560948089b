"""Health checks, vulnerability reports and resilience alerts.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "health_checks",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "healthy",
                "warning",
                "degraded",
                "critical",
                "emergency",
                "no_data",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("utilization", sa.Double(), nullable=True),
        sa.Column(
            "utilization_level",
            sa.Enum(
                "GREEN",
                "YELLOW",
                "ORANGE",
                "RED",
                "BLACK",
                name="utilization_level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("per_service", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("coverage", sa.Double(), nullable=True),
        sa.Column("buffer", sa.Double(), nullable=True),
        sa.Column(
            "defense_level",
            sa.Enum(
                "PREVENTION",
                "CONTROL",
                "SAFETY_SYSTEMS",
                "CONTAINMENT",
                "EMERGENCY",
                name="defense_level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "load_shedding_level",
            sa.Enum(
                "NORMAL",
                "YELLOW",
                "ORANGE",
                "RED",
                "BLACK",
                "CRITICAL",
                name="load_shedding_level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="NORMAL",
            nullable=False,
        ),
        sa.Column("n1_pass", sa.Boolean(), nullable=True),
        sa.Column("n2_pass", sa.Boolean(), nullable=True),
        sa.Column(
            "phase_risk",
            sa.Enum(
                "low",
                "medium",
                "high",
                "critical",
                name="phase_risk",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "active_fallbacks", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("crisis_mode", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "immediate_actions", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("watch_items", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_checks")),
    )
    op.create_index("uq_health_checks_slot", "health_checks", ["slot", "horizon_days"], unique=True)
    op.create_table(
        "resilience_alerts",
        sa.Column(
            "level",
            sa.Enum(
                "info",
                "warning",
                "critical",
                "emergency",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "acknowledged",
                "resolved",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("occurrences", sa.Integer(), server_default="1", nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("joins_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "last_raised_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "escalated_from",
            sa.Enum(
                "info",
                "warning",
                "critical",
                "emergency",
                name="escalated_from",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("next_escalation_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("category"), "="),
            (sa.column("level"), "="),
            (sa.text("tstzrange(raised_at, joins_until)"), "&&"),
            where=sa.text("status = 'open'"),
            using="gist",
            name="ex_resilience_alerts_one_open",
        ),
        sa.CheckConstraint("occurrences >= 1", name=op.f("ck_resilience_alerts_occurrences")),
        sa.CheckConstraint("raised_at < joins_until", name=op.f("ck_resilience_alerts_joining_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resilience_alerts")),
    )
    op.create_index(
        "ix_resilience_alerts_status_category", "resilience_alerts", ["status", "category"], unique=False
    )
    op.create_table(
        "vulnerability_reports",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("n1_pass", sa.Boolean(), nullable=False),
        sa.Column("n2_pass", sa.Boolean(), nullable=False),
        sa.Column("base_shortfall", sa.Integer(), nullable=False),
        sa.Column("n1", postgresql.JSONB(), nullable=False),
        sa.Column("n2", postgresql.JSONB(), nullable=False),
        sa.Column("joint_only_pairs", postgresql.JSONB(), nullable=False),
        sa.Column("phase", postgresql.JSONB(), nullable=False),
        sa.Column("recommendations", postgresql.JSONB(), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["superseded_by"],
            ["vulnerability_reports.id"],
            name=op.f("fk_vulnerability_reports_superseded_by"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["schedule_versions.id"],
            name=op.f("fk_vulnerability_reports_version_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vulnerability_reports")),
        sa.UniqueConstraint("run_id", name=op.f("uq_vulnerability_reports_run_id")),
    )
    op.create_index("ix_vulnerability_reports_at", "vulnerability_reports", ["at"], unique=False)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("vulnerability_reports")
    op.drop_table("resilience_alerts")
    op.drop_table("health_checks")
