"""One person's absence with the published schedule around it, from the database."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from residency.acgme.rules import RuleSet, rule_set
from residency.errors import NotFoundError
from residency.program.calendar import Period
from residency.program.vocabulary import AbsenceType
from residency.scheduling.absence_case import AbsenceCase, Naming, absence_days, loading_period
from residency.store.schedules import read_schedule
from residency.store.versions import published_extents

_NAMED = 3


class UnpublishedDaysError(NotFoundError):
    """Days for which no schedule is published, so that nothing can be said of them."""


@dataclass(frozen=True, slots=True)
class LoadedCase:
    """A case, and the published versions that show its days."""

    case: AbsenceCase
    version_ids: tuple[UUID, ...]


async def load_absence_case(
    engine: AsyncEngine,
    person: str,
    start: date,
    last: date,
    timezone: str,
    *,
    naming: Naming,
    kind: AbsenceType = AbsenceType.VACATION,
    rules: RuleSet | None = None,
) -> LoadedCase:
    """The case of a person who is away from ``start`` to ``last``; nothing is stored.

    Args:
        engine: the program's database.
        person: id or pseudonym.
        start: the first day away.
        last: the last day away.
        timezone: the site's IANA time zone.
        naming: how people are shown where the person is not found.
        kind: why the person is away, which decides what recovery is owed.
        rules: the rules of duty hours; the default rule set when None.

    Raises:
        InvalidInputError: for days that nobody can mean.
        NotFoundError: for an unknown person.
        UnpublishedDaysError: where no schedule is published for any of the days.
    """
    days = absence_days(start, last, kind)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        published = await published_extents(connection)
        if not any(each.start <= last and start < each.end for each in published):
            raise UnpublishedDaysError(_nothing_published(start, last, published))
        loaded = await read_schedule(connection, loading_period(days), timezone)
    days_away, judged_by = (start, last), rules or rule_set()
    case = AbsenceCase.of(loaded.program, person, days_away, judged_by, loaded.extents, kind, naming=naming)
    return LoadedCase(case, loaded.version_ids)


def _nothing_published(start: date, last: date, published: list[Period]) -> str:
    days = f"no schedule is published for any day from {start} to {last}"
    if not published:
        return f"{days}; none is published at all, see `residency publish`"
    newest = published[-_NAMED:]
    told = ", ".join(f"{each.start} to {each.day(each.blocks - 1)}" for each in newest)
    return f"{days}; published are {told}"
