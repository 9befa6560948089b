"""What is written as a bundle is read back as the same program, from CSV files and from a workbook."""

import csv
import errno
import tempfile
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.errors import InvalidInputError
from residency.importing.bundle import read_program
from residency.importing.sheets import SHEETS
from residency.importing.writing import write_bundle
from residency.program.records import Person, Program
from residency.program.vocabulary import PersonType
from residency.settings import Settings


def read_back(program, path):
    return read_program(path, Settings(timezone=program.timezone, _env_file=None))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_written_program_reads_back_the_same(programs, as_rows, data):
    program = data.draw(programs)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "bundle"
        write_bundle(program, target)
        assert as_rows(read_back(program, target)) == as_rows(program)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_workbook_of_the_same_cells_reads_the_same(programs, as_rows, data):
    program = data.draw(programs)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "bundle"
        write_bundle(program, target)
        workbook = Path(folder) / "bundle.xlsx"
        copy_to_workbook(target, workbook)
        assert as_rows(read_back(program, workbook)) == as_rows(read_back(program, target))


def copy_to_workbook(folder, path):
    with xlsxwriter.Workbook(path) as workbook:
        for sheet in SHEETS:
            page = workbook.add_worksheet(sheet.name)
            with (folder / f"{sheet.name}.csv").open(encoding="utf-8", newline="") as stream:
                for row, cells in enumerate(csv.reader(stream)):
                    for column, cell in enumerate(cells):
                        # A leading apostrophe is CSV's shield against formulas; a workbook needs none.
                        shielded = cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@", "'"}
                        page.write_string(row, column, cell[1:] if shielded else cell)


ONE = Program("UTC", people=(Person("1", "A", PersonType.FACULTY),))


def test_a_workbook_may_hold_native_dates_times_numbers_and_truths(tmp_path, as_rows):
    sheets = {
        "people": [
            ["id", "type", "pgy", "fte", "active_from", "performs_procedures"],
            [101, "resident", 2, 0.5, date(2026, 7, 1), True],
            [102.0, "faculty", None, 1, None, False],
        ],
        "services": [
            ["abbreviation", "kind", "start_am", "hours_am"],
            ["C", "outpatient", time(8, 30), 4.5],
        ],
        "assignments": [
            ["person", "service", "date", "half", "locked"],
            [101, "C", date(2026, 7, 6), "AM", False],
        ],
        "call": [
            ["person", "start", "end", "kind"],
            [102, datetime(2026, 7, 6, 19), datetime(2026, 7, 7, 7), "overnight"],  # noqa: DTZ001 - wall time
        ],
    }
    with xlsxwriter.Workbook(tmp_path / "native.xlsx") as workbook:
        formats = {
            datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            date: workbook.add_format({"num_format": "yyyy-mm-dd"}),
            time: workbook.add_format({"num_format": "hh:mm"}),
        }
        for name, rows in sheets.items():
            page = workbook.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if type(cell) in formats:
                        page.write_datetime(row, column, cell, formats[type(cell)])
                    elif type(cell) is float:
                        page.write_formula(row, column, f"={cell}", None, cell)
                    elif cell is not None:
                        page.write(row, column, cell)
    write_texts(
        tmp_path / "texts",
        people="id,type,pgy,fte,active_from,performs_procedures\n"
        "101,resident,2,0.5,2026-07-01,true\n102,faculty,,1,,false\n",
        services="abbreviation,kind,start_am,hours_am\nC,outpatient,08:30,4.5\n",
        assignments="person,service,date,half,locked\n101,C,2026-07-06,AM,false\n",
        call="person,start,end,kind\n102,2026-07-06T19:00,2026-07-07T07:00,overnight\n",
    )
    site = Settings(timezone="Europe/London", _env_file=None)
    program = read_program(tmp_path / "native.xlsx", site)
    assert [person.id for person in program.people] == ["101", "102"]
    assert as_rows(program) == as_rows(read_program(tmp_path / "texts", site))


def write_texts(folder, **sheets):
    folder.mkdir()
    for name, content in sheets.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_order_of_rows_means_nothing(programs, as_rows, data):
    program = data.draw(programs)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "bundle"
        write_bundle(program, target)
        for sheet in SHEETS:
            file = target / f"{sheet.name}.csv"
            with file.open(encoding="utf-8", newline="") as stream:
                header, *rows = csv.reader(stream)
            with file.open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([header, *data.draw(st.permutations(rows))])
        assert as_rows(read_back(program, target)) == as_rows(program)


def test_a_list_item_with_the_separator_is_refused_and_the_old_bundle_stays(tmp_path):
    target = tmp_path / "bundle"
    write_bundle(ONE, target)
    before = {file.name: file.read_bytes() for file in target.iterdir()}
    wrong = replace(ONE, people=(replace(ONE.people[0], credentials=("a;b",)),))
    with pytest.raises(InvalidInputError, match="credentials: 'a;b' is not valid; expected a text without ;"):
        write_bundle(wrong, target, replace=True)
    assert {file.name: file.read_bytes() for file in target.iterdir()} == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["bundle"]


def test_a_folder_with_anything_in_it_is_refused_unless_it_is_a_bundle_to_replace(tmp_path):
    target = tmp_path / "bundle"
    target.mkdir()
    write_bundle(ONE, target)
    with pytest.raises(InvalidInputError, match="to replace the bundle that is in it, add --replace"):
        write_bundle(ONE, target)
    write_bundle(ONE, target, replace=True)
    (target / "notes.txt").touch()
    with pytest.raises(InvalidInputError, match=r"holds notes\.txt, which is no part of a bundle"):
        write_bundle(ONE, target, replace=True)
    with pytest.raises(InvalidInputError, match="this is a file"):
        write_bundle(ONE, target / "notes.txt", replace=True)


def test_a_replaced_bundle_keeps_no_sheet_of_the_former_one(tmp_path):
    target = tmp_path / "bundle"
    target.mkdir()
    (target / "README.md").write_text("old")
    write_bundle(ONE, target, replace=True)
    assert sorted(file.name for file in target.iterdir()) == sorted(f"{sheet.name}.csv" for sheet in SHEETS)
    assert [entry.name for entry in tmp_path.iterdir()] == ["bundle"]


def test_a_bundle_that_cannot_take_its_place_leaves_the_former_one(tmp_path, monkeypatch):
    target = tmp_path / "bundle"
    write_bundle(ONE, target)
    before = {file.name: file.read_bytes() for file in target.iterdir()}
    rename = Path.rename

    def refused(path, new):
        if Path(new) == target and not path.name.endswith(".former"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(path, new)

    monkeypatch.setattr(Path, "rename", refused)
    changed = replace(ONE, people=(replace(ONE.people[0], name="B"),))
    with pytest.raises(InvalidInputError, match=r"a folder that can be replaced \(No space left on device\)"):
        write_bundle(changed, target, replace=True)
    assert {file.name: file.read_bytes() for file in target.iterdir()} == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["bundle"]
