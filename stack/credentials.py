"""Passwords and keys of the embedded parts, made once and kept in one private file, and URLs with them."""

import base64
import json
import secrets
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from residency.errors import DatabaseNotReadyError, ResidencyError
from residency.settings import Settings
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
    prefect_password: SecretStr
    s3_access_key_id: SecretStr
    s3_secret_access_key: SecretStr
    prefect_encryption_key: SecretStr

    @classmethod
    def generated(cls) -> "Credentials":
        """New ones from the system's random source; safe inside a URL without quoting."""
        return cls(
            postgres_password=SecretStr(secrets.token_urlsafe(32)),
            owner_password=SecretStr(secrets.token_urlsafe(32)),
            prefect_password=SecretStr(secrets.token_urlsafe(32)),
            s3_access_key_id=SecretStr(secrets.token_hex(10)),
            s3_secret_access_key=SecretStr(secrets.token_urlsafe(32)),
            # The form that Fernet asks for: 32 bytes, URL-safe base64.
            prefect_encryption_key=SecretStr(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()),
        )


class S3Credentials(BaseModel):
    """What a client of the S3 store needs to sign its requests."""

    model_config = ConfigDict(frozen=True)

    access_key_id: SecretStr
    secret_access_key: SecretStr


def credentials_path(settings: Settings) -> Path:
    """The one file that holds them."""
    return settings.home / "credentials.json"


def load_credentials(settings: Settings) -> Credentials | None:
    """The stored credentials, None before the first start.

    Raises:
        CredentialsError: if the file is there but cannot be read or understood; its content is not repeated.
    """
    path = credentials_path(settings)
    try:
        return Credentials.model_validate_json(path.read_bytes())
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
    if write_private(credentials_path(settings), json.dumps(content, indent=1) + "\n", replace=False):
        return fresh
    return load_or_create_credentials(settings)


def database_url(settings: Settings) -> SecretStr:
    """The program's database: the external one when set, otherwise the embedded one as its owner.

    Raises:
        DatabaseNotReadyError: if there is neither.
    """
    if settings.database_url is not None:
        return settings.database_url
    credentials = _embedded(settings)
    return postgres_url(settings, OWNER, credentials.owner_password, DATABASE)


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
