"""The one way to a repaired schedule: at once, and better where there is time for the exact layer."""

from collections.abc import Callable
from dataclasses import replace

from residency.scheduling.call_cover import with_calls
from residency.scheduling.duty_gate import DutyGate
from residency.scheduling.immediate import immediate_repair
from residency.scheduling.problem import RepairProblem
from residency.scheduling.repaired import Repair


def repair(
    problem: RepairProblem,
    *,
    seconds: float | None = None,
    workers: int = 2,
    progress: Callable[[float], None] | None = None,
) -> Repair:
    """A legal repair of a disrupted schedule, always.

    The immediate layer answers first. With ``seconds`` the exact layer improves on it within that budget and
    says how far it is from the best there can be; what comes back is never worse than the immediate answer,
    by cost and then by burden.

    Args:
        problem: the disrupted schedule.
        seconds: time for the exact layer, above 0; None leaves it out.
        workers: threads of the exact layer.
        progress: told the share of the work done, 0..1.
    """
    at_once = immediate_repair(problem)
    if seconds is None:
        return at_once
    from residency.scheduling.exact import exact_repair  # its solver takes time to load

    # Who takes call over rests after it: for the exact layer they are away then.
    working = with_calls(problem, at_once.calls)
    proven = exact_repair(working, at_once, seconds=seconds, workers=workers, progress=progress)
    return better_of(problem, at_once, proven)


def better_of(problem: RepairProblem, at_once: Repair, proven: Repair) -> Repair:
    """The exact answer where it is as legal as the immediate one and no worse, else the immediate one.

    The bound is proven either way.
    """
    broken = DutyGate(problem).new_violations(proven.service, proven.role, proven.calls)
    known = {finding.key for finding in at_once.new_violations}
    is_worse = (proven.cost, proven.burden) > (at_once.cost, at_once.burden)
    if is_worse or any(finding.key not in known for finding in broken):
        return replace(at_once, bound=proven.bound)
    return proven
