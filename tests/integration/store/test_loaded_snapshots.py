"""Snapshots out of the database are those of the bundle, whatever period they show."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.extent import program_period
from residency.program.records import Absence, CallShift
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceType, CallKind
from residency.store.program_writer import import_program
from residency.store.snapshots import load_snapshot

ZONE = "Pacific/Honolulu"


async def test_a_snapshot_from_the_database_is_the_one_from_the_bundle(engine, store):
    sample = sample_program(29, 200, 3, date(2026, 11, 9), ZONE)
    await import_program(engine, sample, publish=True)
    for start, days in ((date(2026, 11, 9), 7), (date(2026, 12, 20), 90), (date(2027, 5, 20), 30)):
        period = Period.horizon(start, days)
        loaded = await load_snapshot(engine, period, ZONE)
        judged = Period(start, min(period.end, date(2026, 11, 9) + timedelta(days=200)))
        assert (loaded.snapshot.period, loaded.uncovered) == (judged, period.days - judged.days)
        direct = Snapshot.of(replace(sample, people=(await store.load()).people), judged)
        assert loaded.snapshot.input_hash == direct.input_hash
        assert loaded.snapshot.assigned.sum() > 0


async def test_recovery_and_rest_reach_over_the_edges_of_period_and_version(engine, schedule, program):
    night_before = CallShift(
        "F1",
        datetime(2026, 7, 6, 5, tzinfo=UTC),
        datetime(2026, 7, 6, 17, tzinfo=UTC),
        CallKind.OVERNIGHT,
        in_house=True,
    )
    earlier = replace(
        program,
        coverage=(),
        assignments=schedule((0, 0, date(2026, 7, 1), 0), (0, 0, date(2026, 7, 5), 0)),
        call_shifts=(night_before,),
        absences=(Absence("R1", date(2026, 6, 20), date(2026, 7, 1), AbsenceType.DEPLOYMENT),),
    )
    await import_program(engine, earlier, publish=True)
    await import_program(engine, replace(program, call_shifts=(), absences=()), publish=True)
    loaded = await load_snapshot(engine, program_period(program), ZONE)
    faculty, resident = loaded.snapshot.available
    assert faculty.tolist()[:4] == [False, False, True, True]
    assert resident.tolist()[:6] == [False] * 6
    assert resident.tolist()[6:] == [True] * 4
    assert len(loaded.version_ids) == 1


async def test_a_period_without_a_version_is_empty_not_an_error(engine, program):
    await import_program(engine, program, publish=True)
    loaded = await load_snapshot(engine, Period(date(2027, 1, 4), date(2027, 1, 11)), ZONE)
    assert loaded.version_ids == ()
    assert len(loaded.snapshot.assignment_person) == 0
