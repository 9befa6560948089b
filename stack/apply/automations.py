"""Automations: files in Prefect's own schema that name deployments and blocks where Prefect has ids."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import JsonValue, ValidationError

from residency.errors import InvalidInputError
from stack.apply.blocks import document_id
from stack.apply.checkout import AUTOMATION_PREFIX
from stack.apply.deployments import deployment_id
from stack.apply.resources import Change, Kind, Resource, Stored
from stack.prefect_api import PrefectApi

_REFERENCES = {"deployment_id": "/deployments/", "block_document_id": "/block_documents/"}
"""Fields of actions that hold an id, and where the server keeps what they point at."""

_ACTIONS = ("actions", "actions_on_trigger", "actions_on_resolve")
_SETS = ("after", "expect", "for_each")


def wanted_automations(
    files: Mapping[str, dict[str, Any]], deployments: set[str], documents: set[str]
) -> list[Resource]:
    """Each automation in the one form in which two of them compare, names in the place of ids.

    An action that needs a block document that the settings do not ask for is left out, and so is an
    automation that has no action left. Whether one is enabled belongs to people.

    Args:
        files: automations as their files have them.
        deployments: full names of the wanted deployments.
        documents: full names of the wanted block documents.

    Raises:
        InvalidInputError: if Prefect would refuse the file, or it names a deployment that is not wanted.
    """
    found: list[Resource] = []
    for name, content in files.items():
        actions = [action for action in content.get("actions", []) if _is_possible(action, documents)]
        for action in actions:
            deployment = action.get("deployment_id")
            if deployment is not None and deployment not in deployments:
                expected = f"one of {', '.join(sorted(deployments))}"
                raise InvalidInputError(f"automation {name!r} deployment_id", deployment, expected)
        if actions:
            fields = _normal_form({**content, "actions": actions})
            found.append(Resource(Kind.AUTOMATION, name, fields, initial={"enabled": True}))
    return found


def stored_automations(api: PrefectApi) -> list[Stored]:
    """Automations whose names begin as ours do."""
    names: dict[str, str] = {}
    seen: set[str] = set()
    found: list[Stored] = []
    for automation in api.pages("/automations/filter", {}):
        if not automation["name"].startswith(AUTOMATION_PREFIX):
            continue
        named = _with_references(automation, lambda field, value: _name(api, names, field, value))
        # Prefect lets two have one name, which two applies at once can make of it.
        again = f" (again, {automation['id']})" if automation["name"] in seen else ""
        seen.add(automation["name"])
        found.append(
            Stored(
                Kind.AUTOMATION,
                automation["name"] + again,
                f"/automations/{automation['id']}",
                {**_normal_form(named), "enabled": automation["enabled"]},
            )
        )
    return found


def automation_names(api: PrefectApi) -> list[str]:
    """Names of the automations that begin as ours do, without the import of Prefect."""
    names = [str(automation["name"]) for automation in api.pages("/automations/filter", {})]
    return [name for name in names if name.startswith(AUTOMATION_PREFIX)]


def write_automation(api: PrefectApi, change: Change) -> None:
    """Make an automation, or put the wanted one in its place, disabled if it is."""
    if change.wanted is None:
        raise ValueError(f"nothing is wanted of automation {change.name}")

    def find(field: str, name: str) -> str:
        return deployment_id(api, name) if field == "deployment_id" else document_id(api, name)

    body = _with_references({"name": change.name, **change.wanted.fields}, find)
    if change.stored is None:
        api.ask("POST", "/automations/", {**body, **change.wanted.initial})
    else:
        api.ask("PUT", change.stored.path, {**body, "enabled": change.stored.fields["enabled"]})


def _is_possible(action: dict[str, Any], documents: set[str]) -> bool:
    return action.get("block_document_id") is None or action["block_document_id"] in documents


def _normal_form(automation: dict[str, Any]) -> dict[str, JsonValue]:
    """The automation as Prefect's model writes it, defaults spelled out, sets sorted, names for ids."""
    from prefect.events.schemas.automations import AutomationCore

    stand_ins: dict[str, str] = {}

    def stand_in(_: str, name: str) -> str:
        made = str(uuid5(NAMESPACE_URL, name))
        stand_ins[made] = name
        return made

    try:
        model = AutomationCore.model_validate(_with_references(automation, stand_in))
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise InvalidInputError(
            f"automation {automation.get('name')!r} {place}", problem["input"], problem["msg"]
        ) from error
    plain = model.model_dump(mode="json", exclude={"name", "enabled", "owner_resource"})
    named = _with_references(plain, lambda _, value: stand_ins[value])
    return {**named, "trigger": _sorted_trigger(named["trigger"])}


def _sorted_trigger(trigger: dict[str, Any]) -> dict[str, Any]:
    changed = {key: sorted(trigger[key]) for key in _SETS if key in trigger}
    if "triggers" in trigger:
        changed["triggers"] = [_sorted_trigger(each) for each in trigger["triggers"]]
    return {**trigger, **changed}


def _with_references(automation: dict[str, Any], turn: Callable[[str, str], str]) -> dict[str, Any]:
    """A copy in which every reference of an action went through ``turn``, given its field and its value."""
    changed: dict[str, Any] = json.loads(json.dumps(automation))
    actions: list[dict[str, Any]] = [action for kind in _ACTIONS for action in changed.get(kind) or ()]
    for action in actions:
        for field in _REFERENCES.keys() & action.keys():
            if action[field] is not None:
                action[field] = turn(field, action[field])
    return changed


def _name(api: PrefectApi, known: dict[str, str], field: str, identity: str) -> str:
    """The full name of what an id points at; the id itself when that is gone."""
    if identity not in known:
        found = api.ask("GET", f"{_REFERENCES[field]}{UUID(identity)}", missing=None)
        if found is None:
            known[identity] = identity
        elif field == "block_document_id":
            known[identity] = f"{found['block_type']['slug']}/{found['name']}"
        else:
            flow = api.ask("GET", f"/flows/{found['flow_id']}")["name"]
            known[identity] = f"{flow}/{found['name']}"
    return known[identity]
