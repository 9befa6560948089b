"""The one gate to a published schedule: nothing that breaks a binding rule passes without a reason."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.acgme.findings import Force, Judgement
from residency.acgme.record import Basis
from residency.acgme.rules import RuleSet, rule_set
from residency.audit.actions import give_reason
from residency.errors import ConflictError, InvalidInputError
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.publishing.examination import judge_loaded
from residency.publishing.overrides import Override
from residency.quality.schedule_validation import lacks_data
from residency.store.acgme_findings import (
    StoredFinding,
    adopt_draft_findings,
    find_finding,
    list_findings,
    override_finding,
    save_findings,
)
from residency.store.schedules import read_schedule
from residency.store.versions import (
    VersionFacts,
    hold_schedules,
    note_judged,
    publish_version,
    published_extents,
    version_extents,
    version_facts,
)

FOLLOW_UPS = ("run_contingency_analysis", "precompute_fallback_schedules", "generate_utilization_forecast")
"""Flows that a publication asks for."""

_READY = frozenset({"success", "partial"})
_LONGEST_WAIT = timedelta(seconds=60)
_MOST_ATTEMPTS = 3
_SERIALIZATION = "40001"


@dataclass(frozen=True, slots=True)
class Publication:
    """What came of an attempt to publish.

    ``violations`` are the broken ``must`` rules, gravest first; those without ``overridden_reason`` stand
    in the way. ``unjudged`` counts the windows without enough data, which stop nothing and are no pass.
    ``uncovered`` counts the days that a superseded version spoke for and no published one does.
    """

    version: VersionFacts
    rule_set: str
    published: bool
    already: bool
    superseded: tuple[UUID, ...]
    uncovered: int
    violations: tuple[StoredFinding, ...]
    unjudged: int

    @property
    def in_the_way(self) -> tuple[StoredFinding, ...]:
        """The broken rules that nobody has overridden."""
        return tuple(each for each in self.violations if each.overridden_reason is None)


async def publish_checked(
    engine: AsyncEngine,
    version_id: UUID,
    timezone: str,
    *,
    actor: str,
    now: datetime,
    overrides: Sequence[Override] = (),
    rules: RuleSet | None = None,
) -> Publication:
    """Judge a version and publish it unless it breaks a ``must`` rule that nobody has overridden.

    Judging and publishing are one transaction, during which nobody else can publish or change a schedule.
    Where something stands in the way the transaction keeps the findings, so that they have ids, and the
    overrides given so far, and publishes nothing. An override holds while the finding's arithmetic is the
    same. Windows that end in the version's days are judged, with the published days around it as context; a
    shortfall of supervision is a broken rule like any other, and a window without enough data is not.

    Args:
        engine: the program's database.
        version_id: the version.
        timezone: the site's IANA time zone.
        actor: who publishes and overrides.
        now: the instant of the publication.
        overrides: findings of this version in spite of which it may be published, with reasons.
        rules: the rule set that judges; the default one when None.

    Raises:
        NotFoundError: if there is no version or finding of an id.
        InvalidInputError: if an override names a finding of something else.
        ConflictError: if the version is not finished or archived, an override's finding holds no more, or
            overrides come after the publication.
        DatabaseUnreachableError: if others keep changing schedules for a minute.
    """
    rules = rules or rule_set()
    attempts = 1
    while True:
        try:
            async with engine.connect() as connection:
                await connection.execution_options(isolation_level="REPEATABLE READ")
                async with connection.begin():
                    return await _publish(connection, version_id, timezone, actor, now, overrides, rules)
        except DBAPIError as error:
            # Somebody saved findings meanwhile: judge once more, in a picture that shows them.
            if getattr(error.orig, "sqlstate", None) != _SERIALIZATION or attempts == _MOST_ATTEMPTS:
                raise
        attempts += 1


async def _publish(
    connection: AsyncConnection,
    version_id: UUID,
    timezone: str,
    actor: str,
    now: datetime,
    overrides: Sequence[Override],
    rules: RuleSet,
) -> Publication:
    await hold_schedules(connection, _LONGEST_WAIT)
    version = await version_facts(connection, version_id)
    if version.publication == "published":
        if overrides:
            raise ConflictError(f"version {version_id} is published already; overrides come before that")
        return Publication(version, rules.id, True, True, (), 0, (), 0)
    _refuse_unfinished(version)
    judgement = await _judge(connection, version, timezone, rules, now)
    await _override(connection, version, overrides, actor, now)
    violations = await _stored(connection, version, judgement)
    overridden = sum(each.overridden_reason is not None for each in violations)
    await note_judged(connection, version_id, violations=len(violations), overrides=overridden)
    superseded, uncovered = (), 0
    passes = overridden == len(violations)
    if passes:
        superseded = await publish_version(connection, version_id, actor)
        await adopt_draft_findings(connection, version_id)
        uncovered = await _uncovered(connection, superseded)
        await _request_follow_ups(connection, version_id, now)
    return Publication(
        version=await version_facts(connection, version_id),
        rule_set=rules.id,
        published=passes,
        already=False,
        superseded=superseded,
        uncovered=uncovered,
        violations=tuple(violations),
        unjudged=sum(lacks_data(each) for each in judgement.not_applicable),
    )


def _refuse_unfinished(version: VersionFacts) -> None:
    if version.run_status not in _READY:
        raise ConflictError(
            f"version {version.id} is {version.run_status}; only a finished one can be published"
        )
    if version.publication == "archived":
        raise ConflictError(f"version {version.id} is archived and cannot be published any more")


async def _judge(
    connection: AsyncConnection, version: VersionFacts, timezone: str, rules: RuleSet, now: datetime
) -> Judgement:
    """Judge the version as the transaction sees it and store what was found as the version's own."""
    loaded = await read_schedule(connection, version.days, timezone, version.id)
    judged = await asyncio.to_thread(judge_loaded, loaded, rules)
    await save_findings(
        connection,
        judged.judgement,
        judged.fixed_only,
        version_id=version.id,
        run_id=None,
        at=now,
        period=version.days,
    )
    return judged.judgement


async def _override(
    connection: AsyncConnection,
    version: VersionFacts,
    overrides: Sequence[Override],
    actor: str,
    now: datetime,
) -> None:
    for each in overrides:
        stored = await find_finding(connection, each.finding)
        if stored.draft_id != version.id or stored.finding.force is not Force.MUST:
            raise InvalidInputError(
                "override", str(each.finding), f"a broken must rule of version {version.id}"
            )
        await give_reason(connection, each.reason)
        await override_finding(connection, each.finding, each.reason, actor, now)
    if overrides:
        await give_reason(connection, "")


async def _stored(
    connection: AsyncConnection, version: VersionFacts, judgement: Judgement
) -> list[StoredFinding]:
    """The broken rules as they are stored, without those that an earlier judgement alone could judge."""
    stored = await list_findings(
        connection,
        draft_id=version.id,
        basis=Basis.PLANNED,
        rule_set=judgement.rule_set,
        forces=(Force.MUST,),
    )
    broken = {finding.key for finding in judgement.violations}
    return [each for each in stored if each.finding.key in broken]


async def _uncovered(connection: AsyncConnection, superseded: Sequence[UUID]) -> int:
    published = await published_extents(connection)
    former = await version_extents(connection, superseded)
    spoken_for = {extent.day(2 * number) for extent in former for number in range(extent.days)}
    return sum(not any(day in extent for extent in published) for day in spoken_for)


async def _request_follow_ups(connection: AsyncConnection, version_id: UUID, now: datetime) -> None:
    for flow in FOLLOW_UPS:
        key = f"schedule_published:{version_id}:{now.isoformat()}:{flow}"
        await request_flow_run(connection, FlowRunRequest(flow=flow, parameters={}, dedup_key=key))
