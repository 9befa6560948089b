"""Passwords and keys of the embedded parts, made once and kept in one private file, and URLs with them."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from residency.errors import DatabaseNotReadyError, ResidencyError
from residency.settings import Settings
from residency.store.roles import APP, READONLY
from stack.home import write_private

DATABASE = "residency"
OWNER = "residency_owner"
PREFECT = "prefect"
SUPERUSER = "postgres"


class CredentialsError(ResidencyError):
    """The credentials file cannot be used as it is."""

    code = "credentials"


class Credentials(BaseModel):
    """Every secret that the embedded parts share; printing one shows stars."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    postgres_password: SecretStr
    owner_password: SecretStr
    app_password: SecretStr
    readonly_password: SecretStr
    prefect_password: SecretStr
    s3_access_key_id: SecretStr
    s3_secret_access_key: SecretStr
    prefect_encryption_key: SecretStr

    @classmethod
    def generated(cls) -> "Credentials":
        """New ones from the system's random source; safe inside a URL without quoting."""
        return cls(**{name: SecretStr(new()) for name, new in _NEW.items()})


def _password() -> str:
    return secrets.token_urlsafe(32)


_NEW: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "postgres_password": _password,
        "owner_password": _password,
        "app_password": _password,
        "readonly_password": _password,
        "prefect_password": _password,
        "s3_access_key_id": lambda: secrets.token_hex(10),
        "s3_secret_access_key": _password,
        # The form that Fernet asks for: 32 bytes, URL-safe base64.
        "prefect_encryption_key": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
)

_ADDED_LATER = frozenset({"app_password", "readonly_password"})
"""What the file of an older home lacks and gets; without any other the file is damaged."""


class S3Credentials(BaseModel):
    """What a client of the S3 store needs to sign its requests."""

    model_config = ConfigDict(frozen=True)

    access_key_id: SecretStr
    secret_access_key: SecretStr


def credentials_path(settings: Settings) -> Path:
    """The one file that holds them."""
    return settings.home / "credentials.json"


def load_credentials(settings: Settings) -> Credentials | None:
    """The stored credentials, None before the first start; the file of an older home gets what it lacks.

    Raises:
        CredentialsError: if the file is there but cannot be read or understood; its content is not repeated.
    """
    path = credentials_path(settings)
    try:
        content = path.read_bytes()
        if _lacks_only_later_ones(content):
            content = _completed(path)
        return Credentials.model_validate_json(content)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise CredentialsError(
            f"{path} belongs to another user; run this as the user who started the plant, "
            "or set RESIDENCY_HOME to a folder of your own"
        ) from error
    except ValidationError as error:
        fields = ", ".join(
            sorted({".".join(map(str, problem["loc"])) or "JSON" for problem in error.errors()})
        )
        # From None: the validation error's text repeats the values.
        raise CredentialsError(
            f"{path} is damaged ({fields}); restore it from a backup: "
            "the embedded database opens with no other"
        ) from None


def _lacks_only_later_ones(content: bytes) -> bool:
    try:
        stored: Any = json.loads(content)
    except ValueError:
        return False
    if not isinstance(stored, dict):
        return False
    known = set(cast("dict[str, object]", stored))
    return known < set(_NEW) and set(_NEW) - known <= _ADDED_LATER


def _completed(path: Path) -> bytes:
    """Add what an older version did not know to the file, once, whoever asks at the same time."""
    with _alone(path.parent):
        content = path.read_bytes()
        if _lacks_only_later_ones(content):
            stored = json.loads(content)
            content = _as_file({name: stored.get(name) or _NEW[name]() for name in _NEW})
            write_private(path, content)
    return content


@contextmanager
def _alone(folder: Path) -> Generator[None, None, None]:
    """Keep other processes that complete the file of this folder waiting."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _as_file(values: Mapping[str, str]) -> bytes:
    return (json.dumps(values, indent=1) + "\n").encode()


def load_or_create_credentials(settings: Settings) -> Credentials:
    """The stored credentials, generated when there are none; two first starts at once agree on one set.

    Raises:
        CredentialsError: if the file is there but cannot be used.
    """
    stored = load_credentials(settings)
    if stored is not None:
        return stored
    fresh = Credentials.generated()
    content = {name: getattr(fresh, name).get_secret_value() for name in Credentials.model_fields}
    if write_private(credentials_path(settings), _as_file(content), replace=False):
        return fresh
    return load_or_create_credentials(settings)


def database_url(settings: Settings) -> SecretStr:
    """The program's database for flows and commands: the external one when set, else the embedded one's.

    The role may change the program's rows, but neither its tables nor its audit log.

    Raises:
        DatabaseNotReadyError: if there is neither.
    """
    if settings.database_url is not None:
        return settings.database_url
    return postgres_url(settings, APP, _embedded(settings).app_password, DATABASE)


def owner_database_url(settings: Settings) -> SecretStr:
    """The same database as the owner of its tables, for migrations alone.

    Raises:
        DatabaseNotReadyError: if there is neither an external one nor an embedded one.
    """
    external = settings.database_owner_url or settings.database_url
    if external is not None:
        return external
    return postgres_url(settings, OWNER, _embedded(settings).owner_password, DATABASE)


def readonly_database_url(settings: Settings) -> SecretStr:
    """The same database for those who may only read its pseudonymised views: MCP and dashboards.

    Raises:
        DatabaseNotReadyError: if there is neither, or the external one has no URL of its own for them; one
            that sees more never takes its place.
    """
    if settings.database_readonly_url is not None:
        return settings.database_readonly_url
    if settings.database_url is not None:
        raise DatabaseNotReadyError(
            f"RESIDENCY_DATABASE_URL is set; set RESIDENCY_DATABASE_READONLY_URL too, to the same database "
            f"as {READONLY}"
        )
    return postgres_url(settings, READONLY, _embedded(settings).readonly_password, DATABASE)


def prefect_database_url(settings: Settings) -> SecretStr:
    """The Prefect server's database, with the asyncpg driver that Prefect asks for.

    Raises:
        DatabaseNotReadyError: if there is neither an external one nor an embedded one.
    """
    if settings.prefect_database_url is not None:
        parts = urlsplit(settings.prefect_database_url.get_secret_value())
        return SecretStr(urlunsplit(parts._replace(scheme="postgresql+asyncpg")))
    credentials = _embedded(settings)
    return postgres_url(settings, PREFECT, credentials.prefect_password, PREFECT, scheme="postgresql+asyncpg")


def s3_credentials(settings: Settings) -> S3Credentials:
    """Keys of the S3 store: the external one's when set, otherwise the embedded one's.

    Raises:
        CredentialsError: if there are neither.
    """
    if settings.s3_access_key_id is not None and settings.s3_secret_access_key is not None:
        return S3Credentials(
            access_key_id=settings.s3_access_key_id, secret_access_key=settings.s3_secret_access_key
        )
    credentials = load_credentials(settings)
    if credentials is None:
        raise CredentialsError("there is no S3 store yet; run `residency up` first, or set RESIDENCY_S3_*")
    return S3Credentials(
        access_key_id=credentials.s3_access_key_id, secret_access_key=credentials.s3_secret_access_key
    )


def postgres_url(
    settings: Settings, user: str, password: SecretStr, database: str, scheme: str = "postgresql"
) -> SecretStr:
    """A URL of the embedded PostgreSQL for one user and database."""
    place = f"{settings.loopback_host}:{settings.postgres_port}"
    return SecretStr(f"{scheme}://{user}:{password.get_secret_value()}@{place}/{database}")


def _embedded(settings: Settings) -> Credentials:
    credentials = load_credentials(settings)
    if credentials is None:
        raise DatabaseNotReadyError(
            f"there is no database in {settings.home} yet; run `residency up` first, "
            "or set RESIDENCY_DATABASE_URL"
        )
    return credentials
