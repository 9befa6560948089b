"""Contingency analysis against the programs one would write first, on the same schedules in the same run.

Usage: ``python -m benchmarks.contingency [--quick]``. Everything is measured after the schedule is loaded,
each piece in a process of its own. What would take too long is done for a random sample of the losses and
extrapolated to all of them; such times are marked with ~. Whatever two programs both computed must be equal.
"""

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.contingency_baselines import Loss, assigned_gaps, reassigned_gaps
from benchmarks.measuring import Cost, in_own_process, least_cpu, measure, print_cost, table
from benchmarks.synthetic import START, synthetic_program
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.snapshot import Snapshot
from residency.resilience.contingency import analyze
from residency.resilience.losses import pair_losses, single_losses
from residency.resilience.reassignment import reassignment_losses
from residency.resilience.vacancies import vacancy_losses

_MODULE = "benchmarks.contingency"
_SHORT = 1.0  # below so many seconds a measurement is repeated
_REPEATS = 5


@dataclass(frozen=True, slots=True)
class Case:
    """A schedule and how many of its losses the slow programs are asked for."""

    people: int
    days: int
    loops: int
    solved: int
    kind: str = "personal"


CASES = (
    Case(30, 90, loops=10**9, solved=10**9),
    Case(100, 90, loops=10**9, solved=200),
    Case(500, 90, loops=10_000, solved=12),
    Case(2000, 90, loops=3_000, solved=8),
    Case(2000, 90, loops=3_000, solved=4, kind="interchangeable"),
)
GROWING_DAYS = tuple(Case(300, days, 0, 0) for days in (30, 60, 120, 240))
GROWING_PEOPLE = tuple(Case(people, 30, 0, 0) for people in (250, 500, 1000, 2000))
QUICK = (Case(30, 28, loops=10**9, solved=100), Case(45, 28, loops=300, solved=60))
QUICK_DAYS = (Case(30, 7, 0, 0), Case(30, 28, 0, 0))
QUICK_PEOPLE = (Case(30, 28, 0, 0), Case(45, 28, 0, 0))


def load(case: Case) -> Snapshot:
    """The schedule of a case: people who all differ, or clinics whose staff stand in for each other."""
    if case.kind == "personal":
        return Snapshot.of(synthetic_program(case.people, case.days), Period.horizon(START, case.days))
    program = sample_program(case.people, case.days, 1, START, "UTC")
    return Snapshot.of(program, Period.horizon(START, case.days))


def losses_of(people: int, most: int) -> list[Loss]:
    """All singles and pairs, or a random sample of so many of them, the same every time."""
    rng = random.Random(people)  # noqa: S311 - a sample, not a secret
    total = people + people * (people - 1) // 2
    if most < total:
        drawn = (rng.sample(range(people), rng.choice([1, 2, 2, 2])) for _ in range(most))
        return [tuple(sorted(lost)) for lost in drawn]
    return [(person,) for person in range(people)] + list(combinations(range(people), 2))


def _numbers(snapshot: Snapshot, wanted: Sequence[Loss], kind: int) -> list[int]:
    """One of the three numbers of the wanted losses, from ours."""
    losses = single_losses(snapshot)
    single = (losses.assigned, losses.reassigned, losses.supervision)[kind].tolist()
    people = np.arange(snapshot.people)
    pairs = pair_losses(losses, people, people)
    keys = (pairs.a.astype(np.int64) * snapshot.people + pairs.b).tolist()
    of_pair = dict(zip(keys, pairs.numbers[kind].tolist(), strict=True))
    return [
        single[lost[0]] if len(lost) == 1 else of_pair.get(lost[0] * snapshot.people + lost[1], 0)
        for lost in wanted
    ]


def _assigned_only(snapshot: Snapshot) -> int:
    """Ours, assigned gaps alone: every pair's gap, in an array; the sum."""
    people = np.arange(snapshot.people)
    vacancies = vacancy_losses(snapshot)
    gap = vacancies.single[:, None] + vacancies.single
    beyond = vacancies.joint(people)
    gap.reshape(-1)[beyond.keys] += beyond.values
    return int(np.triu(gap, 1).sum())


def _whole(snapshot: Snapshot) -> dict[str, int]:
    """Ours: all three numbers of all singles and all pairs of everybody, and the whole report."""
    report = analyze(snapshot, who="all")
    return {"rows": len(report.n2), "fatal": report.fatal_pairs, "joint only": report.joint_only_count}


def _edges(snapshot: Snapshot) -> int:
    """Pairs of an available person and a demanded post that they may fill, over all half-days."""
    demanded, eligible = snapshot.demand > 0, snapshot.eligible[snapshot.block_year[0]]
    able = eligible.astype(np.float32) @ snapshot.available.astype(np.float32)
    return int(able[demanded].sum(dtype=np.float64))


def work(name: str, case: Case) -> Cost:
    """Load a schedule, then measure one program on it."""
    snapshot = load(case)
    wanted: dict[str, Callable[[], Any]] = {
        "assigned": lambda: _assigned_only(snapshot),
        "whole": lambda: _whole(snapshot),
        "matching": lambda: reassignment_losses(snapshot).tight_sets,
        "edges": lambda: _edges(snapshot),
        "loops": lambda: assigned_gaps(snapshot, losses_of(snapshot.people, case.loops)),
        "solved": lambda: reassigned_gaps(snapshot, losses_of(snapshot.people, case.solved)),
        "assigned numbers": lambda: _numbers(snapshot, losses_of(snapshot.people, case.loops), 0),
        "reassigned numbers": lambda: _numbers(snapshot, losses_of(snapshot.people, case.solved), 1),
    }
    first = measure(wanted[name])
    again = _REPEATS if name in {"assigned", "whole", "matching"} and first.cpu < _SHORT else 0
    return least_cpu([first, *(measure(wanted[name]) for _ in range(again))])


def run(name: str, case: Case) -> Cost:
    """The cost of one program on one schedule, from a process of its own."""
    given = (case.people, case.days, case.loops, case.solved, case.kind)
    cost = in_own_process(_MODULE, "--work", name, *given)
    print(f"{name}, {case.people} people, {case.days} days: {cost.cpu:.2f} s", file=sys.stderr)
    return cost


def compare(case: Case) -> tuple[list[str], list[str]]:
    """The rows of one schedule in the tables of the assigned-only and of the whole analysis."""
    total = case.people + case.people * (case.people - 1) // 2
    ours, loops = run("assigned", case), run("loops", case)
    whole, solved = run("whole", case), run("solved", case)
    assigned = _equal(case, "assigned", loops.answer, run("assigned numbers", case).answer)
    reassigned = _equal(case, "reassigned", solved.answer, run("reassigned numbers", case).answer)
    found = whole.answer.values()
    who = f"{case.people} people" + (", few kinds" if case.kind != "personal" else "")
    return (
        [who, f"{total:,}", *_against(ours, loops, total), assigned],
        [who, f"{total:,}", *_against(whole, solved, total), reassigned, *map(_with_commas, found)],
    )


def _with_commas(number: int) -> str:
    return f"{number:,}"


def _against(ours: Cost, theirs: Cost, total: int) -> list[str]:
    """CPU of ours and of a baseline for all losses, the ratio, and the memory of both."""
    done = len(theirs.answer)
    seconds = theirs.cpu * total / done
    sampled = f"~{seconds:,.0f} ({done:,})" if done < total else f"{seconds:,.2f}"
    memory = [f"{ours.memory:,.0f}", f"{theirs.memory:,.0f}"]
    return [f"{ours.cpu:.4f}", sampled, f"{seconds / ours.cpu:,.0f}x", *memory]


def _equal(case: Case, what: str, theirs: list[int], ours: list[int]) -> str:
    """How many numbers were compared and found equal, and how many of them are not 0."""
    if theirs != ours:
        different = sum(a != b for a, b in zip(theirs, ours, strict=True))
        raise SystemExit(f"{case}: {different} of {len(ours)} {what} gaps differ")
    return f"{len(ours):,} ({sum(map(bool, ours)):,})"


def growth(cases: Sequence[Case]) -> list[list[str]]:
    """How the cost of ours grows with the graphs and the output."""
    rows: list[list[str]] = []
    for case in cases:
        matching, whole = run("matching", case), run("whole", case)
        edges, pairs = run("edges", case).answer, case.people * (case.people - 1) // 2
        rows.append(
            [
                f"{case.people} people, {case.days} days",
                f"{edges:,}",
                f"{matching.cpu:.3f}",
                f"{1e9 * matching.cpu / edges:,.0f}",
                f"{pairs:,}",
                f"{whole.answer['rows']:,}",
                f"{whole.cpu:.3f}",
                f"{whole.memory:,.0f}",
            ]
        )
    return rows


def main(quick: bool) -> None:
    """Run everything and print the tables."""
    cases = QUICK if quick else CASES
    print(f"CPU seconds after loading, MiB beyond what was loaded; schedules of {cases[0].days} days.")
    print("~ extrapolated from a random sample of that many losses; equal: numbers that both computed.\n")
    assigned, whole = zip(*map(compare, cases), strict=True)
    both = ["ours, s", "baseline, s", "faster", "ours, MiB", "baseline, MiB", "equal (not 0)"]
    print("Nobody moves (assigned only), every single and pair, against loops over losses and half-days")
    print(table(["", "losses", *both], assigned))
    print("\nAll three numbers and the report, against Hopcroft-Karp for every loss and half-day")
    print(table(["", "losses", *both, "pairs hit", "fatal", "joint only"], whole))
    columns = ["", "edges", "matching, s", "ns/edge", "pairs", "pairs hit", "all, s", "all, MiB"]
    print("\nWith more half-days, the same people (edges: people times posts they may fill, over half-days)")
    print(table(columns, growth(QUICK_DAYS if quick else GROWING_DAYS)))
    print("\nWith more people, the same half-days")
    print(table(columns, growth(QUICK_PEOPLE if quick else GROWING_PEOPLE)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Contingency analysis against plain programs.")
    parser.add_argument("--quick", action="store_true", help="small schedules, a few seconds")
    parser.add_argument("--work", nargs=6, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        name, people, days, loops, solved, kind = given.work
        print_cost(work(name, Case(int(people), int(days), int(loops), int(solved), kind)))
    else:
        main(given.quick)
