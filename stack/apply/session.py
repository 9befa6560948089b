"""One ``residency apply``: compare, carry out unless only the difference is asked for, and report."""

import json
import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from residency.settings import Settings
from stack.apply.resources import Action, Change, is_empty
from stack.prefect_api import PrefectApi, prefect_api
from stack.prefect_server import use_prefect


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, or in a dry run what would be, and a sentence that sums it up."""

    server: str
    dry: bool
    changes: tuple[Change, ...]

    @property
    def matches(self) -> bool:
        """Whether nothing was to be done."""
        return is_empty(self.changes)

    @property
    def summary(self) -> str:
        """One sentence."""
        left = sum(change.action is Action.KEEP for change in self.changes)
        if self.matches:
            but = f", but for {left} that are left as they are" if left else ""
            return f"Nothing to do: the Prefect server at {self.server} matches this checkout{but}."
        done = {
            Action.CREATE: "would be created" if self.dry else "created",
            Action.UPDATE: "would be updated" if self.dry else "updated",
            Action.REMOVE: "would be removed" if self.dry else "removed",
        }
        counts = {action: sum(change.action is action for change in self.changes) for action in done}
        told = ", ".join(f"{count} {done[action]}" for action, count in counts.items() if count)
        return f"{told} on the Prefect server at {self.server}."

    def as_json(self) -> str:
        """The changes without any value that is secret."""
        changes = [
            {
                "action": change.action,
                "kind": change.kind,
                "name": change.name,
                "details": list(change.sentences),
            }
            for change in self.changes
        ]
        report = {"server": self.server, "dry": self.dry, "matches": self.matches, "changes": changes}
        return json.dumps(report, indent=2)


def apply(
    settings: Settings,
    say: Callable[[Change], None],
    *,
    dry: bool = False,
    prune: bool = False,
    renew: bool = False,
) -> Report:
    """Make the configured Prefect server match this checkout.

    Args:
        settings: name the server and what goes into the blocks.
        say: told of each change as it is made, or in a dry run as it is found.
        dry: only compare; nothing is written anywhere.
        prune: remove what this checkout no longer has.
        renew: overwrite block documents that differ from the settings.

    Raises:
        InvalidInputError: if prefect.yaml or an automation is not as it must be.
        ConflictError: if the server has something that cannot be changed.
        DatabaseNotReadyError: if a block document is missing and the settings have no secrets for it.
        PrefectApiError: if the server does not answer, refuses us or a change.
    """
    # Asked first: importing Prefect takes a second or two, in vain when nothing answers.
    with prefect_api(settings) as api, _prefect(settings, api):
        from stack.apply.applied import remember_applied
        from stack.apply.server import carry_out, changes, wish

        wanted = wish(settings)
        if dry:
            found = changes(api, wanted, prune=prune, renew=renew)
            for change in found:
                say(change)
        else:
            found = carry_out(api, wanted, say, prune=prune, renew=renew)
            remember_applied(settings, wanted, found)
    return Report(settings.prefect_url, dry, tuple(found))


@contextmanager
def _prefect(settings: Settings, api: PrefectApi) -> Generator[None, None, None]:
    """Prefect made ready for import; where no plant ever ran it leaves no folder of its own behind."""
    api.version()
    use_prefect(settings)
    with tempfile.TemporaryDirectory(prefix="residency-apply-") as folder:
        if not settings.home.exists():
            os.environ["PREFECT_HOME"] = folder
        yield
