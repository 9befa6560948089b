"""Write the reference pages that are made from the code: every setting and every command.

``python docs/generate.py`` writes them; with ``--check`` it writes nothing
and exits with 1 when one is stale.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import typer

from residency.settings import Settings

REFERENCE = Path(__file__).resolve().parent / "reference"
_MADE = "<!-- Made by docs/generate.py from {source}; do not edit. -->\n\n"
_TYPES = {"integer": "whole number", "string": "text", "path": "path"}

_SETTINGS_HEAD = """# Settings

Every setting is an environment variable, or a line of a file `.env` in the folder where a command is started;
the environment wins. Empty means not set. A secret is shown as stars wherever settings are printed, and it
belongs in the environment or in a file that only you can read, not in a command.

| variable | value | default | meaning |
|---|---|---|---|
"""

_SETTINGS_FOOT = """
A wrong value stops every command with a sentence and exit code 2. Two things are checked together: a
`RESIDENCY_BIND_HOST` that others can reach needs `RESIDENCY_PREFECT_AUTH_STRING`, and
`RESIDENCY_S3_ENDPOINT_URL` needs both keys. `PREFECT_API_KEY` is passed on to the Prefect server that
`RESIDENCY_PREFECT_API_URL` names; every other `PREFECT_*` variable of the caller is dropped.
"""

_EXIT_CODES = """
## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | a failure that trying again or mending the plant may cure: something does not answer, a run failed, `residency doctor` found something |
| 2 | misuse: an unknown command, option, flow or id, a wrong setting, a bundle with wrong rows; nothing was changed |
| 130 | `residency up` was interrupted before its main job was done |
"""  # noqa: E501 -- a table's row is one line


def settings_page() -> str:
    """The settings as one table."""
    properties: dict[str, dict[str, Any]] = Settings.model_json_schema()["properties"]
    rows = [
        " | ".join((f"| `RESIDENCY_{name.upper()}`", _value(each), _default(name, each), each["description"]))
        + " |"
        for name, each in properties.items()
    ]
    return (
        _MADE.format(source="residency/settings.py")
        + _SETTINGS_HEAD
        + "\n".join(rows)
        + "\n"
        + _SETTINGS_FOOT
    )


def _value(schema: dict[str, Any]) -> str:
    """What may stand there, such as ``whole number, 1 to 65535``."""
    kind = next(each for each in schema.get("anyOf", [schema]) if each["type"] != "null")
    if kind.get("writeOnly"):
        return "**secret**"
    if "enum" in kind:
        return "one of " + ", ".join(f"`{each}`" for each in kind["enum"])
    low, high = kind.get("minimum"), kind.get("maximum")
    limits = f"{low} to {high}" if high is not None else f"{low} or more" if low is not None else ""
    word = _TYPES["path" if kind.get("format") == "path" else kind["type"]]
    return f"{word}, {limits}" if limits else word


def _default(name: str, schema: dict[str, Any]) -> str:
    if name == "home":
        return "`/var/lib/residency` for root, else `~/.local/share/residency`"
    value = schema["default"]
    return "" if value is None else f"`{value}`"


def commands_page() -> str:
    """The command line as Typer describes it, with exit codes."""
    made = subprocess.run(
        [
            sys.executable,
            "-m",
            "typer",
            "cli.main",
            "utils",
            "docs",
            "--name",
            "residency",
            "--title",
            "Commands",
        ],
        cwd=REFERENCE.parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # Usage is no command that could be run as it stands.
    made = made.replace("```console\n$ ", "```text\n")
    return _MADE.format(source="the command line") + _whole_summaries(made).rstrip() + "\n" + _EXIT_CODES


def _whole_summaries(page: str) -> str:
    """Put back the words that Typer cuts off in its lists of commands."""
    helps = command_helps()
    path: list[str] = ["residency"]
    lines: list[str] = []
    for line in page.splitlines():
        if line.startswith(("## ", "### ")):
            path = line.strip("#` ").split()
        found = re.fullmatch(r"\* `([a-z-]+)`: .*\.\.\.", line)
        lines.append(f"* `{found[1]}`: {helps[' '.join([*path, found[1]])]}" if found else line)
    return "\n".join(lines)


def command_helps() -> dict[str, str]:
    """The first paragraph of each command's and group's help, by full name (``residency mail show``)."""
    helps: dict[str, str] = {}

    def walk(command: Any, name: str) -> None:  # noqa: ANN401 -- Typer's commands have no public type
        helps[name] = " ".join((command.help or "").split("\n\n")[0].split())
        for child, below in getattr(command, "commands", {}).items():
            if not below.hidden:
                walk(below, f"{name} {child}")

    # Here, because pages about settings need no command line.
    from cli.main import app

    walk(typer.main.get_command(app), "residency")
    return helps


_RULES_HEAD = """# Rule sets

What binds, how strongly and with which numbers. `must` makes violations, `should` warnings; an empty cell
says that the rule set has no such rule. References are to the ACGME Common Program Requirements, section
VI.F. How each rule is judged is told in [duty hours](duty-hours.md).

"""


def rule_sets_page() -> str:
    """Every rule set that comes with the package, side by side."""
    # Here, because pages about settings need no rules.
    from residency.acgme.rules import Rules, rule_set, rule_set_names

    sets = {name: rule_set(name) for name in sorted(rule_set_names())}
    lines = [
        f"| rule | reference | severity | {' | '.join(sets)} |",
        f"|---|---|---|{'---|' * len(sets)}",
    ]
    for rule in Rules.model_fields:
        held = [getattr(each.rules, rule) for each in sets.values()]
        some = next(each for each in held if each is not None)
        cells = " | ".join(_rule_cell(each) for each in held)
        lines.append(f"| {rule} | {some.reference} | {some.severity} | {cells} |")
    lines += ["", *(f"- `{name}`: {each.title}." for name, each in sets.items())]
    return _MADE.format(source="residency/acgme/rule_sets") + _RULES_HEAD + "\n".join(lines) + "\n"


def _rule_cell(rule: Any) -> str:  # noqa: ANN401 -- any of the rule models, or None
    """Force and numbers of one rule: ``must: max hours 80``."""
    if rule is None:
        return ""
    apart = {"force", "severity", "reference", "enabled"}
    numbers = rule.model_dump(exclude=apart, exclude_none=True)
    told = ", ".join(f"{name.replace('_', ' ')} {_figures(value)}" for name, value in numbers.items())
    return f"{rule.force}: {told}" if told else rule.force


def _figures(value: Any) -> str:  # noqa: ANN401 -- a number or several
    if isinstance(value, tuple):
        return " ".join(f"{each:g}" for each in value)
    return value if isinstance(value, str) else f"{value:g}"


PAGES = {"settings.md": settings_page, "cli.md": commands_page, "rule-sets.md": rule_sets_page}


def main() -> int:
    """Write or compare; returns the exit code."""
    stale = [
        name
        for name, make in PAGES.items()
        if not (REFERENCE / name).exists() or (REFERENCE / name).read_text() != make()
    ]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"docs/reference/{name} is stale; run `python docs/generate.py`", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (REFERENCE / name).write_text(PAGES[name]())
        print(f"wrote docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
