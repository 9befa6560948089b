import asyncio
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest
import yaml

from stack.credentials import database_url
from stack.ports import needed_ports

pytestmark = pytest.mark.timeout(300)

DEPLOYMENTS = yaml.safe_load((Path(__file__).parents[3] / "prefect.yaml").read_text())["deployments"]


def test_the_first_start_is_quick_and_says_what_it_does(plant):
    assert plant.first_seconds < 120
    lines = plant.first_output.splitlines()
    starts = [
        "PostgreSQL 18",
        "Database schema",
        "S3 store ready",
        "mail sink ready",
        "Prefect server 3.8",
        f"Deployed {len(DEPLOYMENTS)} flows",
    ]
    positions = [next(i for i, line in enumerate(lines) if line.startswith(start)) for start in starts]
    assert positions == sorted(positions)
    assert lines[positions[-1] + 1].startswith("worker ready")


def test_status_names_every_part_its_process_and_its_address(plant):
    status = plant.status()
    assert status["state"] == "ready"
    assert [part["key"] for part in status["parts"]] == ["postgres", "s3", "mail", "prefect", "worker"]
    assert {part["state"] for part in status["parts"]} == {"ready"}
    for part in status["parts"]:
        assert psutil.pid_exists(part["pid"])
    shown = plant.run("status")
    assert f"127.0.0.1:{plant.settings.postgres_port}" in shown
    assert str(status["parts"][0]["pid"]) in shown


def test_doctor_finds_every_part_well(plant):
    findings = {each["check"]: each for each in json.loads(plant.run("doctor", "--json"))}
    assert {name for name, each in findings.items() if not each["ok"]} == set()
    for name in ("database", "Prefect server", "S3 store", "mail"):
        assert findings[name]["latency_ms"] > 0
    assert findings["database"]["version"].startswith("18")
    assert findings["Prefect server"]["version"].startswith("3.8")


def test_a_second_plant_in_the_same_home_is_refused(plant):
    output = plant.run("up", "--detach", code=1)
    assert f"already running, pid {plant.status()['pid']}" in output
    assert plant.status()["state"] == "ready"


def test_another_home_on_the_same_ports_is_refused_with_every_port_and_starts_nothing(plant, tmp_path):
    other = plant.at(tmp_path / "other")
    output = other.run("up", "--detach", code=1)
    named = [line for line in output.splitlines() if "is in use" in line]
    assert len(named) == len(needed_ports(plant.settings)) == 13
    for port in needed_ports(plant.settings):
        assert any(f"port {port.number} for " in line and f"set {port.setting}" in line for line in named)
    assert [each for each in other.processes() if str(tmp_path) in each] == []
    assert not (tmp_path / "other" / "postgres").exists()
    assert not (tmp_path / "other" / "s3").exists()


def test_the_queues_have_their_limits_and_their_order(plant):
    queues = plant.ask("/work_pools/residency/queues/filter", {"limit": 50})
    assert [
        (each["name"], each["concurrency_limit"]) for each in sorted(queues, key=lambda q: q["priority"])
    ] == [
        ("resilience", 4),
        ("notifications", 1),
        ("security", 1),
        ("compliance", 1),
        ("exports", 2),
        ("metrics", 2),
        ("default", 2),
        ("cleanup", 1),
        ("maintenance", 1),
    ]


def test_schedules_make_runs(plant, eventually):
    def scheduled():
        runs = plant.ask("/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}})
        return {run["name"] for run in runs if run["auto_scheduled"]}

    eventually(lambda: len(scheduled()) > 3)
    assert "Traceback" not in (plant.settings.logs / "prefect.log").read_text()


def test_the_browser_is_told_the_right_address_and_metrics_are_on(plant):
    root = plant.settings.prefect_ui_url
    assert httpx.get(f"{root}/ui-settings", timeout=60).json()["api_url"] == plant.settings.prefect_url
    assert "prefect" in httpx.get(f"{root}/api/metrics", timeout=60).text


def test_no_secret_is_in_any_log_command_line_or_output(plant):
    content = json.loads((plant.settings.home / "credentials.json").read_text())
    assert len(content) == 8
    seen = (
        plant.first_output + plant.run("doctor") + plant.run("status") + plant.run("logs", "--lines", "500")
    )
    for log in plant.settings.logs.iterdir():
        seen += log.read_text()
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):
            seen += " ".join(process.cmdline())
    assert [name for name, secret in content.items() if secret in seen] == []


def test_block_secrets_are_unreadable_in_prefects_own_database(plant):
    stored = plant.ask("/block_documents/filter", {"include_secrets": False})
    block = next(each for each in stored if each["name"] == "residency")
    assert set(block["data"]["url"]) == {"*"}
    assert block["data"]["timezone"] == plant.settings.timezone


def test_every_file_with_a_secret_is_private(plant):
    content = json.loads((plant.settings.home / "credentials.json").read_text())
    for path in plant.settings.home.rglob("*"):
        if "postgres" in path.parts or not path.is_file():
            continue
        text = path.read_bytes().decode(errors="ignore")
        if any(secret in text for secret in content.values()):
            assert path.stat().st_mode & 0o077 == 0, path


def test_mail_is_kept_listed_and_shown(plant):
    with smtplib.SMTP("127.0.0.1", plant.settings.mail_port) as client:
        client.sendmail(
            "a@example.org", ["b@example.org"], "To: b@example.org\r\nSubject: hello\r\n\r\nText.\r\n"
        )
    listed = json.loads(plant.run("mail", "--json"))
    assert (listed[0]["to"], listed[0]["subject"]) == ("b@example.org", "hello")
    assert "Subject: hello\n\nText." in plant.run("mail", "show", "1")
    assert "hello" in plant.run("mail")
    assert "there are 1" in plant.run("mail", "show", "7", code=2)


def test_logs_show_the_end_and_follow(plant):
    assert "database system is ready" in plant.run("logs", "postgres", "--lines", "200")
    assert len(plant.run("logs", "plant", "--lines", "2").splitlines()) == 2
    assert "one of plant, postgres" in plant.run("logs", "nonsense", code=2)
    seen = threading.Event()

    def write_until_seen():
        while not seen.wait(0.2):
            with (plant.settings.logs / "mail.log").open("a") as log:
                log.write("something new\n")

    with plant.start("logs", "mail", "--follow", "--lines", "0") as following:
        writer = threading.Thread(target=write_until_seen)
        writer.start()
        try:
            assert following.stdout.readline() == "something new\n"
        finally:
            seen.set()
            writer.join()
            following.send_signal(signal.SIGINT)


def test_a_killed_part_comes_back(plant, eventually):
    for key in ("mail", "postgres", "worker"):
        pid = plant.part(key)["pid"]
        os.kill(pid, signal.SIGKILL)
        eventually(lambda key=key, pid=pid: plant.part(key)["pid"] not in {pid, None})
        eventually(lambda key=key: plant.part(key)["state"] == "ready")
    eventually(lambda: all(each["ok"] for each in json.loads(_doctor(plant))))
    assert "ended with exit code -9; starting it again" in plant.run("logs", "plant")


def _doctor(plant):
    with plant.start("doctor", "--json") as started:
        return started.communicate(timeout=100)[0]


_SLOW = """
import asyncio, os, sys
from pathlib import Path
from prefect import flow

@flow
async def slow():
    Path(os.environ["HERE"], "begun").write_text(str(os.getpid()))
    await asyncio.sleep(120)

if __name__ == "__main__":
    from prefect.deployments import run_deployment
    flow.from_source(source=sys.argv[1], entrypoint="slow.py:slow").deploy(
        name="slow", work_pool_name="residency",
        job_variables={"command": "python -m prefect.engine", "env": {"HERE": sys.argv[1]}},
    )
    print(run_deployment("slow/slow", timeout=0).id)
"""


def start_slow_run(plant, folder, eventually):
    """Start a run that lasts; its id, once it runs, and the process it runs in."""
    (folder / "slow.py").write_text(_SLOW)
    (folder / "begun").unlink(missing_ok=True)
    environment = {
        **plant.environment,
        "PREFECT_API_URL": plant.settings.prefect_url,
        "PREFECT_HOME": str(folder),
    }
    started = subprocess.run(
        [sys.executable, "slow.py", str(folder)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    eventually(lambda: (folder / "begun").exists() and (folder / "begun").read_text())
    return started.stdout.split()[-1], int((folder / "begun").read_text())


def state_of(plant, run):
    return httpx.get(f"{plant.settings.prefect_url}/flow_runs/{run}", timeout=60).json()["state"]["type"]


def test_a_run_under_way_is_ended_and_reported_by_down_and_by_the_next_start_after_a_kill(
    plant, tmp_path, eventually
):
    run, process = start_slow_run(plant, tmp_path, eventually)
    assert "Stopped in" in plant.run("down")
    assert plant.processes() == []
    assert not psutil.pid_exists(process)
    assert "nothing is running" in plant.run("down").lower()
    assert plant.run("status").startswith("Nothing is running")
    for port in needed_ports(plant.settings):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port.number)) != 0

    begun = time.monotonic()
    output = plant.up("--detach")
    assert time.monotonic() - begun < 30
    assert "Flows are deployed as they stand" in output
    assert state_of(plant, run) == "CRASHED"

    run, process = start_slow_run(plant, tmp_path, eventually)
    os.kill(plant.status()["pid"], signal.SIGKILL)
    plant.up("--detach")
    assert state_of(plant, run) == "CRASHED"
    assert not psutil.pid_exists(process)


def in_database(plant, statement, *values):
    """What a statement answers in the program's database."""

    async def ask():
        connection = await asyncpg.connect(database_url(plant.settings).get_secret_value())
        try:
            return await connection.fetchval(statement, *values)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_a_killed_worker_leaves_no_run_that_keeps_its_deployments_slot_or_counts_as_started(
    plant, tmp_path, eventually
):
    run, process = start_slow_run(plant, tmp_path, eventually)
    begun = "INSERT INTO task_runs (run_id, task, attempt, state, params, cause, started_at) "
    in_database(plant, f"{begun} VALUES ($1, 'slow', 1, 'STARTED', '{{}}', 'request', now())", run)
    os.kill(plant.part("worker")["pid"], signal.SIGKILL)
    eventually(lambda: state_of(plant, run) == "CRASHED")
    eventually(lambda: not any(line.startswith(f"{process} ") for line in plant.processes()))
    eventually(lambda: plant.part("worker")["state"] == "ready")
    assert in_database(plant, "SELECT state FROM task_runs WHERE run_id = $1", run) == "FAILURE"


def test_doctor_says_what_somebody_paused_and_which_block_does_not_open_the_database(plant):
    url = plant.settings.prefect_url
    found = plant.ask("/deployments/filter")
    check = next(each for each in found if each["name"] == "periodic_health_check")
    httpx.post(f"{url}/deployments/{check['id']}/pause_deployment", timeout=60).raise_for_status()
    block = httpx.get(
        f"{url}/block_types/slug/program-database/block_documents/name/residency?include_secrets=true",
        timeout=60,
    ).json()
    wrong = {
        **block["data"],
        "url": f"postgresql://nobody:hidden@127.0.0.1:{plant.settings.postgres_port}/residency",
    }
    place = f"{url}/block_documents/{block['id']}"
    httpx.patch(place, json={"data": wrong}, timeout=60).raise_for_status()
    try:
        findings = {each["check"]: each for each in json.loads(_doctor(plant))}
    finally:
        httpx.patch(place, json={"data": block["data"]}, timeout=60).raise_for_status()
        httpx.post(f"{url}/deployments/{check['id']}/resume_deployment", timeout=60).raise_for_status()
    assert findings["schedules"]["ok"]
    assert findings["schedules"]["detail"].endswith("paused by somebody: periodic_health_check")
    assert not findings["block"]["ok"]
    assert "refused the connection" in findings["block"]["detail"]
    assert "hidden" not in json.dumps(findings)


def test_a_lost_deployment_is_deployed_again(plant):
    found = plant.ask("/deployments/filter")
    alert = next(each for each in found if each["name"] == "send_resilience_alert")
    httpx.delete(f"{plant.settings.prefect_url}/deployments/{alert['id']}").raise_for_status()
    assert "not deployed: send_resilience_alert" in plant.run("doctor", code=1)
    plant.run("down")
    assert "Deployed" in plant.up("--detach")
    assert "send_resilience_alert" in {each["name"] for each in plant.ask("/deployments/filter")}


def test_external_parts_are_used_instead_of_started(plant, new_plant):
    content = json.loads((plant.settings.home / "credentials.json").read_text())
    owner = f"residency_owner:{content['owner_password']}"
    new_plant.environment |= {
        "RESIDENCY_DATABASE_URL": f"postgresql://{owner}@127.0.0.1:{plant.settings.postgres_port}/residency",
        "RESIDENCY_PREFECT_API_URL": plant.settings.prefect_url,
        "RESIDENCY_S3_ENDPOINT_URL": f"http://127.0.0.1:{plant.settings.s3_port}",
        "RESIDENCY_S3_ACCESS_KEY_ID": content["s3_access_key_id"],
        "RESIDENCY_S3_SECRET_ACCESS_KEY": content["s3_secret_access_key"],
        "RESIDENCY_SMTP_URL": f"smtp://127.0.0.1:{plant.settings.mail_port}",
    }
    output = new_plant.up("--detach")
    assert "External PostgreSQL 18" in output
    assert "External Prefect server 3.8" in output
    states = {part["key"]: part["state"] for part in new_plant.status()["parts"]}
    assert states == {
        "worker": "ready",
        "postgres": "external",
        "s3": "external",
        "mail": "external",
        "prefect": "external",
    }
    findings = json.loads(new_plant.run("doctor", "--json"))
    assert {each["check"] for each in findings if not each["ok"]} == set()
    assert content["owner_password"] not in output + new_plant.run("status") + json.dumps(findings)
    new_plant.run("down")
    assert plant.status()["state"] == "ready"


def test_the_doctor_asks_nothing_of_a_worker_s_machine_that_only_the_servers_have(plant, new_plant):
    content = json.loads((plant.settings.home / "credentials.json").read_text())
    app = f"residency_app:{content['app_password']}"
    new_plant.settings.home.mkdir()
    new_plant.environment |= {
        "RESIDENCY_DATABASE_URL": f"postgresql://{app}@127.0.0.1:{plant.settings.postgres_port}/residency",
        "RESIDENCY_PREFECT_API_URL": plant.settings.prefect_url,
        "RESIDENCY_S3_ENDPOINT_URL": f"http://127.0.0.1:{plant.settings.s3_port}",
        "RESIDENCY_S3_ACCESS_KEY_ID": content["s3_access_key_id"],
        "RESIDENCY_S3_SECRET_ACCESS_KEY": content["s3_secret_access_key"],
    }
    findings = {each["check"]: each for each in json.loads(new_plant.run("doctor", "--json"))}
    assert [check for check, found in findings.items() if not found["ok"]] == []
    assert findings["credentials"]["detail"] == "none needed, every server is external"
    assert "mail waits in the outbox" in findings["mail"]["detail"]
    assert "residency_app works, with no right to change" in findings["roles"]["detail"]
