"""``residency metrics`` and ``residency diff`` as a coordinator runs them: sentences, JSON and exit codes."""

import asyncio
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from residency.importing.sample import sample_program
from residency.quality.change_results import VersionDiff
from residency.quality.results import ScheduleMetrics
from residency.store.program_writer import import_program

START = datetime.now(UTC).date() - timedelta(days=14)


@pytest.fixture
def residency(database_url, tmp_path):
    """Runs a command with the database and no server; gives exit code, output and errors."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RESIDENCY_")} | {
        "RESIDENCY_HOME": str(tmp_path / "home"),
        "RESIDENCY_DATABASE_URL": database_url,
        "RESIDENCY_PREFECT_API_URL": "http://127.0.0.1:1/api",
        "RESIDENCY_TIMEZONE": "UTC",
        "COLUMNS": "120",
    }

    async def run(*arguments):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from cli.main import run; run()", *map(str, arguments)),
            cwd=tmp_path,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        return process.returncode, output.decode(), errors.decode()

    return run


@pytest.fixture
async def versions(engine):
    """The published sample program, and a draft in which everybody is off on the seventh day from today."""
    program = sample_program(people=29, days=120, seed=1, start=START, timezone="UTC")
    published = (await import_program(engine, program, publish=True)).version_id
    off = program.assignments.day == np.datetime64(START + timedelta(days=21))
    draft = replace(program, assignments=program.assignments.take(~off))
    return published, (await import_program(engine, draft, publish=False)).version_id, int(off.sum())


async def test_metrics_tell_grade_verdicts_and_who_carries_most(residency, versions):
    _, draft, _ = versions
    code, said, errors = await residency("metrics")
    assert (code, errors) == (0, "")
    assert "stability grade" in said.splitlines()[0]
    for word in ("required slots", "fairness is", "duty-hours", "PGY-1", "Planned hours"):
        assert word in said
    code, printed, _ = await residency("metrics", "--json")
    measured = ScheduleMetrics.model_validate_json(printed)
    assert code == 0
    assert (measured.period_end - measured.period_start).days == 90
    assert {each.person for each in measured.people} >= {"R01", "F01"}
    assert f"grade {measured.stability.grade} ({measured.stability.score:.0f} of 100)" in said
    start, end = START + timedelta(days=14), START + timedelta(days=200)
    code, printed, _ = await residency(
        "metrics", "--version", draft, "--start", start, "--end", end, "--json"
    )
    other = ScheduleMetrics.model_validate_json(printed)
    assert (other.period_start, other.period_end) == (start, START + timedelta(days=120))
    assert "have no schedule and are not judged" in other.warnings[0]
    assert other.stability.removed > 0


async def test_days_and_versions_that_are_not_there_are_misuse(residency, versions):
    for command, told in (
        (("metrics", "--start", START, "--end", START), "expected a date after"),
        (("metrics", "--start", "2020-01-01"), "no schedule is published"),
        (("diff", versions[0], uuid4()), "no schedule version"),
    ):
        code, said, errors = await residency(*command)
        assert (code, said) == (2, "")
        assert told in errors


async def test_a_diff_tells_what_changed_for_whom(residency, versions):
    published, draft, off = versions
    code, said, errors = await residency("diff", published, draft)
    assert (code, errors) == (0, "")
    assert f"{off} half-days changed" in said
    assert f"assigned half-days -{off}." in said
    code, printed, _ = await residency("diff", published, draft, "--json")
    diff = VersionDiff.model_validate_json(printed)
    assert (diff.removed, diff.added, json.loads(printed)["version_b"]) == (off, 0, str(draft))
    assert diff.people[0].person in said
