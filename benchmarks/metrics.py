"""Every measure of a schedule against straightforward pandas, on the same schedule in the same run.

Usage: ``python -m benchmarks.metrics [--quick]``. CPU after the schedule is loaded, each program in a process
of its own; whatever both computed must be equal. The last column adds a fresh run of the duty-hours engine.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.measuring import Cost, in_own_process, least_cpu, measure, print_cost, table
from benchmarks.metrics_case import Loaded, load
from benchmarks.synthetic import START
from residency.acgme.engine import judge
from residency.acgme.findings import Judgement
from residency.acgme.record import Basis
from residency.acgme.rules import rule_set
from residency.acgme.schedule import duty_record
from residency.acgme.supervision import judge_supervision
from residency.quality.metrics import compute_metrics
from residency.quality.results import ScheduleMetrics
from residency.quality.stability import ChangeDates

_MODULE = "benchmarks.metrics"
_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A schedule's size."""

    people: int
    days: int


CASES = (Case(30, 90), Case(300, 365), Case(2000, 365))
QUICK = (Case(30, 28),)


def measured(loaded: Loaded, judgement: Judgement | None = None) -> ScheduleMetrics:
    """Ours: every measure at once."""
    return compute_metrics(
        loaded.program,
        loaded.snapshot,
        judgement,
        previous=loaded.previous,
        current=loaded.rows,
        dates=ChangeDates(START),
    )


def judged(loaded: Loaded) -> Judgement:
    """A fresh judgement of the same period, supervision included."""
    rules, period = rule_set("acgme-2017"), loaded.snapshot.period
    told = judge(duty_record(loaded.program, period, Basis.PLANNED, rules, covered=[period]), rules)
    _, _, checks = judge_supervision(loaded.snapshot, told.rule_set)
    return replace(told, checks=told.checks.plus(checks))


def figures(metrics: ScheduleMetrics) -> dict[str, float]:
    """Ours under the names of the pandas program."""
    fair, steady, work, filled = metrics.fairness, metrics.stability, metrics.workload, metrics.coverage
    if fair is None or steady is None or work is None or filled is None:
        raise SystemExit("the schedule is empty")
    told: dict[str, float] = {}
    for shared in (fair, *metrics.other_fairness):
        told[f"fairness {shared.load}"] = -1.0 if shared.overall is None else shared.overall
        for cohort in shared.cohorts:
            if cohort.fairness is not None:
                told[f"fairness {shared.load} {cohort.cohort}"] = cohort.fairness
    told["coverage"] = filled.overall or 0.0
    told |= {
        f"coverage {each.service}": each.coverage for each in filled.by_service if each.coverage is not None
    }
    roles = ("primary", "supervising", "backup")
    halves = ("AM", "PM")
    for slot in filled.by_slot:
        key = (2 * slot.weekday + halves.index(slot.half), roles.index(slot.role))
        told[f"coverage {key}"] = slot.coverage
    points = [each.points for each in metrics.people]
    told |= {
        "points": sum(points),
        "points of the most loaded": max(points),
        "half-days": float(sum(each.blocks for each in metrics.people)),
        "mean hours": work.mean_hours,
        "SD of hours": work.sd_hours,
        "least hours": work.min_hours,
        "most hours": work.max_hours,
        "percent of target": work.mean_percent_of_target or 0.0,
    }
    return told | {"churn": steady.churn, "ripple": steady.ripple, "N-1": steady.n1_score}


def work(name: str, case: Case) -> Cost:
    """Load a schedule, then measure one program on it; the answer is every figure."""
    loaded = load(case.people, case.days)
    if name == "pandas":
        from benchmarks.metrics_baseline import measures

        return measure(lambda: measures(loaded))
    wanted: dict[str, Callable[[], Any]] = {
        "ours": lambda: measured(loaded),
        "engine": lambda: measured(loaded, judged(loaded)),
    }
    best = least_cpu([measure(wanted[name]) for _ in range(_REPEATS)])
    return Cost(best.cpu, best.wall, best.before, best.peak, figures(best.answer))


def run(name: str, case: Case) -> Cost:
    """The cost of one program on one schedule, from a process of its own."""
    cost = in_own_process(_MODULE, "--work", name, case.people, case.days)
    print(f"{name}, {case.people} people, {case.days} days: {cost.cpu:.2f} s", file=sys.stderr)
    return cost


def equal_figures(ours: dict[str, float], theirs: dict[str, float]) -> int:
    """How many figures two programs share.

    Raises:
        SystemExit: naming those that differ.
    """
    names = sorted(ours.keys() | theirs.keys())
    absent = math.nan
    differ = [
        name
        for name in names
        if not math.isclose(ours.get(name, absent), theirs.get(name, absent), rel_tol=1e-9, abs_tol=1e-9)
    ]
    if differ:
        shown = "; ".join(f"{name}: {ours.get(name)} and {theirs.get(name)}" for name in differ[:5])
        raise SystemExit(f"{len(differ)} of {len(names)} figures differ: {shown}")
    return len(names)


def compare(case: Case) -> list[str]:
    """One row of the table."""
    ours, theirs, engine = (run(name, case) for name in ("ours", "pandas", "engine"))
    same = equal_figures(ours.answer, theirs.answer)
    return [
        f"{case.people} people, {case.days} days",
        f"{ours.cpu:.3f}",
        f"{theirs.cpu:.2f}",
        f"{theirs.cpu / ours.cpu:,.0f}x",
        f"{ours.memory:,.0f}",
        f"{theirs.memory:,.0f}",
        f"{same:,}",
        f"{engine.cpu:.3f}",
    ]


def main(cases: Sequence[Case]) -> None:
    """Run everything and print the table."""
    print("CPU seconds after loading, MiB beyond what was loaded; equal: figures that both computed.\n")
    header = ["", "ours, s", "pandas, s", "faster", "ours, MiB", "pandas, MiB", "equal", "with engine, s"]
    print(table(header, [compare(case) for case in cases]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The measures of a schedule against pandas.")
    parser.add_argument("--quick", action="store_true", help="small schedules, a few seconds")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        name, people, days = given.work
        print_cost(work(name, Case(int(people), int(days))))
    else:
        main(QUICK if given.quick else CASES)
