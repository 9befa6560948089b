import secrets
import stat
import time
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil
import pytest
from botocore.exceptions import ClientError

from residency.settings import Settings
from stack.credentials import load_or_create_credentials
from stack.home import prepare_home
from stack.ports import PortsBusyError, S3Ports, check_ports, needed_ports
from stack.s3 import S3Error, ensure_bucket, launch_s3, s3_client, try_bucket, wait_for_s3


def free_settings(home, start: int = 34_100) -> Settings:
    for first in range(start, 44_000, 50):
        settings = Settings(
            _env_file=None,
            home=home,
            s3_port=first,
            postgres_port=first + 10,
            prefect_port=first + 11,
            mail_port=first + 12,
        )
        try:
            check_ports(settings)
        except PortsBusyError:
            continue
        return settings
    raise AssertionError("no free ports")


def start(settings):
    child = launch_s3(settings, load_or_create_credentials(settings), settings.logs / "s3.log")
    try:
        wait_for_s3(settings, child)
    except BaseException:
        child.stop()
        raise
    return child


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = free_settings(tmp_path_factory.mktemp("s3"))
    prepare_home(settings)
    child = start(settings)
    settings.__dict__["child"] = child
    yield settings
    child.stop()


def test_an_object_comes_back_and_goes(settings):
    client = s3_client(settings)
    body = secrets.token_bytes(300_000)
    client.put_object(Bucket=settings.s3_bucket, Key="exports/a b/ü.bin", Body=body)
    assert client.get_object(Bucket=settings.s3_bucket, Key="exports/a b/ü.bin")["Body"].read() == body
    client.delete_object(Bucket=settings.s3_bucket, Key="exports/a b/ü.bin")
    with pytest.raises(ClientError, match="NoSuchKey"):
        client.get_object(Bucket=settings.s3_bucket, Key="exports/a b/ü.bin")
    assert "SeaweedFS" in try_bucket(settings)


def test_the_bucket_is_made_once_and_no_probe_stays(settings):
    ensure_bucket(settings)
    listed = s3_client(settings).list_objects_v2(Bucket=settings.s3_bucket)
    assert [each["Key"] for each in listed.get("Contents", []) if "probe" in each["Key"]] == []


def test_it_listens_on_the_announced_ports_and_on_loopback_only(settings):
    def listening():
        return {
            (address.laddr.ip, address.laddr.port)
            for address in psutil.Process(settings.child.pid).net_connections("inet")
            if address.status == psutil.CONN_LISTEN
        }

    announced = {
        (port.host, port.number) for port in needed_ports(settings) if port.setting == "RESIDENCY_S3_PORT"
    }
    # Parts that no request needs open their ports when the store is ready already.
    until = time.monotonic() + 20
    while listening() < announced and time.monotonic() < until:
        time.sleep(0.1)
    assert listening() == announced


def test_nobody_reads_or_writes_without_the_keys(settings):
    s3_client(settings).put_object(Bucket=settings.s3_bucket, Key="kept", Body=b"private")
    ports = S3Ports(settings.s3_port)
    for port in (ports.s3, ports.filer, ports.volume, ports.master):
        for path in (f"buckets/{settings.s3_bucket}/kept", f"{settings.s3_bucket}/kept"):
            with pytest.raises((HTTPError, URLError)):
                urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5)
    stranger = settings.model_copy(
        update={"s3_access_key_id": settings.s3_access_key_id, "home": settings.home / "elsewhere"}
    )
    prepare_home(stranger)
    load_or_create_credentials(stranger)
    with pytest.raises(S3Error, match="RESIDENCY_S3_ACCESS_KEY_ID"):
        try_bucket(stranger)


def test_its_keys_are_in_private_files_and_in_no_command_line_or_log(settings):
    made = load_or_create_credentials(settings)
    seen = (settings.logs / "s3.log").read_text() + " ".join(psutil.Process(settings.child.pid).cmdline())
    for secret in (made.s3_access_key_id, made.s3_secret_access_key):
        assert secret.get_secret_value() not in seen
    identities = settings.home / "run" / "s3.json"
    assert stat.S_IMODE(identities.stat().st_mode) == 0o600
    assert made.s3_secret_access_key.get_secret_value() in identities.read_text()
    assert "telemetry=false" in seen


def test_objects_survive_a_restart_a_kill_and_a_move_to_other_ports(tmp_path):
    settings = free_settings(tmp_path)
    prepare_home(settings)
    child = start(settings)
    s3_client(settings).put_object(Bucket=settings.s3_bucket, Key="kept", Body=b"first")
    child.stop()
    child = start(settings)
    assert s3_client(settings).get_object(Bucket=settings.s3_bucket, Key="kept")["Body"].read() == b"first"
    s3_client(settings).put_object(Bucket=settings.s3_bucket, Key="kept", Body=b"second")
    child.stop(seconds=0)
    moved = free_settings(tmp_path, settings.s3_port + 50)
    assert moved.s3_port != settings.s3_port
    child = start(moved)
    try:
        kept = s3_client(moved).get_object(Bucket=settings.s3_bucket, Key="kept")["Body"].read()
        assert kept == b"second"
    finally:
        child.stop()


def test_an_absent_store_is_named_with_the_setting(tmp_path):
    settings = free_settings(tmp_path)
    prepare_home(settings)
    load_or_create_credentials(settings)
    with pytest.raises(S3Error, match=r"does not answer.*RESIDENCY_S3_ENDPOINT_URL"):
        try_bucket(settings)
