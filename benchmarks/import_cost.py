"""What importing each flow module costs, against importing Prefect alone.

Usage: ``python -m benchmarks.import_cost [--runs N]``. CPU seconds of a fresh interpreter, in turn, after one
import of each that leaves byte code behind for the others.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

_PLANT = Path(__file__).parents[1] / "prefect.yaml"
_ALONE = "prefect"
_RATIO_WANTED = 1.2


def flow_modules() -> list[str]:
    """The modules of all flows that are deployed."""
    deployments: Iterable[Mapping[str, Any]] = yaml.safe_load(_PLANT.read_text())["deployments"]
    return sorted({str(each["entrypoint"]).rpartition(".")[0] for each in deployments})


def import_seconds(module: str, environment: Mapping[str, str]) -> float:
    """CPU seconds of one interpreter that imports one module."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # S603: our own interpreter and a name of ours.
    subprocess.run([sys.executable, "-c", f"import {module}"], env=environment, check=True)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured_in_turn(runs: int) -> dict[str, list[float]]:
    """Seconds of each import of Prefect alone and of each flow module."""
    modules = [_ALONE, *flow_modules()]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        for module in modules:
            import_seconds(module, environment)
        found: dict[str, list[float]] = {module: [] for module in modules}
        for _ in range(runs):
            for module in modules:
                found[module].append(import_seconds(module, environment))
    return found


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10, help="imports of each module (10)")
    runs = parser.parse_args().runs
    found = measured_in_turn(runs)
    alone = statistics.median(found[_ALONE])
    print(f"{runs} imports of each, in turn; wanted: at most {_RATIO_WANTED}x")
    print(f"{'':44}{'median CPU s':>14}{'least':>8}{'ratio':>8}")
    for module, seconds in found.items():
        median = statistics.median(seconds)
        print(f"import {module:37}{median:>14.2f}{min(seconds):>8.2f}{median / alone:>7.2f}x")


if __name__ == "__main__":
    main()
