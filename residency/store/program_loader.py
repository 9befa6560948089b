"""Reading a program from the database: everything, or what a period needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.program.calendar import CalendarDay, Period, academic_year
from residency.program.canonical import canonical
from residency.program.records import (
    Absence,
    Assignments,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
    User,
)
from residency.program.selection import without_former
from residency.program.vocabulary import DayType, Half
from residency.store.columns import fetch_assignments
from residency.store.duty_loader import load_call, load_duty_logs, load_hours_approvals, load_rotations
from residency.store.tables import (
    AbsenceRow,
    AssignmentRow,
    BlockRow,
    CoverageRequirementRow,
    PersonAcademicYearRow,
    PersonRow,
    ServiceRow,
    UserRow,
)
from residency.store.version_days import VersionDays, version_days

_ABSENCE_MARGIN = timedelta(days=14)
"""How long before a period an absence may have ended whose recovery reaches into it."""


@dataclass(frozen=True, slots=True)
class LoadedProgram:
    """A program and the schedule versions its assignments come from; none when nothing is published.

    ``covered`` are the days for which any version speaks, those around the period included.
    """

    program: Program
    version_ids: tuple[UUID, ...]
    covered: tuple[Period, ...]


async def load_program(
    connection: AsyncConnection,
    timezone: str,
    period: Period | None = None,
    version_id: UUID | Sequence[UUID] | None = None,
    *,
    margin: timedelta = timedelta(),
    duty_logs: bool = False,
) -> LoadedProgram:
    """The program as the database knows it.

    With a period: the assignments and rotations inside it, approvals, coverage, absences and call that touch
    it (with margins for recovery and rest), and no users. Without one: everything, in canonical order. People
    and services that the published program no longer names are left out unless they are assigned. For a
    consistent picture the connection's isolation level should be REPEATABLE READ.

    Args:
        connection: an open connection.
        timezone: the site's IANA time zone.
        period: the days wanted, None for all.
        version_id: a version to load instead of the published ones, or several that do not overlap.
        margin: how much of the schedule is wanted on either side of the period as well; around a version
            that was asked for stand the published ones.
        duty_logs: whether a period's logged duty is wanted; without a period it always is.

    Raises:
        NotFoundError: if there is no version of that id.
    """
    asked = (version_id,) if isinstance(version_id, UUID) else tuple(version_id or ())
    versions = await version_days(connection, period, asked, margin)
    wide = Period(period.start - margin, period.end + margin) if period else None
    person_ids, people, former = await _people(connection, period)
    service_ids, services, archived = await _services(connection)
    keys = {id_: person.id for id_, person in zip(person_ids, people, strict=True)}
    names = {id_: service.abbreviation for id_, service in zip(service_ids, services, strict=True)}
    program = Program(
        timezone=timezone,
        people=tuple(people),
        pgy_levels=tuple(await _pgy_levels(connection, wide, keys)),
        services=tuple(services),
        coverage=tuple(await _coverage(connection, period, names)),
        assignments=await _assignments(connection, wide, versions, person_ids, service_ids),
        call_shifts=tuple(await load_call(connection, wide, versions, keys, timezone)),
        absences=tuple(await _absences(connection, wide, keys)),
        duty_logs=tuple(await load_duty_logs(connection, wide, keys)) if duty_logs or not wide else (),
        users=() if period else tuple(await _users(connection, keys)),
        rotations=tuple(await load_rotations(connection, wide, versions, keys, names)),
        hours_approvals=tuple(await load_hours_approvals(connection, wide, names)),
        calendar=tuple(await _calendar(connection, wide)),
    )
    program = without_former(program, former, archived)
    return LoadedProgram(
        program=program if period else canonical(program),
        version_ids=tuple(version.id for version in versions if version.asked),
        covered=tuple(version.days for version in versions),
    )


async def _assignments(
    connection: AsyncConnection,
    period: Period | None,
    versions: Sequence[VersionDays],
    person_ids: Sequence[UUID],
    service_ids: Sequence[UUID],
) -> Assignments:
    """The assignments of versions on the days they speak for, ordered by day, half and person."""
    if all(version.asked for version in versions):
        days = (period.start, period.end) if period else (None, None)
        return await fetch_assignments(
            connection, [version.id for version in versions], person_ids, service_ids, *days
        )
    pieces: list[Assignments] = []
    for version in versions:
        start, end = version.days.start, version.days.end
        if period is not None:
            start, end = max(start, period.start), min(end, period.end)
        if start < end:
            pieces.append(
                await fetch_assignments(connection, [version.id], person_ids, service_ids, start, end)
            )
    return Assignments.joined(pieces)


async def latest_change_count(
    connection: AsyncConnection, version_ids: Sequence[UUID], since: datetime
) -> int:
    """How many assignments of some versions were changed since an instant, after they were made."""
    changed = select(func.count()).where(
        AssignmentRow.version_id.in_(version_ids),
        AssignmentRow.updated_at > AssignmentRow.created_at,
        AssignmentRow.updated_at >= since,
    )
    return (await connection.execute(changed)).scalar_one()


async def _people(
    connection: AsyncConnection, period: Period | None
) -> tuple[list[UUID], list[Person], set[str]]:
    """Everybody, and the ids of those whom the published program had stopped naming before the period."""
    found = sorted((await connection.execute(select(PersonRow.__table__))).all(), key=lambda r: r.external_id)
    people = [
        Person(
            id=row.external_id,
            name=row.name,
            type=row.type,
            faculty_role=row.faculty_role,
            fte=float(row.fte),
            specialties=tuple(row.specialties),
            credentials=tuple(row.credentials),
            email=row.email,
            performs_procedures=row.performs_procedures,
            active_from=row.active_from,
            active_to=row.active_to,
            pseudonym=row.pseudonym,
        )
        for row in found
    ]
    former = {
        row.external_id
        for row in found
        if row.archived_at is not None and (period is None or row.active_to < period.start)
    }
    return [row.id for row in found], people, former


async def _services(connection: AsyncConnection) -> tuple[list[UUID], list[Service], set[str]]:
    found = sorted(
        (await connection.execute(select(ServiceRow.__table__))).all(), key=lambda r: r.abbreviation
    )
    services = [
        Service(
            abbreviation=row.abbreviation,
            name=row.name,
            kind=row.kind,
            load_category=row.load_category,
            hours_am=float(row.hours_am),
            hours_pm=float(row.hours_pm),
            start_am=row.start_am,
            start_pm=row.start_pm,
            night_hours=None if row.night_hours is None else float(row.night_hours),
            required_type=row.required_type,
            required_role=row.required_role,
            required_specialty=row.required_specialty,
            required_credential=row.required_credential,
            min_pgy=row.min_pgy,
            needs_supervision=row.needs_supervision,
            supervision_units_pgy1=row.supervision_units_pgy1,
            supervision_units_other=row.supervision_units_other,
            procedure_units=row.procedure_units,
            leave_eligible=row.leave_eligible,
            inpatient=row.inpatient,
            offsite=row.offsite,
            clinic_location=row.clinic_location,
        )
        for row in found
    ]
    archived = {row.abbreviation for row in found if row.archived_at is not None}
    return [row.id for row in found], services, archived


async def _pgy_levels(
    connection: AsyncConnection, period: Period | None, keys: dict[UUID, str]
) -> list[PgyLevel]:
    table = PersonAcademicYearRow
    wanted = select(table.person_id, table.academic_year, table.pgy_level).where(table.pgy_level.is_not(None))
    if period is not None:
        years = academic_year(period.start), academic_year(period.end)
        wanted = wanted.where(table.academic_year.between(*years))
    rows = await connection.execute(wanted)
    return [PgyLevel(keys[person], year, level) for person, year, level in rows if level is not None]


async def _coverage(
    connection: AsyncConnection, period: Period | None, names: dict[UUID, str]
) -> list[CoverageRequirement]:
    table = CoverageRequirementRow
    wanted = select(table.__table__)
    if period is not None:
        weekly = (table.valid_from < period.end) & (
            table.valid_to.is_(None) | (table.valid_to >= period.start)
        )
        dated = (table.date >= period.start) & (table.date < period.end)
        wanted = wanted.where(or_(table.date.is_(None) & weekly, dated))
    return [
        CoverageRequirement(
            service=names[row.service_id],
            half=row.half,
            minimum=row.minimum,
            weekday=row.weekday,
            day=row.date,
            role=row.role,
            maximum=row.maximum,
            valid_from=row.valid_from if row.date is None else None,
            valid_to=row.valid_to,
        )
        for row in await connection.execute(wanted)
    ]


async def _absences(
    connection: AsyncConnection, period: Period | None, keys: dict[UUID, str]
) -> list[Absence]:
    table = AbsenceRow
    wanted = select(table.__table__)
    if period is not None:
        wanted = wanted.where(table.end_date >= period.start - _ABSENCE_MARGIN, table.start_date < period.end)
    return [
        Absence(
            person=keys[row.person_id],
            start_date=row.start_date,
            end_date=row.end_date,
            type=row.type,
            status=row.status,
            start_half=row.start_half,
            end_half=row.end_half,
        )
        for row in await connection.execute(wanted)
    ]


async def _users(connection: AsyncConnection, keys: dict[UUID, str]) -> list[User]:
    return [
        User(row.username, row.email, row.role, keys[row.person_id] if row.person_id else None)
        for row in await connection.execute(select(UserRow.__table__))
    ]


async def _calendar(connection: AsyncConnection, period: Period | None) -> list[CalendarDay]:
    table = BlockRow
    wanted = select(table.date, table.day_type, table.holiday_name, table.actual_date).where(
        table.half == Half.AM,
        or_(
            table.day_type != DayType.NORMAL, table.holiday_name.is_not(None), table.actual_date.is_not(None)
        ),
    )
    if period is not None:
        wanted = wanted.where(table.date >= period.start, table.date < period.end)
    rows = await connection.execute(wanted)
    return [CalendarDay(day, day_type, name or "", actual) for day, day_type, name, actual in rows]
