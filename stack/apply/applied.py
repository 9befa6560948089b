"""Whether a server has what this checkout and these settings want, so that a start can skip applying it."""

import hashlib
import json
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, ValidationError

from residency.settings import Settings
from stack.apply import checkout
from stack.apply.automations import automation_names
from stack.apply.blocks import stored_documents, wanted_documents
from stack.apply.checkout import PLAN, automation_files, read_plan
from stack.apply.deployments import stored_deployments
from stack.apply.resources import Action, Change, Kind
from stack.apply.server import Wish
from stack.apply.shared_values import stored_global_limits, stored_variables
from stack.apply.work import stored_work
from stack.home import run_folder, write_private
from stack.prefect_api import PrefectApi

_ROOMS = ("flows", "blocks", "residency", "stack/apply")
"""Code from which deployments, their parameters and the blocks are made."""


class _Stamp(BaseModel):
    """What was applied last from this home."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fingerprint: str
    names: dict[Kind, list[str]]
    left: list[str]


def is_applied(settings: Settings, api: PrefectApi) -> bool:
    """Whether the last apply was of the same files and settings, and nothing of it is missing by now.

    What somebody changed on the server since is not looked at; `residency apply --diff` shows it.

    Raises:
        PrefectApiError: if the server does not answer.
    """
    stamp = _read(settings)
    if stamp is None or stamp.fingerprint != fingerprint(settings):
        return False
    stored = [
        *stored_variables(api),
        *stored_global_limits(api),
        *stored_work(api),
        *stored_documents(api, []),
        *stored_deployments(api, read_plan()),
    ]
    there = {(each.kind, each.name) for each in stored}
    there |= {(Kind.AUTOMATION, name) for name in automation_names(api)}
    return there >= {(kind, name) for kind, names in stamp.names.items() for name in names}


def left_as_it_is(settings: Settings) -> list[str]:
    """Sentences about what the last apply found different and left so, because it belongs to people."""
    stamp = _read(settings)
    return stamp.left if stamp else []


def remember_applied(settings: Settings, wanted: Wish, changes: Iterable[Change]) -> None:
    """Note what was applied and what was left, unless there is no plant's home here to note it in."""
    if not run_folder(settings).is_dir():
        return
    # A block type stays as long as a document needs it.
    kinds = [kind for kind in Kind if kind is not Kind.BLOCK_TYPE]
    names = {kind: sorted(resource.name for resource in wanted.of(kind)) for kind in kinds}
    left = [str(change) for change in changes if change.action is Action.KEEP]
    stamp = _Stamp(fingerprint=fingerprint(settings), names=names, left=left)
    write_private(run_folder(settings) / "applied.json", stamp.model_dump_json() + "\n")


def fingerprint(settings: Settings) -> str:
    """A hash of all that the wish is made from; it reveals no secret."""
    root = checkout.REPOSITORY
    digest = hashlib.sha256()
    files = [root / PLAN, *automation_files(root)]
    files += [path for room in _ROOMS for path in (root / room).rglob("*.py")]
    for path in sorted(files):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    documents = [[each.name, dict(each.fields)] for each in wanted_documents(settings)]
    server = [settings.prefect_url, settings.work_pool_type, settings.work_pool_image]
    digest.update(json.dumps([documents, server], sort_keys=True).encode())
    return digest.hexdigest()


def _read(settings: Settings) -> _Stamp | None:
    try:
        return _Stamp.model_validate_json((run_folder(settings) / "applied.json").read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        # Written by another version of this package.
        return None
