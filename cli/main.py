"""The ``residency`` command."""

import typer

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


def run() -> None:
    """Entry point of the console script."""
    app()
