"""Every file of ``automations/`` seen to fire on a real Prefect server, with its waiting cut short."""

import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest
from pydantic import SecretStr

from stack.apply.resources import Kind
from stack.apply.server import wish
from stack.prefect_api import POOL

pytestmark = pytest.mark.timeout(300)

HEALTH = "periodic_health_check/periodic_health_check"
CONTINGENCY = "run_contingency_analysis/run_contingency_analysis"
ALERT = "send_resilience_alert/send_resilience_alert"


@pytest.fixture
def webhook():
    """A server that keeps what is posted to it: its address, and the list."""
    posted = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Keep) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}/alerts", posted
        listening.shutdown()


def hastened(wanted, changed):
    """The wish with every waiting automation at Prefect's shortest."""
    for each in wanted.resources:
        if each.kind is Kind.AUTOMATION and each.fields["trigger"]["posture"] == "Proactive":
            wanted = changed(wanted, each.name, trigger={**each.fields["trigger"], "within": 10.0})
    return wanted


def started(server, full_name, state, **parameters):
    """A run of a deployment, put into a state as a worker would; its id."""
    deployment = server.deployment(full_name)
    run = server.ask("POST", f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})[
        "id"
    ]
    server.ask("POST", f"/flow_runs/{run}/set_state", {"state": state, "force": True})
    return run


def test_every_automation_fires(server, webhook, changed):
    address, posted = webhook
    wanted = wish(server.settings.model_copy(update={"alert_webhook_url": SecretStr(address)}))
    wanted = hastened(wanted, changed)
    server.apply(wanted, renew=True)
    stuck = started(server, HEALTH, {"type": "RUNNING"})
    stuck_alert = started(
        server, ALERT, {"type": "RUNNING"}, level="info", category="own", message="A sentence."
    )
    failed = started(server, CONTINGENCY, {"type": "FAILED", "message": "no"})
    silent = started(server, CONTINGENCY, {"type": "RUNNING"})
    pool = server.ask("GET", f"/work_pools/{POOL}")["id"]
    now = datetime.now(UTC).isoformat()
    heard = {
        "event": "prefect.flow-run.heartbeat",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{silent}"},
        "related": [
            {
                "prefect.resource.id": f"prefect.work-pool.{pool}",
                "prefect.resource.role": "work-pool",
                "prefect.resource.name": POOL,
            }
        ],
    }
    gone = {
        "event": "prefect.work-pool.not-ready",
        "resource": {"prefect.resource.id": f"prefect.work-pool.{pool}", "prefect.resource.name": POOL},
    }
    events = [{**event, "id": str(uuid4()), "occurred": now} for event in (heard, gone)]
    server.ask("POST", "/events", events)

    def state(run):
        found = server.ask("GET", f"/flow_runs/{run}")
        return found["state"]["type"], found["state"]["message"]

    def alerts():
        deployments = {"name": {"any_": ["send_resilience_alert"]}}
        runs = server.ask("POST", "/flow_runs/filter", {"deployments": deployments})
        return {(run["parameters"]["category"], run["parameters"]["message"].split()[0]) for run in runs}

    expected = {("own", "A"), ("no_worker", "No")}
    for name in ("periodic_health_check", "run_contingency_analysis"):
        expected |= {("slow_run", name), ("ended_from_outside", name)}

    def told():
        return all(any(words in body for body in posted) for words in ("ended as Failed", "No worker serves"))

    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and (alerts() != expected or not told()):
        time.sleep(1)
    assert alerts() == expected
    # Nobody is told of the alert's own run, or it would start itself.
    assert state(stuck)[0] == state(stuck_alert)[0] == "CANCELLING"
    assert state(silent)[0] in {"CRASHED", "CANCELLING"}
    assert sum("ended as Failed" in body for body in posted) == 1
    assert sum(failed in body for body in posted) == 1
    assert sum("No worker serves" in body for body in posted) == 1
