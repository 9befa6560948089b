"""The utilization forecast: its error against seasonal-naive forecasts, and its speed against plain loops.

Usage: ``python -m benchmarks.forecast [--quick]``. The error is measured on made-up programs of a year, from
every Monday with twelve weeks behind and ninety days ahead, each time with nothing but what had begun before
that Monday; no number of the forecast was chosen by these programs. A ratio below 1 means a smaller error.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecast_baseline import figures_by_loops
from benchmarks.forecast_case import HORIZON, inputs_at, naive, origins, program, what_came
from benchmarks.measuring import Cost, in_own_process, least_cpu, measure, print_cost, table
from benchmarks.synthetic import START
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.resilience.forecast import Outlooks, forecast, outlooks
from residency.resilience.forecast_inputs import ForecastInputs

_MODULE = "benchmarks.forecast"
_REPEATS = 7
_NAIVE_WEEKS = (1, 4, 12)
_SPANS = ((0, 7), (7, 28), (28, HORIZON))
PROGRAMS, QUICK_PROGRAMS = 8, 1
EVERY, QUICK_EVERY = 1, 9
PEOPLE, QUICK_PEOPLE = 2000, 60
_FIRST_SEED = 101


@dataclass(frozen=True, slots=True)
class Errors:
    """Absolute errors of many forecasts, shape (forecasts, methods, half-days); ours is the first method."""

    utilization: NDArray[np.float64]
    absent: NDArray[np.float64]


def back_test(programs: int, every: int) -> Errors:
    """The errors of ours and of the naive forecasts of one, four and twelve weeks, from rolling origins."""
    used_errors: list[NDArray[np.float64]] = []
    away_errors: list[NDArray[np.float64]] = []
    for seed in range(_FIRST_SEED, _FIRST_SEED + programs):
        whole = program(seed)
        used, absent = what_came(whole)
        for origin in origins(every):
            at, blocks = 2 * (origin - START).days, 2 * HORIZON
            here = slice(at, at + blocks)
            ours = outlooks(inputs_at(whole, origin)).expected
            told = [ours.utilization, *(naive(used, at, weeks, blocks) for weeks in _NAIVE_WEEKS)]
            gone = [ours.absent, *(naive(absent, at, weeks, blocks) for weeks in _NAIVE_WEEKS)]
            used_errors.append(np.abs(np.stack(told) - used[here]))
            away_errors.append(np.abs(np.stack(gone) - absent[here]))
        print(f"program {seed}: {len(origins(every))} origins", file=sys.stderr)
    return Errors(np.stack(used_errors), np.stack(away_errors))


def error_rows(errors: Errors) -> list[list[str]]:
    """Mean absolute errors by days ahead, and the ratio of ours to each of the naive ones."""
    rows: list[list[str]] = []
    for name, found in (("utilization, points", 100 * errors.utilization), ("absent faculty", errors.absent)):
        for first, end in (*_SPANS, (0, HORIZON)):
            mean = found[:, :, 2 * first : 2 * end].mean(axis=(0, 2))
            ratios = [f"{mean[0] / each:.2f}" for each in mean[1:]]
            rows.append([f"{name}, days {first + 1}-{end}", f"{mean[0]:.2f}", *ratios])
    return rows


def error_ratio(errors: Errors) -> float:
    """Ours over the better of the two usual seasonal-naive forecasts, for utilization over all days."""
    mean = errors.utilization.mean(axis=(0, 2))
    return float(mean[0] / mean[1:3].min())


def ready(people: int) -> ForecastInputs:
    """A program with a schedule for all of the days ahead, loaded."""
    whole = sample_program(people, HORIZON, 1, START, "UTC")
    return ForecastInputs.of(whole, START, HORIZON, [Period.horizon(START, HORIZON)])


def work(name: str, people: int) -> Cost:
    """Load, then forecast in one way; the answer is every figure of both series."""
    if name == "loops":
        whole = sample_program(people, HORIZON, 1, START, "UTC")
        return measure(lambda: figures_by_loops(whole, Period.horizon(START, HORIZON)))
    costs: list[Cost] = []
    for _ in range(_REPEATS):
        inputs = ready(people)
        if name == "figures":
            cost = measure(lambda inputs=inputs: outlooks(inputs))
            answer = figures(cost.answer)
        else:
            cost = measure(lambda inputs=inputs: forecast(inputs))
            answer = len(cost.answer.days)
        costs.append(Cost(cost.cpu, cost.wall, cost.before, cost.peak, answer))
    return least_cpu(costs)


def figures(found: Outlooks) -> list[list[float]]:
    """Demanded and available faculty half-days of both series."""
    return [
        row.tolist()
        for outlook in (found.expected, found.anticipated)
        for row in (outlook.demanded, outlook.available)
    ]


def require_equal(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> int:
    """How many figures two programs share; ends the benchmark if any differs."""
    if not np.array_equal(np.array(ours), np.array(theirs)):
        raise SystemExit("the loops find other figures")
    return int(np.array(ours).size)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all and print two tables and the two ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small program and few origins")
    parser.add_argument("--work", nargs=2, metavar=("NAME", "PEOPLE"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.work:
        print_cost(work(given.work[0], int(given.work[1])))
        return
    programs, every = (QUICK_PROGRAMS, QUICK_EVERY) if given.quick else (PROGRAMS, EVERY)
    errors = back_test(programs, every)
    print(
        f"Back-test: {len(errors.utilization)} forecasts of {HORIZON} days from {programs} programs, origins "
        f"{origins(every)[0]} to {origins(every)[-1]}"
    )
    header = ["mean absolute error", "ours", "/ 1 week", "/ 4 weeks", "/ 12 weeks"]
    print(table(header, error_rows(errors)))
    print(f"error ratio {error_ratio(errors):.2f}\n")
    people = QUICK_PEOPLE if given.quick else PEOPLE
    costs = {name: in_own_process(_MODULE, "--work", name, people) for name in ("figures", "whole", "loops")}
    shared = require_equal(costs["figures"].answer, costs["loops"].answer)
    rows = [
        ["both series, all services and levels", f"{1000 * costs['figures'].cpu:.0f} ms"],
        ["the whole result with causes in words", f"{1000 * costs['whole'].cpu:.0f} ms"],
        ["both series by plain loops", f"{1000 * costs['loops'].cpu:.0f} ms"],
    ]
    print(table([f"{people} people x {HORIZON} days, CPU after load", ""], rows))
    print(f"speed ratio {costs['loops'].cpu / costs['figures'].cpu:.0f}, {shared} figures equal")


if __name__ == "__main__":
    main()
