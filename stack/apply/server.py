"""Reading everything that may be ours from a server, and carrying out changes there in order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from residency.settings import Settings
from stack.apply import automations, blocks, deployments, shared_values, work
from stack.apply.checkout import Plan, read_automations, read_plan
from stack.apply.resources import Action, Change, Kind, Resource, Stored, difference, is_empty
from stack.prefect_api import PrefectApi, PrefectApiError

_PASSES = 4
"""Writing one queue may move another, so what is left is looked at again; two passes are the rule."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything that this checkout and these settings want of a server."""

    plan: Plan
    resources: tuple[Resource, ...]

    def of(self, kind: Kind) -> list[Resource]:
        """The wanted resources of one kind."""
        return [resource for resource in self.resources if resource.kind is kind]


def wish(settings: Settings) -> Wish:
    """Read the checkout; imports Prefect and every flow.

    Raises:
        InvalidInputError: if prefect.yaml, an automation or a flow is not as it must be.
    """
    plan = read_plan()
    found = [
        *blocks.wanted_block_types(),
        *shared_values.wanted_variables(plan),
        *shared_values.wanted_global_limits(plan),
        *work.wanted_work(plan, settings),
        *blocks.wanted_documents(settings),
        *deployments.wanted_deployments(plan),
        *deployments.wanted_schedules(plan),
    ]
    names = {kind: {each.name for each in found if each.kind is kind} for kind in Kind}
    files = read_automations()
    found += automations.wanted_automations(files, names[Kind.DEPLOYMENT], names[Kind.BLOCK_DOCUMENT])
    return Wish(plan, tuple(found))


def present(api: PrefectApi, wanted: Wish) -> list[Stored]:
    """What the server has of these kinds and names.

    Raises:
        PrefectApiError: if it does not answer or refuses us.
    """
    return [
        *blocks.stored_block_types(api, wanted.of(Kind.BLOCK_TYPE)),
        *shared_values.stored_variables(api),
        *shared_values.stored_global_limits(api),
        *work.stored_work(api),
        *blocks.stored_documents(api, wanted.of(Kind.BLOCK_DOCUMENT)),
        *deployments.stored_deployments(api, wanted.plan),
        *automations.stored_automations(api),
    ]


def changes(api: PrefectApi, wanted: Wish, *, prune: bool, renew: bool) -> list[Change]:
    """What would have to be done; see :func:`stack.apply.resources.difference`."""
    return difference(wanted.resources, present(api, wanted), prune=prune, renew=renew)


def carry_out(
    api: PrefectApi, wanted: Wish, say: Callable[[Change], None], *, prune: bool, renew: bool
) -> list[Change]:
    """Make the server match, and look again until it does; each step may be repeated after a kill.

    Returns:
        The steps taken, and what was left as it is and why.

    Raises:
        ConflictError: if something there cannot be changed.
        PrefectApiError: if the server refuses a step; those before it are done.
    """
    taken: list[Change] = []
    left: list[Change] = []
    found: list[Change] = []
    for _ in range(_PASSES):
        found = changes(api, wanted, prune=prune, renew=renew)
        left = [change for change in found if change.action is Action.KEEP]
        if is_empty(found):
            break
        for change in _in_order(found):
            _write(api, change)
            say(change)
            taken.append(change)
    else:
        names = ", ".join(f"{change.kind} {change.name}" for change in _in_order(found))
        raise PrefectApiError(f"the Prefect server does not keep what is written to it: {names}")
    for change in left:
        say(change)
    return taken + left


def _in_order(found: Sequence[Change]) -> list[Change]:
    steps = [change for change in found if change.action is not Action.KEEP]
    queues = [change for change in steps if change.kind is Kind.WORK_QUEUE and change.wanted is not None]
    sorted_queues: Iterable[Change] = iter(work.queue_order(queues))
    return [next(sorted_queues) if change in queues else change for change in steps]


def _write(api: PrefectApi, change: Change) -> None:
    if change.action is Action.REMOVE and change.stored is not None:
        # Gone already when a deployment took its schedules along.
        api.ask("DELETE", change.stored.path, missing=None)
    elif change.kind is Kind.BLOCK_TYPE:
        blocks.write_block_type(change)
    else:
        _WRITERS[change.kind](api, change)


_WRITERS: dict[Kind, Callable[[PrefectApi, Change], None]] = {
    Kind.VARIABLE: shared_values.write_variable,
    Kind.GLOBAL_LIMIT: shared_values.write_global_limit,
    Kind.WORK_POOL: work.write_pool,
    Kind.WORK_QUEUE: work.write_queue,
    Kind.BLOCK_DOCUMENT: blocks.write_document,
    Kind.DEPLOYMENT: deployments.write_deployment,
    Kind.SCHEDULE: deployments.write_schedule,
    Kind.AUTOMATION: automations.write_automation,
}
