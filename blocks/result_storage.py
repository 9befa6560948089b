"""The block that tells where results of long calculations are kept, and reading it with an answer in time."""

from typing import TYPE_CHECKING, cast

from blocks.s3_bucket import load_bucket

if TYPE_CHECKING:
    from prefect_aws.s3 import S3Bucket

DOCUMENT_NAME = "residency-results"
"""Name of the ``s3-bucket`` document that says which bucket and folder results are kept in."""

# A store that does not answer must not hold up for minutes what can be calculated in seconds.
_TIME_LIMITS = {"connect_timeout": 3, "read_timeout": 20, "retries": {"total_max_attempts": 2}}
_MISSING = frozenset({"404", "NoSuchKey"})


class StorageUnusableError(Exception):
    """The store of results cannot be used now; the message says why."""


async def load_result_storage() -> "S3Bucket":
    """The store that the block document describes, which gives up on S3 after seconds.

    Raises:
        StorageUnusableError: if there is no such document.
    """
    return await load_bucket(DOCUMENT_NAME, _TIME_LIMITS, StorageUnusableError)


async def read_result(storage: "S3Bucket", key: str) -> bytes | None:
    """What is stored under a key, None for nothing.

    Raises:
        StorageUnusableError: if S3 does not answer or refuses us, which Prefect would take for nothing.
    """
    # botocore ships no types.
    from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
        BotoCoreError,
        ClientError,
    )

    try:
        return await storage.aread_path(key)
    except ClientError as error:
        code = cast("dict[str, dict[str, str]]", error.response)["Error"]["Code"]
        if code in _MISSING:
            return None
        raise StorageUnusableError(f"S3 answered {code}") from error
    except BotoCoreError as error:
        raise StorageUnusableError(f"S3 does not answer: {type(error).__name__}") from error
