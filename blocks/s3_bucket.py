"""Loading an ``s3-bucket`` block with limits of its own on how long S3 may take."""

from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync

if TYPE_CHECKING:
    from prefect_aws.s3 import S3Bucket


async def load_bucket(
    document_name: str, time_limits: dict[str, Any], missing: type[Exception]
) -> "S3Bucket":
    """The bucket that a block document describes.

    Args:
        document_name: name of the ``s3-bucket`` document.
        time_limits: what botocore's configuration takes: timeouts and retries.
        missing: the error to raise if there is no such document.
    """
    # In a thread because the import alone takes a second.
    bucket_class = await run_sync(_bucket_class)
    try:
        bucket = await bucket_class.aload(document_name)
    except ValueError as error:
        raise missing(
            f"the block s3-bucket/{document_name} is missing; make it with `residency apply`"
        ) from error
    client = bucket.credentials.aws_client_parameters
    bucket.credentials.aws_client_parameters = client.model_copy(
        update={"config": {**(client.config or {}), **time_limits}}
    )
    return bucket


def _bucket_class() -> "type[S3Bucket]":
    from prefect_aws.s3 import S3Bucket

    return S3Bucket
