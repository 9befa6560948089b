"""The block that tells where reports are archived, and putting a file there so that it surely is there."""

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING, Any, cast

from blocks.s3_bucket import load_bucket
from residency.errors import NotFoundError

if TYPE_CHECKING:
    from prefect_aws.s3 import S3Bucket

DOCUMENT_NAME = "residency-archive"
"""Name of the ``s3-bucket`` document that says which bucket and folder hold the archive."""

_TIME_LIMITS = {"connect_timeout": 5, "read_timeout": 60, "retries": {"total_max_attempts": 3}}
_THERE_ALREADY = frozenset({"412", "PreconditionFailed"})


class ArchiveError(Exception):
    """A file is not in the archive as it should be; trying again may help."""


async def load_archive() -> "S3Bucket":
    """The archive that the block document describes.

    Raises:
        NotFoundError: if there is no such document.
    """
    return await load_bucket(DOCUMENT_NAME, _TIME_LIMITS, NotFoundError)


def put_file(archive: "S3Bucket", key: str, content: bytes, media_type: str) -> str:
    """Put a file under a key that nothing has yet, read it back and compare checksums; blocks its thread.

    The same file under its key already is as good; another one is never overwritten.

    Returns:
        Where the file is: ``s3://bucket/key``.

    Raises:
        ArchiveError: if the store refuses or does not answer, or if other bytes are read back.
    """
    # botocore ships no types.
    from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
        BotoCoreError,
        ClientError,
    )

    client = archive.credentials.get_client("s3")
    folder = archive.bucket_folder.strip("/")
    place = {"Bucket": archive.bucket_name, "Key": f"{folder}/{key}" if folder else key}
    digest = hashlib.sha256(content).digest()
    try:
        try:
            client.put_object(
                **place,
                Body=content,
                ContentType=media_type,
                ChecksumSHA256=b64encode(digest).decode(),
                IfNoneMatch="*",
            )
        except ClientError as error:
            if _code(error) not in _THERE_ALREADY:
                raise
        found: bytes = client.get_object(**place)["Body"].read()
    except ClientError as error:
        raise ArchiveError(f"the archive answered {_code(error)} for {place['Key']}") from error
    except BotoCoreError as error:
        raise ArchiveError(f"the archive does not answer: {type(error).__name__}") from error
    if hashlib.sha256(found).digest() != digest:
        raise ArchiveError(f"{place['Key']} holds other bytes than those that were put there")
    return f"s3://{place['Bucket']}/{place['Key']}"


def _code(error: Exception) -> str:
    return cast("Any", error).response["Error"]["Code"]
