"""Every table of the program's database, the only place where their shapes are written."""

from residency.store.tables.acgme import AcgmeFindingRow, HoursApprovalRow
from residency.store.tables.audit import AuditEntryRow, AuditHead, PendingAuditEntry
from residency.store.tables.base import Base
from residency.store.tables.crisis import (
    CrisisActivation,
    CrisisRequest,
    LoadSheddingDecision,
    ResilienceEvent,
)
from residency.store.tables.fallbacks import FallbackActivation, FallbackScheduleRow
from residency.store.tables.messages import Delivery, Notification, OutboxMessage, ResilienceAlert
from residency.store.tables.people import PersonAcademicYearRow, PersonRow, UserRow
from residency.store.tables.platform import IdempotencyRequest, TaskRun
from residency.store.tables.quality import ConflictAlert, MetricsSnapshot
from residency.store.tables.reports import ArchivedFile, ComplianceReportRow
from residency.store.tables.resilience import HealthCheck, UtilizationForecastRow, VulnerabilityReportRow
from residency.store.tables.schedule import (
    AbsenceRow,
    AssignmentRow,
    BlockRow,
    CallShiftRow,
    CoverageRequirementRow,
    DutyLogRow,
    RotationRow,
    ScheduleVersion,
    ServiceRow,
)

__all__ = [
    "AbsenceRow",
    "AcgmeFindingRow",
    "ArchivedFile",
    "AssignmentRow",
    "AuditEntryRow",
    "AuditHead",
    "Base",
    "BlockRow",
    "CallShiftRow",
    "ComplianceReportRow",
    "ConflictAlert",
    "CoverageRequirementRow",
    "CrisisActivation",
    "CrisisRequest",
    "Delivery",
    "DutyLogRow",
    "FallbackActivation",
    "FallbackScheduleRow",
    "HealthCheck",
    "HoursApprovalRow",
    "IdempotencyRequest",
    "LoadSheddingDecision",
    "MetricsSnapshot",
    "Notification",
    "OutboxMessage",
    "PendingAuditEntry",
    "PersonAcademicYearRow",
    "PersonRow",
    "ResilienceAlert",
    "ResilienceEvent",
    "RotationRow",
    "ScheduleVersion",
    "ServiceRow",
    "TaskRun",
    "UserRow",
    "UtilizationForecastRow",
    "VulnerabilityReportRow",
]
