"""The hooks that look at a commit are valid, need no network, and let nothing bad through."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / ".pre-commit-config.yaml"
PROGRAMS = Path(sys.executable).parent
REPOSITORIES = yaml.safe_load(CONFIG.read_text())["repos"]
HOOKS = {hook["id"]: hook for repository in REPOSITORIES for hook in repository["hooks"]}


def test_the_configuration_is_valid():
    checked = subprocess.run(
        [PROGRAMS / "pre-commit", "validate-config", CONFIG], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_nothing_is_fetched_and_every_program_is_one_of_the_locked_tools():
    assert [repository["repo"] for repository in REPOSITORIES] == ["local"]
    for hook in HOOKS.values():
        assert hook["language"] == "system"
        folder, program = hook["entry"].split()[0].rsplit("/", 1)
        assert folder == ".venv/bin"
        assert (PROGRAMS / program).exists()


def test_what_takes_long_or_asks_others_waits_until_it_is_told():
    assert HOOKS["pyright"]["stages"] == ["pre-push"]
    assert HOOKS["pip-audit"]["stages"] == ["manual"]
    assert "--strict" in HOOKS["pip-audit"]["entry"].split()


@pytest.mark.parametrize(("line", "hook"), [("import os\n", "ruff-check"), ("x = { }\n", "ruff-format")])
def test_a_commit_with_a_bad_line_is_refused(tmp_path, line, hook):
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".pre-commit-config.yaml").write_bytes(CONFIG.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    environment = {**plain, "PRE_COMMIT_HOME": str(tmp_path / "home")}

    def git(*words):
        subprocess.run(
            [shutil.which("git"), *words], cwd=tmp_path, env=environment, check=True, capture_output=True
        )

    def refused():
        git("add", "new.py", ".pre-commit-config.yaml")
        command = [PROGRAMS / "pre-commit", "run", hook]
        ran = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert f"{HOOKS[hook]['name']}." in ran.stdout, ran.stdout + ran.stderr
        return ran.returncode

    git("init", "--quiet")
    (tmp_path / "new.py").write_text(f'"""One sentence."""\n\n{line}')
    assert refused() == 1
    (tmp_path / "new.py").write_text('"""One sentence."""\n')
    assert refused() == 0
