import shutil

import pytest
import yaml

from residency.errors import InvalidInputError
from stack.apply.checkout import REPOSITORY, declared_names, read_automations, read_plan


@pytest.fixture
def checkout(tmp_path):
    shutil.copy(REPOSITORY / "prefect.yaml", tmp_path)
    shutil.copytree(REPOSITORY / "automations", tmp_path / "automations")
    return tmp_path


@pytest.fixture
def edited(checkout):
    """A function that writes prefect.yaml anew after a change of its content, and reads the plan."""

    def edit(change):
        content = yaml.safe_load((checkout / "prefect.yaml").read_text())
        change(content)
        (checkout / "prefect.yaml").write_text(yaml.safe_dump(content))
        return read_plan(checkout)

    return edit


def test_the_declared_names_are_those_of_the_file():
    deployments = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text())["deployments"]
    assert declared_names() == {each["name"] for each in deployments}
    assert len(declared_names()) >= 3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c["deployments"][0].update(triggers=[]), "deployments.0.triggers"),
        (lambda c: c["deployments"][0]["schedules"][0].update(active=True), "schedules.0.active"),
        (lambda c: c["deployments"][0].update(entrypoint="other.flow"), "entrypoint"),
        (lambda c: c["deployments"][0]["work_pool"].update(work_queue_name="nowhere"), "nowhere"),
        (lambda c: c["deployments"][0].update(description="{{ $HOME }}"), "template"),
        (lambda c: c["deployments"].append(c["deployments"][0]), "same name"),
        (lambda c: c["definitions"]["work_queues"]["exports"].update(priority=1), "same priority"),
        (lambda c: c["definitions"]["work_queues"]["exports"].update(limit=0), "exports.limit"),
        (lambda c: c["definitions"]["variables"].update(zone="x"), "zone"),
        (lambda c: c["definitions"]["global_concurrency_limits"].update(mail={"limit": 1}), "mail"),
    ],
)
def test_a_wrong_plan_is_refused_with_its_place(edited, change, told):
    with pytest.raises(InvalidInputError, match=told):
        edited(change)


def test_a_right_change_of_the_plan_is_read(edited):
    plan = edited(
        lambda c: c["definitions"]["global_concurrency_limits"].update({"residency-m": {"limit": 3}})
    )
    assert plan.definitions.global_concurrency_limits["residency-m"].limit == 3


def test_a_file_that_is_no_yaml_is_named(checkout):
    (checkout / "automations" / "bad.yaml").write_text("a: [")
    with pytest.raises(InvalidInputError, match=r"bad\.yaml"):
        read_automations(checkout)


@pytest.mark.parametrize("content", ["name: foreign\n", "[]\n", "name: 'residency: hard limit'\n"])
def test_an_automation_of_a_wrong_or_used_name_is_refused(checkout, content):
    (checkout / "automations" / "zz.yaml").write_text(content)
    with pytest.raises(InvalidInputError, match=r"automations/zz\.yaml name"):
        read_automations(checkout)
