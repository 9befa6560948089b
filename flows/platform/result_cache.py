"""Results of long calculations kept in the S3 store that all workers share; a cache and never the truth."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.serializers import JSONSerializer

from blocks.result_storage import StorageUnusableError, load_result_storage, read_result
from flows.platform.task_run import TaskRunFrame

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

_KEPT = timedelta(days=7)
# Values and nothing else: what stands in the bucket must not decide which code is run to read it.
_PLAIN_JSON = JSONSerializer(object_encoder=None, object_decoder=None)

Value = TypeVar("Value")


async def cached(
    run: TaskRunFrame,
    work: Task[..., Any],
    key: str,
    parse: Callable[[dict[str, Any]], Value],
    *arguments: object,
) -> tuple[Value, bool]:
    """Run a task, unless an earlier run has stored its result under the same key.

    A store that cannot be reached, and a stored result that cannot be read, are told among the run's
    warnings, and the task runs.

    Args:
        run: the run, for its warnings.
        work: a task that returns plain JSON.
        key: names everything that the result depends on, the code included.
        parse: makes the value of the JSON; raises ValueError if it cannot.
        arguments: of the task.

    Returns:
        The value, and whether it was stored before.
    """
    try:
        storage = await load_result_storage()
        stored = await read_result(storage, key)
    except StorageUnusableError as error:
        _warn(run, f"the cache of earlier results cannot be used ({error}), so all was calculated anew")
        return parse(await work.with_options(cache_policy=NO_CACHE, persist_result=False)(*arguments)), False
    damaged = stored is not None and not _is_whole(stored, parse)
    if damaged:
        _warn(run, "the result in the cache is damaged, so all was calculated anew")
    keeping = work.with_options(
        cache_key_fn=lambda _context, _parameters: key,
        cache_expiration=_KEPT,
        refresh_cache=damaged,
        persist_result=True,
        result_storage=storage,
        result_serializer=_PLAIN_JSON,
        cache_result_in_memory=False,
    )
    lost: list[object] = []
    keeping.on_rollback(lost.append)
    state = cast("State[dict[str, Any]]", await keeping(*arguments, return_state=True))
    value = parse(await state.aresult())
    if lost:
        _warn(run, "the result could not be kept in the cache, so the next run calculates it again")
    return value, state.name == "Cached"


def _warn(run: TaskRunFrame, sentence: str) -> None:
    get_run_logger().warning(sentence)
    run.warnings.append(sentence)


def _is_whole(stored: bytes, parse: Callable[[dict[str, Any]], object]) -> bool:
    """Whether Prefect would read plain JSON there that can be parsed."""
    try:
        record = json.loads(stored)
        if JSONSerializer.model_validate(record["metadata"]["serializer"]) != _PLAIN_JSON:
            return False
        parse(json.loads(record["result"]))
    except (ValueError, KeyError, TypeError):
        return False
    return True
