"""The house keeps its habits: linted, formatted, strictly typed, modules that fit in one's head."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = ("residency", "flows", "blocks", "stack", "cli")
VAGUE = {"utils", "helpers", "common", "misc"}
LONGEST = 400
PAGE = 80
LONGEST_SQL = 3
SQL = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "COPY"}


def modules(*rooms):
    return [path for room in rooms for path in (ROOT / room).rglob("*.py")]


SLOW = [
    ("-m", "pyright"),
    ("-m", "ruff", "check", "--quiet", "."),
    ("-m", "ruff", "format", "--check", "--quiet", "."),
]


@pytest.mark.parametrize("command", SLOW, ids=lambda command: " ".join(command[1:3]))
def test_the_checks_are_green(command, ended):
    checked = ended(command)
    assert checked.returncode == 0, checked.stdout[-4000:] + checked.stderr[-1000:]


def test_no_module_is_longer_than_fits_in_one_s_head():
    found = modules(*ROOMS, "tests", "benchmarks")
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in found}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_no_function_is_longer_than_a_page():
    assert [place for path in written(*ROOMS, "benchmarks") for place in long_functions(path)] == []


def test_every_module_is_named_for_what_it_holds():
    assert [path for path in modules(*ROOMS, "tests", "benchmarks") if path.stem in VAGUE] == []


def test_long_sql_lives_in_sql_files():
    assert [place for path in written(*ROOMS, "benchmarks") for place in long_sql(path)] == []


def test_long_functions_and_long_sql_are_seen(tmp_path):
    module = tmp_path / "module.py"
    lines = ["def page():", *(f"    x{number} = {number}" for number in range(PAGE - 1))]
    statement = ['    return f"""', "    SELECT {x0}", "    FROM t", '    """']
    module.write_text(
        "\n".join([*lines, "def longer():", *lines[1:], *statement, '"SELECT 1"', '"""See', "", "", '"""'])
    )
    assert [place.split()[1:] for place in long_functions(module)] == [["longer", str(PAGE + 4)]]
    assert [place.split()[1:] for place in long_sql(module)] == [["4"]]


def written(*rooms):
    """The modules that people write; migrations are written once and never read again."""
    return [path for path in modules(*rooms) if "migrations" not in path.parts]


def long_functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            if length > PAGE:
                yield f"{path}:{node.lineno} {node.name} {length}"


def long_sql(path):
    """Statements of more than three lines, be they one text or several in a row."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        text = node.value if isinstance(node, ast.Constant) else getattr(node.values[0], "value", "")
        length = node.end_lineno - node.lineno + 1
        if isinstance(text, str) and length > LONGEST_SQL and text.split()[:1] and text.split()[0] in SQL:
            found.add(f"{path}:{node.lineno} {length}")
    return sorted(found)


def test_locks_name_no_host_and_hash_everything():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        pinned = [line for line in text.splitlines() if line and line[0].isalnum()]
        assert len(pinned) > 50
        assert all("==" in line for line in pinned)
        assert text.count("--hash=sha256:") >= len(pinned)
