"""kill -9 of any part at any moment: the next ``residency up``, or the running one, brings all of it back.

One short life with kills belongs to every run of the tests; ``pytest tests/chaos --rounds 20 --seed 7`` goes
on for an hour and tries both kinds of kill at twenty times as many moments.
"""

import time

import pytest

pytestmark = pytest.mark.timeout(900)

PARTS = ("postgres", "s3", "mail", "prefect", "worker")


def test_a_short_life_with_kills(plant, short_dice, eventually):
    kill_a_start(plant, short_dice, "--no-main-job", longest=8.0)
    plant.run("up", "--detach")
    plant.store(short_dice)
    before = plant.counts()
    for role in short_dice.sample(PARTS, 2):
        print(f"killed {role}: {plant.kill(role)}")
    eventually(lambda: ready(plant), 120, lambda: plant.run("status"))
    plant.check_kept(before)
    plant.check_well()
    assert "Completed" in plant.run("run", "periodic_health_check", "--wait")
    assert f"{plant.settings.home} is gone." in plant.run("reset", "--yes")
    assert plant.processes() == {}


def test_kills_at_any_moment_of_the_first_starts_cost_nothing(plant, dice, eventually):
    credentials = plant.settings.home / "credentials.json"
    before = None
    for _ in range(dice.randint(1, 4)):
        kill_a_start(plant, dice)
        assert before is None or credentials.read_bytes() == before
        before = credentials.read_bytes() if credentials.exists() else None

    again = plant.run("up", "--detach")
    print(again)
    assert before is None or credentials.read_bytes() == before
    counts = plant.counts()
    assert (counts["people"], counts["schedule_versions"]) == (29, 1)
    assert counts["assignments"] > 10_000
    plant.check_well()
    plant.run("down")
    eventually(lambda: plant.processes() == {}, 30, plant.processes)


def kill_a_start(plant, dice, *words, longest=50.0):
    """Begin a start and kill one of those who are alive at some moment of it, rather an early one."""
    up = plant.start("up", "--once", *words)
    time.sleep(dice.uniform(0.2, longest / dice.choice((1, 2, 8))))
    alive = sorted(plant.processes())
    role = dice.choice([*alive, "up", "everything"])
    if role in {"up", "everything"}:
        up.kill()
    told = plant.kill(role)
    up.wait(300)
    print(f"killed {role} of {alive}: {told}", plant.said(up), sep="\n")
    assert "Traceback" not in plant.said(up)


def test_a_kill_of_a_part_of_a_running_plant_costs_nothing(plant, dice, eventually):
    plant.run("up", "--detach")
    for _ in range(dice.randint(2, 4)):
        plant.store(dice)
        before = plant.counts()
        under_way = plant.start("run", "run_contingency_analysis", "--wait")
        time.sleep(dice.uniform(0.0, 8.0))
        role = dice.choice([*PARTS, *PARTS, "run", "plant", "everything"])
        told = plant.kill(role)
        print(f"killed {role}: {told}")
        under_way.wait(200)
        print(plant.said(under_way))
        if role in {"plant", "everything"}:
            print(plant.run("up", "--detach"))
        eventually(lambda: ready(plant), 120, lambda: plant.run("status"))
        plant.check_kept(before)
        plant.check_well()
        assert "Completed" in plant.run("run", "periodic_health_check", "--wait")
    plant.run("down")
    eventually(lambda: plant.processes() == {}, 30, plant.processes)


def ready(plant):
    """Whether every part is up and is not one that has yet to be missed."""
    return set(PARTS) <= set(plant.processes()) and "starting" not in plant.run("status")
