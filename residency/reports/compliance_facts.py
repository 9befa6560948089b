"""What a report says beside judgements: who is away, how much is filled, and every resident's extremes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from residency.acgme.findings import Judgement, PersonFigures
from residency.program.availability import absence_blocks
from residency.program.calendar import Period, academic_year, academic_year_period
from residency.program.records import Absence, Person, Program
from residency.program.vocabulary import EFFECTIVE_ABSENCE_STATUSES, AbsenceType, PersonType
from residency.quality.results import Coverage
from residency.reports.compliance_body import (
    AwayLine,
    CoverageLine,
    CoverageSection,
    Figures,
    LeaveSection,
    ResidentLine,
)
from residency.reports.compliance_names import Pseudonyms

AWAY_LIMIT_DAYS = 28
"""More days away in one academic year may extend a resident's training."""


def residents_of(program: Program, period: Period, judgements: Sequence[Judgement | None]) -> list[Person]:
    """The residents in training on some day of the period, and whoever a finding is about."""
    named = {finding.person for judgement in judgements if judgement for finding in judgement.findings}
    return [
        person
        for person in program.people
        if person.type is PersonType.RESIDENT and (_active(person, period) or person.id in named)
    ]


def _active(person: Person, period: Period) -> bool:
    begun = person.active_from is None or person.active_from < period.end
    return begun and (person.active_to is None or person.active_to >= period.start)


def resident_lines(
    people: Sequence[Person],
    program: Program,
    period: Period,
    pseudonyms: Pseudonyms,
    planned: Judgement | None,
    logged: Judgement | None,
) -> tuple[ResidentLine, ...]:
    """Every resident with both bases apart, by post-graduate year on the period's last day, then by name."""
    year = academic_year(period.day(period.blocks - 1))
    pgy = {level.person: level.pgy for level in program.pgy_levels if level.academic_year == year}
    of_plan, of_logs = _figures(planned), _figures(logged)
    lines = [
        ResidentLine(
            person=pseudonyms.person(person.id),
            pgy=pgy.get(person.id),
            planned=of_plan.get(person.id),
            logged=of_logs.get(person.id),
        )
        for person in people
    ]
    return tuple(sorted(lines, key=lambda line: (line.pgy is None, line.pgy or 0, line.person)))


def _figures(judgement: Judgement | None) -> dict[str, Figures]:
    return {each.person: _figure(each) for each in judgement.people} if judgement else {}


def _figure(each: PersonFigures) -> Figures:
    return Figures(
        max_average_hours=each.max_average_hours,
        max_week_hours=each.max_week_hours,
        min_gap_hours=each.min_gap_hours,
        min_free_days=each.min_free_days,
    )


def coverage_section(coverage: Coverage) -> CoverageSection:
    """Coverage with the services that have demand, least filled first."""
    wanted = [service for service in coverage.by_service if service.required]
    wanted.sort(key=lambda service: (service.filled / service.required, service.name))
    return CoverageSection(
        required=coverage.required,
        filled=coverage.filled,
        status=coverage.status,
        services=tuple(
            CoverageLine(service=each.name, required=each.required, filled=each.filled) for each in wanted
        ),
    )


def leave_section(
    people: Sequence[Person], absences: Sequence[Absence], period: Period, pseudonyms: Pseudonyms
) -> LeaveSection:
    """Approved days away of each resident in the academic year of the period's last day, most first."""
    year = academic_year(period.day(period.blocks - 1))
    of_person: defaultdict[str, list[Absence]] = defaultdict(list)
    for absence in absences:
        if absence.status in EFFECTIVE_ABSENCE_STATUSES:
            of_person[absence.person].append(absence)
    whole_year = academic_year_period(year)
    lines = [
        _away_line(pseudonyms.person(person.id), of_person[person.id], period, whole_year)
        for person in people
        if person.id in of_person
    ]
    away = [line for line in lines if line.in_year or line.in_period]
    return LeaveSection(
        academic_year=year,
        limit_days=AWAY_LIMIT_DAYS,
        people=tuple(sorted(away, key=lambda line: (-line.in_year, line.person))),
    )


def _away_line(person: str, absences: Sequence[Absence], period: Period, year: Period) -> AwayLine:
    by_type: defaultdict[AbsenceType, list[Absence]] = defaultdict(list)
    for absence in absences:
        by_type[absence.type].append(absence)
    in_year = _days_away(absences, year)
    of_type = {kind: _days_away(rows, year) for kind, rows in by_type.items()}
    return AwayLine(
        person=person,
        in_period=_days_away(absences, period),
        in_year=in_year,
        by_type=_most_first(of_type),
        over_limit=in_year > AWAY_LIMIT_DAYS,
    )


def _most_first(of_type: Mapping[AbsenceType, float]) -> tuple[tuple[str, float], ...]:
    ordered = sorted(of_type.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple((kind.replace("_", " "), count) for kind, count in ordered if count)


def _days_away(absences: Sequence[Absence], period: Period) -> float:
    """Half-days of the period that some absence takes, in days; two absences at once count once."""
    away = np.zeros(period.blocks, np.bool_)
    for absence in absences:
        first, end = absence_blocks(period, absence)
        away[max(first, 0) : max(end, 0)] = True
    return int(away.sum()) / 2
