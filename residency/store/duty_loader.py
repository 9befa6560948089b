"""Reading call, rotations, approved exceptions and logged duty from the database."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.program.calendar import Period
from residency.program.records import CallShift, DutyLog, HoursApproval, Rotation
from residency.store.tables import CallShiftRow, DutyLogRow, HoursApprovalRow, RotationRow
from residency.store.version_days import CALL_MARGIN, VersionDays


async def load_call(
    connection: AsyncConnection,
    period: Period | None,
    versions: Sequence[VersionDays],
    keys: Mapping[UUID, str],
    timezone: str,
) -> list[CallShift]:
    """The call of some versions that touches a period or the two days on either side of it.

    Args:
        connection: an open connection.
        period: the days wanted, None for all.
        versions: the versions; a surrounding one speaks for call that begins on its days.
        keys: people's own ids by row id.
        timezone: the site's IANA time zone.
    """
    table = CallShiftRow
    wanted = select(
        table.version_id, table.person_id, table.starts_at, table.ends_at, table.kind, table.in_house
    ).where(table.version_id.in_({version.id for version in versions}))
    if period is not None:
        start, end = _instants(period)
        wanted = wanted.where(table.ends_at > start, table.starts_at < end)
    zone = ZoneInfo(timezone)
    return [
        CallShift(keys[row.person_id], *_utc(row.starts_at, row.ends_at), row.kind, row.in_house)
        for row in await connection.execute(wanted)
        if _speaks(versions, row.version_id, row.starts_at.astimezone(zone).date())
    ]


def _instants(period: Period) -> tuple[datetime, datetime]:
    """The period as instants, wide enough for any time zone."""
    start, end = (datetime.combine(day, time(), UTC) for day in (period.start, period.end))
    return start - CALL_MARGIN, end + CALL_MARGIN


def _utc(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    return start.astimezone(UTC), end.astimezone(UTC)


def _speaks(versions: Sequence[VersionDays], version_id: UUID, day: date) -> bool:
    return any(each.id == version_id and (each.asked or day in each.days) for each in versions)


async def load_rotations(
    connection: AsyncConnection,
    period: Period | None,
    versions: Sequence[VersionDays],
    keys: Mapping[UUID, str],
    names: Mapping[UUID, str],
) -> list[Rotation]:
    """The rotations of some versions that touch a period, whole; of surrounding versions the part around.

    Args:
        connection: an open connection.
        period: the days wanted, None for all.
        versions: the versions.
        keys: people's own ids by row id.
        names: services' abbreviations by row id.
    """
    table = RotationRow
    wanted = select(table.__table__).where(table.version_id.in_({version.id for version in versions}))
    if period is not None:
        wanted = wanted.where(table.start_date < period.end, table.end_date >= period.start)
    rows = (await connection.execute(wanted)).all()
    return [
        Rotation(keys[row.person_id], names[row.service_id], first, last)
        for row in rows
        for version in versions
        if version.id == row.version_id
        for first, last in [_within(row.start_date, row.end_date, version)]
        if first <= last
    ]


def _within(first: date, last: date, version: VersionDays) -> tuple[date, date]:
    """The inclusive days of a rotation for which its version speaks."""
    if version.asked:
        return first, last
    return max(first, version.days.start), min(last, version.days.end - timedelta(days=1))


async def load_hours_approvals(
    connection: AsyncConnection, period: Period | None, names: Mapping[UUID, str]
) -> list[HoursApproval]:
    """The approved exceptions that hold on some day of a period."""
    table = HoursApprovalRow
    wanted = select(table.__table__)
    if period is not None:
        wanted = wanted.where(table.valid_from < period.end, table.valid_to >= period.start)
    return [
        HoursApproval(
            limit=float(row.weekly_limit),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            approved_by=row.approved_by,
            service=names[row.service_id] if row.service_id else None,
            min_pgy=row.min_pgy,
            max_pgy=row.max_pgy,
        )
        for row in await connection.execute(wanted)
    ]


async def load_duty_logs(
    connection: AsyncConnection, period: Period | None, keys: Mapping[UUID, str]
) -> list[DutyLog]:
    """The logged duty; of an interval that came from two sources, the one that was entered last."""
    table = DutyLogRow
    wanted = select(table.__table__).order_by(table.created_at)
    if period is not None:
        start, end = _instants(period)
        wanted = wanted.where(table.ends_at > start, table.starts_at < end)
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
