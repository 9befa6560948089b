"""A month of a made-up program with logged hours, and all that a compliance report on it is made from."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from residency.acgme.program_duty import planned_duties
from residency.acgme.record import Basis
from residency.acgme.rules import rule_set
from residency.acgme.schedule import judge_schedule
from residency.importing.sample import MINIMUM_PEOPLE, sample_program
from residency.program.calendar import Period
from residency.program.records import DutyLog, Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import PersonType
from residency.quality.coverage import coverage
from residency.reports.compliance import ReportFacts, ReportOccasion
from residency.reports.compliance_body import BasisPoint, FindingStatus, ReportKind, TrendPoint
from residency.reports.compliance_judged import Decision

START = date(2026, 9, 1)
DAYS = 122
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
ZONE = "Pacific/Honolulu"
_PEOPLE_PER_RESIDENT = 1.7
_SEED = 7
_SILENT_FROM = date(2026, 11, 2)


def program_with_logs(residents: int) -> Program:
    """A program of about so many residents who log what was planned, and a little longer.

    One in eleven has stopped logging, one in six stays much longer, and one in eight of their nights lasts
    through the next day.
    """
    people = max(MINIMUM_PEOPLE, round(residents * _PEOPLE_PER_RESIDENT))
    program = sample_program(people, DAYS, _SEED, START, ZONE)
    who = [person.id for person in program.people if person.type is PersonType.RESIDENT]
    rng = random.Random(_SEED)  # noqa: S311 - made-up hours, no secret
    logs: list[DutyLog] = []
    for number, start, end in _shifts(program, who):
        begun, ended = (datetime.fromtimestamp(60 * minute, UTC) for minute in (start, end))
        if number % 11 == 3 and begun.date() >= _SILENT_FROM:
            continue
        long = number % 6 == 4
        longer = rng.choice((0, 0, 15, 30, 45, 60)) * (4 if long else 1)
        if long and ended - begun >= timedelta(hours=12) and rng.random() < 1 / 8:
            longer += 17 * 60
        logs.append(DutyLog(who[number], begun, ended + timedelta(minutes=longer)))
    return replace(program, duty_logs=tuple(logs))


def _shifts(program: Program, who: list[str]) -> list[tuple[int, int, int]]:
    """Planned shifts of residents by number, in minutes; a break of up to an hour ends none."""
    duties = planned_duties(program, {person: number for number, person in enumerate(who)})
    shifts: list[tuple[int, int, int]] = []
    rows = zip(duties.person.tolist(), duties.start.tolist(), duties.end.tolist(), strict=True)
    for person, start, end in sorted(rows):
        if shifts and shifts[-1][0] == person and start <= shifts[-1][2] + 60:
            _, begun, ended = shifts.pop()
            start, end = begun, max(end, ended)
        shifts.append((person, start, end))
    return shifts


def judged(program: Program) -> ReportFacts:
    """Both judgements of the month, some findings decided, and twelve reports before it."""
    rules = rule_set("local-default")
    snapshot = Snapshot.of(program, MONTH)
    covered = [Period(START, START + timedelta(days=DAYS))]
    planned = judge_schedule(program, snapshot, MONTH, Basis.PLANNED, rules, covered)
    logged = judge_schedule(program, None, MONTH, Basis.LOGGED, rules)
    grave = [*planned.judgement.violations, *logged.judgement.violations]
    reasons = {
        FindingStatus.JUSTIFIED: "Stayed with an unstable patient until the transfer team arrived.",
        FindingStatus.FALSE_POSITIVE: "The shift was logged twice; the second entry is a copy.",
    }
    decided = {
        found.key: Decision(status, reasons[status], date(2026, 11, 30), found.arithmetic)
        for found, status in zip(grave[::3], list(reasons) * len(grave), strict=False)
    }
    return ReportFacts(
        rules=rules,
        program=program,
        planned=planned.judgement,
        logged=logged.judgement,
        coverage=coverage(snapshot),
        decisions=decided,
        fixed_only=planned.fixed_only,
        previous=_former(rules.id, len(grave)),
    )


def _former(rules: str, about: int) -> list[TrendPoint]:
    """Twelve months before, made up around a number of violations."""
    rng = random.Random(_SEED + 1)  # noqa: S311 - made-up figures, no secret
    points: list[TrendPoint] = []
    end = MONTH.start
    for _ in range(12):
        start = (end - timedelta(days=1)).replace(day=1)
        planned, logged = (
            BasisPoint(violations=each, open_violations=each // 2, warnings=9, compliance=1 - each / 500)
            for each in (rng.randint(0, 3), rng.randint(about // 2, 2 * about + 1))
        )
        points.append(
            TrendPoint(
                period_start=start,
                period_end=end,
                rule_set=rules,
                planned=planned,
                logged=logged,
                coverage=0.9 + rng.random() / 10,
            )
        )
        end = start
    return points


OCCASION = ReportOccasion(ReportKind.MONTHLY, MONTH, 1, datetime(2026, 12, 1, 12, tzinfo=UTC))
