"""A stored analysis is found again by exactly what it depends on."""

import shutil
import sys
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import residency.resilience
from flows.platform.code_version import code_version
from flows.steps.run_contingency_analysis import analysis_key
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.snapshot import Snapshot
from residency.resilience.phase_transition import PhaseInputs

rarely_known = st.none() | st.integers(0, 3)
inputs = st.builds(
    PhaseInputs,
    utilization=st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    changes_last_7_days=rarely_known,
    fallback_days_left=rarely_known,
)


@pytest.fixture(scope="module")
def snapshot():
    start = date(2026, 1, 5)
    program = sample_program(people=20, days=7, seed=1, start=start, timezone="UTC")
    return Snapshot.of(program, Period.horizon(start, 7))


@settings(deadline=None)
@given(one=inputs, other=inputs)
def test_keys_are_the_same_when_and_only_when_the_inputs_are(snapshot, one, other):
    assert (analysis_key(snapshot, one) == analysis_key(snapshot, other)) == (one == other)


def test_any_change_of_any_column_of_the_snapshot_changes_the_key(snapshot):
    key = analysis_key(snapshot, PhaseInputs())
    assert analysis_key(replace(snapshot), PhaseInputs()) == key
    changed = 0
    for column in fields(snapshot):
        value = getattr(snapshot, column.name)
        if isinstance(value, np.ndarray) and value.size:
            other = value.copy()
            other.flat[-1] = ~other.flat[-1] if value.dtype == bool else other.flat[-1] + 1
        elif isinstance(value, tuple):
            other = (*value[:-1], "somebody else")
        else:
            continue
        assert analysis_key(replace(snapshot, **{column.name: other}), PhaseInputs()) != key, column.name
        changed += 1
    assert changed > 20


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A package with the sources of the calculations, to be changed."""
    name = f"copied_{uuid4().hex}"
    shutil.copytree(Path(residency.resilience.__file__).parent, tmp_path / name)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield name, tmp_path / name
    sys.modules.pop(name, None)


def fresh(package):
    code_version.cache_clear()
    return code_version(package)


def test_the_version_of_the_code_follows_every_line_and_name_of_it(copied):
    package, folder = copied
    found = [fresh(package)]
    assert fresh(package) == found[0]
    source = folder / "matching.py"
    source.write_text(source.read_text() + "\n")
    found.append(fresh(package))
    source.rename(folder / "matched.py")
    found.append(fresh(package))
    (folder / "matched.py").unlink()
    found.append(fresh(package))
    assert len(set(found)) == len(found)
    code_version.cache_clear()
