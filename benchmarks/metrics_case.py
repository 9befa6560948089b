"""A made-up schedule with the version before it, as the benchmark of the measures loads it."""

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.synthetic import START
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.quality.rows import NONE, PreviousSchedule, VersionRows

CHANGED = 0.04
"""Share of the assignments that the version before holds otherwise, and as many that it lacks."""

CAUSES = 200
"""Different causes among a quarter of all changes."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What there is after loading; ``year`` is the academic year that holds most of the period."""

    program: Program
    snapshot: Snapshot
    rows: VersionRows
    previous: PreviousSchedule
    year: int


def load(people: int, days: int) -> Loaded:
    """The same schedule for the same arguments."""
    program = sample_program(people, days, 1, START, "UTC")
    period = Period.horizon(START, days)
    snapshot = Snapshot.of(program, period)
    rows = VersionRows.of(program, [period])
    rng = np.random.default_rng(people)
    drawn = rng.random(len(rows))
    other = rng.integers(0, len(rows.services), len(rows)).astype(np.int32)
    service = np.where(drawn < CHANGED, other, rows.service).astype(np.int32)
    before = replace(rows, service=service).take(drawn < 1 - CHANGED)
    touched = (drawn < CHANGED) | (drawn >= 1 - CHANGED)
    caused = touched & (rng.random(len(rows)) < 0.25)
    cause = np.where(caused, rng.integers(0, CAUSES, len(rows)), NONE).astype(np.int32)
    causes = tuple(f"cause {number}" for number in range(CAUSES))
    year = int(np.bincount(snapshot.block_year).argmax())
    now = replace(rows, cause=cause, causes=causes)
    return Loaded(program, snapshot, now, PreviousSchedule(before, frozenset()), year)
