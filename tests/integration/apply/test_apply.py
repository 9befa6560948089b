"""``residency apply`` against a real Prefect server: what it makes, leaves alone, lists and removes."""

import json

import httpx
import pytest

from residency.errors import ConflictError
from stack.apply.blocks import PROGRAM_DATABASE
from stack.apply.resources import Action, Kind, Resource, is_empty
from stack.apply.server import Wish, wish
from stack.apply.work import MARK, WorkPoolError
from stack.prefect_api import POOL

pytestmark = pytest.mark.timeout(300)

HEALTH = "periodic_health_check/periodic_health_check"
ALERT = "send_resilience_alert/send_resilience_alert"


def without(wanted, *names):
    return Wish(wanted.plan, tuple(each for each in wanted.resources if each.name not in names))


def test_showing_the_difference_to_an_empty_server_lists_everything_and_touches_nothing(first, wanted):
    assert first["untouched"]
    listed = [(each["action"], each["kind"], each["name"]) for each in first["shown"]["changes"]]
    types = {"aws-credentials", "s3-bucket", "webhook"}
    expected = [("create", each.kind, each.name) for each in wanted.resources if each.name not in types]
    assert sorted(listed) == sorted(expected)
    assert first["shown"]["dry"] is True


def test_an_apply_that_was_killed_is_finished_by_the_next_and_then_nothing_is_left(first, wanted):
    # The pool comes with this queue, but without our limit.
    assert "create work queue default: limit 2;" in "".join(first["begun"])
    assert f"create work pool {POOL}: type process\n" in first["begun"]
    assert '"name": "residency: hard limit"' not in first["between"]
    finished = [each.name for each in first["finished"]]
    assert 0 < len(finished) < len(wanted.resources)
    assert "residency: hard limit" in finished
    assert first["again"] == []


def test_no_secret_is_printed(first):
    for secret in ("database-password", "secret-of-the-store", "key-of-the-store"):
        assert secret not in json.dumps(first["shown"]) + "".join(first["begun"])
        assert not any(secret in str(change) for change in first["finished"])


def test_what_a_person_paused_stays_paused_whatever_else_changes(server, wanted, changed):
    health = server.deployment(HEALTH)
    (schedule,) = health["schedules"]
    automation = server.automation("residency: slow run")
    server.ask("PATCH", f"/deployments/{health['id']}", {"paused": True})
    server.ask("PATCH", f"/deployments/{health['id']}/schedules/{schedule['id']}", {"active": False})
    server.ask("PATCH", f"/automations/{automation['id']}", {"enabled": False})
    server.ask("PATCH", f"/work_pools/{POOL}", {"is_paused": True})
    server.ask("PATCH", f"/work_pools/{POOL}/queues/exports", {"is_paused": True})
    assert server.diff(wanted) == []

    other = changed(wanted, f"{HEALTH}/quarter-hourly", cron="5 * * * *")
    other = changed(other, HEALTH, description="Another.", tags=["other"])
    other = changed(other, "residency: slow run", description="Another.")
    other = changed(other, "exports", limit=7)
    assert {each.action for each in server.apply(other)} == {Action.UPDATE}
    health = server.deployment(HEALTH)
    assert (health["paused"], health["description"], health["tags"]) == (True, "Another.", ["other"])
    assert [each["active"] for each in health["schedules"]] == [False]
    assert [each["schedule"]["cron"] for each in health["schedules"]] == ["5 * * * *"]
    assert server.automation("residency: slow run")["enabled"] is False
    assert server.automation("residency: slow run")["description"] == "Another."
    assert server.ask("GET", f"/work_pools/{POOL}")["is_paused"] is True
    queue = server.ask("GET", f"/work_pools/{POOL}/queues/exports")
    assert (queue["is_paused"], queue["concurrency_limit"]) == (True, 7)

    server.ask("PATCH", f"/work_pools/{POOL}", {"is_paused": False})
    server.ask("PATCH", f"/work_pools/{POOL}/queues/exports", {"is_paused": False})
    server.ask("PATCH", f"/automations/{automation['id']}", {"enabled": True})


def test_limits_and_priorities_that_somebody_changed_come_back(server, wanted):
    server.ask("PATCH", f"/work_pools/{POOL}/queues/maintenance", {"priority": 1, "concurrency_limit": 5})
    moved = {each.name: str(each) for each in server.diff(wanted)}
    assert "limit 5 -> 1; priority 1 -> 9" in moved["maintenance"]
    assert "resilience" in moved
    server.apply(wanted)
    assert server.diff(wanted) == []


def test_a_document_that_a_person_edited_is_kept_until_it_is_renewed_on_purpose(server, wanted):
    document = server.ask("GET", "/block_types/slug/program-database/block_documents/name/residency")
    path = f"/block_documents/{document['id']}"
    server.ask("PATCH", path, {"data": {"timezone": "Europe/London"}, "merge_existing_data": True})
    (kept,) = server.apply(wanted)
    assert kept.action is Action.KEEP
    assert f"{PROGRAM_DATABASE}: differs from the settings in timezone (" in str(kept)
    stored = server.ask("GET", f"{path}?include_secrets=true")["data"]
    assert stored["timezone"] == "Europe/London"
    assert stored["url"] == server.given()["database_url"]
    (renewed,) = server.apply(wanted, renew=True)
    assert str(renewed).endswith("timezone Europe/London -> Pacific/Honolulu")
    assert server.ask("GET", path)["data"]["timezone"] == "Pacific/Honolulu"


def test_what_left_the_checkout_is_listed_and_removed_only_with_prune(server, wanted):
    limit = Resource(Kind.GLOBAL_LIMIT, "residency-mail", {"limit": 2, "slot_decay_per_second": 0.5})
    variable = Resource(Kind.VARIABLE, "residency_former", {"value": "x", "tags": ["residency"]})
    queue = {"limit": 1, "priority": 12, "description": f"Former. {MARK}"}
    former = Wish(
        wanted.plan,
        (*wanted.resources, limit, variable, Resource(Kind.WORK_QUEUE, "former", queue)),
    )
    assert {each.action for each in server.apply(former)} == {Action.CREATE}
    assert server.diff(former) == []
    now = without(former, "residency-mail", "residency_former", "former", f"{HEALTH}/quarter-hourly", HEALTH)
    now = without(now, "residency: slow run")
    listed = server.apply(now)
    assert {each.action for each in listed} == {Action.KEEP}
    assert all("--prune" in str(each) for each in listed)
    assert server.diff(former) == []
    removed = server.apply(now, prune=True)
    assert {each.action for each in removed} == {Action.REMOVE}
    assert sorted(each.name for each in removed) == sorted(each.name for each in listed)
    assert len(removed) == 6
    assert server.diff(now) == []
    assert httpx.get(f"{server.url}/deployments/name/{HEALTH}").status_code == 404


def test_what_others_made_on_the_same_server_is_neither_listed_nor_removed(server, wanted):
    flow = server.ask("POST", "/flows/", {"name": "theirs"})["id"]
    theirs = {"flow_id": flow, "work_pool_name": POOL, "entrypoint": "theirs.py:theirs"}
    server.ask("POST", "/deployments/", {**theirs, "name": "periodic_health_check"})
    server.ask("POST", f"/work_pools/{POOL}/queues", {"name": "theirs", "priority": 3})
    server.ask("POST", "/variables/", {"name": "residency_theirs", "value": 1})
    server.ask("POST", "/v2/concurrency_limits/", {"name": "theirs", "limit": 1})
    trigger = {"type": "event", "posture": "Reactive", "expect": ["x"], "threshold": 1, "within": 0}
    theirs = {"name": "theirs", "trigger": trigger, "actions": [{"type": "do-nothing"}]}
    server.ask("POST", "/automations/", theirs)
    health = server.deployment(HEALTH)
    server.ask(
        "POST",
        f"/deployments/{health['id']}/schedules",
        [{"schedule": {"cron": "0 0 1 1 *"}, "active": True}],
    )
    assert all(each.kind is Kind.WORK_QUEUE for each in server.apply(wanted, prune=True))
    assert server.diff(wanted, prune=True) == []
    assert server.deployment("theirs/periodic_health_check")["work_pool_name"] == POOL
    assert len(server.deployment(HEALTH)["schedules"]) == 2
    queues = {each["name"] for each in server.ask("POST", f"/work_pools/{POOL}/queues/filter", {})}
    assert "theirs" in queues
    assert server.ask("GET", "/variables/name/residency_theirs")["value"] == 1
    assert server.ask("GET", "/v2/concurrency_limits/theirs")["limit"] == 1
    assert server.automation("theirs")["actions"] == [{"type": "do-nothing"}]


def test_prefects_own_deploy_makes_the_same_deployments_and_revives_no_schedule(server, wanted):
    contingency = server.deployment("run_contingency_analysis/run_contingency_analysis")
    (schedule,) = contingency["schedules"]
    server.ask("PATCH", f"/deployments/{contingency['id']}/schedules/{schedule['id']}", {"active": False})
    server.ask("DELETE", f"/deployments/{server.deployment(HEALTH)['id']}")
    server.command("prefect", "--no-prompt", "deploy", "--all")
    # One it made, two it updated; the same as ours in every field that is compared.
    assert server.diff(wanted) == []
    contingency = server.deployment("run_contingency_analysis/run_contingency_analysis")
    assert [each["active"] for each in contingency["schedules"]] == [False]


def test_the_commit_that_prefects_own_deploy_notes_is_no_difference(server, wanted):
    server.ask("PATCH", f"/deployments/{server.deployment(HEALTH)['id']}", {"version": "0123abcd"})
    assert server.deployment(HEALTH)["version"] == "0123abcd"
    assert server.diff(wanted) == []


def test_an_automation_follows_a_deployment_that_was_made_anew(server, wanted):
    server.ask("DELETE", f"/deployments/{server.deployment(ALERT)['id']}")
    names = {each.name for each in server.apply(wanted)}
    assert {ALERT, "residency: slow run", "residency: no worker", "residency: ended from outside"} == names
    action = server.automation("residency: slow run")["actions"][0]
    assert action["deployment_id"] == server.deployment(ALERT)["id"]


def test_a_lost_pool_is_made_again_of_the_type_asked_for_and_its_template_stays_a_persons(server, wanted):
    server.ask("DELETE", f"/work_pools/{POOL}")
    given = {"work_pool_type": "kubernetes", "work_pool_image": "registry.example/residency:1"}
    docker = wish(server.settings.model_copy(update=given))
    server.apply(docker)
    assert server.diff(docker) == []
    template = server.ask("GET", f"/work_pools/{POOL}")["base_job_template"]
    properties = template["variables"]["properties"]
    assert properties["image"]["default"] == "registry.example/residency:1"

    properties["namespace"]["default"] = "hospital"
    server.ask("PATCH", f"/work_pools/{POOL}", {"base_job_template": template})
    newer = wish(
        server.settings.model_copy(update={**given, "work_pool_image": "registry.example/residency:2"})
    )
    (change,) = server.apply(newer)
    assert "image default registry.example/residency:1 -> registry.example/residency:2" in str(change)
    properties = server.ask("GET", f"/work_pools/{POOL}")["base_job_template"]["variables"]["properties"]
    assert properties["image"]["default"] == "registry.example/residency:2"
    assert properties["namespace"]["default"] == "hospital"

    template = server.ask("GET", f"/work_pools/{POOL}")["base_job_template"]
    template = json.loads(json.dumps(template).replace("{{ image }}", "fixed:1"))
    del template["variables"]["properties"]["image"]
    server.ask("PATCH", f"/work_pools/{POOL}", {"base_job_template": template})
    with pytest.raises(WorkPoolError, match="no variable `image`, which RESIDENCY_WORK_POOL_IMAGE sets"):
        server.apply(newer)
    with pytest.raises(ConflictError, match="RESIDENCY_WORK_POOL_TYPE=kubernetes, or delete the pool"):
        server.apply(wanted)
    server.ask("DELETE", f"/work_pools/{POOL}")
    assert not is_empty(server.apply(wanted))
