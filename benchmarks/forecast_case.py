"""What was known of a made-up program on a day in its past, and what came of it: the back-test's cases."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic import START
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.resilience.forecast import used
from residency.resilience.forecast_away import HERE, Away
from residency.resilience.forecast_inputs import HISTORY_WEEKS, ForecastInputs
from residency.resilience.utilization import faculty_load

PEOPLE, DAYS = 29, 365
HORIZON = 90


def program(seed: int) -> Program:
    """A year of the sample program."""
    return sample_program(PEOPLE, DAYS, seed, START, "UTC")


def origins(every: int) -> list[date]:
    """The days from which the past forecasts look ahead: every so many weeks with full past and future."""
    first = START + timedelta(weeks=HISTORY_WEEKS)
    last = START + timedelta(days=DAYS - HORIZON)
    weeks = (last - first).days // 7
    return [first + timedelta(weeks=week) for week in range(0, weeks + 1, every)]


def as_known(whole: Program, origin: date) -> Program:
    """The program as it was known before a day, by a rule that lets nothing later through.

    Of assignments, call and absences only those are left that began before; the dates of absences that
    were under way are known. Coverage, people and the calendar are known, as they always are.
    """
    rows = whole.assignments
    return replace(
        whole,
        assignments=rows.take(rows.day < np.datetime64(origin)),
        call_shifts=tuple(shift for shift in whole.call_shifts if shift.start.date() < origin),
        absences=tuple(absence for absence in whole.absences if absence.start_date < origin),
    )


def inputs_at(whole: Program, origin: date, days: int = HORIZON) -> ForecastInputs:
    """The inputs of a forecast made on a day, when no schedule was published from that day on."""
    return ForecastInputs.of(as_known(whole, origin), origin, days, [Period(START, origin)])


def what_came(whole: Program) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Utilization and absent faculty of every half-day of the year, as they turned out."""
    period = Period.horizon(START, DAYS)
    load = faculty_load(Snapshot.of(whole, period))
    inputs = ForecastInputs.of(whole, START, DAYS, [period])
    faculty = inputs.ahead.is_faculty & (inputs.ahead.fte > 0)
    gone = Away.of(inputs).kind[faculty, inputs.past.period.blocks :] != HERE
    return used(load.demanded.astype(float), load.available.astype(float)), gone.sum(axis=0).astype(float)


def naive(actual: NDArray[np.float64], origin: int, weeks: int, blocks: int) -> NDArray[np.float64]:
    """Seasonal-naive: each half-day as the mean of its weekday and half in the last weeks before."""
    last = actual[origin - 14 * weeks : origin].reshape(weeks, 14).mean(axis=0)
    return np.resize(last, blocks)
