"""Every setting of residency-ops in one place: environment variables ``RESIDENCY_*`` or a ``.env`` file."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from platformdirs import user_data_dir
from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Role = Literal["admin", "coordinator", "faculty", "resident", "clinical_staff", "rn", "lpn", "msa"]
"""Roles of the application's users, as the program's vocabulary has them."""

_SYSTEM_HOME = Path("/var/lib/residency")
_EVERYWHERE = "0.0.0.0"  # noqa: S104 -- compared with, never bound to by default
_NOT_SETTINGS = ("RESIDENCY_PLANT",)
"""The mark of a plant's own programs."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def _default_home() -> Path:
    """Root's own home is closed to the service user that PostgreSQL runs as, so root gets a system folder."""
    return _SYSTEM_HOME if os.geteuid() == 0 else Path(user_data_dir("residency"))


_POSTGRES = ("postgresql", "postgres", "postgresql+asyncpg")
_SCHEMES = {
    "database_url": _POSTGRES,
    "database_owner_url": _POSTGRES,
    "database_readonly_url": _POSTGRES,
    "prefect_database_url": _POSTGRES,
    "smtp_url": ("smtp", "smtps"),
}
"""Beginnings of the URLs that are not of the web."""


def _check_url(url: str, schemes: tuple[str, ...]) -> None:
    """Refuse a URL without scheme or host, or with a port that is none; the URL itself is not repeated."""
    expected = f"expected {schemes[0]}://host:port, with a port from 1 to 65535 if any"
    parts = urlsplit(url)
    if parts.scheme not in schemes:
        raise ValueError(f"it begins with neither of {', '.join(schemes)}; {expected}")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f"its port is not a number from 1 to 65535; {expected}")
    if not parts.hostname:
        raise ValueError(f"it names no host; {expected}")


class Settings(BaseSettings):
    """Where things live and what replaces them.

    Each embedded part is used until the setting that names an external one is present.
    """

    model_config = SettingsConfigDict(
        env_prefix="RESIDENCY_",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        # A refused URL bears a password, and the refusal would repeat it.
        hide_input_in_errors=True,
    )

    home: Path = Field(
        default_factory=_default_home, description="Folder for data, logs and generated passwords."
    )
    timezone: str = Field(
        default="Pacific/Honolulu", description="The program's time zone, an IANA name such as Europe/London."
    )
    holidays: str = Field(
        default="US", description="Country whose federal holidays reduce demand; empty for none."
    )
    bind_host: str = Field(default="127.0.0.1", description="Address that every embedded part binds to.")

    database_url: SecretStr | None = Field(
        default=None,
        description="External PostgreSQL, postgresql://user:password@host/name; empty starts one here.",
    )
    database_owner_url: SecretStr | None = Field(
        default=None,
        description="The external PostgreSQL as the owner of its tables, for migrations; else database_url.",
    )
    database_readonly_url: SecretStr | None = Field(
        default=None,
        description="The external PostgreSQL as a role that reads the pseudonymised views alone.",
    )
    postgres_port: int = Field(default=5442, ge=1, le=65535, description="Port of the embedded PostgreSQL.")
    postgres_bin: Path | None = Field(
        default=None, description="Folder of PostgreSQL's programs; found by itself when empty."
    )
    service_user: str = Field(
        default="residency",
        description="System user that the embedded PostgreSQL runs as when root starts it.",
    )

    prefect_api_url: str | None = Field(
        default=None, description="API of an external Prefect server; empty starts one here."
    )
    prefect_port: int = Field(
        default=4200, ge=1, le=65535, description="Port of the Prefect server started here."
    )
    prefect_database_url: SecretStr | None = Field(
        default=None,
        description="Database of the Prefect server started here; needed when database_url is external.",
    )
    prefect_auth_string: SecretStr | None = Field(
        default=None, description="user:password that Prefect's API and UI ask for."
    )
    worker_limit: int = Field(default=4, ge=1, description="Flow runs one worker executes at a time.")
    work_pool_type: Literal["process", "docker", "kubernetes", "ecs"] = Field(
        default="process", description="How workers start a flow run: process, docker, kubernetes or ecs."
    )
    work_pool_image: str | None = Field(
        default=None, description="Image that runs flows in a pool of type docker, kubernetes or ecs."
    )

    s3_endpoint_url: str | None = Field(
        default=None, description="External S3 endpoint; empty starts SeaweedFS here."
    )
    s3_port: int = Field(
        default=8333,
        ge=1,
        le=55531,
        description="Port of the embedded S3; it uses this one, the next four, and those five plus 10000.",
    )
    s3_bucket: str = Field(default="residency", description="Bucket for files this package writes.")
    s3_region: str = Field(default="us-east-1", description="Region of the bucket.")
    s3_access_key_id: SecretStr | None = Field(default=None, description="Access key of the external S3.")
    s3_secret_access_key: SecretStr | None = Field(default=None, description="Secret key of the external S3.")

    smtp_url: SecretStr | None = Field(
        default=None, description="External mail relay, smtp://host:port; empty starts a local mail sink."
    )
    mail_port: int = Field(default=8025, ge=1, le=65535, description="Port of the local mail sink.")

    alert_webhook_url: SecretStr | None = Field(
        default=None, description="Where resilience alerts are also posted; empty for nowhere."
    )
    compliance_role: Role = Field(
        default="admin", description="Role of the users who are sent compliance reports."
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError(f"{zone!r} is not an IANA time zone; expected a name such as Pacific/Honolulu")
        return zone

    @field_validator(
        "database_url",
        "database_owner_url",
        "database_readonly_url",
        "postgres_bin",
        "prefect_api_url",
        "prefect_database_url",
        "prefect_auth_string",
        "work_pool_image",
        "s3_endpoint_url",
        "s3_access_key_id",
        "s3_secret_access_key",
        "smtp_url",
        "alert_webhook_url",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object, _: ValidationInfo) -> object:
        return None if value == "" else value

    @field_validator(
        "database_url",
        "database_owner_url",
        "database_readonly_url",
        "prefect_database_url",
        "prefect_api_url",
        "s3_endpoint_url",
        "smtp_url",
        "alert_webhook_url",
    )
    @classmethod
    def _whole_url(cls, value: SecretStr | str | None, info: ValidationInfo) -> SecretStr | str | None:
        if value is not None and info.field_name is not None:
            url = value.get_secret_value() if isinstance(value, SecretStr) else value
            _check_url(url, _SCHEMES.get(info.field_name, ("http", "https")))
        return value

    @field_validator("bind_host")
    @classmethod
    def _no_ipv6(cls, host: str) -> str:
        if ":" in host:
            raise ValueError(
                f"{host!r} is not supported; expected an IPv4 address or a name such as 127.0.0.1"
            )
        return host

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().resolve()

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        if self.database_url is None and (self.database_owner_url or self.database_readonly_url):
            raise ValueError(
                "database_owner_url and database_readonly_url are for an external database; "
                "set database_url too"
            )
        if self.bind_host not in _LOOPBACK and self.prefect_auth_string is None:
            raise ValueError(
                "bind_host is not loopback, so prefect_auth_string must be set: "
                "Prefect's UI and API would otherwise be open to everyone on the network"
            )
        if self.s3_endpoint_url and not (self.s3_access_key_id and self.s3_secret_access_key):
            raise ValueError(
                "s3_endpoint_url is set; s3_access_key_id and s3_secret_access_key must be set too"
            )
        if self.work_pool_type != "process" and self.work_pool_image is None:
            raise ValueError(
                f"work_pool_type is {self.work_pool_type}; work_pool_image must name the image to run"
            )
        return self

    @property
    def loopback_host(self) -> str:
        """Where the parts that only this machine may reach listen, whatever Prefect's own address is."""
        return self.bind_host if self.bind_host in _LOOPBACK else "127.0.0.1"

    @property
    def has_embedded(self) -> bool:
        """Whether any server that keeps something is started here: PostgreSQL, Prefect or S3."""
        return None in (self.database_url, self.prefect_api_url, self.s3_endpoint_url)

    @cached_property
    def prefect_url(self) -> str:
        """The Prefect API to talk to."""
        host = self.loopback_host if self.bind_host == _EVERYWHERE else self.bind_host
        return self.prefect_api_url or f"http://{host}:{self.prefect_port}/api"

    @property
    def prefect_ui_url(self) -> str:
        """Where people look at runs and artifacts."""
        return self.prefect_url.removesuffix("/").removesuffix("/api")

    @property
    def logs(self) -> Path:
        """Folder with one log file per embedded part."""
        return self.home / "logs"

    @property
    def mail(self) -> Path:
        """Folder where the local sink keeps messages."""
        return self.home / "mail"


def unknown_variables(environment: Iterable[str]) -> dict[str, str | None]:
    """Every variable name that looks like a setting and is none, with the setting that was probably meant."""
    prefix = "RESIDENCY_"
    known = [name.upper() for name in Settings.model_fields]
    unknown = {
        name: name.upper().removeprefix(prefix)
        for name in sorted(environment)
        if name.upper().startswith(prefix) and name.upper() not in _NOT_SETTINGS
    }
    near = {
        name: get_close_matches(ending, known, 1) for name, ending in unknown.items() if ending not in known
    }
    return {name: f"{prefix}{found[0]}" if found else None for name, found in near.items()}
