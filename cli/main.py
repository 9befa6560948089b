"""The ``residency`` command: its groups put together, and errors turned into sentences and exit codes."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import typer
from pydantic import ValidationError

from cli import (
    accept_interrupts,
    alerts,
    apply,
    audit,
    bundles,
    check,
    cover,
    crisis,
    fallbacks,
    findings,
    metrics,
    plant,
    reports,
    runs,
    solve,
    versions,
)
from residency.errors import InvalidBundleError, InvalidInputError, NotFoundError, ResidencyError
from residency.settings import Settings, unknown_variables

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Guards a residency program's schedule around the clock.",
)

for group in (
    plant,
    apply,
    bundles,
    versions,
    findings,
    metrics,
    reports,
    runs,
    alerts,
    crisis,
    audit,
    check,
    cover,
    fallbacks,
    solve,
):
    group.register(app)

_MISUSE = (InvalidInputError, InvalidBundleError, NotFoundError)


def run() -> None:
    """Run the command line; exit code 2 for misuse, 1 for failure, 0 when done, 130 when interrupted."""
    _warn_of_unknown_variables()
    try:
        app()
    except ResidencyError as error:
        print(error, file=sys.stderr)
        sys.exit(2 if isinstance(error, _MISUSE) else 1)
    except ValidationError as error:
        for problem in error.errors():
            place = ".".join(str(part) for part in problem["loc"]) or "settings"
            print(f"{place}: {problem['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        _refused_by_disk(error)
    except Exception as error:
        # Whoever lost a server has imported httpx; whoever has not should not wait for its import.
        lost = getattr(sys.modules.get("httpx"), "TransportError", None)
        if lost is None or not isinstance(error, lost):
            raise
        print(f"a server was lost ({type(error).__name__}); see `residency status`", file=sys.stderr)
        sys.exit(1)


def _refused_by_disk(error: OSError) -> NoReturn:
    """End with the sentence for a disk that is full or closed; any other trouble is a fault of ours."""
    from stack.storage import storage_error

    told = storage_error(error, Settings().home)
    if told is None:
        raise error
    print(told, file=sys.stderr)
    sys.exit(1)


def _warn_of_unknown_variables() -> None:
    """Name the variables that look like settings and are none; they would be ignored in silence."""
    names = set(os.environ)
    if Path(".env").is_file():
        from dotenv import dotenv_values

        names |= set(dotenv_values(".env"))
    for name, meant in unknown_variables(names).items():
        hint = f"; did you mean {meant}?" if meant else "; see docs/reference/settings.md"
        print(f"{name} is not a setting and is ignored{hint}", file=sys.stderr)


# From here on an interrupt is handled by the commands, see the package.
accept_interrupts()
