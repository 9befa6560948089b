"""Flow modules stay light, and no arrow of the house is drawn backwards."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
LINTED = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = [contract["name"] for contract in LINTED["contracts"]]

PLANT = yaml.safe_load((ROOT / "prefect.yaml").read_text())
FLOWS = sorted(entry["entrypoint"].rpartition(".")[0] for entry in PLANT["deployments"])
STEPS = [f"flows.steps.{flow.rpartition('.')[2]}" for flow in FLOWS]

# What no run needs, or only for a moment that not every run comes to.
HEAVY = (
    "pandas",
    "matplotlib",
    "sklearn",
    "fastembed",
    "prefect_aws",
    "boto3",
    "botocore",
    "openpyxl",
    "xlsxwriter",
    "typst",
    "holidays",
    "alembic",
    "prefect.server",
)
# What every run needs, though only after Prefect has asked its server a dozen things.
LATER = ("sqlalchemy", "asyncpg", "numpy", "residency.store", "residency.resilience", "flows.steps")


ENGINE = "prefect.engine, prefect.flow_engine, blocks.result_storage"


def importing(modules: str) -> tuple[str, str]:
    """The words of a process that tells which of the watched modules came along with some."""
    watched = (*HEAVY, *LATER)
    return "-c", f"import sys, {modules}; print(*[name for name in {watched!r} if name in sys.modules])"


SLOW = [importing(modules) for modules in (*FLOWS, *STEPS, ENGINE)]


@pytest.fixture
def imported(ended):
    """Which of the watched modules come along with some."""

    def told(modules: str) -> set[str]:
        process = ended(importing(modules))
        assert process.returncode == 0, process.stderr
        return set(process.stdout.split())

    return told


@pytest.mark.parametrize("module", FLOWS)
def test_a_flow_module_imports_next_to_nothing_but_prefect(module: str, imported):
    assert imported(module) == set()


@pytest.mark.parametrize("module", STEPS)
def test_the_steps_of_a_flow_import_nothing_heavy(module: str, imported):
    found = imported(module)
    assert found.isdisjoint(HEAVY)
    assert {"sqlalchemy", "residency.store"} <= found


def test_the_engine_of_a_run_loads_no_collection_that_is_installed(imported):
    assert imported(ENGINE) == set()


# What each contract is for, in its order: a module and an import that it must never make.
WRONG = (
    ("blocks.program_database", "import stack.home"),
    ("residency.program.calendar", "import prefect"),
    ("residency.program.records", "import residency.resilience.health"),
    ("residency.reports.svg", "from sqlalchemy import text"),
    ("residency.scheduling.problem", "import boto3"),
    ("residency.store.revision", "import httpx"),
    ("flows.platform.policies", "from residency.store.tables import PersonRow"),
    ("residency.messaging.outbox", "import residency.store.migrations.env"),
    ("flows.platform.events", "import flows.resilience.periodic_health_check"),
    ("flows.resilience.send_resilience_alert", "import flows.resilience.run_contingency_analysis"),
    ("flows.steps.send_resilience_alert", "import flows.steps.run_contingency_analysis"),
    ("flows.platform.lateness", "import boto3"),
    ("cli.check", "import prefect"),
    ("residency.errors", "import pytest"),
    ("stack.logs", "import stack.session"),
)


def lint(folder: Path) -> str:
    """The report of import-linter on the house in a folder."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    linted = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=folder,
        env={**os.environ, "COLUMNS": "300", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == (0 if " 0 broken" in linted.stdout else 1), linted.stdout + linted.stderr
    return linted.stdout


def test_the_arrows_of_the_house_hold():
    report = lint(ROOT)
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken" in report, report


def test_each_contract_sees_the_arrow_that_it_forbids(tmp_path):
    """A wrong import for each contract and a room without a place, in a copy of the house."""
    for room in LINTED["root_packages"]:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, wrong in WRONG:
        file = tmp_path / f"{module.replace('.', '/')}.py"
        file.write_text(f"{file.read_text()}\n{wrong}\n")
    (tmp_path / "residency" / "attic.py").write_text('"""A room without a place."""\n')
    report = lint(tmp_path)
    _, details = report.split("\nBroken contracts\n")
    starts = [details.index(f"\n{name}\n") for name in CONTRACTS]
    for (module, wrong), start, end in zip(WRONG, starts, [*starts[1:], None], strict=True):
        importer, imported = module.split(".")[-1], wrong.split()[1].split(".")[-1]
        assert re.search(rf"{importer} -> .*\b{imported}\b", details[start:end]), report
    assert "residency.attic" in details[starts[2] : starts[3]], report
