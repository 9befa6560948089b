"""Block documents: which of them follow the plant, and what is left alone."""

import pytest
from pydantic import ValidationError

from residency.program.vocabulary import UserRole
from residency.settings import Settings
from stack.apply.blocks import AWS_CREDENTIALS, PROGRAM_DATABASE, wanted_documents
from stack.credentials import load_or_create_credentials
from stack.home import prepare_home


@pytest.fixture
def settings(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path / "home", postgres_port=6001, s3_port=6100)
    prepare_home(settings)
    load_or_create_credentials(settings)
    return settings


def document(settings, name):
    return next(each for each in wanted_documents(settings) if each.name == name)


@pytest.mark.parametrize(
    "stored",
    [
        "postgresql://{user}:{password}@127.0.0.1:5442/residency",
        "postgresql://{user}:former@localhost:6001/residency",
        "postgresql://former:{password}@127.0.0.1:6001/residency",
    ],
)
def test_a_document_that_points_at_the_plants_own_database_goes_along_with_it(settings, stored):
    wanted = document(settings, PROGRAM_DATABASE)
    own = wanted.fields["url"]
    user, password = own.removeprefix("postgresql://").split("@")[0].split(":")
    url = stored.format(user=user, password=password)
    assert wanted.follow({"url": f"{url}?sslmode=disable"}) == {"url": f"{own}?sslmode=disable"}


@pytest.mark.parametrize(
    "stored",
    [
        "postgresql://app:pw@db.example:5432/residency",
        "postgresql://app:pw@127.0.0.1:5432/other",
        "postgresql://app:pw@10.0.0.1:6001/residency",
        None,
    ],
)
def test_a_document_that_points_elsewhere_is_left_alone(settings, stored):
    assert document(settings, PROGRAM_DATABASE).follow({"url": stored}) == {}


def test_a_document_that_is_right_does_not_change(settings):
    for name in (PROGRAM_DATABASE, AWS_CREDENTIALS):
        wanted = document(settings, name)
        assert wanted.follow(wanted.fields) == {}


@pytest.mark.parametrize("role", list(UserRole))
def test_every_role_of_the_application_may_be_the_compliance_officer_s(settings, role):
    chosen = Settings(_env_file=None, home=settings.home, compliance_role=role.value)
    assert document(chosen, PROGRAM_DATABASE).fields["compliance_role"] == role


def test_no_other_role_is_taken():
    with pytest.raises(ValidationError, match="compliance_role"):
        Settings(_env_file=None, compliance_role="janitor")


def test_with_an_external_database_or_store_nothing_follows(settings):
    external = Settings(
        _env_file=None,
        home=settings.home,
        database_url="postgresql://app:pw@127.0.0.1:5432/residency",
        s3_endpoint_url="http://127.0.0.1:9000",
        s3_access_key_id="key",
        s3_secret_access_key="secret",  # noqa: S106 -- made up
    )
    assert document(external, PROGRAM_DATABASE).follow is None
    assert document(external, AWS_CREDENTIALS).follow is None


def test_a_store_that_moved_or_has_new_keys_is_followed_but_not_both_at_once(settings):
    wanted = document(settings, AWS_CREDENTIALS)
    client, key = wanted.fields["aws_client_parameters"], wanted.fields["aws_access_key_id"]
    moved = {**client, "endpoint_url": "http://127.0.0.1:8333", "verify": False}
    at_another_port = {**wanted.fields, "aws_client_parameters": moved}
    with_other_keys = {**wanted.fields, "aws_access_key_id": "former", "aws_secret_access_key": "former"}
    assert wanted.follow(at_another_port) == {"aws_client_parameters": {**client, "verify": False}}
    assert wanted.follow(with_other_keys)["aws_access_key_id"] == key
    assert set(wanted.follow(with_other_keys)) == {"aws_access_key_id", "aws_secret_access_key"}
    assert wanted.follow({**with_other_keys, "aws_client_parameters": moved}) == {}
    assert wanted.follow({**wanted.fields, "aws_client_parameters": {"endpoint_url": None}}) == {}


def test_secrets_that_are_nowhere_are_missed_only_when_they_are_needed(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path / "nothing")
    wanted = document(settings, PROGRAM_DATABASE)
    assert "url" not in wanted.fields
    assert "RESIDENCY_DATABASE_URL" in wanted.unavailable
    assert "RESIDENCY_S3_" in document(settings, AWS_CREDENTIALS).unavailable
