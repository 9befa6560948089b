"""Reading a program from the database: everything, or what a period needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import NotFoundError
from residency.program.calendar import CalendarDay, Period, academic_year
from residency.program.canonical import canonical
from residency.program.records import (
    Absence,
    CallShift,
    CoverageRequirement,
    DutyLog,
    Person,
    PgyLevel,
    Program,
    Service,
    User,
)
from residency.program.selection import without_former
from residency.program.vocabulary import DayType, Half
from residency.store.columns import fetch_assignments
from residency.store.tables import (
    AbsenceRow,
    AssignmentRow,
    BlockRow,
    CallShiftRow,
    CoverageRequirementRow,
    DutyLogRow,
    PersonAcademicYearRow,
    PersonRow,
    ScheduleVersion,
    ServiceRow,
    UserRow,
)

_ABSENCE_MARGIN = timedelta(days=14)
"""How long before a period an absence may have ended whose recovery reaches into it."""

_CALL_MARGIN = timedelta(days=2)
"""How long before a period call may have ended whose rest reaches into it, time zones included."""


@dataclass(frozen=True, slots=True)
class LoadedProgram:
    """A program and the schedule versions its assignments come from; none when nothing is published."""

    program: Program
    version_ids: tuple[UUID, ...]


async def load_program(
    connection: AsyncConnection,
    timezone: str,
    period: Period | None = None,
    version_id: UUID | None = None,
) -> LoadedProgram:
    """The program as the database knows it.

    With a period: the assignments inside it, coverage, absences and call that touch it (with margins for
    recovery and rest), and neither users nor duty logs. Without one: everything, in canonical order. People
    and services that the published program no longer names are left out unless they are assigned. For a
    consistent picture the connection's isolation level should be REPEATABLE READ.

    Args:
        connection: an open connection.
        timezone: the site's IANA time zone.
        period: the days wanted, None for all.
        version_id: a version to load instead of the published ones.

    Raises:
        NotFoundError: if there is no version of that id.
    """
    version_ids, call_version_ids = await _versions(connection, period, version_id)
    person_ids, people, former = await _people(connection, period)
    service_ids, services, archived = await _services(connection)
    assignments = await fetch_assignments(
        connection,
        version_ids,
        person_ids,
        service_ids,
        period.start if period else None,
        period.end if period else None,
    )
    keys = {id_: person.id for id_, person in zip(person_ids, people, strict=True)}
    names = {id_: service.abbreviation for id_, service in zip(service_ids, services, strict=True)}
    program = Program(
        timezone=timezone,
        people=tuple(people),
        pgy_levels=tuple(await _pgy_levels(connection, period, keys)),
        services=tuple(services),
        coverage=tuple(await _coverage(connection, period, names)),
        assignments=assignments,
        call_shifts=tuple(await _call(connection, period, call_version_ids, keys)),
        absences=tuple(await _absences(connection, period, keys)),
        duty_logs=() if period else tuple(await _duty_logs(connection, keys)),
        users=() if period else tuple(await _users(connection, keys)),
        calendar=tuple(await _calendar(connection, period)),
    )
    program = without_former(program, former, archived)
    return LoadedProgram(program if period else canonical(program), version_ids)


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


async def _versions(
    connection: AsyncConnection, period: Period | None, version_id: UUID | None
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """The versions of the assignments, and those whose call may matter."""
    table = ScheduleVersion
    wanted = select(table.id, table.start_date, table.end_date).order_by(table.start_date)
    if version_id is not None:
        if (await connection.execute(wanted.where(table.id == version_id))).first() is None:
            raise NotFoundError(f"there is no schedule version {version_id}")
        return (version_id,), (version_id,)
    wanted = wanted.where(table.publication == "published")
    if period is None:
        ids = tuple((await connection.execute(wanted)).scalars())
        return ids, ids
    near = wanted.where(table.start_date < period.end, table.end_date > period.start - _CALL_MARGIN)
    found = (await connection.execute(near)).all()
    return tuple(row.id for row in found if row.end_date > period.start), tuple(row.id for row in found)


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


async def _call(
    connection: AsyncConnection, period: Period | None, versions: Sequence[UUID], keys: dict[UUID, str]
) -> list[CallShift]:
    table = CallShiftRow
    wanted = select(table.person_id, table.starts_at, table.ends_at, table.kind, table.in_house).where(
        table.version_id.in_(versions)
    )
    if period is not None:
        start = datetime.combine(period.start, time(), UTC) - _CALL_MARGIN
        end = datetime.combine(period.end, time(), UTC) + _CALL_MARGIN
        wanted = wanted.where(table.ends_at > start, table.starts_at < end)
    rows = await connection.execute(wanted)
    return [
        CallShift(keys[person], start.astimezone(UTC), end.astimezone(UTC), kind, in_house)
        for person, start, end, kind, in_house in rows
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


async def _duty_logs(connection: AsyncConnection, keys: dict[UUID, str]) -> list[DutyLog]:
    """The logged duty; of an interval that came from two sources, the one that was entered last."""
    wanted = select(DutyLogRow.__table__).order_by(DutyLogRow.created_at)
    logs = (
        DutyLog(
            person=keys[row.person_id],
            start=row.starts_at,
            end=row.ends_at,
            activity_class=row.activity_class,
            setting=row.setting,
            call_kind=row.call_kind,
            moonlighting=row.moonlighting,
            new_patient=row.new_patient,
            voluntary_stay=row.voluntary_stay,
            reason=row.reason,
        )
        for row in await connection.execute(wanted)
    )
    return list({(log.person, log.start, log.end, log.activity_class): log for log in logs}.values())


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
