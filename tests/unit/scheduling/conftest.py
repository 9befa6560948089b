"""What the tests of schedule repair share: a slow oracle and random problems."""

import importlib.util
import sys
from pathlib import Path

import pytest


def neighbour(name):
    """A module beside this file; test folders are no packages."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def repair_oracle():
    """The slow judge of repairs: ``repair_oracle.cheapest(problem)``, ``repair_oracle.cost(...)``."""
    return neighbour("repair_oracle")


@pytest.fixture(scope="session")
def repair_cases():
    """Makers of problems: the strategies ``repair_cases.tiny()`` and ``repair_cases.medium()``."""
    return neighbour("repair_cases")


@pytest.fixture(scope="session")
def repair_promises():
    """What every repair promises: ``repair_promises.broken_promises(repair_oracle, problem, repair)``."""
    return neighbour("repair_promises")


@pytest.fixture(scope="session")
def repair_situations():
    """Makers of schedules by hand: ``repair_situations.situation(people, rows, asked, lost=...)``."""
    return neighbour("repair_situations")
