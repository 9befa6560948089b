"""The ``residency`` command: its groups put together, and errors turned into sentences and exit codes."""

import sys

import typer
from pydantic import ValidationError

from cli import alerts, apply, bundles, check, plant, runs
from residency.errors import InvalidBundleError, InvalidInputError, NotFoundError, ResidencyError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Guards a residency program's schedule around the clock.",
)

for group in (plant, apply, bundles, runs, alerts, check):
    group.register(app)

_MISUSE = (InvalidInputError, InvalidBundleError, NotFoundError)


def run() -> None:
    """Run the command line; exit code 2 for misuse, 1 for failure, 0 when done."""
    try:
        app()
    except ResidencyError as error:
        print(error, file=sys.stderr)
        sys.exit(2 if isinstance(error, _MISUSE) else 1)
    except ValidationError as error:
        for problem in error.errors():
            place = ".".join(str(part) for part in problem["loc"]) or "settings"
            print(f"{place}: {problem['msg']}", file=sys.stderr)
        sys.exit(2)
    except Exception as error:
        # Whoever lost a server has imported httpx; whoever has not should not wait for its import.
        lost = getattr(sys.modules.get("httpx"), "TransportError", None)
        if lost is None or not isinstance(error, lost):
            raise
        print(f"a server was lost ({type(error).__name__}); see `residency status`", file=sys.stderr)
        sys.exit(1)
