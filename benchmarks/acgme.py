"""The duty-hours engine against the programs one would write first, on the same duty in the same run.

Usage: ``python -m benchmarks.acgme [--quick]``. Everything is measured after the duty is loaded, each piece
in a process of its own. Ours judges every rule of a rule set with all its words; the others only HOURS_80
with its early warning, FREE_DAY, REST_8, REST_14_AFTER_24, CONTINUOUS_24_4 and CALL_Q3. What would take too
long is done for the first of the people and extrapolated to all; such times are marked with ~. What both
find must be equal.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.acgme_baselines import frame_of, people_of, plain, with_pandas
from benchmarks.duty import planned_duty
from benchmarks.measuring import Cost, in_own_process, least_cpu, measure, print_cost, table
from residency.acgme.engine import judge
from residency.acgme.findings import Verdict
from residency.acgme.record import DutyRecord
from residency.acgme.rules import rule_set

_MODULE = "benchmarks.acgme"
_REPEATS = 4
_COMPARED = {"HOURS_80", "FREE_DAY", "REST_8", "REST_14_AFTER_24", "CONTINUOUS_24_4", "CALL_Q3"}


@dataclass(frozen=True, slots=True)
class Case:
    """Planned duty, and for how many of the people the slow programs are asked."""

    people: int
    days: int
    plain: int
    pandas: int


CASES = (Case(2000, 365, plain=200, pandas=60), Case(200, 3650, plain=10, pandas=6))
QUICK = (Case(24, 120, plain=24, pandas=6), Case(6, 400, plain=3, pandas=2))


def broken(record: DutyRecord) -> list[list[str]]:
    """What ours finds broken, of the rules that the others know too."""
    early = Verdict.EARLY_WARNING
    return sorted(
        ["early warning" if each.verdict is early else each.rule, each.person, each.window_start]
        for each in judge(record, rule_set()).findings
        if each.rule in _COMPARED
    )


def first_of(record: DutyRecord, people: int) -> DutyRecord:
    """The first people of a record and what belongs to them."""
    away = record.leave.person < people
    leave = replace(
        record.leave,
        person=record.leave.person[away],
        first=record.leave.first[away],
        last=record.leave.last[away],
    )
    return replace(
        record,
        people=record.people[:people],
        duties=record.duties.take(record.duties.person < people),
        leave=leave,
        periods=tuple(period for period in record.periods if period.person < people),
        pgy={key: level for key, level in record.pgy.items() if key[0] < people},
    )


def work(name: str, case: Case) -> Cost:
    """Load the duty, then measure one program on it."""
    record = planned_duty(case.people, case.days)
    if name == "ours":
        return least_cpu([measure(lambda: _summary(record)) for _ in range(_REPEATS)])
    if name == "plain":
        some = people_of(record, case.plain)
        return measure(lambda: sorted(map(list, plain(some))))
    few = people_of(record, case.pandas)
    frame = frame_of(few)
    with_pandas(frame_of(few[:1]), few[:1])  # what it imports is no work
    return measure(lambda: sorted(map(list, with_pandas(frame, few))))


def _summary(record: DutyRecord) -> dict[str, int]:
    tallies = judge(record, rule_set()).by_rule.values()
    return {"entries": len(record.duties), "checked": sum(tally.checked for tally in tallies)}


def run(name: str, case: Case) -> Cost:
    """The cost of one program on one plan, from a process of its own."""
    cost = in_own_process(_MODULE, "--work", name, case.people, case.days, case.plain, case.pandas)
    print(f"{name}, {case.people} people, {case.days} days: {cost.cpu:.2f} s", file=sys.stderr)
    return cost


def compare(case: Case) -> list[list[str]]:
    """The rows of one plan: ours, pandas and plain loops."""
    ours, record = run("ours", case), planned_duty(case.people, case.days)
    found = ours.answer
    rows = [
        [
            f"{case.people} people, {case.days} days",
            "ours",
            f"{ours.cpu:.2f}",
            "",
            f"{ours.memory:,.0f}",
            f"{found['entries']:,} entries, {found['checked']:,} checks",
        ]
    ]
    for name, people in (("pandas", case.pandas), ("plain", case.plain)):
        theirs = run(name, case)
        equal = _equal(case, name, theirs.answer, broken(first_of(record, people)))
        seconds = theirs.cpu * case.people / people
        sampled = f"~{seconds:,.0f} ({people} people)" if people < case.people else f"{seconds:,.2f}"
        cells = ["", name, sampled, f"{seconds / ours.cpu:,.0f}x", f"{theirs.memory:,.0f}", equal]
        rows.append(cells)
    return rows


def _equal(case: Case, name: str, theirs: Sequence[Sequence[str]], ours: Sequence[Sequence[str]]) -> str:
    """How many broken rules were compared and found equal."""
    if list(theirs) != list(ours):
        different = len(set(map(tuple, theirs)) ^ set(map(tuple, ours)))
        raise SystemExit(f"{case}: {different} findings of {name} and ours differ")
    return f"{len(ours):,} findings, equal"


def main(quick: bool) -> None:
    """Run everything and print the table."""
    print("CPU seconds after loading, MiB beyond what was loaded (of the people named).")
    print("~ extrapolated from the first people; equal: findings that both programs made.\n")
    rows = [row for case in (QUICK if quick else CASES) for row in compare(case)]
    print(table(["", "program", "s", "ours is faster", "MiB", ""], rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Duty hours against plain programs.")
    parser.add_argument("--quick", action="store_true", help="small plans, a few seconds")
    parser.add_argument("--work", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        name, people, days, loops, frames = given.work
        print_cost(work(name, Case(int(people), int(days), int(loops), int(frames))))
    else:
        main(given.quick)
