"""The work pool and its queues: what is wanted, what the server has, and how each is made and changed."""

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.apply.checkout import Plan
from stack.apply.resources import Change, Fields, Kind, Resource, Stored
from stack.prefect_api import POOL, PrefectApi

MARK = "Kept by `residency apply`."
"""Ends the description of each queue of ours; a queue without it is somebody's own."""

_POOL_PATH = f"/work_pools/{POOL}"
_IMAGE = "image default"


class WorkPoolError(ResidencyError):
    """The work pool cannot be made as the settings ask."""

    code = "work_pool"


def wanted_work(plan: Plan, settings: Settings) -> list[Resource]:
    """The pool, and its queues in the order of their priority."""
    fields: dict[str, JsonValue] = {"type": settings.work_pool_type}
    if settings.work_pool_image is not None and settings.work_pool_type != "process":
        fields[_IMAGE] = settings.work_pool_image
    pool = Resource(Kind.WORK_POOL, POOL, fields, fixed=frozenset({"type"}))
    queues = sorted(plan.definitions.work_queues.items(), key=lambda item: item[1].priority)
    return [
        pool,
        *(
            Resource(
                Kind.WORK_QUEUE,
                name,
                {
                    "limit": queue.limit,
                    "priority": queue.priority,
                    "description": f"{queue.description} {MARK}",
                },
            )
            for name, queue in queues
        ),
    ]


def stored_work(api: PrefectApi) -> list[Stored]:
    """The pool and its queues, if there is one."""
    pool = api.ask("GET", _POOL_PATH, missing=None)
    if pool is None:
        return []
    variables = pool["base_job_template"].get("variables", {}).get("properties", {})
    image = variables.get("image", {}).get("default")
    queues = api.pages(f"{_POOL_PATH}/queues/filter", {})
    return [
        Stored(Kind.WORK_POOL, POOL, _POOL_PATH, {"type": pool["type"], _IMAGE: image}),
        *(
            Stored(
                Kind.WORK_QUEUE,
                queue["name"],
                f"{_POOL_PATH}/queues/{queue['name']}",
                {
                    "limit": queue["concurrency_limit"],
                    "priority": queue["priority"],
                    "description": queue["description"],
                },
                ours=(queue["description"] or "").endswith(MARK),
            )
            for queue in queues
        ),
    ]


def write_pool(api: PrefectApi, change: Change) -> None:
    """Make the pool from Prefect's template of its type, or set the defaults of ours in the one that it has.

    Raises:
        WorkPoolError: if Prefect knows no template of the type, or the template has lost a variable.
    """
    if change.stored is None:
        kind = str(change.fields["type"])
        template = _with_defaults(_default_template(kind), change.fields)
        body = {"name": POOL, "type": kind, "base_job_template": template}
        api.ask("POST", "/work_pools/", {**body, "description": f"Runs of this program's flows. {MARK}"})
        return
    # Everything else that somebody wrote into the template stays.
    template = api.ask("GET", _POOL_PATH)["base_job_template"]
    api.ask("PATCH", _POOL_PATH, {"base_job_template": _with_defaults(template, change.fields)})


def write_queue(api: PrefectApi, change: Change) -> None:
    """Make or change one queue; Prefect moves a queue of the same priority behind it."""
    names = {"limit": "concurrency_limit", "priority": "priority", "description": "description"}
    body = {names[name]: value for name, value in change.fields.items()}
    # Prefect makes a queue named default along with the pool, after the changes were looked for.
    if change.stored is None and change.name not in api.queue_names():
        api.ask("POST", f"{_POOL_PATH}/queues", {"name": change.name, **body})
    else:
        api.ask("PATCH", f"{_POOL_PATH}/queues/{change.name}", body)


def queue_order(changes: Sequence[Change]) -> list[Change]:
    """Changes of queues by the priority that is wanted: each then only moves those that come after it."""

    def priority(change: Change) -> int:
        return int(str(change.wanted.fields["priority"])) if change.wanted else 0

    return sorted(changes, key=priority)


def _default_template(kind: str) -> dict[str, JsonValue]:
    from prefect.workers.utilities import get_default_base_job_template_for_infrastructure_type

    template = asyncio.run(get_default_base_job_template_for_infrastructure_type(kind))
    if template is None:
        raise WorkPoolError(
            f"Prefect gives no template for work pools of type {kind}; install prefect-{kind} here "
            "(prefect-aws for ecs), or let the server reach the internet"
        )
    return template


def _with_defaults(template: dict[str, JsonValue], fields: Fields) -> dict[str, JsonValue]:
    """The template with our defaults in its variables."""
    if _IMAGE not in fields:
        return template
    variables = template.get("variables")
    properties = variables.get("properties") if isinstance(variables, dict) else None
    image = properties.get("image") if isinstance(properties, dict) else None
    if not isinstance(image, dict) or not isinstance(variables, dict) or not isinstance(properties, dict):
        raise WorkPoolError(
            f"the job template of work pool {POOL} has no variable `image`, which RESIDENCY_WORK_POOL_IMAGE "
            "sets; put the variable back, or unset RESIDENCY_WORK_POOL_IMAGE"
        )
    changed: dict[str, JsonValue] = {**properties, "image": {**image, "default": fields[_IMAGE]}}
    with_image: dict[str, JsonValue] = {**variables, "properties": changed}
    return {**template, "variables": with_image}
