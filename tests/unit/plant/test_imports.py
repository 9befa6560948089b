"""Flow modules stay light, and no arrow of the house is drawn backwards."""

import subprocess
import sys

import pytest

HEAVY = (
    "pandas",
    "matplotlib",
    "sklearn",
    "fastembed",
    "prefect_aws",
    "boto3",
    "openpyxl",
    "xlsxwriter",
    "holidays",
    "alembic",
)
FLOWS = (
    "flows.resilience.periodic_health_check",
    "flows.resilience.run_contingency_analysis",
    "flows.resilience.send_resilience_alert",
)


@pytest.mark.parametrize("module", FLOWS)
def test_a_flow_module_imports_nothing_heavy(module: str):
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_the_arrows_of_the_house_hold():
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ]
    linted = subprocess.run(command, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout
    assert "0 broken" in linted.stdout
