"""Every command that a page or a message shows exists, and those that need no plant are run as shown."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import typer
import yaml

from cli.main import app

ROOT = Path(__file__).parents[3]
PROGRAMS = Path(sys.executable).parent
PAGES = sorted(page for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")) if page.name != "cli.md")
SOURCES = sorted(
    path
    for room in ("residency", "flows", "blocks", "stack", "cli", "docs", "containers")
    for path in (ROOT / room).rglob("*.py")
)
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
COMPOSE_COMMANDS = {"build", "config", "down", "exec", "logs", "ps", "pull", "restart", "run", "stop", "up"}
NEED_NO_PLANT = ("template", "sample", "check contingency", "check acgme", "solve")
RESIDENCY = typer.main.get_command(app)


def console_lines(text):
    """The commands of the ``console`` blocks, continued lines joined, remarks left out."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", "").splitlines():
            if line.startswith("$ "):
                for part in re.split(r"\s(?:&&|\|)\s", line[2:]):
                    if words := shlex.split(part, comments=True):
                        yield words


def shown():
    found = [(page.relative_to(ROOT), words) for page in PAGES for words in console_lines(page.read_text())]
    return [pytest.param(words, id=f"{page}: {' '.join(words)[:60]}") for page, words in found]


def program_of(words):
    """The program and its words, without variables set before it and without its folder."""
    while re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    return words[0].removeprefix(".venv/bin/"), words[1:]


def parse_residency(words):
    """Let Typer take the words apart as if the command were run, but do not run it."""
    command, context, path = RESIDENCY, None, []
    while True:
        # A group gives what it does not understand to the command below it.
        name = "residency" if context is None else path[-1]
        context = command.make_context(name, list(words), parent=context)
        if not hasattr(command, "commands"):
            return " ".join(path)
        words = [*context._protected_args, *context.args]
        if not words:
            return " ".join(path)
        _, command, words = command.resolve_command(context, words)
        path.append(command.name)


def check_installed(program, words):
    """One of the locked tools: its own help knows the options that are used."""
    commands = []
    for word in words:
        if word.startswith("-"):
            break
        commands.append(word)
    named = (
        commands[:1] if program in {"ruff", "pre-commit"} else commands[:2] if program == "prefect" else []
    )
    asked = subprocess.run(
        [PROGRAMS / program, *named, "--help"], capture_output=True, text=True, check=False, env=plain()
    )
    assert asked.returncode == 0, asked.stderr
    for option in (word.partition("=")[0] for word in words if word.startswith("-")):
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", asked.stdout), (program, option)


def check_script(words):
    if words[0] == "-m":
        words = [f"{words[1].replace('.', '/')}.py", *words[2:]]
    for word in words:
        if not word.startswith("-"):
            assert (ROOT / word).is_file(), word
            source = (ROOT / word).read_text()
        else:
            assert f'"{word}"' in source, word


def check_docker(words):
    if words[0] == "build":
        targets = [word for before, word in pairwise(words) if before == "--target"]
        stages = re.findall(r"^FROM \S+ AS (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
        assert set(targets) <= set(stages)
        assert words[-1] == "."
        return
    assert words[0] == "compose"
    command, *rest = words[1:]
    assert command in COMPOSE_COMMANDS
    services = [word for word in rest if not word.startswith("-") and word in COMPOSE["services"]]
    if command in {"run", "exec"}:
        assert services
        service, after = services[0], rest[rest.index(services[0]) + 1 :]
        if COMPOSE["services"][service].get("entrypoint", [""])[-1] == "residency":
            parse_residency(after)
        elif after[:1] == ["residency"]:
            parse_residency(after[1:])


CHECKS = {
    "residency": lambda words: parse_residency(words),
    "./setup": lambda words: [(ROOT / "setup").read_text().index(f"{word})") for word in words],
    "docker": check_docker,
    "python": check_script,
    "python3": check_script,
    # Not installed by us, and used as CONTRIBUTING alone says.
    "uv": lambda words: words.index("requirements.lock"),
    "chmod": lambda words: None,
}


def test_there_are_commands_to_check():
    programs = {program_of(words)[0] for page in PAGES for words in console_lines(page.read_text())}
    assert {"residency", "./setup", "pytest", "docker", "python"} <= programs


@pytest.mark.parametrize("words", shown())
def test_a_command_that_a_page_shows_exists_and_understands_its_words(words):
    program, rest = program_of(words)
    if program in CHECKS:
        CHECKS[program](rest)
    else:
        check_installed(program, rest)


@pytest.mark.parametrize(
    "words", ["up --onse", "import", "nonsense", "check contingency p --who nobody", "logs --lines x"]
)
def test_a_wrong_command_would_be_found(words):
    with pytest.raises(Exception, match=r".") as raised:
        parse_residency(shlex.split(words))
    assert type(raised.value).__module__.startswith("typer")


def mentions():
    """Commands named in running text and in messages: `residency up --once`, `residency run FLOW`."""
    for path in (*PAGES, *SOURCES):
        for found in re.findall(r"`+residency ([a-z][^`]*)`", path.read_text()):
            yield path.relative_to(ROOT), found


def test_every_command_that_a_text_mentions_exists_with_its_options():
    unknown = []
    for path, text in mentions():
        command, words = RESIDENCY, text.replace("\\n", " ").split()
        while words and hasattr(command, "commands") and words[0].strip(",") in command.commands:
            command = command.commands[words.pop(0).strip(",")]
        options = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        used = {word.partition("=")[0] for word in words if word.startswith("-")}
        if command is RESIDENCY or not used <= options | {"--help"}:
            unknown.append(f"{path}: residency {text}")
    assert unknown == []
    assert len(list(mentions())) > 20


def plain():
    """The environment without settings of whoever runs the tests."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("RESIDENCY_", "PREFECT_"))
    }


def test_what_needs_no_plant_is_run_as_it_is_shown(tmp_path):
    """In a folder with nothing but the examples; where a page shows the output, this is it."""
    environment = {**plain(), "RESIDENCY_HOME": str(tmp_path / "home")}
    ran = []
    examples = tmp_path / "docs" / "examples"

    def run(words):
        ended = subprocess.run(
            [PROGRAMS / "residency", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, (words, ended.stdout, ended.stderr)
        assert ended.stdout.strip(), words
        if words[:2] == ["check", "acgme"]:
            assert ended.stdout.rstrip() in page.read_text()

    for page in PAGES:
        shutil.copytree(ROOT / "docs" / "examples", examples)
        for words in console_lines(page.read_text()):
            program, rest = program_of(words)
            if program != "residency" or (name := parse_residency(rest)) not in NEED_NO_PLANT:
                continue
            run(rest)
            ran.append(name)
            if name == "template":
                # Between the two commands the reader fills the bundle in.
                run(["sample", rest[-1], "--days", "28", "--replace"])
        for folder in (path for path in tmp_path.iterdir() if path.is_dir()):
            shutil.rmtree(folder)
    assert {"template", "check contingency", "check acgme"} <= set(ran)
