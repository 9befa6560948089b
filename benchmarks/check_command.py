"""What `residency check contingency` costs as a process, against only importing the libraries that it uses.

Usage: ``python -m benchmarks.check_command [--quick]``. The two run in turn, on a bundle of CSV files.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import Cost, run_measured, table
from benchmarks.synthetic import START, synthetic_program
from residency.importing.sample import sample_program
from residency.importing.writing import write_bundle

SECONDS_WANTED = 2.0
_RUN = "from cli.main import run; run()"
_LIBRARIES = "import numpy, pydantic, pydantic_settings, rich.console, rich.table, typer"


def main(people: int, days: int, runs: int) -> int:
    """Measure and print; the exit code is 0 when the command is as fast as wanted."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RESIDENCY_")}
    with tempfile.TemporaryDirectory(prefix="check-benchmark-") as folder:
        environment["RESIDENCY_HOME"] = folder
        sample, personal = Path(folder) / "sample", Path(folder) / "personal"
        write_bundle(sample_program(people, days, 1, START, "UTC"), sample)
        write_bundle(synthetic_program(people, days), personal)
        checking = ["check", "contingency"]
        commands: dict[str, tuple[str, list[str]]] = {
            "check contingency, sample bundle": (_RUN, [*checking, str(sample)]),
            "the same, pairs of everybody": (_RUN, [*checking, str(sample), "--who", "all"]),
            "the same, no two people alike": (_RUN, [*checking, str(personal), "--who", "all"]),
            "baseline: importing the libraries": (_LIBRARIES, []),
        }
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, (code, arguments) in commands.items():
                costs[name].append(run_measured(code, arguments, environment))
    print(f"{people} people x {days} days; medians of {runs} processes of each, in turn\n")
    rows = [
        [
            name,
            f"{statistics.median(cost.wall for cost in each):.2f}",
            f"{statistics.median(cost.cpu for cost in each):.2f}",
            f"{max(cost.peak for cost in each):.0f}",
        ]
        for name, each in costs.items()
    ]
    print(table(["", "wall, s", "CPU, s", "MiB at the peak"], rows))
    print(f"\nwanted: under {SECONDS_WANTED:.0f} s with start-up, on a quiet machine")
    slowest = max(statistics.median(cost.cpu for cost in each) for each in costs.values())
    return 0 if slowest < SECONDS_WANTED else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The check command as a process.")
    parser.add_argument("--quick", action="store_true", help="30 people, 14 days, one run of each")
    sys.exit(main(30, 14, 1) if parser.parse_args().quick else main(100, 90, 5))
