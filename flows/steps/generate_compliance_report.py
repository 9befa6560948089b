"""Steps of ``generate_compliance_report``: judging, archiving, storing and publishing one report."""

import asyncio
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from blocks.archive import load_archive, put_file
from flows.platform.events import announce
from flows.platform.task_run import TaskRunFrame
from residency.acgme.record import Basis
from residency.acgme.rules import RuleSet, rule_set
from residency.acgme.schedule import ScheduleJudgement, judge_schedule
from residency.errors import InvalidInputError
from residency.messaging.compliance import tell_compliance_officers
from residency.program.calendar import Period, academic_year, academic_year_period
from residency.program.records import Program
from residency.program.vocabulary import PersonType, UserRole
from residency.quality.coverage import coverage
from residency.quality.results import FindingKey, StatusLabel
from residency.quality.status import worst_of
from residency.reports.compliance import ReportFacts, ReportOccasion, compliance_body, verdict_sentence
from residency.reports.compliance_body import ComplianceBody, FindingStatus, ReportKind, TrendPoint
from residency.reports.compliance_files import archive_key, content_hash, render_files
from residency.reports.compliance_judged import Decision
from residency.reports.compliance_page import ArchivedCopy, render_compliance, render_no_report
from residency.reports.compliance_period import report_period
from residency.reports.compliance_trend import LONG
from residency.reports.wording import period_label
from residency.store.acgme_findings import list_findings, save_findings
from residency.store.compliance_reports import (
    NewReport,
    ReportFile,
    StoredReport,
    find_report,
    index_files,
    newest_reports,
    next_revision,
    report_of_run,
    save_report,
)
from residency.store.schedules import MARGIN_DAYS, LoadedSchedule, load_schedule


class RevisionTakenError(Exception):
    """Another run has stored the revision that this report bears; a further attempt takes the next."""


@dataclass(frozen=True)
class Evidence:
    """What a report is made from: the schedule as it was loaded, what the engine said of plan and logs."""

    loaded: LoadedSchedule
    rules: RuleSet
    planned: ScheduleJudgement | None
    logged: ScheduleJudgement | None

    @property
    def judgements(self) -> tuple[ScheduleJudgement, ...]:
        """Those there are, the plan first."""
        return tuple(each for each in (self.planned, self.logged) if each is not None)


class Published(BaseModel):
    """The result of the flow."""

    report_id: UUID
    kind: ReportKind
    revision: int
    period_start: date
    period_end: date
    rule_set: str
    status: StatusLabel
    verdict: str
    planned_violations: int | None
    logged_violations: int | None
    files: list[ArchivedCopy]
    notified: int


def period_of(run: TaskRunFrame, kind: str, start: date | None, end: date | None) -> Period:
    """The days that the run is about; see :func:`residency.reports.compliance_period.report_period`."""
    return report_period(ReportKind(kind), run.answers_for, run.timezone, start, end)


def officers_role(run: TaskRunFrame) -> UserRole:
    """The role whose users are told.

    Raises:
        InvalidInputError: if the block document names none.
    """
    try:
        return UserRole(run.compliance_role)
    except ValueError as error:
        raise InvalidInputError(
            "compliance_role", run.compliance_role, f"one of {', '.join(UserRole)}"
        ) from error


async def report_of_this_run(run: TaskRunFrame) -> StoredReport | None:
    """The report that an earlier attempt of the run has stored."""
    async with run.engine.connect() as connection:
        return await report_of_run(connection, run.run_id)


@task(name="judge period", cache_policy=NO_CACHE)
async def judge_period(run: TaskRunFrame, period: Period, rules: str) -> Evidence:
    """Judge the plan and the logged hours of a period apart, the absences of the academic year at hand."""
    year = academic_year_period(academic_year(period.day(period.blocks - 1)))
    margin = max(MARGIN_DAYS, (period.start - year.start).days, (year.end - period.end).days)
    loaded = await load_schedule(run.engine, period, run.timezone, margin_days=margin, duty_logs=True)
    if not loaded.version_ids:
        run.warnings.append(f"no published schedule covers the {period.days} days from {period.start}")
    elif loaded.caveat:
        run.warnings.append(loaded.caveat)
    chosen = rule_set(rules)
    planned = await asyncio.to_thread(_judged, loaded, period, Basis.PLANNED, chosen)
    logged = await asyncio.to_thread(_judged, loaded, period, Basis.LOGGED, chosen)
    return Evidence(loaded, chosen, planned, logged)


def _judged(loaded: LoadedSchedule, period: Period, basis: Basis, rules: RuleSet) -> ScheduleJudgement | None:
    """The judgement on one basis; None where there is no schedule, or no hours are logged, to judge."""
    if basis is Basis.LOGGED:
        if not _logged_in(loaded.program, period):
            return None
        return judge_schedule(loaded.program, None, period, basis, rules)
    if not loaded.version_ids:
        return None
    return judge_schedule(loaded.program, loaded.snapshot, period, basis, rules, loaded.extents)


def _logged_in(program: Program, period: Period) -> bool:
    """Whether a resident's hours are logged on some day of the period."""
    zone = ZoneInfo(program.timezone)
    residents = {person.id for person in program.people if person.type is PersonType.RESIDENT}
    return any(
        log.person in residents
        and log.start.astimezone(zone).date() < period.end
        and log.end.astimezone(zone).date() >= period.start
        for log in program.duty_logs
    )


async def write_report(run: TaskRunFrame, kind: str, period: Period, evidence: Evidence) -> ComplianceBody:
    """The report's content, with what was decided on its findings and the reports before it."""
    async with run.engine.connect() as connection:
        revision = await next_revision(connection, ReportKind(kind).value, period)
        decisions = await _decisions(connection, evidence.rules, period, run.timezone)
        former = await newest_reports(connection, ReportKind(kind).value, LONG, before=period.start)
    planned, logged = evidence.planned, evidence.logged
    occasion = ReportOccasion(ReportKind(kind), period, revision, run.start.started_at)
    facts = ReportFacts(
        rules=evidence.rules,
        program=evidence.loaded.program,
        planned=planned.judgement if planned else None,
        logged=logged.judgement if logged else None,
        coverage=coverage(evidence.loaded.snapshot) if planned else None,
        decisions=decisions,
        fixed_only=planned.fixed_only if planned else frozenset(),
        previous=[_trend_point(report) for report in former],
        caveats=[evidence.loaded.caveat] if planned and evidence.loaded.caveat else [],
    )
    return compliance_body(occasion, facts)


def _trend_point(report: StoredReport) -> TrendPoint:
    # No more of it is read, so that reports of an earlier release can be compared with.
    return TrendPoint.model_validate(report.body["trend"]["current"])


async def _decisions(
    connection: AsyncConnection, rules: RuleSet, period: Period, timezone: str
) -> dict[FindingKey, Decision]:
    found = await list_findings(
        connection, rule_set=rules.id, period=period, statuses=("justified", "false_positive")
    )
    zone = ZoneInfo(timezone)
    return {
        stored.finding.key: Decision(
            status=FindingStatus(stored.decision),
            reason=stored.justification,
            decided_on=stored.decided_at.astimezone(zone).date(),
            arithmetic=stored.finding.arithmetic,
        )
        for stored in found
        if stored.decision and stored.justification and stored.decided_at
    }


@task(name="archive report", cache_policy=NO_CACHE)
async def archive_report(body: ComplianceBody) -> list[ReportFile]:
    """Render every file and put it into the archive, from where it has been read back whole."""
    archive = await load_archive()
    files = await asyncio.to_thread(render_files, body)
    archived: list[ReportFile] = []
    for file in files:
        location = await asyncio.to_thread(
            put_file, archive, archive_key(body, file), file.content, file.media_type
        )
        archived.append(ReportFile(file.format, file.sha256, len(file.content), location))
    return archived


@task(name="store compliance report", cache_policy=NO_CACHE)
async def store_report(
    run: TaskRunFrame,
    body: ComplianceBody,
    evidence: Evidence,
    files: list[ReportFile],
    role: UserRole,
) -> StoredReport:
    """Store the report, its findings, the index of its files and the wish for its mail in one transaction.

    Raises:
        RevisionTakenError: if another run has stored a report on the same period meanwhile.
    """
    report = NewReport(
        kind=body.kind.value,
        period=Period(body.period_start, body.period_end),
        rule_sets=(body.rule_set,),
        body=body.model_dump(mode="json"),
        input_hash=content_hash(body),
    )
    async with run.engine.begin() as connection:
        for each in evidence.judgements:
            await save_findings(
                connection,
                each.judgement,
                each.fixed_only,
                version_id=evidence.loaded.version_id,
                run_id=run.run_id,
                at=run.now,
                period=report.period,
            )
        stored = await save_report(connection, report, at=body.made_at, run_id=run.run_id)
        if stored.revision != body.revision:
            raise RevisionTakenError(
                f"another run has stored revision {body.revision} of the {body.kind} report on {body.period}"
            )
        await index_files(connection, stored.id, files, at=body.made_at)
        await tell_compliance_officers(
            connection,
            stored,
            files,
            period=body.period,
            verdict=verdict_sentence(body),
            role=role,
            now=run.now,
        )
        return await find_report(connection, stored.id)


@task(name="publish that there is nothing to report on", cache_policy=NO_CACHE)
async def publish_nothing(kind: str, period: Period, why: str) -> None:
    """Take the place of a former report in the Prefect UI, which would look as if it still held."""
    page = render_no_report(kind, period_label(period.start, period.end), why)
    await acreate_markdown_artifact(key=_artifact(kind), markdown=page, description=why)


@task(name="publish compliance report", cache_policy=NO_CACHE)
async def publish_report(run: TaskRunFrame, stored: StoredReport) -> Published:
    """Show the stored report in the Prefect UI and announce it as an event."""
    body = ComplianceBody.model_validate(stored.body)
    copies = [ArchivedCopy(file.format, file.sha256, file.location) for file in stored.files]
    if not stored.sent_to:
        run.warnings.append(
            f"no active user has the role {run.compliance_role}, so the report was sent to nobody"
        )
    verdict = verdict_sentence(body)
    await acreate_markdown_artifact(
        key=_artifact(body.kind), markdown=render_compliance(body, copies), description=verdict
    )
    sections = [section for section in (body.planned, body.logged) if section is not None]
    published = Published(
        report_id=stored.id,
        kind=body.kind,
        revision=stored.revision,
        period_start=body.period_start,
        period_end=body.period_end,
        rule_set=body.rule_set,
        status=worst_of(section.status for section in sections),
        verdict=verdict,
        planned_violations=body.planned.violations.total if body.planned else None,
        logged_violations=body.logged.violations.total if body.logged else None,
        files=copies,
        notified=len(stored.sent_to),
    )
    announce(
        "compliance_report.stored",
        "compliance-report",
        published.model_dump(mode="json", include={"report_id", "kind", "revision", "status"}),
        run.run_id,
    )
    return published


def _artifact(kind: str) -> str:
    return f"compliance-report-{kind}"
