"""Deployments and their schedules: what is wanted, what the server has, and how each is written.

The result is that of ``prefect deploy --all``, without its seconds for each deployment and without its
reviving what somebody paused.
"""

import json
from functools import cache
from typing import Any, cast

from pydantic import JsonValue

from residency.errors import InvalidInputError
from stack.apply.checkout import PLAN, DeploymentPlan, Plan
from stack.apply.resources import Change, Kind, Resource, Stored
from stack.prefect_api import POOL, PrefectApi

_OURS = "flows."
"""How the entrypoint of each deployment of ours begins."""


def wanted_deployments(plan: Plan) -> list[Resource]:
    """Each deployment with the parameters that its flow takes, which asks for the import of every flow.

    Raises:
        InvalidInputError: if an entrypoint is no flow, or a parameter is none of its flow's.
    """
    return [_wanted(plan, deployment) for deployment in plan.deployments]


def wanted_schedules(plan: Plan) -> list[Resource]:
    """Each schedule; made active, and left alone in that from then on."""
    return [
        Resource(
            Kind.SCHEDULE,
            f"{_full_name(deployment)}/{schedule.slug}",
            {
                "cron": schedule.cron,
                "timezone": schedule.timezone,
                "day_or": True,
                "parameters": schedule.parameters,
            },
            initial={"active": True},
        )
        for deployment in plan.deployments
        for schedule in deployment.schedules
    ]


def stored_deployments(api: PrefectApi, plan: Plan) -> list[Stored]:
    """Deployments of our names and of our pool, with their schedules that have a slug."""
    path = "/deployments/filter"
    names = [deployment.name for deployment in plan.deployments]
    found = api.pages(path, {"deployments": {"name": {"any_": names}}})
    found += api.pages(path, {"work_pools": {"name": {"any_": [POOL]}}})
    deployments: dict[str, dict[str, Any]] = {deployment["id"]: deployment for deployment in found}
    if not deployments:
        return []
    flow_ids = sorted({deployment["flow_id"] for deployment in deployments.values()})
    flows = {
        flow["id"]: flow["name"] for flow in api.pages("/flows/filter", {"flows": {"id": {"any_": flow_ids}}})
    }
    stored: list[Stored] = []
    for deployment in deployments.values():
        full_name = f"{flows[deployment['flow_id']]}/{deployment['name']}"
        stored.append(_stored(full_name, deployment))
        stored += _stored_schedules(full_name, deployment)
    return stored


def write_deployment(api: PrefectApi, change: Change) -> None:
    """Make a deployment without schedules, or change it, leaving paused what is."""
    wanted = cast("Resource", change.wanted).fields
    limit = cast("dict[str, JsonValue] | None", wanted["concurrency"])
    body: dict[str, object] = {
        **{name: value for name, value in wanted.items() if name != "concurrency"},
        "concurrency_limit": limit["limit"] if limit else None,
        "concurrency_options": {"collision_strategy": limit["collision_strategy"]} if limit else None,
    }
    if change.stored is not None:
        # All of it: the server checks the fields of one request against each other.
        api.ask("PATCH", change.stored.path, body)
        return
    flow, _, name = change.name.partition("/")
    flow_id = api.ask("POST", "/flows/", {"name": flow})["id"]
    api.ask("POST", "/deployments/", {"flow_id": flow_id, "name": name, **body})


def write_schedule(api: PrefectApi, change: Change) -> None:
    """Make or change one schedule of a deployment that exists."""
    wanted = cast("Resource", change.wanted)
    timing = {name: wanted.fields[name] for name in ("cron", "timezone", "day_or")}
    body: dict[str, object] = {"schedule": timing, "parameters": wanted.fields["parameters"]}
    if change.stored is not None:
        api.ask("PATCH", change.stored.path, body)
        return
    deployment, _, slug = change.name.rpartition("/")
    path = f"/deployments/{deployment_id(api, deployment)}/schedules"
    api.ask("POST", path, [{**body, **wanted.initial, "slug": slug}])


def deployment_id(api: PrefectApi, full_name: str) -> str:
    """The id of ``flow/deployment``.

    Raises:
        PrefectApiError: if there is none.
    """
    return str(api.ask("GET", f"/deployments/name/{full_name}")["id"])


def _full_name(deployment: DeploymentPlan) -> str:
    return f"{deployment.entrypoint.rpartition('.')[2]}/{deployment.name}"


def _wanted(plan: Plan, deployment: DeploymentPlan) -> Resource:
    schema = _parameter_schema(deployment.entrypoint)
    taken = cast("dict[str, JsonValue]", schema["properties"])
    given = {**deployment.parameters}
    for schedule in deployment.schedules:
        given |= schedule.parameters
    if unknown := sorted(given.keys() - taken.keys()):
        place = f"{PLAN} deployment {deployment.name} parameter"
        raise InvalidInputError(place, unknown[0], f"one of {', '.join(taken) or 'none'}")
    concurrency = deployment.concurrency_limit
    return Resource(
        Kind.DEPLOYMENT,
        _full_name(deployment),
        {
            "description": deployment.description,
            "entrypoint": deployment.entrypoint,
            "tags": [*deployment.tags],
            "work_pool_name": deployment.work_pool.name,
            "work_queue_name": deployment.work_pool.work_queue_name,
            "job_variables": deployment.work_pool.job_variables,
            "concurrency": concurrency.model_dump() if concurrency else None,
            "parameters": deployment.parameters,
            "parameter_openapi_schema": schema,
            "enforce_parameter_schema": True,
            "pull_steps": [*plan.pull],
        },
    )


@cache
def _parameter_schema(entrypoint: str) -> dict[str, JsonValue]:
    """The JSON schema of a flow's parameters."""
    from prefect.flows import load_flow_from_entrypoint
    from prefect.utilities.callables import parameter_schema

    try:
        flow = load_flow_from_entrypoint(entrypoint)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidInputError(f"{PLAN} entrypoint", entrypoint, f"a flow ({error})") from error
    name = entrypoint.rpartition(".")[2]
    if flow.name != name:
        raise InvalidInputError(f"{PLAN} entrypoint", entrypoint, f"a flow named {name}, not {flow.name}")
    return json.loads(json.dumps(parameter_schema(flow).model_dump(exclude_unset=True)))


def _stored(full_name: str, deployment: dict[str, Any]) -> Stored:
    limit = deployment["global_concurrency_limit"]
    options: dict[str, Any] = deployment["concurrency_options"] or {"collision_strategy": None}
    concurrency: dict[str, Any] | None = None
    if limit:
        concurrency = {"limit": limit["limit"], "collision_strategy": options["collision_strategy"]}
    # Not the version: Prefect's own deploy writes the checkout's commit there, or a hash where there is none.
    names = ("description", "entrypoint", "tags", "work_pool_name", "work_queue_name")
    names += ("job_variables", "parameters", "parameter_openapi_schema", "enforce_parameter_schema")
    fields = {name: deployment[name] for name in (*names, "pull_steps")}
    return Stored(
        Kind.DEPLOYMENT,
        full_name,
        f"/deployments/{deployment['id']}",
        {**fields, "concurrency": concurrency},
        ours=_is_ours(deployment),
    )


def _stored_schedules(full_name: str, deployment: dict[str, Any]) -> list[Stored]:
    """A schedule without a slug was added by a person and is theirs."""
    return [
        Stored(
            Kind.SCHEDULE,
            f"{full_name}/{schedule['slug']}",
            f"/deployments/{deployment['id']}/schedules/{schedule['id']}",
            {**schedule["schedule"], "parameters": schedule["parameters"]},
            ours=_is_ours(deployment),
        )
        for schedule in deployment["schedules"]
        if schedule["slug"]
    ]


def _is_ours(deployment: dict[str, Any]) -> bool:
    return deployment["work_pool_name"] == POOL and (deployment["entrypoint"] or "").startswith(_OURS)
