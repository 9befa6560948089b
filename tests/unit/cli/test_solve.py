"""``residency solve`` finds a roster for a file, in sentences and as JSON, within its time."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from residency.scheduling.rostering.evaluation import evaluate
from residency.scheduling.rostering.instance import FREE
from residency.scheduling.rostering.reader import parse_instance

RESIDENCY = Path(sys.executable).with_name("residency")
SMALL = """SECTION_HORIZON
7
SECTION_SHIFTS
D,480,
N,480,D
SECTION_STAFF
Ann,D=7|N=2,2400,1440,4,2,2,1
Bo,D=7|N=7,2400,1440,4,2,2,1
SECTION_DAYS_OFF
Ann,0
SECTION_SHIFT_ON_REQUESTS
Bo,1,N,3
SECTION_SHIFT_OFF_REQUESTS
SECTION_COVER
""" + "".join(
    f"{day},{shift},1,{weight},1\n" for day in range(7) for shift, weight in (("D", 100), ("N", 60))
)


def large(people=8, days=84):
    """Nothing is ever proven of this within seconds."""
    staff = "".join(
        f"P{each},D={20 + each % 5}|E=28|N={each % 7},{9600 + 60 * each},7200,5,{1 + each % 3},2,4\n"
        for each in range(people)
    )
    wishes = "".join(
        f"P{each},{(7 * each + 3 * k) % days},D,{1 + k}\n" for each in range(people) for k in range(3)
    )
    cover = "".join(
        f"{day},{shift},{(day * 7 + place) % 4 + 3},100,1\n"
        for day in range(days)
        for place, shift in enumerate("DEN")
    )
    return (
        f"SECTION_HORIZON\n{days}\nSECTION_SHIFTS\nD,480,\nE,540,D\nN,600,D|E\nSECTION_STAFF\n{staff}"
        f"SECTION_DAYS_OFF\nSECTION_SHIFT_ON_REQUESTS\n{wishes}SECTION_SHIFT_OFF_REQUESTS\nSECTION_COVER\n{cover}"
    )


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "instance.txt"
        path.write_text(text)
        return path

    return write


def solve(*words):
    return subprocess.run([RESIDENCY, "solve", *words], capture_output=True, text=True, check=False)


def judged(text, body):
    instance = parse_instance(text, "written")
    index = {"": FREE} | {shift: place for place, shift in enumerate(instance.shift_ids)}
    rows = [[index[shift] for shift in body["roster"][person]] for person in instance.person_ids]
    return evaluate(instance, np.array(rows, np.int16))


def test_a_small_instance_is_proven_and_its_roster_is_legal(written):
    told = solve(written(SMALL), "--json", "--time-limit", "30")
    assert told.returncode == 0, told.stderr
    body = json.loads(told.stdout)
    assert set(body) == {
        "status",
        "objective",
        "bound",
        "gap",
        "seconds",
        "roster",
        "penalties",
        "remarks",
    }
    assert (body["status"], body["gap"], body["remarks"]) == ("optimal", 0.0, [])
    answer = judged(SMALL, body)
    assert not answer.broken
    assert answer.penalty == body["objective"] == body["bound"] == sum(body["penalties"].values())


def test_a_time_limit_gives_the_best_roster_known_in_time(written):
    begun = time.monotonic()
    told = solve(written(large()), "--json", "--time-limit", "5")
    took = time.monotonic() - begun
    assert told.returncode == 0, told.stderr
    body = json.loads(told.stdout)
    assert body["status"] == "feasible"
    assert took < 6
    answer = judged(large(), body)
    assert not answer.broken
    assert body["bound"] <= body["objective"] == answer.penalty


def test_an_interrupt_prints_the_best_roster_so_far(written):
    words = [RESIDENCY, "solve", written(large()), "--time-limit", "60"]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert running.returncode == 0, err
    assert out.startswith("Penalty ")
    assert "Note: interrupted." in out
    assert "\nP7  " in out


def test_an_infeasible_instance_is_a_failure_and_says_whose_contract(written):
    told = solve(
        written(SMALL.replace("2400,1440,4,2,2,1\nBo", "3400,3360,4,2,2,1\nBo")), "--time-limit", "20"
    )
    assert told.returncode == 1
    assert told.stdout.startswith("No roster keeps every hard constraint")
    assert "the contract and days off of Ann." in told.stdout
    assert told.stdout.count("Note: ") == 1


@pytest.mark.parametrize(
    ("change", "words", "told"),
    [
        (("Bo,1,N,3", "Bo,7,N,3"), [], "line 12, column Day: '7' is not valid"),
        (("", ""), ["--time-limit", "0"], "time-limit"),
        (("", ""), ["--workers", "0"], "workers"),
    ],
)
def test_misuse_is_told(written, change, words, told):
    ended = solve(written(SMALL.replace(*change)), *words)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert not ended.stdout
