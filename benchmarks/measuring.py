"""What a piece of work costs: CPU, wall and peak memory, each measured in a fresh process of its own."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds and mebibytes; ``peak`` is the process's largest resident size, ``before`` that of its start.

    ``answer`` is what the work found, as JSON can say it.
    """

    cpu: float
    wall: float
    before: float
    peak: float
    answer: Any

    @property
    def memory(self) -> float:
        """MiB that the work needed beyond what was loaded before it."""
        return self.peak - self.before


def measure(work: Callable[[], Any]) -> Cost:
    """Do some work once in this process."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _memory("VmRSS")
    cpu, wall = time.process_time(), time.perf_counter()
    answer = work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall, before, _memory("VmHWM"), answer)


def least_cpu(costs: Sequence[Cost]) -> Cost:
    """The least CPU of several costs with the peak of all: noise only ever adds."""
    best = min(costs, key=lambda cost: cost.cpu)
    return Cost(best.cpu, best.wall, costs[0].before, max(cost.peak for cost in costs), best.answer)


def print_cost(cost: Cost) -> None:
    """How a process tells its cost to :func:`in_own_process`."""
    print(json.dumps(asdict(cost)))


def in_own_process(module: str, *arguments: object, secret: str = "") -> Cost:
    """Run ``python -m module arguments`` and read the cost that it prints; a secret goes in by its input."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(  # noqa: S603 - this interpreter and a module of this repository
        command, cwd=REPOSITORY, input=secret, stdout=subprocess.PIPE, text=True, check=True
    )
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def run_measured(code: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Run Python code with arguments in a fresh interpreter, to its end, which must be a good one."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the benchmark's own code
        [sys.executable, "-c", _TELLING_PEAK.format(code), *arguments],
        cwd=REPOSITORY,
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, wall, 0.0, _mebibytes(done.stderr, "VmHWM"), None)


_TELLING_PEAK = """
import sys
try:
    {}
finally:
    print(open("/proc/self/status").read(), file=sys.stderr)
"""


def _memory(field: str) -> float:
    """MiB that the kernel tells of this process; a parent's size, which ru_maxrss inherits, is not in it."""
    return _mebibytes(Path("/proc/self/status").read_text(), field)


def _mebibytes(status: str, field: str) -> float:
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(f"{field}:"))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their cells, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (header, ["-" * width for width in widths], *rows)
    ]
    return "\n".join(lines)
