"""The alert rules: valid for Prefect, none that starts itself, every ending listed where endings count."""

from copy import deepcopy

import pytest

from residency.errors import InvalidInputError
from stack.apply.automations import wanted_automations
from stack.apply.blocks import ALERT_WEBHOOK, DOCUMENTS
from stack.apply.checkout import read_automations

ALERT = "send_resilience_alert/send_resilience_alert"
FILES = read_automations()
ENDINGS = {"Completed", "Cached", "Failed", "TimedOut", "Crashed", "Cancelled"}


def names(resources):
    return {resource.name for resource in resources}


def triggers_on_runs(content):
    return content["trigger"]["match"]["prefect.resource.id"] == "prefect.flow-run.*"


def test_every_file_is_an_automation_that_prefect_takes():
    assert names(wanted_automations(FILES, {ALERT}, set(DOCUMENTS))) == set(FILES)
    assert len(FILES) >= 6


def test_without_a_webhook_only_what_can_be_told_otherwise_is_left():
    with_webhook = wanted_automations(FILES, {ALERT}, set(DOCUMENTS))
    without = wanted_automations(FILES, {ALERT}, set(DOCUMENTS) - {ALERT_WEBHOOK})
    assert names(with_webhook) - names(without) == {"residency: failed run"}
    (no_worker,) = [each for each in without if each.name == "residency: no worker"]
    assert [action["type"] for action in no_worker.fields["actions"]] == ["run-deployment"]


def test_a_deployment_that_is_not_there_is_named():
    with pytest.raises(InvalidInputError, match="send_resilience_alert"):
        wanted_automations(FILES, {"other/other"}, set(DOCUMENTS))


def test_what_prefect_refuses_is_told_with_its_place():
    files = deepcopy(FILES)
    files["residency: hard limit"]["trigger"]["within"] = 5
    with pytest.raises(InvalidInputError, match=r"residency: hard limit.*10 seconds"):
        wanted_automations(files, {ALERT}, set(DOCUMENTS))


def test_the_order_in_which_events_are_written_makes_no_difference():
    files = deepcopy(FILES)
    files["residency: hard limit"]["trigger"]["expect"].reverse()
    before = wanted_automations(FILES, {ALERT}, set(DOCUMENTS))
    assert wanted_automations(files, {ALERT}, set(DOCUMENTS)) == before


@pytest.mark.parametrize("name", [name for name, content in FILES.items() if triggers_on_runs(content)])
def test_a_rule_about_runs_that_starts_the_alert_leaves_out_the_alerts_own_runs(name):
    content = FILES[name]
    if not any(action["type"] == "run-deployment" for action in content["actions"]):
        return
    assert {"prefect.resource.role": "flow", "prefect.resource.name": "!send_resilience_alert"} in content[
        "trigger"
    ]["match_related"]


@pytest.mark.parametrize(
    "name", [name for name, content in FILES.items() if content["trigger"]["posture"] == "Proactive"]
)
def test_a_rule_that_waits_for_the_end_of_a_run_knows_every_end(name):
    trigger = FILES[name]["trigger"]
    if triggers_on_runs(FILES[name]):
        assert {f"prefect.flow-run.{ending}" for ending in ENDINGS} <= set(trigger["expect"])


def test_the_hard_limit_lies_between_the_soft_limit_and_ten_minutes():
    from flows.platform.policies import SOFT_LIMIT_SECONDS

    assert SOFT_LIMIT_SECONDS < FILES["residency: hard limit"]["trigger"]["within"] < 600
