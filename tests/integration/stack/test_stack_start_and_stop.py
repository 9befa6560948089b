import os
import signal
import time

import pytest

from stack.service_user import service_user

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(
    ("number", "seconds"),
    [
        (signal.SIGTERM, 0.3),
        (signal.SIGTERM, 1.5),
        (signal.SIGTERM, 4.0),
        (signal.SIGINT, 2.5),
        (signal.SIGHUP, 6.0),
        (signal.SIGKILL, 2.0),
        (signal.SIGKILL, 9.0),
    ],
)
def test_a_signal_at_any_time_of_the_first_start_leaves_no_process(new_plant, eventually, number, seconds):
    with new_plant.start("up", "--no-main-job") as started:
        time.sleep(seconds)
        started.send_signal(number)
        output, errors = started.communicate(timeout=60)
        if number == signal.SIGKILL:
            eventually(lambda: new_plant.processes() == [])
        else:
            # Before our handlers are in place nothing was started, and the signal does its usual work.
            assert started.returncode in {130, -number if seconds < 1 else 130}, output + errors
            assert new_plant.processes() == [], output + errors
    assert new_plant.run("status").startswith("Nothing is running")


def test_ctrl_c_after_the_start_stops_in_order_and_counts_as_success(new_plant):
    with new_plant.start("up", "--no-main-job") as started:
        seen = []
        for line in started.stdout:
            seen.append(line)
            if "Press Ctrl-C to stop" in line:
                break
        started.send_signal(signal.SIGINT)
        output, errors = started.communicate(timeout=60)
    assert started.returncode == 0, "".join(seen) + output + errors
    stopped = [line.split(" stopped")[0] for line in output.splitlines() if " stopped" in line]
    assert sorted(stopped[1:4]) == ["Prefect server", "S3 store", "mail sink"]
    assert (stopped[0], stopped[4:]) == ("worker", ["PostgreSQL"])
    assert new_plant.processes() == []


def test_once_ends_by_itself(new_plant):
    assert "PostgreSQL stopped" in new_plant.up("--once")
    assert new_plant.processes() == []


def test_a_part_that_cannot_start_ends_the_plant_with_its_log_and_where_it_is(new_plant):
    data = new_plant.settings.home / "postgres"
    data.mkdir(parents=True, mode=0o711)
    new_plant.settings.home.chmod(0o711)
    (data / "PG_VERSION").write_text("18\n")
    user = service_user("residency")
    if user is not None:
        os.chown(data, user.uid, user.gid)
    data.chmod(0o700)
    output = new_plant.run("up", "--no-main-job", code=1)
    assert "PostgreSQL ended with exit code 2 before it was ready" in output
    assert "could not access the server configuration file" in output
    assert "logs/postgres.log" in output
    assert new_plant.processes() == []


def test_an_external_part_that_does_not_answer_is_named_before_anything_starts(new_plant):
    new_plant.environment["RESIDENCY_SMTP_URL"] = "smtp://user:hidden@127.0.0.1:9"
    output = new_plant.run("up", "--no-main-job", code=1)
    assert "the mail server at 127.0.0.1:9 does not answer" in output
    assert "RESIDENCY_SMTP_URL" in output
    assert "hidden" not in output
    assert not (new_plant.settings.home / "postgres").exists()
