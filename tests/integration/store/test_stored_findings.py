"""Findings in the database: what a new judgement keeps, opens again and closes, and what was decided."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from residency.acgme.findings import Checks, Finding, Force, Judgement, NotJudged, Severity
from residency.acgme.record import Basis
from residency.errors import ConflictError, InvalidInputError, NotFoundError
from residency.program.calendar import Period
from residency.store.acgme_findings import (
    adopt_draft_findings,
    decide_finding,
    draft_of,
    find_finding,
    list_findings,
    override_finding,
    save_findings,
)
from residency.store.program_writer import import_program
from residency.store.tables import ScheduleVersion
from residency.store.versions import publish_version

AT = datetime(2026, 7, 6, 5, tzinfo=UTC)
JULY = Period(date(2026, 7, 1), date(2026, 8, 1))

HOURS = Finding(
    rule="HOURS_80",
    rule_set="acgme-2017",
    force=Force.MUST,
    severity=Severity.CRITICAL,
    basis=Basis.PLANNED,
    person="R1",
    window_start="2026-07-01",
    window_end="2026-07-29",
    value=84.5,
    limit=80,
    unit="hours a week",
    arithmetic="338 h / (28 days / 7) = 84.5",
    pgy=2,
    leave_half_days=2,
    intervals=(("2026-07-01T07:00-10:00", "2026-07-01T19:00-10:00"),),
)
REST = replace(
    HOURS,
    rule="REST_8",
    force=Force.SHOULD,
    severity=Severity.MEDIUM,
    window_start="2026-07-09T23:00-10:00",
    window_end="2026-07-10T00:00-10:00",
    value=1,
    limit=8,
    arithmetic="1 h < 8 h",
)
SUPERVISION = replace(
    HOURS, rule="SUPERVISION", person="", place="clinic", pgy=None, window_start="2026-07-14T07:00-10:00",
    window_end="2026-07-14T13:00-10:00",
)  # fmt: skip


def judgement(*findings, basis=Basis.PLANNED, unjudged=()):
    return Judgement("acgme-2017", basis, findings, {}, tuple(unjudged), (), Checks())


@pytest.fixture
async def published(engine, program):
    return (await import_program(engine, program, publish=True)).version_id


@pytest.fixture
async def draft(engine, program, published, schedule):
    other = replace(program, assignments=schedule((0, 0, date(2026, 7, 6), 0), (1, 1, date(2026, 7, 10), 0)))
    return (await import_program(engine, other, publish=False)).version_id


class Findings:
    def __init__(self, engine):
        self.engine = engine

    async def save(self, *findings, run=None, period=JULY, version=None, fixed=(), **judged):
        async with self.engine.begin() as connection:
            saved = await save_findings(
                connection,
                judgement(*findings, **judged),
                frozenset(fixed),
                version_id=version,
                run_id=run or uuid4(),
                at=AT,
                period=period,
            )
        return saved.opened, saved.kept, saved.reopened, saved.closed

    async def all(self, **wanted):
        async with self.engine.connect() as connection:
            return await list_findings(connection, **wanted)

    async def one(self, **wanted):
        (found,) = await self.all(**wanted)
        return found

    async def decide(self, finding, decision="justified", reason="Covered a colleague.", by="boss"):
        async with self.engine.begin() as connection:
            return await decide_finding(connection, finding.id, decision, reason, by, AT)


@pytest.fixture
def findings(engine):
    return Findings(engine)


async def test_a_finding_comes_back_as_it_was_made(findings, published):
    run = uuid4()
    await findings.save(HOURS, SUPERVISION, run=run, version=published, fixed={HOURS.key})
    hours, supervision = await findings.all()
    assert (hours.finding, supervision.finding) == (HOURS, SUPERVISION)
    assert (hours.fixed_only, supervision.fixed_only) == (True, False)
    assert (hours.pseudonym, supervision.pseudonym) == ("R-A", "")
    assert (hours.status, hours.detected_at, hours.detected_run) == ("open", AT, run)
    assert (hours.version_id, hours.draft_id) == (published, None)


async def test_saving_the_same_judgement_again_changes_nothing(findings, published, store):
    assert await findings.save(HOURS, REST, SUPERVISION, version=published) == (3, 0, 0, 0)
    before = await store.contents()
    assert await findings.save(SUPERVISION, HOURS, REST, version=published) == (0, 3, 0, 0)
    assert await store.contents() == before


async def test_a_decision_survives_while_the_arithmetic_is_the_same(findings, published):
    await findings.save(HOURS)
    decided = await findings.decide(await findings.one())
    moved = replace(HOURS, severity=Severity.HIGH, intervals=())
    assert await findings.save(moved, version=published) == (0, 1, 0, 0)
    kept = await findings.one()
    assert (kept.status, kept.justification, kept.decided_by) == ("justified", "Covered a colleague.", "boss")
    assert kept.finding == moved
    assert (kept.id, kept.decided_at) == (decided.id, AT)


async def test_changed_arithmetic_opens_a_decided_finding_again_and_the_log_keeps_the_words(
    findings, published, engine
):
    await findings.save(HOURS)
    await findings.decide(await findings.one())
    assert await findings.save(replace(HOURS, arithmetic="340 h / 4 = 85", value=85.0)) == (0, 0, 1, 0)
    opened = await findings.one()
    assert (opened.status, opened.decision, opened.justification) == ("open", None, None)
    assert opened.finding.value == 85.0
    async with engine.connect() as connection:
        logged = await connection.execute(
            text(
                "SELECT before ->> 'justification', before ->> 'decided_by' FROM audit_log "
                "WHERE entity_id = :id ORDER BY seq DESC LIMIT 1"
            ),
            {"id": str(opened.id)},
        )
        assert logged.one() == ("Covered a colleague.", "boss")


async def test_what_no_longer_holds_is_closed_with_the_run_that_found_it_gone(findings, published):
    await findings.save(HOURS, REST)
    run = uuid4()
    assert await findings.save(HOURS, run=run) == (0, 1, 0, 1)
    gone = await findings.one(statuses=("closed",))
    assert (gone.finding.rule, gone.closed_run, gone.closed_at) == ("REST_8", run, AT)
    assert await findings.save(HOURS) == (0, 1, 0, 0)
    assert (await findings.one(statuses=("closed",))).closed_run == run


async def test_a_closed_finding_that_comes_back_brings_its_decision_unless_it_changed(findings, published):
    await findings.save(HOURS, REST)
    for each in await findings.all():
        await findings.decide(each, "false_positive")
    assert await findings.save() == (0, 0, 0, 2)
    run = uuid4()
    assert await findings.save(HOURS, replace(REST, value=2, arithmetic="2 h < 8 h"), run=run) == (0, 0, 2, 0)
    hours, rest = await findings.all()
    assert (hours.status, rest.status) == ("false_positive", "open")
    assert hours.detected_run == rest.detected_run == run
    assert hours.closed_at is hours.closed_run is None


@pytest.mark.parametrize(
    ("start", "end", "closed"),
    [
        (date(2026, 7, 28), date(2026, 7, 29), 1),
        (date(2026, 7, 29), date(2026, 8, 5), 0),
        (date(2026, 7, 1), date(2026, 7, 28), 0),
    ],
)
async def test_only_what_ends_in_the_judged_days_is_closed(findings, published, start, end, closed):
    await findings.save(HOURS)
    assert (await findings.save(period=Period(start, end)))[3] == closed


async def test_a_window_that_ends_at_midnight_ends_on_the_day_before(findings, published):
    await findings.save(REST)
    assert (await findings.save(period=Period(date(2026, 7, 10), date(2026, 7, 11))))[3] == 0
    assert (await findings.save(period=Period(date(2026, 7, 9), date(2026, 7, 10))))[3] == 1


async def test_what_could_not_be_judged_is_not_found_gone(findings, published):
    await findings.save(HOURS, REST)
    unjudged = NotJudged(HOURS.rule, HOURS.person, HOURS.window_start, "not enough data")
    assert await findings.save(unjudged=[unjudged]) == (0, 0, 0, 1)
    assert (await findings.one()).finding == HOURS


async def test_planned_and_logged_duty_and_rule_sets_keep_apart(findings, published):
    await findings.save(HOURS)
    logged = replace(HOURS, basis=Basis.LOGGED)
    assert await findings.save(logged, basis=Basis.LOGGED) == (1, 0, 0, 0)
    assert await findings.save(basis=Basis.LOGGED) == (0, 0, 0, 1)
    assert (await findings.one()).finding == HOURS


async def test_a_draft_has_findings_of_its_own(findings, published, draft):
    await findings.save(HOURS)
    standing = await findings.decide(await findings.one())
    changed = replace(HOURS, value=90.0, arithmetic="360 h / 4 = 90")
    assert await findings.save(changed, REST, version=draft) == (2, 0, 0, 0)
    assert await findings.one() == standing
    assert {each.finding for each in await findings.all(draft_id=draft)} == {changed, REST}
    assert await findings.save(version=draft) == (0, 0, 0, 2)
    assert await findings.one() == standing


async def test_a_published_draft_brings_its_overrides_and_decisions(findings, published, draft, engine):
    """On what was decided already with the same arithmetic, that decision stays."""
    await findings.save(HOURS, REST)
    for each in await findings.all():
        await findings.decide(each, reason="As ever.")
    worse = replace(REST, value=0.5, arithmetic="30 min < 8 h")
    await findings.save(HOURS, worse, SUPERVISION, version=draft)
    async with engine.begin() as connection:
        for each in await findings.all(draft_id=draft):
            await override_finding(connection, each.id, "No other cover.", "boss", AT)
            if each.finding.rule != "REST_8":
                await decide_finding(connection, each.id, "justified", "Of the draft.", "boss", AT)
        await publish_version(connection, draft, "boss")
        assert await adopt_draft_findings(connection, draft) == 3
    hours, supervision, rest = await findings.all()
    assert [each.finding for each in (hours, supervision, rest)] == [HOURS, SUPERVISION, worse]
    assert [each.justification for each in (hours, supervision, rest)] == ["As ever.", "Of the draft.", None]
    assert {each.overridden_reason for each in (hours, supervision, rest)} == {"No other cover."}
    assert rest.status == "open"
    assert await findings.save(HOURS, worse, SUPERVISION, version=draft) == (0, 3, 0, 0)
    assert {each.overridden_reason for each in await findings.all()} == {"No other cover."}


async def test_decisions_and_overrides_are_in_the_audit_log(findings, published, engine):
    await findings.save(HOURS)
    found = await findings.one()
    await findings.decide(found)
    async with engine.begin() as connection:
        await override_finding(connection, found.id, "No other cover.", "boss", AT)
    async with engine.connect() as connection:
        actions = await connection.execute(
            text("SELECT action FROM audit_log WHERE entity_id = :id ORDER BY seq"), {"id": str(found.id)}
        )
        assert list(actions.scalars()) == ["insert", "update", "override"]


async def test_decisions_want_a_known_open_finding_a_reason_and_a_name(findings, published):
    await findings.save(HOURS)
    found = await findings.one()
    for wrong, message in (
        ({"decision": "closed"}, "justified or false_positive"),
        ({"reason": "  "}, "reason"),
        ({"by": ""}, "by"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            await findings.decide(found, **wrong)
    with pytest.raises(NotFoundError):
        await findings.decide(replace(found, id=uuid4()))
    await findings.save()
    with pytest.raises(ConflictError, match="closed"):
        await findings.decide(found)
    assert (await findings.one(statuses=("closed",))).decision is None


async def test_findings_are_listed_by_what_is_asked(findings, published, engine):
    await findings.save(HOURS, REST, SUPERVISION)
    for wanted, rules in (
        ({}, ["HOURS_80", "SUPERVISION", "REST_8"]),
        ({"limit": 1}, ["HOURS_80"]),
        ({"person": "R1"}, ["HOURS_80", "REST_8"]),
        ({"person": "R-A", "forces": (Force.MUST,)}, ["HOURS_80"]),
        ({"period": Period(date(2026, 7, 9), date(2026, 7, 10))}, ["REST_8"]),
        ({"basis": Basis.LOGGED}, []),
        ({"rule_set": "acgme-2011"}, []),
        ({"statuses": ("justified",)}, []),
    ):
        assert [each.finding.rule for each in await findings.all(**wanted)] == rules, wanted
    async with engine.connect() as connection:
        with pytest.raises(NotFoundError):
            await find_finding(connection, uuid4())
        with pytest.raises(NotFoundError):
            await draft_of(connection, uuid4())


async def test_two_judgements_at_once_leave_each_finding_once(findings, published):
    many = [
        replace(
            REST, window_start=f"2026-07-{day:02}T23:00-10:00", window_end=f"2026-07-{day:02}T23:30-10:00"
        )
        for day in range(1, 31)
    ]
    saved = await asyncio.gather(*(findings.save(*many) for _ in range(6)))
    assert sorted(saved)[0] == (0, 30, 0, 0)
    assert sorted(saved)[-1] == (30, 0, 0, 0)
    assert len(await findings.all()) == 30


async def test_a_superseded_version_is_no_longer_what_stands(findings, published, draft, engine):
    async with engine.begin() as connection:
        await publish_version(connection, draft, "boss")
        assert await draft_of(connection, draft) is None
        assert await draft_of(connection, published) == published
        known = await connection.scalars(select(ScheduleVersion.publication))
        assert sorted(known) == ["published", "superseded"]
