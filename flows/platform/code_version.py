"""Which code a stored result was computed by, so that a result of other code is not taken for one of this."""

import hashlib
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np


@cache
def code_version(*packages: str) -> str:
    """SHA-256 over the sources of packages, names included, and the version of NumPy they compute with.

    Args:
        packages: dotted names, such as ``residency.resilience``.
    """
    digest = hashlib.sha256(np.__version__.encode())
    for package in packages:
        for folder in import_module(package).__path__:
            for source in sorted(Path(folder).rglob("*.py")):
                content = source.read_bytes()
                digest.update(f"{package}/{source.relative_to(folder)} {len(content)}\n".encode())
                digest.update(content)
    return digest.hexdigest()
