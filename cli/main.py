"""The ``residency`` command: its groups put together, and errors turned into sentences and exit codes."""

import sys

import typer
from httpx import TransportError
from pydantic import ValidationError

from cli import alerts, bundles, check, plant, runs
from residency.errors import InvalidBundleError, InvalidInputError, NotFoundError, ResidencyError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Guards a residency program's schedule around the clock.",
)

for group in (plant, bundles, runs, alerts, check):
    group.register(app)

_MISUSE = (InvalidInputError, InvalidBundleError, NotFoundError)


def run() -> None:
    """Run the command line; exit code 2 for misuse, 1 for failure, 0 when done."""
    try:
        app()
    except TransportError as error:
        print(
            f"the server at {_host(error)} was lost ({type(error).__name__}); see `residency status`",
            file=sys.stderr,
        )
        sys.exit(1)
    except ResidencyError as error:
        print(error, file=sys.stderr)
        sys.exit(2 if isinstance(error, _MISUSE) else 1)
    except ValidationError as error:
        for problem in error.errors():
            place = ".".join(str(part) for part in problem["loc"]) or "settings"
            print(f"{place}: {problem['msg']}", file=sys.stderr)
        sys.exit(2)


def _host(error: TransportError) -> str:
    try:
        return error.request.url.netloc.decode()
    except RuntimeError:  # httpx raises it where an error belongs to no request
        return "an unknown address"
