"""The template explains every column, and the documentation says the same as the row models."""

import csv
from pathlib import Path

import pytest

from residency.errors import InvalidBundleError
from residency.importing.bundle import read_program
from residency.importing.documentation import bundle_documentation
from residency.importing.sheets import SHEETS, columns
from residency.importing.writing import write_template
from residency.settings import Settings

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "reference" / "bundle.md"


@pytest.fixture
def template(tmp_path):
    write_template(tmp_path / "template")
    return tmp_path / "template"


def test_it_holds_a_header_for_every_sheet_but_the_calendar(template):
    for sheet in SHEETS:
        file = template / f"{sheet.name}.csv"
        assert file.exists() == (sheet.name != "calendar")
        if file.exists():
            with file.open(encoding="utf-8", newline="") as stream:
                assert list(csv.reader(stream)) == [list(columns(sheet.row))]


def test_an_empty_template_lacks_only_people(template):
    with pytest.raises(InvalidBundleError) as caught:
        read_program(template, Settings(_env_file=None))
    assert [str(problem) for problem in caught.value.problems] == [
        "people.csv has no rows; expected at least one person"
    ]


def test_filling_in_the_examples_makes_a_bundle(template):
    """Every example in the documentation is a right value of its column."""
    for sheet in SHEETS:
        examples = {}
        for column, name in columns(sheet.row).items():
            field = sheet.row.model_fields[name]
            examples[column] = field.examples[0] if field.examples else ""
        if sheet.name == "coverage":
            examples |= {"date": ""}
        if sheet.name == "people":
            rows = [examples | {"faculty_role": ""}]
            for number, key in enumerate(("F01", "F03")):
                other = {"id": key, "type": "faculty", "pgy": "", "email": f"{number}@example.org"}
                rows.append(examples | other | {"pseudonym": key, "faculty_role": examples["faculty_role"]})
        else:
            rows = [examples]
        with (template / f"{sheet.name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(columns(sheet.row)))
            writer.writeheader()
            writer.writerows(rows)
    program = read_program(template, Settings(_env_file=None))
    assert len(program.people) == 3
    assert len(program.assignments) == len(program.call_shifts) == len(program.duty_logs) == 1


def test_the_readme_has_a_row_for_every_column(template):
    readme = (template / "README.md").read_text(encoding="utf-8")
    for sheet in SHEETS:
        assert f"## {sheet.name} ({'required' if sheet.required else 'optional'})" in readme
        section = readme.split(f"## {sheet.name} ")[1].split("\n## ")[0]
        for column in columns(sheet.row):
            (row,) = [line for line in section.splitlines() if line.startswith(f"| `{column}` |")]
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            assert len(cells) == 5
            assert all(cells[:4]), row


def test_the_reference_page_is_the_same_text():
    assert DOCUMENTATION.read_text(encoding="utf-8") == bundle_documentation()
