"""The plan of the plant: which parts and steps these settings ask for, in the order of start."""

import sys
from threading import Event

from residency.settings import Settings
from stack.apply.applied import is_applied, left_as_it_is
from stack.apply.checkout import declared_names
from stack.credentials import Credentials
from stack.database import database_place, database_version, migrate_database
from stack.environment import MARK, base_environment, client_environment
from stack.home import postgres_folder
from stack.liveness import postgres_answers
from stack.mail import NAME as MAIL
from stack.mail import greet_mail_server, launch_mail_sink, mail_answers, mail_place, wait_for_mail_sink
from stack.orphans import end_orphaned_runs, settle_orphans
from stack.postgres import NAME as POSTGRES
from stack.postgres import EmbeddedPostgres
from stack.prefect_api import POOL, prefect_api
from stack.prefect_server import NAME as PREFECT
from stack.prefect_server import launch_prefect_server, prefect_answers, wait_for_prefect_server
from stack.process import Child, Program, run_to_end
from stack.s3 import NAME as S3
from stack.s3 import ensure_bucket, launch_s3, s3_answers, s3_endpoint, wait_for_s3
from stack.service_user import service_user
from stack.supervisor import Part, Stage, Step
from stack.worker import NAME as WORKER
from stack.worker import launch_worker, stop_worker, wait_for_worker, worker_answers

_DEPLOY_SECONDS = 180.0


def plan(settings: Settings, credentials: Credentials) -> list[Stage]:
    """Stages in the order of start: what is external is tried first, the worker comes last."""
    return [
        _external(settings),
        [] if settings.database_url else [_postgres(settings, credentials)],
        [Step(lambda _: migrate_database(settings))],
        [
            *([] if settings.s3_endpoint_url else [_s3(settings, credentials)]),
            *([] if settings.smtp_url else [_mail(settings)]),
            *([] if settings.prefect_api_url else [_prefect(settings, credentials)]),
        ],
        [Step(lambda stop: _deploy(settings, stop))],
        [_worker(settings)],
    ]


def external_parts(settings: Settings) -> dict[str, tuple[str, str]]:
    """Name and address, without secrets, of each part that is not ours to start, by its key."""
    external: dict[str, tuple[str, str]] = {}
    if settings.database_url:
        external["postgres"] = (POSTGRES, database_place(settings))
    if settings.s3_endpoint_url:
        external["s3"] = (S3, settings.s3_endpoint_url)
    if settings.smtp_url:
        host, port = mail_place(settings)
        external["mail"] = ("mail relay", f"{host}:{port}")
    if settings.prefect_api_url:
        external["prefect"] = (PREFECT, settings.prefect_api_url)
    return external


def log_keys() -> tuple[str, ...]:
    """Names of the logs, the plant's own first."""
    return ("plant", "postgres", "s3", "mail", "prefect", "deploy", "worker")


def _external(settings: Settings) -> list[Part | Step]:
    steps: list[Part | Step] = []
    if settings.database_url:
        place = database_place(settings)
        steps.append(Step(lambda _: f"External PostgreSQL {database_version(settings)} answers at {place}"))
    if settings.s3_endpoint_url:
        steps.append(Step(lambda _: _external_s3(settings)))
    if settings.smtp_url:
        steps.append(Step(lambda _: f"External mail relay answers: {greet_mail_server(settings)}"))
    if settings.prefect_api_url:
        steps.append(Step(lambda _: _external_prefect(settings)))
    return steps


def _external_s3(settings: Settings) -> str:
    ensure_bucket(settings)
    return f"External S3 store keeps objects at {s3_endpoint(settings)}"


def _external_prefect(settings: Settings) -> str:
    with prefect_api(settings) as api:
        return f"External Prefect server {api.version()} answers at {settings.prefect_url}"


def _postgres(settings: Settings, credentials: Credentials) -> Part:
    user = service_user(settings.service_user)
    server = EmbeddedPostgres(
        folder=postgres_folder(settings, user),
        port=settings.postgres_port,
        credentials=credentials,
        log=settings.logs / "postgres.log",
        host=settings.loopback_host,
        programs=settings.postgres_bin,
        system_user=settings.service_user,
        environment={MARK: str(settings.home)},
    )

    def describe() -> str:
        return f"{POSTGRES} {server.version}" + (f" ({user.note})" if user and user.note else "")

    address = f"{settings.loopback_host}:{settings.postgres_port}"
    return Part(
        "postgres",
        POSTGRES,
        address,
        launch=server.start,
        describe=describe,
        answers=lambda: postgres_answers(settings.loopback_host, settings.postgres_port),
    )


def _s3(settings: Settings, credentials: Credentials) -> Part:
    return Part(
        "s3",
        S3,
        s3_endpoint(settings),
        launch=lambda _: launch_s3(settings, credentials, settings.logs / "s3.log"),
        wait=lambda child, stop: wait_for_s3(settings, child, stop),
        answers=lambda: s3_answers(settings),
    )


def _mail(settings: Settings) -> Part:
    host, port = mail_place(settings)
    return Part(
        "mail",
        MAIL,
        f"{host}:{port}",
        launch=lambda _: launch_mail_sink(settings, settings.logs / "mail.log"),
        wait=lambda child, stop: wait_for_mail_sink(settings, child, stop),
        answers=lambda: mail_answers(settings),
    )


def _prefect(settings: Settings, credentials: Credentials) -> Part:
    def describe() -> str:
        with prefect_api(settings) as api:
            return f"{PREFECT} {api.version()}"

    return Part(
        "prefect",
        PREFECT,
        settings.prefect_ui_url,
        launch=lambda _: launch_prefect_server(settings, credentials, settings.logs / "prefect.log"),
        wait=lambda child, stop: wait_for_prefect_server(settings, child, stop),
        answers=lambda: prefect_answers(settings),
        describe=describe,
    )


def _worker(settings: Settings) -> Part:
    return Part(
        "worker",
        WORKER,
        f"work pool {POOL}",
        launch=lambda _: _launch_worker(settings),
        wait=lambda child, stop: wait_for_worker(settings, child, stop),
        answers=lambda: worker_answers(settings),
        end=stop_worker,
    )


def _launch_worker(settings: Settings) -> Child:
    """Start the worker, after settling what a worker that was killed has left under way."""
    end_orphaned_runs(settings)
    settle_orphans(settings)
    return launch_worker(settings, settings.logs / "worker.log")


def _deploy(settings: Settings, stop: Event) -> str:
    with prefect_api(settings) as api:
        if is_applied(settings, api):
            return "Flows are deployed as they stand"
        program = Program(
            name="deployment",
            command=[sys.executable, "-m", "stack.apply"],
            log=settings.logs / "deploy.log",
            environment={**base_environment(settings), **client_environment(settings)},
        )
        run_to_end(program, _DEPLOY_SECONDS, stop)
        deployed = f"Deployed {len(declared_names())} flows"
        return "; ".join([deployed, *left_as_it_is(settings)])
