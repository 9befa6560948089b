"""Saving and finding the results of the resilience family."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.resilience.results import ContingencyReport, HealthAssessment, PhaseIndicator
from residency.store.tables import HealthCheck, VulnerabilityReportRow

HEALTH_SLOT = timedelta(minutes=15)
MOST_PAIRS_STORED = 10_000
"""Rows of each list of pairs; a program has more of them with at least 142 people."""


def health_slot(instant: datetime) -> datetime:
    """The start of the 15-minute slot an instant lies in; a health check is idempotent per slot."""
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


async def save_health(
    connection: AsyncConnection,
    assessment: HealthAssessment,
    *,
    at: datetime,
    slot: datetime,
    horizon_days: int,
    run_id: UUID,
) -> UUID:
    """Store a health check; a second check of the same slot and horizon replaces the first."""
    values = {
        "at": at,
        "input_hash": assessment.input_hash,
        "status": assessment.status,
        "utilization": assessment.utilization,
        "utilization_level": assessment.utilization_level,
        "per_service": [service.model_dump(mode="json") for service in assessment.services],
        "coverage": assessment.coverage,
        "buffer": assessment.buffer,
        "defense_level": assessment.defense_level,
        "load_shedding_level": assessment.load_shedding_level,
        "crisis_mode": assessment.crisis_mode,
        "active_fallbacks": [each.model_dump(mode="json") for each in assessment.active_fallbacks],
        "n1_pass": assessment.n1_pass,
        "n2_pass": assessment.n2_pass,
        "phase_risk": assessment.phase_risk,
        "immediate_actions": list(assessment.immediate_actions),
        "watch_items": list(assessment.watch_items),
        "details": assessment.model_dump(mode="json"),
        "run_id": run_id,
    }
    statement = insert(HealthCheck).values(slot=slot, horizon_days=horizon_days, **values)
    stored = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[HealthCheck.slot, HealthCheck.horizon_days], set_=values
        ).returning(HealthCheck.id)
    )
    return stored.scalar_one()


@dataclass(frozen=True, slots=True)
class StoredHealth:
    """A stored health check and the instant it was made."""

    at: datetime
    assessment: HealthAssessment


async def newest_health(connection: AsyncConnection) -> StoredHealth | None:
    """The newest health check, or None before the first."""
    row = (
        await connection.execute(
            select(HealthCheck.at, HealthCheck.details).order_by(HealthCheck.at.desc()).limit(1)
        )
    ).first()
    return StoredHealth(row.at, HealthAssessment.model_validate(row.details)) if row else None


async def save_contingency(
    connection: AsyncConnection,
    report: ContingencyReport,
    *,
    at: datetime,
    version_id: UUID | None,
    run_id: UUID,
    standing: bool,
) -> UUID:
    """Store a contingency report once for each run: of very many pairs the worst, the others counted.

    A standing report supersedes those before it; another one, of a version or a period asked for by hand,
    changes nothing for the others.
    """
    report = report.worst_pairs(MOST_PAIRS_STORED)
    values = {
        "at": at,
        "period_start": report.period_start,
        "period_end": report.period_end,
        "version_id": version_id,
        "standing": standing,
        "n1_pass": report.n1_pass,
        "n2_pass": report.n2_pass,
        "base_shortfall": report.base.after_reassignment,
        "n1": [loss.model_dump(mode="json") for loss in report.n1],
        "n2": [loss.model_dump(mode="json") for loss in report.n2],
        "joint_only_pairs": [loss.model_dump(mode="json") for loss in report.joint_only_pairs],
        "phase": {
            "risk": report.phase_risk,
            "indicators": [indicator.model_dump(mode="json") for indicator in report.phase_indicators],
        },
        "recommendations": [advice.model_dump(mode="json") for advice in report.recommendations],
        "report": report.model_dump(mode="json", exclude=_STORED_APART),
        "input_hash": report.input_hash,
    }
    statement = insert(VulnerabilityReportRow).values(run_id=run_id, **values)
    report_id = (
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=[VulnerabilityReportRow.run_id], set_=values
            ).returning(VulnerabilityReportRow.id)
        )
    ).scalar_one()
    if standing:
        former = VulnerabilityReportRow.superseded_by.is_(None) & VulnerabilityReportRow.standing
        await connection.execute(
            update(VulnerabilityReportRow)
            .where(former, VulnerabilityReportRow.id != report_id, VulnerabilityReportRow.at <= at)
            .values(superseded_by=report_id)
        )
    return report_id


_STORED_APART = {"n1", "n2", "joint_only_pairs", "phase_risk", "phase_indicators", "recommendations"}


@dataclass(frozen=True, slots=True)
class StoredContingency:
    """A stored contingency report and the instant it was made."""

    at: datetime
    report: ContingencyReport


async def newest_contingency(connection: AsyncConnection) -> StoredContingency | None:
    """The newest standing contingency report, or None before the first."""
    newest = (
        select(VulnerabilityReportRow.__table__)
        .where(VulnerabilityReportRow.standing)
        .order_by(VulnerabilityReportRow.at.desc())
        .limit(1)
    )
    row = (await connection.execute(newest)).first()
    if row is None:
        return None
    stored = {
        **row.report,
        "n1": row.n1,
        "n2": row.n2,
        "joint_only_pairs": row.joint_only_pairs,
        "phase_risk": row.phase["risk"],
        "phase_indicators": row.phase["indicators"],
        "recommendations": row.recommendations,
    }
    return StoredContingency(row.at, ContingencyReport.model_validate(stored))


@dataclass(frozen=True, slots=True)
class ContingencyStanding:
    """What a health check needs to know of the newest contingency report."""

    at: datetime
    n1_pass: bool
    n2_pass: bool
    phase_indicators: tuple[PhaseIndicator, ...]


async def contingency_standing(connection: AsyncConnection) -> ContingencyStanding | None:
    """The verdict of the newest standing contingency report without its long lists."""
    newest = (
        select(
            VulnerabilityReportRow.at,
            VulnerabilityReportRow.n1_pass,
            VulnerabilityReportRow.n2_pass,
            VulnerabilityReportRow.phase,
        )
        .where(VulnerabilityReportRow.standing)
        .order_by(VulnerabilityReportRow.at.desc())
        .limit(1)
    )
    row = (await connection.execute(newest)).first()
    if row is None:
        return None
    indicators = tuple(PhaseIndicator.model_validate(each) for each in row.phase["indicators"])
    return ContingencyStanding(row.at, row.n1_pass, row.n2_pass, indicators)
