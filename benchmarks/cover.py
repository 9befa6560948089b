"""Who can cover, and what breaks: CPU after the schedule is loaded, for every tenth person of a program.

Usage: ``python -m benchmarks.cover [--quick]``. The baseline judges each person and slot by itself, as one
would write it first, with the same engine; both must find the same.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import TypeVar

from benchmarks.measuring import table
from residency.acgme.rules import rule_set
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.records import Program
from residency.scheduling.absence_case import AbsenceCase
from residency.scheduling.absence_effects import absence_effects
from residency.scheduling.bench import Bench, Offer
from residency.scheduling.cover_report import cover_report
from residency.scheduling.openings import CallOpening, openings
from residency.scheduling.variants import Variant, effects

_T = TypeVar("_T")

_START = date(2026, 7, 6)
_DAYS = 120
_AWAY_AFTER = 49
_COMPARED = 30
"""Variants of each absence that are judged one by one, too."""


@dataclass(frozen=True, slots=True)
class Case:
    """A program's size and how long somebody is away."""

    people: int
    days_away: int


@dataclass(frozen=True, slots=True)
class Timed:
    """CPU seconds of the questions about one person."""

    slots: int
    cover: float
    simulate: float
    together: float
    one_by_one: float


CASES = (Case(30, 7), Case(100, 7), Case(100, 28))
QUICK = (Case(20, 7),)


def timed(program: Program, person: str, days_away: int) -> Timed:
    """Ask both questions about a person, and judge all variants together and one by one."""
    first = _START + timedelta(days=_AWAY_AFTER)
    days, covered = (first, first + timedelta(days=days_away - 1)), [Period.horizon(_START, _DAYS)]
    case, loaded = cpu(lambda: AbsenceCase.of(program, person, days, rule_set(), covered))
    report, cover = cpu(lambda: cover_report(case, naming="id"))
    _, simulate = cpu(lambda: absence_effects(case, naming="id"))
    everybody = variants(case)
    chosen = everybody[:: 1 + len(everybody) // _COMPARED]
    at_once, together = cpu(lambda: effects(case, chosen))
    alone, one_by_one = cpu(lambda: [effects(case, [each])[0] for each in chosen])
    if list(at_once) != alone:
        raise AssertionError(f"{person}: judged together and one by one, people differ")
    return Timed(len(report.slots), loaded + cover, loaded + simulate, together, one_by_one)


def variants(case: AbsenceCase) -> list[Variant]:
    """Everybody who is asked, once for each slot."""
    bench = Bench(case)
    answers = (
        answer
        for each in openings(case)
        for answer in (bench.for_call(each.shift) if isinstance(each, CallOpening) else bench.for_slot(each))
    )
    return [answer.variant for answer in answers if isinstance(answer, Offer)]


def cpu(work: Callable[[], _T]) -> tuple[_T, float]:
    """What some work gives, and its CPU seconds."""
    begun = time.process_time()
    given = work()
    return given, time.process_time() - begun


def row(case: Case) -> list[str]:
    """The figures of a case."""
    program = sample_program(people=case.people, days=_DAYS, seed=1, start=_START, timezone="UTC")
    timed(program, program.people[0].id, case.days_away)  # what is imported on first use is no part of it
    found = [timed(program, each.id, case.days_away) for each in program.people[::10]]
    together, alone = (sum(getattr(each, name) for each in found) for name in ("together", "one_by_one"))
    return [
        f"{case.people} people, {case.days_away} days away",
        str(max(each.slots for each in found)),
        f"{median(each.cover for each in found):.3f} s",
        f"{max(each.cover for each in found):.3f} s",
        f"{max(each.simulate for each in found):.3f} s",
        f"{alone / together:.1f}",
    ]


def main(arguments: Sequence[str]) -> None:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small case, for the tests")
    quick: bool = parser.parse_args(arguments).quick
    header = ["", "most slots", "cover, median", "cover, worst", "simulate, worst", "one by one / together"]
    print(table(header, [row(case) for case in (QUICK if quick else CASES)]))


if __name__ == "__main__":
    main(sys.argv[1:])
