"""An unchanged schedule is not analysed again: the report is kept in a real S3 store, which may also fail."""

import base64
import json
import pickle
import socket
from pathlib import Path

import pytest
from prefect import get_client
from prefect_aws.client_parameters import AwsClientParameters
from prefect_aws.credentials import AwsCredentials
from prefect_aws.s3 import S3Bucket
from sqlalchemy import text

import flows.steps.run_contingency_analysis as steps
from blocks.result_storage import DOCUMENT_NAME
from flows.resilience.run_contingency_analysis import run_contingency_analysis
from residency.store.tables import VulnerabilityReportRow
from stack.credentials import s3_credentials
from stack.s3 import s3_client, s3_endpoint

DAYS = 14
FOLDER = "results"


async def save_block(settings, endpoint=None, bucket=None, key_id=None):
    keys = s3_credentials(settings)
    credentials = AwsCredentials(
        aws_access_key_id=key_id or keys.access_key_id.get_secret_value(),
        aws_secret_access_key=keys.secret_access_key.get_secret_value(),
        region_name=settings.s3_region,
        aws_client_parameters=AwsClientParameters(
            endpoint_url=endpoint or s3_endpoint(settings),
            config={"signature_version": "s3v4", "s3": {"addressing_style": "path"}},
        ),
    )
    storage = S3Bucket(
        bucket_name=bucket or settings.s3_bucket, bucket_folder=FOLDER, credentials=credentials
    )
    await storage.save(DOCUMENT_NAME, overwrite=True)


@pytest.fixture
async def bucket(store, scheduled, deployed):
    """The store's client; nothing is in the cache, and the block points at it."""
    await save_block(store)
    client = s3_client(store)
    for each in kept(client, store):
        client.delete_object(Bucket=store.s3_bucket, Key=each)
    yield client
    async with get_client() as api:
        document = await api.read_block_document_by_name(DOCUMENT_NAME, "s3-bucket")
        await api.delete_block_document(document.id)


@pytest.fixture
def analyses(monkeypatch):
    """How often a schedule has been analysed since the test began."""
    made = []
    analyze = steps.analyze

    def counted(*arguments, **options):
        made.append(arguments)
        return analyze(*arguments, **options)

    monkeypatch.setattr(steps, "analyze", counted)
    return made


def kept(client, settings):
    listed = client.list_objects_v2(Bucket=settings.s3_bucket, Prefix=f"{FOLDER}/")
    return [each["Key"] for each in listed.get("Contents", [])]


async def analysed():
    return await run_contingency_analysis(days_ahead=DAYS)


async def test_an_unchanged_schedule_is_analysed_once_and_the_second_run_says_so(
    bucket, store, scheduled, analyses, rows, artifact
):
    first, second = await analysed(), await analysed()
    assert len(analyses) == 1
    assert (first["from_cache"], second["from_cache"]) == (False, True)
    assert second["data"] == first["data"]
    assert second["warnings"] == first["warnings"]
    page = await artifact("contingency-analysis")
    assert steps.FROM_CACHE in page.data
    assert steps.FROM_CACHE in page.description
    stored = await rows(scheduled, VulnerabilityReportRow)
    assert len({report.run_id for report in stored}) == 2
    (key,) = kept(bucket, store)
    record = json.loads(bucket.get_object(Bucket=store.s3_bucket, Key=key)["Body"].read())
    assert record["metadata"]["serializer"]["type"] == "json"
    assert steps.ContingencyReport.model_validate_json(record["result"]).n1_pass == first["data"]["n1_pass"]


async def test_a_changed_schedule_is_analysed_anew(bucket, scheduled, analyses):
    first = await analysed()
    async with scheduled.begin() as connection:
        await connection.execute(
            text(
                "DELETE FROM assignments WHERE id IN (SELECT a.id FROM assignments a JOIN blocks b "
                "ON b.id = a.block_id WHERE b.date = current_date + 1)"
            )
        )
    second = await analysed()
    assert second["input_hash"] != first["input_hash"]
    assert (second["from_cache"], len(analyses)) == (False, 2)


async def test_changes_of_the_last_week_alone_have_it_analysed_anew(bucket, scheduled, analyses):
    first = await analysed()
    async with scheduled.begin() as connection:
        await connection.execute(text("UPDATE assignments SET updated_at = now() + interval '1 second'"))
    second = await analysed()
    assert second["input_hash"] == first["input_hash"]
    assert (second["from_cache"], len(analyses)) == (False, 2)
    assert second["data"]["phase_indicators"] != first["data"]["phase_indicators"]


async def test_other_code_does_not_trust_what_this_code_found(bucket, analyses, monkeypatch):
    await analysed()
    monkeypatch.setattr(steps, "code_version", lambda *_: "of another release")
    assert (await analysed())["from_cache"] is False
    assert len(analyses) == 2


class Trap:
    """Bytes that write a file when they are unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def garbled(record, _):
    return json.dumps(record).encode()[:-20]


def of_another_shape(record, _):
    return json.dumps({**record, "result": '{"n1_pass": true}'}).encode()


def pickled(record, trap):
    metadata = {**record["metadata"], "serializer": {"type": "pickle"}}
    result = base64.encodebytes(pickle.dumps(Trap(trap))).decode()
    return json.dumps({"metadata": metadata, "result": result}).encode()


@pytest.mark.parametrize("damage", [garbled, of_another_shape, pickled])
async def test_a_damaged_result_is_never_trusted_and_replaced(bucket, store, analyses, tmp_path, damage):
    first = await analysed()
    (key,) = kept(bucket, store)
    whole = bucket.get_object(Bucket=store.s3_bucket, Key=key)["Body"].read()
    body = damage(json.loads(whole), tmp_path / "trap")
    bucket.put_object(Bucket=store.s3_bucket, Key=key, Body=body)
    second = await analysed()
    assert (second["from_cache"], len(analyses)) == (False, 2)
    assert any("damaged" in warning for warning in second["warnings"])
    assert {**second["data"], "warnings": []} == {**first["data"], "warnings": []}
    assert not (tmp_path / "trap").exists()
    assert (await analysed())["from_cache"] is True


async def test_a_store_that_is_down_is_told_and_the_schedule_analysed(bucket, store, analyses, artifact):
    await analysed()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        await save_block(store, endpoint=f"http://127.0.0.1:{nobody.getsockname()[1]}")
        result = await analysed()
    assert (result["from_cache"], len(analyses)) == (False, 2)
    assert any("S3 does not answer: EndpointConnectionError" in warning for warning in result["warnings"])
    assert "cannot be used" in (await artifact("contingency-analysis")).data


async def test_keys_that_the_store_refuses_are_told(bucket, store, analyses):
    await save_block(store, key_id="of nobody")
    result = await analysed()
    assert (result["from_cache"], len(analyses)) == (False, 1)
    assert any("S3 answered" in warning for warning in result["warnings"])


async def test_a_result_that_cannot_be_kept_is_told(bucket, store, analyses):
    await save_block(store, bucket="no-such-bucket")
    result = await analysed()
    assert (result["from_cache"], len(analyses)) == (False, 1)
    assert any("could not be kept in the cache" in warning for warning in result["warnings"])


async def test_without_the_block_the_run_says_how_to_make_it(scheduled, deployed, analyses):
    result = await analysed()
    assert (result["from_cache"], len(analyses)) == (False, 1)
    assert any("`residency apply`" in warning for warning in result["warnings"])
