"""Block types and block documents: what is wanted, what the server has, and how each is written.

A document that is there belongs to people: they may have moved the database or changed the webhook in
the Prefect UI. Only what points at this plant's own embedded parts goes along with those.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import JsonValue

from residency.errors import DatabaseNotReadyError
from residency.settings import Settings
from stack.apply.resources import Change, Fields, Kind, Resource, Stored
from stack.credentials import DATABASE, CredentialsError, database_url, s3_credentials
from stack.prefect_api import PrefectApi
from stack.s3 import s3_endpoint

PROGRAM_DATABASE = "program-database/residency"
AWS_CREDENTIALS = "aws-credentials/residency"
RESULTS_BUCKET = "s3-bucket/residency-results"
ARCHIVE_BUCKET = "s3-bucket/residency-archive"
ALERT_WEBHOOK = "webhook/residency-alerts"
DOCUMENTS = (PROGRAM_DATABASE, AWS_CREDENTIALS, RESULTS_BUCKET, ARCHIVE_BUCKET, ALERT_WEBHOOK)
"""Every document that was ever made here; of others with similar names nothing is known."""

RESULTS_FOLDER = "results"
_LIBRARY_TYPES = ("aws-credentials", "s3-bucket", "webhook")
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_HIDDEN = "********"
"""What the server gives instead of a secret to those who may not read it."""


def wanted_block_types() -> list[Resource]:
    """Our own type as it is written here, and the library's types that documents are made of."""
    from blocks.program_database import ProgramDatabase

    schema = json.loads(json.dumps(ProgramDatabase.model_json_schema()))
    ours = Resource(Kind.BLOCK_TYPE, ProgramDatabase.get_block_type_slug(), {"schema": schema})
    return [ours, *(Resource(Kind.BLOCK_TYPE, slug, {}) for slug in _LIBRARY_TYPES)]


def stored_block_types(api: PrefectApi, wanted: list[Resource]) -> list[Stored]:
    """The wanted types that are there, ours with the schema that it is wanted with or else its newest."""
    found: list[Stored] = []
    for resource in wanted:
        block_type = api.ask("GET", f"/block_types/slug/{resource.name}", missing=None)
        if block_type is None:
            continue
        path = f"/block_types/{block_type['id']}"
        fields: dict[str, JsonValue] = {}
        if "schema" in resource.fields:
            schemas = [schema["fields"] for schema in _schemas(api, block_type["id"])]
            # A type without any is there after a kill between the two requests that make it.
            newest = schemas[0] if schemas else None
            fields["schema"] = next((each for each in schemas if each == resource.fields["schema"]), newest)
        found.append(Stored(Kind.BLOCK_TYPE, resource.name, path, fields))
    return found


def write_block_type(change: Change) -> None:
    """Register the type from its class, which for the library's is imported only now: it takes seconds."""
    asyncio.run(_block_class(change.name).aregister_type_and_schema())


def wanted_documents(settings: Settings) -> list[Resource]:
    """The documents that these settings ask for; one whose secrets are nowhere says so."""
    documents = [_program_database(settings), _aws_credentials(settings)]
    results: Fields = {
        "bucket_name": settings.s3_bucket,
        "bucket_folder": RESULTS_FOLDER,
        "credentials": AWS_CREDENTIALS,
    }
    documents.append(Resource(Kind.BLOCK_DOCUMENT, RESULTS_BUCKET, results, kept=True))
    archive: Fields = {"bucket_name": settings.s3_bucket, "credentials": AWS_CREDENTIALS}
    documents.append(Resource(Kind.BLOCK_DOCUMENT, ARCHIVE_BUCKET, archive, kept=True))
    if settings.alert_webhook_url is not None:
        url = settings.alert_webhook_url.get_secret_value()
        fields: Fields = {"method": "POST", "url": url}
        secrets = frozenset({"url"})
        documents.append(Resource(Kind.BLOCK_DOCUMENT, ALERT_WEBHOOK, fields, secrets=secrets, kept=True))
    return documents


def stored_documents(api: PrefectApi, wanted: list[Resource]) -> list[Stored]:
    """Documents of our names; a secret that the server hides from us counts as the wanted one."""
    known = {resource.name: resource.fields for resource in wanted}
    found: list[Stored] = []
    for name in DOCUMENTS:
        document = api.ask("GET", f"{_named(name)}?include_secrets=true", missing=None)
        if document is None:
            continue
        fields: dict[str, JsonValue] = {**document["data"]}
        for key, reference in document["block_document_references"].items():
            of = reference["block_document"]
            fields[key] = f"{of['block_type']['slug']}/{of['name']}"
        hidden = {key for key, value in fields.items() if value == _HIDDEN}
        fields |= {key: value for key, value in known.get(name, {}).items() if key in hidden}
        found.append(Stored(Kind.BLOCK_DOCUMENT, name, f"/block_documents/{document['id']}", fields))
    return found


def write_document(api: PrefectApi, change: Change) -> None:
    """Make a document, or change some of its fields and leave the others.

    Raises:
        DatabaseNotReadyError: if it is to be made and its secrets are nowhere.
    """
    data: dict[str, object] = {**change.fields}
    if "credentials" in data:
        data["credentials"] = {"$ref": {"block_document_id": document_id(api, str(data["credentials"]))}}
    if change.stored is not None:
        api.ask("PATCH", change.stored.path, {"data": data, "merge_existing_data": True})
        return
    if change.wanted is not None and change.wanted.unavailable:
        why = change.wanted.unavailable
        raise DatabaseNotReadyError(f"block document {change.name} cannot be made: {why}")
    slug, _, name = change.name.partition("/")
    block_type = api.ask("GET", f"/block_types/slug/{slug}")["id"]
    newest = _schemas(api, block_type)[0]["id"]
    body = {"name": name, "data": data, "block_schema_id": newest, "block_type_id": block_type}
    api.ask("POST", "/block_documents/", body)


def document_id(api: PrefectApi, name: str) -> str:
    """The id of ``type/document``.

    Raises:
        PrefectApiError: if there is none.
    """
    return str(api.ask("GET", _named(name))["id"])


def _named(name: str) -> str:
    slug, _, document = name.partition("/")
    return f"/block_types/slug/{slug}/block_documents/name/{document}"


def _schemas(api: PrefectApi, block_type: str) -> list[dict[str, Any]]:
    """Schemas of a type, the newest first."""
    return api.pages("/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [block_type]}}})


# ANN401: a class of Prefect's blocks, whose libraries have types of their own or none.
def _block_class(slug: str) -> Any:  # noqa: ANN401
    if slug == "webhook":
        from prefect.blocks.webhook import Webhook

        return Webhook
    if slug == "program-database":
        from blocks.program_database import ProgramDatabase

        return ProgramDatabase
    from prefect_aws.credentials import AwsCredentials
    from prefect_aws.s3 import S3Bucket

    return {"aws-credentials": AwsCredentials, "s3-bucket": S3Bucket}[slug]


def _program_database(settings: Settings) -> Resource:
    fields: dict[str, JsonValue] = {
        "timezone": settings.timezone,
        "alert_webhook_url": None,
        "compliance_role": settings.compliance_role,
    }
    if settings.alert_webhook_url is not None:
        fields["alert_webhook_url"] = settings.alert_webhook_url.get_secret_value()
    unavailable = ""
    try:
        fields["url"] = database_url(settings).get_secret_value()
    except DatabaseNotReadyError as error:
        unavailable = str(error)
    return Resource(
        Kind.BLOCK_DOCUMENT,
        PROGRAM_DATABASE,
        fields,
        secrets=frozenset({"url", "alert_webhook_url"}),
        kept=True,
        follow=_following_database(fields) if settings.database_url is None else None,
        unavailable=unavailable,
    )


def _following_database(own: Fields) -> Callable[[Fields], Fields]:
    """Our own database's address and user, for a document that points at it where it is no longer."""

    def follow(stored: Fields) -> Fields:
        url, there = own.get("url"), stored.get("url")
        if not isinstance(url, str) or not isinstance(there, str):
            return {}
        parts, old = urlsplit(url), urlsplit(there)
        if old.hostname not in _LOOPBACK or old.path != f"/{DATABASE}" or old.netloc == parts.netloc:
            return {}
        return {"url": urlunsplit(old._replace(netloc=parts.netloc))}

    return follow


def _aws_credentials(settings: Settings) -> Resource:
    # Path style and signature version 4 are what stores other than AWS's own understand.
    config: JsonValue = {"signature_version": "s3v4", "s3": {"addressing_style": "path"}}
    client: dict[str, JsonValue] = {"endpoint_url": s3_endpoint(settings), "config": config}
    fields: dict[str, JsonValue] = {"region_name": settings.s3_region, "aws_client_parameters": client}
    unavailable = ""
    try:
        keys = s3_credentials(settings)
    except CredentialsError as error:
        unavailable = str(error)
    else:
        fields["aws_access_key_id"] = keys.access_key_id.get_secret_value()
        fields["aws_secret_access_key"] = keys.secret_access_key.get_secret_value()
    return Resource(
        Kind.BLOCK_DOCUMENT,
        AWS_CREDENTIALS,
        fields,
        secrets=frozenset({"aws_access_key_id", "aws_secret_access_key"}),
        kept=True,
        follow=_following_s3(fields) if settings.s3_endpoint_url is None else None,
        unavailable=unavailable,
    )


def _following_s3(own: Fields) -> Callable[[Fields], Fields]:
    """Our own store's endpoint and keys, for a document that has either of them still right.

    Both must not have changed at once: a store on loopback with other keys is somebody's own.
    """

    def follow(stored: Fields) -> Fields:
        ours, theirs = own["aws_client_parameters"], stored.get("aws_client_parameters")
        keys = ("aws_access_key_id", "aws_secret_access_key")
        if not isinstance(ours, dict) or not isinstance(theirs, dict) or keys[0] not in own:
            return {}
        endpoint = theirs.get("endpoint_url")
        if not isinstance(endpoint, str) or urlsplit(endpoint).hostname not in _LOOPBACK:
            return {}
        same_place = endpoint == ours["endpoint_url"]
        if not same_place and stored.get(keys[0]) != own[keys[0]]:
            return {}
        followed = {key: own[key] for key in keys if stored.get(key) != own[key]}
        if not same_place:
            followed["aws_client_parameters"] = {**theirs, "endpoint_url": ours["endpoint_url"]}
        return followed

    return follow
