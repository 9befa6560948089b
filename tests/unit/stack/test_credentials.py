import json
import threading
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet

from residency.errors import DatabaseNotReadyError
from residency.settings import Settings
from stack.credentials import (
    Credentials,
    CredentialsError,
    credentials_path,
    database_url,
    load_credentials,
    load_or_create_credentials,
    prefect_database_url,
    s3_credentials,
)


@pytest.fixture
def settings(tmp_path):
    return Settings(_env_file=None, home=tmp_path)


def secrets(credentials):
    return [value.get_secret_value() for _, value in credentials]


def test_the_file_is_private_and_holds_every_secret(settings):
    made = load_or_create_credentials(settings)
    path = credentials_path(settings)
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(json.loads(path.read_text()).values()) == sorted(secrets(made))
    assert [each.name for each in settings.home.iterdir()] == ["credentials.json"]


def test_they_are_made_once(settings):
    made = load_or_create_credentials(settings)
    assert load_or_create_credentials(settings) == made == load_credentials(settings)


def test_all_secrets_differ_from_each_other_and_from_those_of_another_home():
    one, other = Credentials.generated(), Credentials.generated()
    assert len({*secrets(one), *secrets(other)}) == 2 * len(Credentials.model_fields)
    assert all(len(secret) >= 20 for secret in secrets(one))


def test_starts_at_the_same_time_agree_on_one_set(settings):
    made = []
    together = threading.Barrier(8)

    def create():
        together.wait()
        made.append(load_or_create_credentials(settings))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert all(each == made[0] for each in made)
    assert load_credentials(settings) == made[0]


def test_printing_them_shows_none(settings):
    made = load_or_create_credentials(settings)
    shown = f"{made!r} {made} {database_url(settings)!r} {s3_credentials(settings)} {made.model_dump_json()}"
    assert [secret for secret in secrets(made) if secret in shown] == []


def test_the_encryption_key_is_one_that_fernet_takes():
    key = Credentials.generated().prefect_encryption_key.get_secret_value()
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"hidden")) == b"hidden"


def test_a_damaged_file_is_named_and_its_content_is_not(settings):
    made = load_or_create_credentials(settings)
    path = credentials_path(settings)
    content = json.loads(path.read_text())
    del content["owner_password"]
    path.write_text(json.dumps(content))
    with pytest.raises(CredentialsError, match="owner_password") as caught:
        load_or_create_credentials(settings)
    assert str(path) in str(caught.value)
    assert caught.value.__cause__ is None
    assert [secret for secret in secrets(made) if secret in str(caught.value)] == []
    path.write_text("{half")
    with pytest.raises(CredentialsError, match="is damaged"):
        load_credentials(settings)
    assert path.read_text() == "{half"


def test_the_embedded_urls_open_our_databases_as_their_owners(settings):
    made = load_or_create_credentials(settings)
    program = urlsplit(database_url(settings).get_secret_value())
    prefect = urlsplit(prefect_database_url(settings).get_secret_value())
    assert (program.scheme, program.hostname, program.port, program.path) == (
        "postgresql",
        "127.0.0.1",
        5442,
        "/residency",
    )
    assert (program.username, program.password) == ("residency_owner", made.owner_password.get_secret_value())
    assert (prefect.scheme, prefect.path) == ("postgresql+asyncpg", "/prefect")
    assert (prefect.username, prefect.password) == ("prefect", made.prefect_password.get_secret_value())


def test_external_urls_win_and_need_no_file(tmp_path):
    external = Settings(
        _env_file=None,
        home=tmp_path / "nowhere",
        database_url="postgresql://u:p@elsewhere/db",
        prefect_database_url="postgresql://v:q@elsewhere:5433/prefect",
        s3_endpoint_url="http://elsewhere",
        s3_access_key_id="key",
        s3_secret_access_key="secret",  # noqa: S106 -- a made-up one
    )
    assert database_url(external).get_secret_value() == "postgresql://u:p@elsewhere/db"
    asked = prefect_database_url(external).get_secret_value()
    assert asked == "postgresql+asyncpg://v:q@elsewhere:5433/prefect"
    assert s3_credentials(external).secret_access_key.get_secret_value() == "secret"
    assert not external.home.exists()


def test_before_the_first_start_the_way_out_is_named(settings):
    with pytest.raises(DatabaseNotReadyError, match="run `residency up` first"):
        database_url(settings)
    with pytest.raises(DatabaseNotReadyError, match="run `residency up` first"):
        prefect_database_url(settings)
    with pytest.raises(CredentialsError, match="run `residency up` first"):
        s3_credentials(settings)
