"""Every part tried the way its users use it: does it answer, what is it, how fast, and what to do if not."""

import time
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.database import check_schema, database_place, database_version
from stack.database_checks import check_roles
from stack.machine_checks import check_clock, check_credentials, check_disk, check_home, check_python
from stack.mail import greet_mail_server, mail_place
from stack.prefect_checks import check_block, check_flows, check_schedules, check_worker, server_version
from stack.s3 import S3Error, s3_answers, s3_endpoint, try_bucket


class Finding(BaseModel):
    """What one check found; ``detail`` says what to do when it is not well."""

    model_config = ConfigDict(frozen=True)

    check: str
    ok: bool
    detail: str
    version: str | None = None
    latency_ms: float | None = None


def examine(settings: Settings) -> list[Finding]:
    """Run every check; a part that is down does not keep the others from being tried."""
    database = _timed("database", database_place(settings), lambda: database_version(settings))
    prefect = _timed("Prefect server", settings.prefect_url, lambda: server_version(settings))
    return [
        _checked("Python", check_python),
        _checked("home", lambda: check_home(settings)),
        _checked("disk", lambda: check_disk(settings)),
        _checked("credentials", lambda: check_credentials(settings)),
        database,
        _checked("schema", lambda: _schema(settings), needs=database),
        _checked("roles", lambda: check_roles(settings), needs=database),
        _checked("clock", lambda: check_clock(settings), needs=database),
        prefect,
        _checked("worker", lambda: check_worker(settings), needs=prefect),
        _checked("flows", lambda: check_flows(settings), needs=prefect),
        _checked("schedules", lambda: check_schedules(settings), needs=prefect),
        _checked("block", lambda: check_block(settings), needs=prefect),
        _timed("S3 store", s3_endpoint(settings), lambda: _s3(settings)),
        _mail(settings),
    ]


def _checked(check: str, look: Callable[[], str], needs: Finding | None = None) -> Finding:
    if needs is not None and not needs.ok:
        return Finding(check=check, ok=False, detail=f"not tried, because the {needs.check} does not answer")
    begun = time.perf_counter()
    try:
        detail = look()
    except ResidencyError as error:
        return Finding(check=check, ok=False, detail=str(error))
    took = None if needs is None else round((time.perf_counter() - begun) * 1000, 1)
    return Finding(check=check, ok=True, detail=detail, latency_ms=took)


def _timed(check: str, place: str, probe: Callable[[], str]) -> Finding:
    """A part that is spoken to: where it is, what it says it is, and how long the exchange took."""
    try:
        # Once to load the client, whose import would count as slowness of the part.
        probe()
        begun = time.perf_counter()
        version = probe()
    except ResidencyError as error:
        return Finding(check=check, ok=False, detail=str(error))
    took = round((time.perf_counter() - begun) * 1000, 1)
    return Finding(check=check, ok=True, detail=f"answers at {place}", version=version, latency_ms=took)


def _schema(settings: Settings) -> str:
    check_schema(settings)
    return "at the newest migration"


def _mail(settings: Settings) -> Finding:
    if settings.smtp_url is None and not settings.has_embedded:
        # Nobody runs the local sink beside servers that are all external.
        return Finding(
            check="mail", ok=True, detail="no relay is set (RESIDENCY_SMTP_URL), so mail waits in the outbox"
        )
    return _timed("mail", "{}:{}".format(*mail_place(settings)), lambda: greet_mail_server(settings))


def _s3(settings: Settings) -> str:
    # boto3 asks a store that hangs for minutes.
    if settings.s3_endpoint_url is None and not s3_answers(settings):
        raise S3Error(
            f"the S3 store at {s3_endpoint(settings)} does not answer; start it with `residency up`, "
            "or see `residency logs s3`"
        )
    return try_bucket(settings)
