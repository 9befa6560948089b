"""Fallback schedules, crises and what they shed, events of resilience, and forecasts of utilization.

Revision 0007, after 0006.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_LEVELS = ("warning", "critical", "emergency")
_SEVERITIES = ("minor", "moderate", "severe", "critical")
_SHEDDING = ("NORMAL", "YELLOW", "ORANGE", "RED", "BLACK", "CRITICAL")


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
    _crisis()
    _fallbacks()
    _requests()
    _shedding()
    _forecasts()


def _crisis() -> None:
    op.create_table(
        "crisis_activations",
        _words("level", *_LEVELS, nullable=True),
        _words("severity_word", *_SEVERITIES, nullable=True),
        _words("shedding_level", *_SHEDDING),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("recovery_plan", postgresql.JSONB(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        *_changing(),
        sa.CheckConstraint("shedding_level <> 'NORMAL'", name=op.f("ck_crisis_activations_sheds_something")),
        sa.CheckConstraint(
            "num_nonnulls(level, severity_word) >= 1", name=op.f("ck_crisis_activations_level_or_severity")
        ),
        sa.CheckConstraint(
            "num_nulls(ended_at, ended_by) IN (0, 2)", name=op.f("ck_crisis_activations_whole_end")
        ),
        sa.CheckConstraint("started_at <= ended_at", name=op.f("ck_crisis_activations_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crisis_activations")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_crisis_activations_idempotency_key")),
    )
    op.create_index(
        "uq_crisis_activations_one_open",
        "crisis_activations",
        [sa.literal_column("(ended_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _fallbacks() -> None:
    op.create_table(
        "fallback_schedules",
        _words(
            "scenario",
            "1_faculty_loss",
            "2_faculty_loss",
            "pcs_season_50_percent",
            "holiday_skeleton",
            "pandemic_essential_only",
            "mass_casualty_event",
            "weather_emergency",
        ),
        sa.Column(
            "subject", postgresql.ARRAY(sa.Uuid()), server_default=sa.text("'{}'::uuid[]"), nullable=False
        ),
        sa.Column("parameters", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("assignments", postgresql.JSONB(), nullable=True),
        sa.Column("call_moves", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("unfilled_slots", sa.Integer(), nullable=False),
        sa.Column("unfilled", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("violations", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column(
            "services_reduced",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
        ),
        sa.Column(
            "assumptions", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False
        ),
        _words("layer", "immediate", "exact"),
        sa.Column("gap", sa.Double(), nullable=True),
        _words("status", "draft", "ready", "active", "stale", "retired"),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stale_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        *_changing(),
        sa.CheckConstraint(
            "status NOT IN ('ready', 'active') OR assignments IS NOT NULL",
            name=op.f("ck_fallback_schedules_usable"),
        ),
        sa.CheckConstraint(
            "changes >= 0 AND unfilled_slots >= 0", name=op.f("ck_fallback_schedules_counts_not_negative")
        ),
        sa.CheckConstraint(
            "coverage BETWEEN 0 AND 1", name=op.f("ck_fallback_schedules_coverage_is_a_share")
        ),
        sa.CheckConstraint("gap BETWEEN 0 AND 1", name=op.f("ck_fallback_schedules_gap_is_a_share")),
        sa.CheckConstraint("period_start < period_end", name=op.f("ck_fallback_schedules_range")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_fallback_schedules_revision")),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_fallback_schedules_valid_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fallback_schedules")),
        sa.UniqueConstraint(
            "scenario",
            "subject",
            "input_hash",
            name=op.f("uq_fallback_schedules_scenario_subject_input_hash"),
        ),
    )
    op.create_index(
        "ix_fallback_schedules_status_valid_until",
        "fallback_schedules",
        ["status", "valid_until"],
        unique=False,
    )
    op.create_table(
        "fallback_activations",
        sa.Column("fallback_id", sa.Uuid(), nullable=False),
        sa.Column("crisis_id", sa.Uuid(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deactivated_by", sa.Text(), nullable=True),
        sa.Column("deactivation_reason", sa.Text(), nullable=True),
        *_changing(),
        sa.CheckConstraint(
            "coverage BETWEEN 0 AND 1", name=op.f("ck_fallback_activations_coverage_is_a_share")
        ),
        sa.CheckConstraint(
            "num_nulls(deactivated_at, deactivated_by, deactivation_reason) IN (0, 3)",
            name=op.f("ck_fallback_activations_whole_deactivation"),
        ),
        sa.ForeignKeyConstraint(
            ["crisis_id"],
            ["crisis_activations.id"],
            name=op.f("fk_fallback_activations_crisis_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["fallback_id"],
            ["fallback_schedules.id"],
            name=op.f("fk_fallback_activations_fallback_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["schedule_versions.id"],
            name=op.f("fk_fallback_activations_version_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fallback_activations")),
    )
    op.create_index(
        "uq_fallback_activations_open",
        "fallback_activations",
        ["fallback_id"],
        unique=True,
        postgresql_where=sa.text("deactivated_at IS NULL"),
    )


def _requests() -> None:
    op.create_table(
        "crisis_requests",
        _words("level", *_LEVELS, nullable=True),
        _words("severity_word", *_SEVERITIES, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("fallback_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _words("status", "pending", "approved", "declined", "expired", server_default="pending"),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("crisis_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        *_changing(),
        sa.CheckConstraint(
            "(status IN ('approved', 'declined')) = (decided_by IS NOT NULL)",
            name=op.f("ck_crisis_requests_decided_by_somebody"),
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_crisis_requests_for_a_reason")),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_crisis_requests_two_people")),
        sa.CheckConstraint(
            "num_nonnulls(level, severity_word) = 1", name=op.f("ck_crisis_requests_level_or_severity")
        ),
        sa.CheckConstraint(
            "num_nulls(decided_by, decided_at) IN (0, 2)", name=op.f("ck_crisis_requests_whole_decision")
        ),
        sa.CheckConstraint("requested_at < expires_at", name=op.f("ck_crisis_requests_range")),
        sa.ForeignKeyConstraint(
            ["crisis_id"],
            ["crisis_activations.id"],
            name=op.f("fk_crisis_requests_crisis_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["fallback_id"],
            ["fallback_schedules.id"],
            name=op.f("fk_crisis_requests_fallback_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crisis_requests")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_crisis_requests_idempotency_key")),
    )
    op.create_index("ix_crisis_requests_status", "crisis_requests", ["status"], unique=False)


def _shedding() -> None:
    op.create_table(
        "load_shedding_decisions",
        sa.Column("crisis_id", sa.Uuid(), nullable=True),
        _words("from_level", *_SHEDDING),
        _words("to_level", *_SHEDDING),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("suspended", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("protected", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        _words("method", "level", "severity", "automatic", "administrator", "deactivation"),
        sa.Column("utilization", sa.Double(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recovered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        *_changing(),
        sa.CheckConstraint("at <= recovered_at", name=op.f("ck_load_shedding_decisions_range")),
        sa.CheckConstraint(
            "coverage BETWEEN 0 AND 1", name=op.f("ck_load_shedding_decisions_coverage_is_a_share")
        ),
        sa.ForeignKeyConstraint(
            ["crisis_id"],
            ["crisis_activations.id"],
            name=op.f("fk_load_shedding_decisions_crisis_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_load_shedding_decisions")),
    )
    op.create_index("ix_load_shedding_decisions_at", "load_shedding_decisions", ["at"], unique=False)
    op.create_table(
        "resilience_events",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _words(
            "type",
            "crisis_requested",
            "crisis_approved",
            "crisis_declined",
            "crisis_expired",
            "crisis_activated",
            "crisis_raised",
            "crisis_deactivated",
            "fallback_activated",
            "fallback_deactivated",
            "load_shedding_changed",
        ),
        _words("severity", *_SEVERITIES),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("next", sa.Text(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("crisis_id", sa.Uuid(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        *_identified(),
        sa.ForeignKeyConstraint(
            ["crisis_id"],
            ["crisis_activations.id"],
            name=op.f("fk_resilience_events_crisis_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resilience_events")),
    )
    op.create_index("ix_resilience_events_at", "resilience_events", ["at"], unique=False)


def _forecasts() -> None:
    op.create_table(
        "utilization_forecasts",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("days", postgresql.JSONB(), nullable=False),
        sa.Column("high_risk_days", sa.Integer(), nullable=False),
        sa.Column("anticipated_scenario", postgresql.JSONB(), nullable=True),
        sa.Column(
            "recommendations", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        *_identified(),
        sa.CheckConstraint(
            "high_risk_days >= 0", name=op.f("ck_utilization_forecasts_high_risk_days_not_negative")
        ),
        sa.CheckConstraint("period_start < period_end", name=op.f("ck_utilization_forecasts_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utilization_forecasts")),
        sa.UniqueConstraint("run_id", name=op.f("uq_utilization_forecasts_run_id")),
    )
    op.create_index("ix_utilization_forecasts_at", "utilization_forecasts", ["at"], unique=False)


def downgrade() -> None:
    """Take the schema back."""
    # The views show the columns of the tables, and the rights are made anew after the next migration.
    op.execute("DROP SCHEMA IF EXISTS readonly CASCADE")
    for table in (
        "utilization_forecasts",
        "resilience_events",
        "load_shedding_decisions",
        "crisis_requests",
        "fallback_activations",
        "fallback_schedules",
        "crisis_activations",
    ):
        op.drop_table(table)
