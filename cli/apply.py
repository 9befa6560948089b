"""``residency apply``: make a Prefect server match this checkout, or show what that would change."""

from typing import Annotated

import typer

from residency.settings import Settings


def register(app: typer.Typer) -> None:
    """Add ``apply``."""
    app.command("apply")(apply)


def apply(
    diff: Annotated[bool, typer.Option("--diff", help="Only show what would change; touch nothing.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Also remove what this checkout no longer has.")
    ] = False,
    renew_blocks: Annotated[
        bool, typer.Option("--renew-blocks", help="Overwrite block documents that differ from the settings.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the changes as JSON.")] = False,
) -> None:
    """Make the Prefect server match prefect.yaml, the automations and the settings."""
    from stack.apply.resources import Change
    from stack.apply.session import apply

    def say(change: Change) -> None:
        if not as_json:
            typer.echo(change)

    report = apply(Settings(), say, dry=diff, prune=prune, renew=renew_blocks)
    typer.echo(report.as_json() if as_json else report.summary)
