"""The environment of the plant's programs: our settings spelled out, Prefect's own set by us alone."""

import os
import sysconfig
from importlib.util import cache_from_source, find_spec
from pathlib import Path

from pydantic import SecretStr

from residency.settings import Settings
from stack.home import temporary_folder

MARK = "RESIDENCY_PLANT"
"""Variable by which every process of one home is found again, whoever its parent is by then."""

_NO_BYTE_CODE = "PYTHONDONTWRITEBYTECODE"
_BYTE_CODE_FOLDER = "PYTHONPYCACHEPREFIX"


def scripts_folder() -> Path:
    """Where this installation's programs are."""
    return Path(sysconfig.get_path("scripts"))


def base_environment(settings: Settings) -> dict[str, str]:
    """What every program gets: the caller's variables, our settings, no Prefect settings of the caller's.

    The settings are spelled out because a program in another folder does not see our ``.env``.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    path = os.pathsep.join((str(scripts_folder()), inherited.get("PATH", os.defpath)))
    return {
        **inherited,
        **_byte_code(settings),
        **settings_environment(settings),
        "PATH": path,
        "TMPDIR": str(temporary_folder(settings)),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        MARK: str(settings.home),
    }


def _byte_code(settings: Settings) -> dict[str, str]:
    """Variables that let programs keep byte code in the home, where it is kept nowhere else.

    Without it every run would compile Prefect anew, which costs as much as all else that a run does.
    """
    prefect = find_spec("prefect")
    source = prefect.origin if prefect is not None else None
    installed = source is not None and Path(cache_from_source(source)).exists()
    if (installed or _BYTE_CODE_FOLDER in os.environ) and not os.environ.get(_NO_BYTE_CODE):
        return {}
    # Empty, the first is as good as not set.
    return {_NO_BYTE_CODE: "", _BYTE_CODE_FOLDER: str(settings.home / "bytecode")}


def settings_environment(settings: Settings) -> dict[str, str]:
    """Our settings as ``RESIDENCY_*`` variables: those that were set, and the home."""
    spelled: dict[str, str] = {}
    for name in sorted(settings.model_fields_set | {"home"}):
        value = getattr(settings, name)
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        spelled[f"RESIDENCY_{name.upper()}"] = "" if plain is None else str(plain)
    return spelled


def client_environment(settings: Settings) -> dict[str, str]:
    """Variables that make a Prefect client of ours talk to our server and to no other."""
    variables = {
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_API_URL": settings.prefect_url,
        "PREFECT_LOGGING_COLORS": "false",
        # The server answers 500 while its database is away for a moment; trying again rides that out.
        "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",
        "DO_NOT_TRACK": "1",
    }
    if settings.prefect_auth_string is not None:
        variables["PREFECT_API_AUTH_STRING"] = settings.prefect_auth_string.get_secret_value()
    if settings.prefect_api_url is not None and "PREFECT_API_KEY" in os.environ:
        variables["PREFECT_API_KEY"] = os.environ["PREFECT_API_KEY"]
    return variables
