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
    owner_database_url,
    prefect_database_url,
    readonly_database_url,
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


def older(settings):
    """The file as a version without the application's own role had left it."""
    made = load_or_create_credentials(settings)
    path = credentials_path(settings)
    content = json.loads(path.read_text())
    for name in ("app_password", "readonly_password"):
        del content[name]
    path.write_text(json.dumps(content))
    return made, path


def test_the_file_of_an_older_home_gets_what_it_lacks_and_keeps_the_rest(settings):
    made, path = older(settings)
    after = load_credentials(settings)
    differing = {name for name, value in after if value != getattr(made, name)}
    assert differing == {"app_password", "readonly_password"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_credentials(settings) == load_or_create_credentials(settings) == after
    assert [each.name for each in settings.home.iterdir()] == ["credentials.json"]


def test_an_older_file_that_lacks_more_is_damaged_and_left_alone(settings):
    _, path = older(settings)
    content = json.loads(path.read_text())
    del content["prefect_encryption_key"]
    path.write_text(json.dumps(content))
    with pytest.raises(CredentialsError, match=r"is damaged \(app_password, prefect_encryption_key, read"):
        load_credentials(settings)
    assert json.loads(path.read_text()) == content


def test_readers_of_an_older_file_at_the_same_time_agree_on_one_completion(settings):
    for _ in range(5):
        older(settings)
        seen = []
        together = threading.Barrier(8)

        def read(seen=seen, together=together):
            together.wait()
            seen.append(load_credentials(settings))

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 8
        assert all(each == load_credentials(settings) for each in seen)


def test_each_embedded_url_opens_its_database_as_its_own_role(settings):
    made = load_or_create_credentials(settings)
    program = urlsplit(database_url(settings).get_secret_value())
    prefect = urlsplit(prefect_database_url(settings).get_secret_value())
    assert (program.scheme, program.hostname, program.port, program.path) == (
        "postgresql",
        "127.0.0.1",
        5442,
        "/residency",
    )
    assert (program.username, program.password) == ("residency_app", made.app_password.get_secret_value())
    owner = urlsplit(owner_database_url(settings).get_secret_value())
    reader = urlsplit(readonly_database_url(settings).get_secret_value())
    assert owner.path == reader.path == program.path
    assert (owner.username, owner.password) == ("residency_owner", made.owner_password.get_secret_value())
    assert reader.username == "residency_readonly"
    assert reader.password == made.readonly_password.get_secret_value()
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


def test_an_external_database_has_a_url_for_each_role_and_none_is_guessed_for_readers(tmp_path):
    one = {"_env_file": None, "home": tmp_path, "database_url": "postgresql://app:p@elsewhere/db"}
    assert owner_database_url(Settings(**one)).get_secret_value() == "postgresql://app:p@elsewhere/db"
    with pytest.raises(DatabaseNotReadyError, match="set RESIDENCY_DATABASE_READONLY_URL"):
        readonly_database_url(Settings(**one))
    three = Settings(
        **one,
        database_owner_url="postgresql://owner:q@elsewhere/db",
        database_readonly_url="postgresql://reader:r@elsewhere/db",
    )
    assert database_url(three).get_secret_value() == "postgresql://app:p@elsewhere/db"
    assert owner_database_url(three).get_secret_value() == "postgresql://owner:q@elsewhere/db"
    assert readonly_database_url(three).get_secret_value() == "postgresql://reader:r@elsewhere/db"


def test_a_url_of_a_role_without_the_external_database_is_refused(tmp_path):
    with pytest.raises(ValueError, match="set database_url too"):
        Settings(_env_file=None, home=tmp_path, database_owner_url="postgresql://owner:q@elsewhere/db")


def test_before_the_first_start_the_way_out_is_named(settings):
    with pytest.raises(DatabaseNotReadyError, match="run `residency up` first"):
        database_url(settings)
    with pytest.raises(DatabaseNotReadyError, match="run `residency up` first"):
        prefect_database_url(settings)
    with pytest.raises(CredentialsError, match="run `residency up` first"):
        s3_credentials(settings)
