"""Judgements made by hand, and the report on them."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from residency.acgme.findings import (
    Checks,
    Finding,
    Force,
    Judgement,
    Note,
    NotJudged,
    PersonFigures,
    RuleTally,
    Severity,
    Verdict,
)
from residency.acgme.record import Basis
from residency.acgme.rules import rule_set
from residency.program.calendar import Period
from residency.program.records import Person, PgyLevel, Program, User
from residency.program.vocabulary import PersonType, UserRole
from residency.quality.results import Coverage, ServiceCoverage, StatusLabel
from residency.reports.compliance import ReportFacts, ReportOccasion, compliance_body
from residency.reports.compliance_body import ComplianceBody, ReportKind

WEEK = Period(date(2026, 11, 13), date(2026, 11, 20))
PEOPLE = (
    Person("r1", "Ada Quillfeather", PersonType.RESIDENT, email="ada@example.org", pseudonym="resident-001"),
    Person("r2", "Bo Marrowick", PersonType.RESIDENT, pseudonym="resident-002"),
    Person("f1", "Cy Thistlewood", PersonType.FACULTY, pseudonym="faculty-001"),
)
USERS = (
    User("cyt", "cy@example.org", UserRole.ADMIN, "f1"),
    User("office", "office@example.org", UserRole.ADMIN),
)


@pytest.fixture
def finding() -> Callable[..., Finding]:
    """A function that makes a finding: 85 hours a week of r1, unless something else is said."""

    def make(**fields: Any) -> Finding:
        usual: dict[str, Any] = {
            "rule": "HOURS_80",
            "rule_set": "acgme-2017",
            "force": Force.MUST,
            "severity": Severity.CRITICAL,
            "basis": Basis.PLANNED,
            "person": "r1",
            "window_start": "2026-10-22",
            "window_end": "2026-11-19",
            "value": 85.0,
            "limit": 80.0,
            "unit": "h/week",
            "arithmetic": "340 h / (28 days / 7) = 85 h/week",
            "pgy": 1,
        }
        return Finding(**{**usual, **fields})

    return make


@pytest.fixture
def judgement() -> Callable[..., Judgement]:
    """A function that makes a judgement of some findings, with checks enough."""

    def make(
        basis: Basis,
        findings: Sequence[Finding] = (),
        *,
        checked: int = 20,
        not_judged: Sequence[NotJudged] = (),
        people: Sequence[PersonFigures] = (),
        notes: Sequence[Note] = (),
    ) -> Judgement:
        broken = [each for each in findings if each.verdict is Verdict.VIOLATION]
        rules = {each.rule for each in findings} | ({"HOURS_80", "FREE_DAY"} if checked else set())
        failed = {each: sum(f.severity is each for f in broken) for each in Severity}
        return Judgement(
            rule_set="acgme-2017",
            basis=basis,
            findings=tuple(findings),
            by_rule={rule: RuleTally(checked, sum(f.rule == rule for f in broken), 0) for rule in rules},
            not_applicable=tuple(not_judged),
            people=tuple(people),
            notes=tuple(notes),
            checks=Checks({Severity.CRITICAL: checked} if checked else {}, failed if checked else {}),
        )

    return make


@pytest.fixture
def filled() -> Callable[..., Coverage]:
    """A function that makes coverage of services given as name, required, filled."""

    def make(*services: tuple[str, int, int]) -> Coverage:
        return Coverage(
            required=sum(each[1] for each in services),
            filled=sum(each[2] for each in services),
            overall=None,
            status=StatusLabel.GOOD,
            by_service=tuple(
                ServiceCoverage(
                    service=name,
                    name=name,
                    required=required,
                    filled=held,
                    coverage=None,
                    status=StatusLabel.GOOD,
                )
                for name, required, held in services
            ),
            by_slot=(),
        )

    return make


@pytest.fixture
def program() -> Program:
    levels = (PgyLevel("r1", 2026, 1),)
    return Program("Pacific/Honolulu", people=PEOPLE, users=USERS, pgy_levels=levels)


@pytest.fixture
def report(program: Program) -> Callable[..., ComplianceBody]:
    """A function that makes the report on some judgements."""

    def make(
        planned: Judgement | None = None, logged: Judgement | None = None, **fields: Any
    ) -> ComplianceBody:
        of = {name: fields.pop(name) for name in ("kind", "period", "revision", "made_at") if name in fields}
        usual: dict[str, Any] = {
            "kind": ReportKind.WEEKLY,
            "period": WEEK,
            "revision": 1,
            "made_at": datetime(2026, 11, 20, 17, tzinfo=UTC),
        }
        told: dict[str, Any] = {
            "rules": rule_set("acgme-2017"),
            "program": program,
            "planned": planned,
            "logged": logged,
            "coverage": None,
        }
        return compliance_body(ReportOccasion(**{**usual, **of}), ReportFacts(**{**told, **fields}))

    return make


@pytest.fixture
def full(finding, judgement, filled, report) -> Callable[..., ComplianceBody]:
    """A function that makes a report with something in every part of it."""

    def make(**fields: Any) -> ComplianceBody:
        night = {"window_start": "2026-11-14T22:30:00-10:00", "window_end": "2026-11-15T06:00:00-10:00"}
        clinic = {"window_start": "2026-11-16T07:00:00-10:00", "window_end": "2026-11-16T13:00:00-10:00"}
        planned = [
            finding(),
            finding(
                person="",
                place="Clinic",
                rule="SUPERVISION",
                unit="attendings",
                value=1.0,
                limit=2.0,
                **clinic,
            ),
            finding(force=Force.EARLY_WARNING, severity=Severity.LOW, value=76.0, limit=75.0),
        ]
        logged = [
            finding(
                basis=Basis.LOGGED, person="r2", value=80.0001, pgy=None, exception="GMEC", leave_half_days=3
            ),
            finding(
                basis=Basis.LOGGED,
                rule="REST_8",
                force=Force.SHOULD,
                severity=Severity.MEDIUM,
                unit="h",
                value=7.5,
                limit=8.0,
                arithmetic="22:30 to 06:00 is 7.5 h",
                **night,
            ),
        ]
        missing = [
            NotJudged(rule, "r2", "2026-10-22", "no hours for 14 days") for rule in ("FREE_DAY", "CALL_Q3")
        ]
        figures = [PersonFigures("r1", 85.0, 90.0, 7.5, 4), PersonFigures("r2", None, None, None, None)]
        notes = [Note("r1", "2026-11-14T09:00:00-10:00", "4 h of work on leave"), Note("", "", "of nobody")]
        usual: dict[str, Any] = {"coverage": filled(("Ward", 10, 9), ("Clinic", 4, 4), ("Idle", 0, 0))}
        return report(
            judgement(Basis.PLANNED, planned, people=figures),
            judgement(Basis.LOGGED, logged, people=figures[:1], not_judged=missing, notes=notes),
            **{**usual, **fields},
        )

    return make
