"""Judging a program: its residents' planned or logged duty, and the supervision of what is planned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from residency.acgme.engine import judge
from residency.acgme.findings import SUPERVISION, Judgement
from residency.acgme.program_duty import logged_duties, planned_duties
from residency.acgme.program_leave import leave_half_days, recovery_days
from residency.acgme.program_windows import averaging_periods, hours_exceptions
from residency.acgme.record import Basis, DutyRecord
from residency.acgme.rules import RuleSet
from residency.acgme.supervision import judge_supervision
from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import PersonType

_BREAK_MINUTES = 4 * 60
"""A schedule is made in half-days: what lies between two of them, or before a night on call, is a break."""


@dataclass(frozen=True, slots=True)
class ScheduleJudgement:
    """A judgement, and the keys of those findings that locked assignments and call alone already cause."""

    judgement: Judgement
    fixed_only: frozenset[tuple[str, str, str, str, str, str]]


def duty_record(
    program: Program,
    period: Period,
    basis: Basis,
    rules: RuleSet,
    *,
    covered: Sequence[Period] = (),
    locked_only: bool = False,
) -> DutyRecord:
    """The residents' duty as the engine takes it, to be judged over the windows that end in a period.

    Args:
        program: the schedule, absences and logs of the period and of at least 31 days before it.
        period: the days that are reported on.
        basis: planned assignments and call, or logged hours; never both.
        rules: says how the program averages.
        covered: days for which a schedule speaks, so that no planned duty on them is a fact.
        locked_only: leave out planned assignments that may still move.
    """
    residents = [person for person in program.people if person.type is PersonType.RESIDENT]
    person_of = {person.id: number for number, person in enumerate(residents)}
    planned = basis is Basis.PLANNED
    return DutyRecord(
        timezone=program.timezone,
        people=tuple(person_of),
        duties=(
            planned_duties(program, person_of, locked_only=locked_only)
            if planned
            else logged_duties(program, person_of)
        ),
        basis=basis,
        pgy={
            (person_of[level.person], level.academic_year): level.pgy
            for level in program.pgy_levels
            if level.person in person_of
        },
        leave=leave_half_days(program, person_of),
        periods=averaging_periods(program, person_of, period, rules),
        exceptions=hours_exceptions(program, person_of, period),
        known=tuple(
            (number, days.start, days.end) for days in covered if planned for number in person_of.values()
        ),
        recovery=recovery_days(program, person_of),
        report=(period.start, period.end),
        longest_break=_BREAK_MINUTES if planned else 0,
    )


def judge_schedule(
    program: Program,
    snapshot: Snapshot | None,
    period: Period,
    basis: Basis,
    rules: RuleSet,
    covered: Sequence[Period] = (),
) -> ScheduleJudgement:
    """Judge the residents' duty over the windows that end in a period, and supervision where it is planned.

    Args:
        program: as for :func:`duty_record`.
        snapshot: the period's half-days, for supervision; None leaves it out. Logged duty has none.
        period: the days that are reported on.
        basis: planned or logged.
        rules: the rule set.
        covered: days for which a schedule speaks.
    """
    judgement = judge(duty_record(program, period, basis, rules, covered=covered), rules)
    if basis is not Basis.PLANNED:
        return ScheduleJudgement(judgement, frozenset())
    fixed = frozenset(finding.key for finding in judgement.findings)
    # Where no row may move, judging the locked ones alone would only say the same again.
    if fixed and not program.assignments.locked.all():
        locked = judge(duty_record(program, period, basis, rules, covered=covered, locked_only=True), rules)
        fixed &= {finding.key for finding in locked.findings}
    return ScheduleJudgement(_with_supervision(judgement, snapshot), fixed)


def _with_supervision(judgement: Judgement, snapshot: Snapshot | None) -> Judgement:
    if snapshot is None:
        return judgement
    findings, tally, checks = judge_supervision(snapshot, judgement.rule_set)
    return replace(
        judgement,
        findings=(*judgement.findings, *findings),
        by_rule={**judgement.by_rule, SUPERVISION: tally},
        checks=judgement.checks.plus(checks),
    )
