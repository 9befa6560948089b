"""Rosters found within a time limit against the best published ones, instance by instance.

Usage: ``python -m benchmarks.rostering FOLDER [--seconds 60] [--workers 2] [--only 1,2,3]`` with a folder
that holds Instance1.txt, Instance2.txt and so on, the published instances of Curtois and Qu; they are not in
this repository. ``--quick`` needs no folder: it makes an instance up, whose best roster it finds by trying
all. Each is solved by the command ``residency solve``, start-up included in its time.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import table
from residency.scheduling.rostering.evaluation import evaluate
from residency.scheduling.rostering.instance import Instance
from residency.scheduling.rostering.reader import parse_instance

# The best penalties published for the instances.
PUBLISHED = {
    "Instance1": 607,
    "Instance2": 828,
    "Instance3": 1001,
    "Instance4": 1716,
    "Instance5": 1143,
    "Instance6": 1950,
    "Instance7": 1056,
    "Instance8": 1300,
    "Instance9": 439,
    "Instance10": 4631,
    "Instance11": 3443,
    "Instance12": 4040,
}

_HEADER = ("instance", "ours", "bound", "published", "over", "status", "wall s", "load")

_MADE_UP = """SECTION_HORIZON
7
SECTION_SHIFTS
D,480,
N,600,D
SECTION_STAFF
Ann,D=7|N=2,2760,1440,4,2,2,1
Bo,D=7|N=7,2760,1440,4,2,2,1
SECTION_DAYS_OFF
Ann,0
SECTION_SHIFT_ON_REQUESTS
Bo,1,N,3
SECTION_SHIFT_OFF_REQUESTS
Ann,5,D,4
SECTION_COVER
"""


def made_up() -> str:
    """A week of two people that can be solved by trying every roster."""
    return _MADE_UP + "".join(f"{day},D,1,100,1\n{day},N,1,60,1\n" for day in range(7))


def best_by_trying_all(instance: Instance) -> int:
    """Least penalty of all legal rosters of an instance of two people."""
    rows = [np.array(row, np.int16) for row in itertools.product((-1, 0, 1), repeat=instance.days)]
    empty = np.full((instance.people, instance.days), -1, np.int16)
    legal: list[list[np.ndarray]] = []
    for person, name in enumerate(instance.person_ids):
        alone = [_with_row(empty, person, row) for row in rows]
        told = [evaluate(instance, roster).broken for roster in alone]
        legal.append([row for row, all_told in zip(rows, told, strict=True) if not _about(name, all_told)])
    both = (np.stack(pair) for pair in itertools.product(*legal))
    return min(evaluate(instance, roster).penalty for roster in both)


def _with_row(roster: np.ndarray, person: int, row: np.ndarray) -> np.ndarray:
    changed = roster.copy()
    changed[person] = row
    return changed


def _about(name: str, told: tuple[str, ...]) -> bool:
    return any(sentence.startswith(f"{name} ") for sentence in told)


def solve(path: Path, seconds: float, workers: int) -> tuple[dict[str, Any], float]:
    """What the command prints for a file, and its wall time."""
    command = Path(sys.executable).with_name("residency")
    words = ["solve", path, "--json", "--time-limit", seconds, "--workers", workers]
    begun = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own command
        [command, *map(str, words)], stdout=subprocess.PIPE, text=True, check=False
    )
    wall = time.perf_counter() - begun
    if not done.stdout:
        raise SystemExit(f"{path.name}: the command ended with {done.returncode} and printed nothing")
    return json.loads(done.stdout), wall


def row_of(name: str, best: int | None, body: dict[str, Any], wall: float) -> tuple[str, ...]:
    """One line of the table."""
    ours = body["objective"]
    over = f"{100 * (ours - best) / best:.1f} %" if ours is not None and best else "-"
    known = [str(value) if value is not None else "-" for value in (ours, body["bound"], best)]
    return (name, *known, over, body["status"], f"{wall:.1f}", f"{os.getloadavg()[0]:.1f}")


def quick() -> None:
    """Solve the made-up instance, which must be proven and equal to what trying all finds."""
    best = best_by_trying_all(parse_instance(made_up(), "made up"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "MadeUp.txt"
        path.write_text(made_up())
        body, wall = solve(path, 30, 2)
    print(table(_HEADER, [row_of("made up", best, body, wall)]))
    if (body["status"], body["objective"]) != ("optimal", best):
        raise SystemExit(f"the best roster has {best}, ours {body['objective']} ({body['status']})")


def main() -> None:
    """Print the table, a line as soon as its instance is solved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="numbers of instances, separated by commas")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    if asked.quick:
        quick()
        return
    if asked.folder is None:
        parser.error("a folder with Instance1.txt ... is needed, or --quick")
    chosen = [f"Instance{number}" for number in asked.only.split(",")] if asked.only else list(PUBLISHED)
    rows: list[tuple[str, ...]] = []
    for name in chosen:
        path = asked.folder / f"{name}.txt"
        if not path.is_file():
            parser.error(f"{path} does not exist")
        body, wall = solve(path, asked.seconds, asked.workers)
        rows.append(row_of(name, PUBLISHED.get(name), body, wall))
        print("  ".join(rows[-1]), file=sys.stderr, flush=True)
    print(table(_HEADER, rows))


if __name__ == "__main__":
    main()
