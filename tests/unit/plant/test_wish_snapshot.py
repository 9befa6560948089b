"""What this checkout does to a production server, as text: a change of it shows in a diff."""

import json

import pytest

from residency.settings import Settings
from stack.apply.server import wish

SECRETS = ("hidden-database", "hidden-webhook", "hidden-key", "hidden-secret")


@pytest.fixture(scope="module")
def wanted():
    return wish(
        Settings(
            _env_file=None,
            database_url="postgresql://app:hidden-database@db.example/residency",
            s3_endpoint_url="https://s3.example",
            s3_access_key_id="hidden-key",
            s3_secret_access_key="hidden-secret",  # noqa: S106 -- made up
            alert_webhook_url="https://chat.example/hidden-webhook",
            work_pool_type="kubernetes",
            work_pool_image="registry.example/residency:1",
        )
    )


def rendered(resource) -> str:
    """One resource as a page: secrets as stars, without the hash that changes with every edit of a flow."""
    fields = {
        name: "********" if name in resource.secrets else value
        for name, value in {**resource.fields, **resource.initial}.items()
        if name != "version"
    }
    rules = "never overwritten by itself\n" if resource.kept else ""
    return f"{resource.kind} {resource.name}\n{rules}{json.dumps(fields, indent=1, sort_keys=True)}"


def test_what_a_server_is_made_to_have(wanted, snapshot):
    assert "\n\n".join(rendered(resource) for resource in wanted.resources) == snapshot


def test_no_secret_is_shown_when_it_is_rendered_or_printed(wanted):
    from stack.apply.resources import difference

    pages = [rendered(resource) for resource in wanted.resources]
    pages += [f"{change} {change!r}" for change in difference(wanted.resources, [])]
    assert len(pages) > 40
    for secret in SECRETS:
        assert not any(secret in page for page in pages)


def test_every_name_occurs_once_for_its_kind(wanted):
    names = [(resource.kind, resource.name) for resource in wanted.resources]
    assert len(set(names)) == len(names)
