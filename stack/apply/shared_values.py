"""Global concurrency limits and variables: what is wanted, what the server has, and how each is written."""

from residency.errors import InvalidInputError
from stack.apply.checkout import GLOBAL_LIMIT_PREFIX, PLAN, VARIABLE_PREFIX, Plan, release
from stack.apply.resources import Change, Kind, Resource, Stored
from stack.prefect_api import PrefectApi

_LIMITS = "/v2/concurrency_limits"
_TAGS = ["residency"]


def wanted_global_limits(plan: Plan) -> list[Resource]:
    """The declared limits; whether one is active belongs to people."""
    return [
        Resource(
            Kind.GLOBAL_LIMIT,
            name,
            {"limit": limit.limit, "slot_decay_per_second": limit.slot_decay_per_second},
        )
        for name, limit in plan.definitions.global_concurrency_limits.items()
    ]


def wanted_variables(plan: Plan) -> list[Resource]:
    """The declared variables; ``{release}`` in a value stands for this package's version.

    Raises:
        InvalidInputError: if a value asks for anything else.
    """
    found: list[Resource] = []
    for name, text in plan.definitions.variables.items():
        try:
            value = text.format_map({"release": release()})
        except (KeyError, ValueError, IndexError) as error:
            place = f"{PLAN} definitions.variables.{name}"
            raise InvalidInputError(place, text, "plain text, or text with {release}") from error
        found.append(Resource(Kind.VARIABLE, name, {"value": value, "tags": [*_TAGS]}))
    return found


def stored_global_limits(api: PrefectApi) -> list[Stored]:
    """Those whose names begin as ours do."""
    return [
        Stored(
            Kind.GLOBAL_LIMIT,
            limit["name"],
            f"{_LIMITS}/{limit['id']}",
            {"limit": limit["limit"], "slot_decay_per_second": limit["slot_decay_per_second"]},
        )
        for limit in api.pages(f"{_LIMITS}/filter", {})
        if limit["name"].startswith(GLOBAL_LIMIT_PREFIX)
    ]


def stored_variables(api: PrefectApi) -> list[Stored]:
    """Those whose names begin as ours do; only the tagged ones were made by us."""
    return [
        Stored(
            Kind.VARIABLE,
            variable["name"],
            f"/variables/{variable['id']}",
            {"value": variable["value"], "tags": variable["tags"]},
            ours=variable["tags"] == _TAGS,
        )
        for variable in api.pages("/variables/filter", {})
        if variable["name"].startswith(VARIABLE_PREFIX)
    ]


def write_global_limit(api: PrefectApi, change: Change) -> None:
    """Make or change one limit."""
    _write(api, f"{_LIMITS}/", change)


def write_variable(api: PrefectApi, change: Change) -> None:
    """Make or change one variable."""
    _write(api, "/variables/", change)


def _write(api: PrefectApi, collection: str, change: Change) -> None:
    if change.stored is None:
        api.ask("POST", collection, {"name": change.name, **change.fields})
    else:
        api.ask("PATCH", change.stored.path, {**change.fields})
