import re
import socket
from contextlib import ExitStack
from threading import Timer

import hypothesis
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from residency.settings import Settings
from stack.ports import GRPC_OFFSET, PortsBusyError, check_ports, needed_ports

HIGH = st.integers(min_value=20_000, max_value=50_000)


def settings(**given):
    return Settings(_env_file=None, **given)


def free_ports(count: int) -> list[int]:
    with ExitStack() as open_probes:
        probes = [open_probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def free_settings(**given):
    """Settings whose every port is free just now."""
    for first in range(33_000, 43_000, 50):
        postgres, prefect, mail = free_ports(3)
        tried = settings(
            **{"postgres_port": postgres, "prefect_port": prefect, "mail_port": mail, "s3_port": first}
            | given
        )
        try:
            check_ports(tried)
        except PortsBusyError:
            continue
        return tried
    raise AssertionError("no free ports")


def test_every_part_is_embedded_by_default_and_one_setting_moves_all_of_the_s3_store():
    numbers = {port.number: port.setting for port in needed_ports(settings())}
    assert numbers == {
        5442: "RESIDENCY_POSTGRES_PORT",
        4200: "RESIDENCY_PREFECT_PORT",
        8025: "RESIDENCY_MAIL_PORT",
        **dict.fromkeys([*range(8333, 8338), *range(18333, 18338)], "RESIDENCY_S3_PORT"),
    }


def test_external_parts_need_no_port():
    external = settings(
        database_url="postgresql://u:p@elsewhere/db",
        prefect_api_url="http://elsewhere/api",
        s3_endpoint_url="http://elsewhere",
        s3_access_key_id="a",
        s3_secret_access_key="b",  # noqa: S106 -- a made-up one
        smtp_url="smtp://elsewhere",
    )
    assert needed_ports(external) == ()


def test_highest_allowed_s3_port_still_fits_with_its_grpc_ports():
    ports = needed_ports(settings(s3_port=55531))
    assert max(port.number for port in ports) == 65535
    with pytest.raises(ValueError, match="s3_port"):
        settings(s3_port=55532)


def test_only_prefect_listens_beyond_this_machine_when_the_bind_host_does():
    everywhere = "0.0.0.0"  # noqa: S104 -- what the test is about
    ports = needed_ports(settings(bind_host=everywhere, prefect_auth_string="someone:secret"))
    open_to_all = {port.setting for port in ports if port.host != "127.0.0.1"}
    assert open_to_all == {"RESIDENCY_PREFECT_PORT"}


@given(HIGH, HIGH, HIGH, HIGH)
def test_a_port_asked_for_twice_is_named_with_both_settings(postgres, prefect, mail, s3):
    asked = settings(postgres_port=postgres, prefect_port=prefect, mail_port=mail, s3_port=s3)
    inner = {s3 + step for step in range(5)}
    groups = [{postgres}, {prefect}, {mail}, inner | {number + GRPC_OFFSET for number in inner}]
    clash = any(one & other for i, one in enumerate(groups) for other in groups[:i])
    assume(clash or postgres % 7 == 0)
    try:
        check_ports(asked)
        message = ""
    except PortsBusyError as error:
        message = str(error)
    assert ("is asked for by" in message) == clash


def test_free_ports_pass():
    check_ports(free_settings())


@hypothesis.settings(deadline=None)  # the first look at who listens walks all processes
@given(st.sets(st.sampled_from(["postgres_port", "prefect_port", "mail_port", "s3_port"]), min_size=1))
def test_all_busy_ports_are_named_at_once_with_their_settings_and_their_holder(busy):
    free = free_settings()
    with ExitStack() as holders:
        for name in busy:
            holder = holders.enter_context(socket.socket())
            holder.bind(("127.0.0.1", getattr(free, name)))
            holder.listen()
        with pytest.raises(PortsBusyError) as caught:
            check_ports(free)
    lines = str(caught.value).splitlines()
    assert lines[0] == "nothing was started:"
    named = {
        tuple(re.findall(r"port (\d+) .* in use by .*pid \d+.*; set (\S+)", line)[0]) for line in lines[1:]
    }
    assert named == {(str(getattr(free, name)), f"RESIDENCY_{name.upper()}") for name in busy}


def test_a_connection_that_lingers_from_the_last_run_does_not_count():
    free = free_settings()
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", free.mail_port))
        server.listen()
        client = socket.create_connection(("127.0.0.1", free.mail_port))
        accepted, _ = server.accept()
        # The side that closes first lingers: the server's.
        accepted.close()
        client.close()
    check_ports(free)


def test_a_port_that_an_ending_process_still_holds_is_waited_for():
    asked = free_settings()
    holder = socket.socket()
    holder.bind(("127.0.0.1", asked.mail_port))  # bound, and no longer listening
    release = Timer(0.4, holder.close)
    release.start()
    check_ports(asked)
    release.join()


def test_a_port_that_nobody_is_seen_to_hold_is_not_waited_for_without_end():
    asked = free_settings()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", asked.mail_port))
        with pytest.raises(PortsBusyError, match=rf"port {asked.mail_port} .* is in use; set"):
            check_ports(asked)
