"""The process of a run: what it needs is imported while it talks to the Prefect API, not after."""

import gc
import os
from importlib import import_module
from threading import Thread

_RUN_VARIABLE = "PREFECT__FLOW_RUN_ID"
"""Prefect starts the process of every run with it."""

_OF_EVERY_RUN = (
    "sqlalchemy.dialects.postgresql.asyncpg",
    "residency.store.database",
    "residency.store.revision",
    "residency.store.task_runs",
    "flows.platform.lateness",
)
"""What :func:`flows.platform.task_run.task_run` needs, in the order in which it does."""


def prepare(steps: str) -> None:
    """Begin to import a flow's steps in a thread, if this process runs a flow; elsewhere do nothing.

    Between the import of a flow and the start of its body Prefect waits for a dozen answers of the API.

    Args:
        steps: the dotted name of the module.
    """
    if _RUN_VARIABLE in os.environ:
        # Prefect's own objects live as long as the process: no collection need look at them again.
        gc.freeze()
        Thread(target=_import, args=(steps,), name="prepare run", daemon=True).start()


def _import(steps: str) -> None:
    gc.disable()
    try:
        for module in (*_OF_EVERY_RUN, steps):
            import_module(module)
        # The first query would do it otherwise, while everybody waits for that.
        import_module("sqlalchemy.orm").configure_mappers()
        gc.freeze()
    finally:
        gc.enable()
