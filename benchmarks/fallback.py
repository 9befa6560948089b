"""Three ways to repair a schedule, on the same bad days in the same run: greed, matching, exact search.

Usage: ``python -m benchmarks.fallback [--quick]``. The baseline is what one would write first: each open
slot, the most protected first and then the earliest, goes to the first person who is eligible and has nothing
to do then; nobody moves from post to post. All three are counted by the same rules, and what breaks a
duty-hours rule newly is counted too; the exact way starts from the matching, whose time is not in its own. A
second table is the immediate layer alone, on larger programs.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import Cost, in_own_process, least_cpu, measure, print_cost, table
from residency.acgme.rules import rule_set
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.snapshot import Snapshot
from residency.scheduling.call_cover import with_calls
from residency.scheduling.duty_gate import DutyGate
from residency.scheduling.exact import exact_repair
from residency.scheduling.immediate import immediate_repair
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import Layer, Repair, burden_of, cost_of
from residency.scheduling.scenarios import Scenario, plan_scenarios
from residency.scheduling.solver import Solver

Repairer = Callable[[RepairProblem], Repair]
_MODULE = "benchmarks.fallback"
_SHORT, _REPEATS = 1.0, 2  # below so many seconds a measurement is repeated so often
START = date(2026, 11, 9)
CONTEXT_DAYS = 31


@dataclass(frozen=True, slots=True)
class Case:
    """A program, how many of the worst pairs are lost in it, and the seconds for each exact repair."""

    people: int
    days: int
    pairs: int
    seconds: float


FULL, QUICK = Case(30, 90, 10, 4.0), Case(20, 14, 1, 1.0)
LARGE = (Case(100, 90, 0, 0.0), Case(500, 90, 0, 0.0))
QUICK_LARGE = (Case(45, 14, 0, 0.0),)


def problems(case: Case, scenarios: Sequence[Scenario]) -> list[tuple[str, RepairProblem]]:
    """Every case of some scenarios as a problem, under the scenario's name."""
    program = sample_program(case.people, case.days + 2 * CONTEXT_DAYS, 1, START, "UTC")
    period = Period.horizon(START, case.days + 2 * CONTEXT_DAYS)
    inside = Period.horizon(period.day(2 * CONTEXT_DAYS), case.days)
    snapshot = Snapshot.of(program, inside)
    planned = plan_scenarios(program, snapshot, scenarios=scenarios, top_k=case.pairs)
    return [
        (
            each.scenario.value,
            RepairProblem.of(program, snapshot, each.disruption, rule_set(), (period,)),
        )
        for each in planned
    ]


def greedy_repair(problem: RepairProblem) -> Repair:
    """Each open slot to the first eligible person with nothing to do, the most protected slots first."""
    service, role = problem.service_left.copy(), problem.role_left.copy()
    free = problem.present & ~problem.fixed & (service == NOTHING)
    unfilled = problem.unfilled(service, role)
    for post in np.argsort(problem.post_category, kind="stable").tolist():
        for block in np.flatnonzero(unfilled[post]).tolist():
            may = free[:, block] & problem.eligible[problem.snapshot.block_year[block], post]
            for person in np.flatnonzero(may)[: int(unfilled[post, block])].tolist():
                service[person, block], role[person, block] = (
                    problem.post_service[post],
                    problem.post_role[post],
                )
                free[person, block] = False
    return Repair(
        service=service,
        role=role,
        unfilled=problem.unfilled(service, role),
        calls=(),
        cost=cost_of(problem, service, role),
        bound=None,
        burden=burden_of(problem, service),
        layer=Layer.IMMEDIATE,
        new_violations=DutyGate(problem).new_violations(service, role),
    )


def _summed(repairs: Sequence[Repair], problems: Sequence[RepairProblem]) -> dict[str, Any]:
    """What a table row says of the repairs of one scenario; the worst gap of them all."""
    gaps = [repair.gap for repair in repairs]
    known = [gap for gap in gaps if gap is not None]
    empty = sum(int(repair.unfilled.sum()) for repair in repairs)
    return {
        "empty": empty,
        "changes": sum(
            int(_changes(problem, repair)) for problem, repair in zip(problems, repairs, strict=True)
        ),
        "burden": sum(repair.burden for repair in repairs),
        "broken": sum(len(repair.new_violations) for repair in repairs),
        "gap": max(known) if len(known) == len(gaps) else None,
    }


def _changes(problem: RepairProblem, repair: Repair) -> NDArray[np.int64]:
    other = repair.service != problem.service_before
    return (other | ((repair.service != NOTHING) & (repair.role != problem.role_before))).sum()


def work(way: str, case: Case) -> Cost:
    """Repair every case in one of the three ways; figures and seconds of each scenario."""
    if way != "exact":
        plain: Repairer = greedy_repair if way == "greedy" else immediate_repair
        return measure(lambda: [_scenario(scenario, case, plain) for scenario in Scenario])
    with Solver() as solver:
        starts: dict[int, Repair] = {}

        def exact(problem: RepairProblem) -> Repair:
            start = starts[id(problem)]
            working = with_calls(problem, start.calls)
            return exact_repair(working, start, seconds=case.seconds, solver=solver)

        return measure(lambda: [_scenario(scenario, case, exact, starts) for scenario in Scenario])


def _scenario(
    scenario: Scenario, case: Case, repair: Repairer, starts: dict[int, Repair] | None = None
) -> dict[str, Any]:
    """The figures of one scenario; where starts are wanted, the immediate repairs that were made before."""
    given = [problem for _, problem in problems(case, [scenario])]
    if starts is not None:
        starts.update((id(problem), immediate_repair(problem)) for problem in given)
    begun = time.perf_counter()
    repairs = [repair(problem) for problem in given]
    seconds = time.perf_counter() - begun
    return {"scenario": scenario.value, "seconds": seconds, **_summed(repairs, given)}


def compare(case: Case) -> list[list[str]]:
    """The rows of the table: each scenario in three ways."""
    ways = ("greedy", "matching", "exact")
    found = [in_own_process(_MODULE, "--work", way, *_words(case)).answer for way in ways]
    return [
        _row(way, figures)
        for three in zip(*found, strict=True)
        for way, figures in zip(ways, three, strict=True)
    ]


def _row(way: str, found: dict[str, Any]) -> list[str]:
    gap = "" if found["gap"] is None else f"{100 * found['gap']:.1f} %"
    figures = (found["empty"], found["changes"], round(found["burden"]), found["broken"])
    return [found["scenario"], way, *(f"{each:,}" for each in figures), f"{found['seconds']:.2f}", gap]


def large(case: Case, scenario: Scenario) -> list[str]:
    """The immediate layer's row for one case of a scenario, the fastest of several where it is short."""
    cost = in_own_process(_MODULE, "--large", scenario.value, *_words(case))
    lost = "half of the faculty" if scenario is Scenario.PCS_SEASON else "the worst single loss"
    return [f"{case.people} people, {case.days} days", lost, f"{cost.wall:.2f}", f"{cost.cpu:.2f}"]


def large_work(scenario: Scenario, case: Case) -> Cost:
    """The immediate repair of the case of a scenario that vacates most."""
    given = [problem for _, problem in problems(case, [scenario])]
    problem = max(given, key=lambda problem: int(problem.vacated.sum()))
    first = measure(lambda: immediate_repair(problem).cost)
    again = _REPEATS if first.cpu < _SHORT else 0
    return least_cpu([first, *(measure(lambda: immediate_repair(problem).cost) for _ in range(again))])


def _words(case: Case) -> tuple[object, ...]:
    return case.people, case.days, case.pairs, case.seconds


def _case(words: Sequence[str]) -> Case:
    return Case(int(words[0]), int(words[1]), int(words[2]), float(words[3]))


def main() -> None:
    """Print both tables, or do one piece of the work."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small programs only")
    parser.add_argument("--work", nargs=5, help=argparse.SUPPRESS)
    parser.add_argument("--large", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        print_cost(work(given.work[0], _case(given.work[1:])))
        return
    if given.large:
        print_cost(large_work(Scenario(given.large[0]), _case(given.large[1:])))
        return
    case = QUICK if given.quick else FULL
    print(f"{case.people} people, {case.days} days; sums over the cases of each scenario\n")
    header = ("scenario", "way", "empty slots", "changes", "burden", "rules broken", "seconds", "gap")
    print(table(header, compare(case)))
    print("\nThe immediate layer alone\n")
    sizes = QUICK_LARGE if given.quick else LARGE
    rows = [large(each, loss) for each in sizes for loss in (Scenario.ONE_FACULTY_LOSS, Scenario.PCS_SEASON)]
    print(table(("program", "lost", "seconds", "CPU seconds"), rows))


if __name__ == "__main__":
    main()
