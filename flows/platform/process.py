"""The process of a run: what it needs is imported while it talks to the Prefect API, not after."""

import gc
import os
from importlib import import_module
from threading import Thread

_RUN_VARIABLE = "PREFECT__FLOW_RUN_ID"
"""Prefect starts the process of every run with it."""


def prepare(*modules: str) -> None:
    """Begin to import modules in a thread, if this process runs a flow; elsewhere do nothing.

    Between the import of a flow and the start of its body Prefect waits for a dozen answers of the API.
    """
    if _RUN_VARIABLE in os.environ:
        # Prefect's own objects live as long as the process: no collection need look at them again.
        gc.freeze()
        Thread(target=_import, args=(modules,), name="prepare run", daemon=True).start()


def _import(modules: tuple[str, ...]) -> None:
    for module in modules:
        import_module(module)
