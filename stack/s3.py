"""The S3 store: SeaweedFS in one process on loopback, its bucket, and a client that has proved it works."""

import json
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, cast
from urllib.error import URLError
from urllib.request import urlopen

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.credentials import Credentials, s3_credentials
from stack.environment import MARK, scripts_folder
from stack.home import run_folder, write_private
from stack.ports import S3Ports
from stack.process import Child, Program, wait_until

NAME = "S3 store"
_START_SECONDS = 60.0
_ACTIONS = ("Admin", "Read", "Write", "List", "Tagging")
_KEYS = ("SIGNING", "SIGNING_READ", "FILER_SIGNING", "FILER_SIGNING_READ")
_PROBE = b"probe"


class S3Error(ResidencyError):
    """The S3 store does not do what is asked of it."""

    code = "s3"


def s3_endpoint(settings: Settings) -> str:
    """The endpoint that clients use."""
    return settings.s3_endpoint_url or f"http://{settings.loopback_host}:{settings.s3_port}"


def launch_s3(settings: Settings, credentials: Credentials, log: Path) -> Child:
    """Start SeaweedFS; it is not ready yet."""
    data = settings.home / "s3"
    data.mkdir(mode=0o700, exist_ok=True)
    identities = run_folder(settings) / "s3.json"
    write_private(identities, _identities(credentials))
    # A key for each kind of request between its own parts, new at each start: without them every local
    # user could read the files past S3.
    keys = {f"WEED_JWT_{kind}_KEY": secrets.token_hex(32) for kind in _KEYS}
    return Child(
        Program(
            name=NAME,
            command=[str(_weed()), "-logtostderr=true", "mini", *_options(settings, data, identities)],
            log=log,
            environment={"PATH": os.defpath, "HOME": str(data), MARK: str(settings.home), **keys},
        )
    )


def wait_for_s3(settings: Settings, child: Child, stop: Event | None = None) -> None:
    """Wait until it answers, then see to the bucket and try it.

    Raises:
        PartError: if it ends or does not answer in time.
        S3Error: if it answers but does not keep an object.
    """
    wait_until(lambda: s3_answers(settings), child, _START_SECONDS, stop)
    ensure_bucket(settings)


# ANN401: boto3 makes its clients at run time; they have no type that could be named.
def s3_client(settings: Settings) -> Any:  # noqa: ANN401
    """A client for the configured store: path style, signature version 4."""
    import boto3  # pyright: ignore[reportMissingTypeStubs] -- boto3 ships none
    from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs] -- nor does botocore

    keys = s3_credentials(settings)
    return cast("Any", boto3).client(
        "s3",
        endpoint_url=s3_endpoint(settings),
        aws_access_key_id=keys.access_key_id.get_secret_value(),
        aws_secret_access_key=keys.secret_access_key.get_secret_value(),
        region_name=settings.s3_region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=5,
            read_timeout=30,
            retries={"max_attempts": 3, "mode": "standard"},
        ),
    )


def ensure_bucket(settings: Settings) -> None:
    """Make the bucket if it is missing, and try it.

    Raises:
        S3Error: naming the endpoint and what it refused.
    """
    from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs] -- it ships none

    client = s3_client(settings)
    with _refusals(settings):
        try:
            client.head_bucket(Bucket=settings.s3_bucket)
        except ClientError as error:
            if cast("Any", error).response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
                raise
            client.create_bucket(Bucket=settings.s3_bucket)
    try_bucket(settings)


def try_bucket(settings: Settings) -> str:
    """Put, get and delete an object in the bucket; returns what the store calls itself.

    Raises:
        S3Error: naming the endpoint and what it refused.
    """
    client = s3_client(settings)
    place = {"Bucket": settings.s3_bucket, "Key": f".probe-{secrets.token_hex(8)}"}
    with _refusals(settings):
        answer = client.put_object(**place, Body=_PROBE)
        kept = client.get_object(**place)["Body"].read()
        client.delete_object(**place)
    if kept != _PROBE:
        raise S3Error(f"the S3 store at {s3_endpoint(settings)} gave back other bytes than it was given")
    return str(answer["ResponseMetadata"]["HTTPHeaders"].get("server", "S3"))


@contextmanager
def _refusals(settings: Settings) -> Generator[None, None, None]:
    """Turn what boto3 raises into our error, which names the store and the way out."""
    from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs] -- it ships none
        BotoCoreError,
        ClientError,
    )

    try:
        yield
    except ClientError as error:
        raise S3Error(
            f"the S3 store at {s3_endpoint(settings)} refused bucket {settings.s3_bucket}: {error}; "
            "check RESIDENCY_S3_BUCKET, RESIDENCY_S3_ACCESS_KEY_ID and RESIDENCY_S3_SECRET_ACCESS_KEY"
        ) from error
    except BotoCoreError as error:
        raise S3Error(
            f"the S3 store at {s3_endpoint(settings)} does not answer ({type(error).__name__}); "
            "start it with `residency up`, or check RESIDENCY_S3_ENDPOINT_URL"
        ) from error


def _identities(credentials: Credentials) -> str:
    keys = {
        "accessKey": credentials.s3_access_key_id.get_secret_value(),
        "secretKey": credentials.s3_secret_access_key.get_secret_value(),
    }
    identity = {"name": "residency", "credentials": [keys], "actions": _ACTIONS}
    return json.dumps({"identities": [identity]})


def _options(settings: Settings, data: Path, identities: Path) -> list[str]:
    ports = S3Ports(settings.s3_port)
    host = settings.loopback_host
    options = {
        "dir": data,
        "ip": host,
        "ip.bind": host,
        "disableHttp": "true",
        "webdav": "false",
        "master.port": ports.master,
        "master.telemetry": "false",
        "volume.port": ports.volume,
        "filer.port": ports.filer,
        "admin.port": ports.admin,
        "admin.ui": "false",
        "s3.port": ports.s3,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.config": identities,
        "s3.iam": "false",
        "s3.autoCreateBucket": "false",
    }
    options |= _sockets(run_folder(settings))
    return [f"-{name}={value}" for name, value in options.items()]


def _sockets(folder: Path) -> dict[str, Path]:
    """Unix sockets in our own folder, where the path fits the system's limit of 107 bytes."""
    sockets = {"filer.localSocket": folder / "filer.sock", "s3.localSocket": folder / "s3.sock"}
    return {name: path for name, path in sockets.items() if len(os.fsencode(path)) <= 107}


def _weed() -> Path:
    beside = scripts_folder() / "weed"
    found = beside if beside.exists() else shutil.which("weed")
    if found is None:
        raise S3Error("SeaweedFS (`weed`) is not installed; run `./setup`, or set RESIDENCY_S3_ENDPOINT_URL")
    return Path(found)


def s3_answers(settings: Settings) -> bool:
    """Whether the embedded store takes requests."""
    try:
        # S310: our own http endpoint.
        with urlopen(f"{s3_endpoint(settings)}/healthz", timeout=2) as answer:  # noqa: S310
            return answer.status == 200
    except (URLError, OSError):
        return False
