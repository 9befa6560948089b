"""A program's averaging periods: its residents' rotations, else academic blocks or calendar months."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from residency.acgme.record import AveragingPeriod, HoursException, PeriodKind
from residency.acgme.rules import RuleSet
from residency.acgme.timeline import month_start
from residency.program.calendar import Period, academic_block, academic_year
from residency.program.records import Person, Program, Rotation

_DAY = timedelta(days=1)


def averaging_periods(
    program: Program, person_of: Mapping[str, int], span: Period, rules: RuleSet
) -> tuple[AveragingPeriod, ...]:
    """Everybody's averaging periods that touch some days, within the dates on which the person is active.

    By rotation where the rule set says so and the person has any; days without one, and everybody else's, are
    averaged by academic block, of which the few days before the first Thursday of July belong to block 1, or
    by calendar month.

    Args:
        program: people and rotations.
        person_of: the number of each person wanted, by id.
        span: the days.
        rules: says how the program averages.
    """
    by_month = rules.averaging is PeriodKind.CALENDAR_MONTH
    kind = PeriodKind.CALENDAR_MONTH if by_month else PeriodKind.FOUR_WEEK
    cut = tuple(_months(span) if by_month else _academic_blocks(span))
    rotations = _rotations(program) if rules.averaging is PeriodKind.ROTATION else {}
    found: list[AveragingPeriod] = []
    for person in program.people:
        if person.id in person_of:
            number = person_of[person.id]
            own = rotations.get(person.id, [])
            found += [
                AveragingPeriod(number, row.start_date, row.end_date + _DAY, PeriodKind.ROTATION)
                for row in own
            ]
            for days in cut:
                active = _active(person, days)
                found += [
                    AveragingPeriod(number, rest.start, rest.end, kind) for rest in _without(active, own)
                ]
    return tuple(found)


def _academic_blocks(span: Period) -> Iterator[Period]:
    """The academic blocks that touch some days, whole; block 0 together with block 1."""
    start = span.start
    while start > date.min and _same_block(start - _DAY, span.start):
        start -= _DAY
    while start < span.end:
        end = start + _DAY
        while _same_block(end, start):
            end += _DAY
        yield Period(start, end)
        start = end


def _same_block(day: date, other: date) -> bool:
    return academic_year(day) == academic_year(other) and max(academic_block(day), 1) == max(
        academic_block(other), 1
    )


def _months(span: Period) -> Iterator[Period]:
    """The calendar months that touch some days, whole."""
    start = span.start.replace(day=1)
    while start < span.end:
        end = month_start(start)
        yield Period(start, end)
        start = end


def _rotations(program: Program) -> dict[str, list[Rotation]]:
    """The rotations of each person, in order."""
    found: dict[str, list[Rotation]] = {}
    for row in sorted(program.rotations, key=lambda row: (row.person, row.start_date)):
        found.setdefault(row.person, []).append(row)
    return found


def _active(person: Person, days: Period) -> Period:
    """The part of some days on which a person is in the program; empty where there is none."""
    start = max(days.start, person.active_from or days.start)
    end = min(days.end, (person.active_to + _DAY) if person.active_to else days.end)
    return Period(start, max(start, end))


def _without(days: Period, rotations: list[Rotation]) -> Iterator[Period]:
    """The stretches of some days that no rotation names."""
    start = days.start
    for row in rotations:
        if row.start_date < days.end and row.end_date >= start:
            if row.start_date > start:
                yield Period(start, row.start_date)
            start = row.end_date + _DAY
    if start < days.end:
        yield Period(start, days.end)


def hours_exceptions(
    program: Program, person_of: Mapping[str, int], span: Period
) -> tuple[HoursException, ...]:
    """The approved exceptions to the weekly hours, for each person and stretch of days that they cover.

    One for a service covers a person's rotation on it; one without a service covers everybody. Both hold only
    in academic years in which the person's post-graduate year is within the approval's.
    """
    levels = {(level.person, level.academic_year): level.pgy for level in program.pgy_levels}
    rotations = _rotations(program)
    found: list[HoursException] = []
    for approval in program.hours_approvals:
        begin, end = max(approval.valid_from, span.start), min(approval.valid_to + _DAY, span.end)
        if begin >= end:
            continue
        for person, number in person_of.items():
            year = academic_year(begin)
            if not approval.min_pgy <= levels.get((person, year), 0) <= approval.max_pgy:
                continue
            name = f"approved for {approval.service or 'all services'} from {approval.valid_from.isoformat()}"
            stretches = (
                [Period(begin, end)]
                if approval.service is None
                else [
                    Period(max(begin, row.start_date), min(end, row.end_date + _DAY))
                    for row in rotations.get(person, [])
                    if row.service == approval.service and row.start_date < end and row.end_date >= begin
                ]
            )
            found += [
                HoursException(number, days.start, days.end, approval.limit, name) for days in stretches
            ]
    return tuple(found)
