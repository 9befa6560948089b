"""The commands that move programs, as a coordinator runs them: sentences, JSON and exit codes."""

import asyncio
import json
import os
import sys

import pytest


@pytest.fixture
def residency(database_url, tmp_path):
    """Runs a command in a folder of its own; gives exit code, output and errors."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RESIDENCY_")} | {
        "RESIDENCY_HOME": str(tmp_path / "home"),
        "RESIDENCY_DATABASE_URL": database_url,
        "RESIDENCY_PREFECT_API_URL": "http://127.0.0.1:1/api",
        "RESIDENCY_TIMEZONE": "Pacific/Honolulu",
    }

    async def run(*arguments, **changes):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from cli.main import run; run()", *arguments),
            cwd=tmp_path,
            env=environment | changes,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        return process.returncode, output.decode(), errors.decode()

    return run


async def test_a_sample_goes_into_the_database_and_out_again(residency, tmp_path):
    code, said, _ = await residency("sample", "first", "--days", "28", "--start", "2026-11-09")
    assert code == 0
    assert said.startswith("Wrote 29 people and ")
    assert "beginning on 9 Nov 2026, to first." in said

    code, said, _ = await residency("import", "first")
    assert code == 0
    assert said.startswith("Loaded 29 people, 29 services and ")
    assert "for 9 Nov 2026 - 6 Dec 2026 as version " in said
    assert "not published" in said

    code, said, errors = await residency("export-bundle", "second")
    assert (code, said) == (2, "")
    assert "no schedule version is published" in errors

    code, said, _ = await residency("import", "first", "--publish", "--json")
    outcome = json.loads(said)
    assert (code, outcome["created"], outcome["published"], outcome["people"]) == (0, False, True, 29)
    assert (outcome["start"], outcome["end"], outcome["findings"]) == ("2026-11-09", "2026-12-07", [])

    code, said, _ = await residency("export-bundle", "second", "--json")
    assert (code, json.loads(said)["versions"]) == (0, [outcome["version_id"]])
    for sheet in ("assignments", "absences", "call", "calendar", "coverage", "services", "users"):
        first, second = (tmp_path / folder / f"{sheet}.csv" for folder in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()

    code, _, errors = await residency("export-bundle", "second")
    assert code == 2
    assert "add --replace" in errors
    code, _, _ = await residency("export-bundle", "second", "--replace", "--version", outcome["version_id"])
    assert code == 0


async def test_assignments_that_are_no_cover_are_told_by_id(residency, tmp_path):
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "people.csv").write_text("id,name,type\nF1,Secret Name,faculty\n")
    (folder / "services.csv").write_text("abbreviation,kind,required_credential\nVAS,procedure,vasectomy\n")
    (folder / "assignments.csv").write_text("person,service,date,half\nF1,VAS,2026-11-09,AM\n")
    code, said, errors = await residency("import", "odd")
    assert code == 0
    assert "1 assignment does not count as cover:" in said
    assert "F1 is assigned to VAS on 2026-11-09 and does not count: lacks the credential vasectomy" in said
    assert "Secret" not in said + errors


async def test_a_wrong_bundle_is_misuse_and_loads_nothing(residency, tmp_path):
    assert (await residency("template", "empty"))[0] == 0
    code, said, errors = await residency("import", "empty", "--publish")
    assert (code, said) == (2, "")
    assert "people.csv has no rows; expected at least one person" in errors
    assert "Traceback" not in errors
    code, _, errors = await residency("export-bundle", "nothing")
    assert code == 2
    assert not (tmp_path / "nothing").exists()


async def test_a_roster_of_another_zone_is_misuse(residency, request):
    rota = request.config.rootpath / "tests" / "data" / "cpft-south"
    code, _, errors = await residency("import", str(rota))
    assert code == 2
    assert "RESIDENCY_TIMEZONE=Europe/London" in errors
    code, said, _ = await residency("import", str(rota), RESIDENCY_TIMEZONE="Europe/London")
    assert code == 0
    assert "Loaded 26 people, 4 services and 5 838 assignments for 5 Aug 2015 - 2 Feb 2016" in said


async def test_a_database_without_tables_is_a_failure_that_names_the_mend(residency, postgres):
    bare = postgres.superuser_url()
    assert (await residency("sample", "s", "--days", "7", "--start", "2026-11-09"))[0] == 0
    code, said, errors = await residency("import", "s", RESIDENCY_DATABASE_URL=bare)
    assert (code, said) == (1, "")
    assert errors == "the database has no tables yet; run `residency migrate`\n"


async def test_migrate_tells_where_the_database_stands(residency):
    code, said, _ = await residency("migrate", "--json")
    stands = json.loads(said)
    assert (code, stands["before"]) == (0, stands["after"])
    assert (await residency("migrate"))[1] == f"The database stands at migration {stands['after']} already.\n"
