import json

import pytest

from stack.home import postgres_folder
from stack.ports import own_sockets
from stack.service_user import service_user

pytestmark = pytest.mark.timeout(300)


def test_reset_ends_a_plant_in_the_middle_of_its_start_and_leaves_nothing(new_plant, eventually):
    settings = new_plant.settings
    with new_plant.start("up", "--no-main-job") as up:
        eventually(lambda: settings.home.exists() and "s3" in states(new_plant))
        assert "--yes" in new_plant.run("reset", code=2)
        assert states(new_plant) != {}
        said = new_plant.run("reset", "--yes")
        up.communicate(timeout=60)
    assert "This is removed for good:" in said
    assert f"{settings.home / 'credentials.json'}  0.0 MB, passwords and keys" in said
    assert f"{settings.home} is gone." in said
    assert not settings.home.exists()
    outside = postgres_folder(settings, service_user(settings.service_user))
    assert not outside.is_relative_to("/var/lib/residency") or not outside.parent.exists()
    assert own_sockets(settings) == []
    assert new_plant.processes() == []


def states(plant):
    status = json.loads(plant.run("status", "--json"))
    return {part["key"]: part["state"] for part in status["parts"]} if status else {}
