"""Duty logs and rosters from CSV files: what they mean, and every wrong cell by name."""

from datetime import date

import pytest

from residency.acgme.kinds import KINDS, DutyKind
from residency.acgme.record import AveragingPeriod, HoursException, PeriodKind
from residency.errors import InvalidBundleError, InvalidInputError
from residency.importing.duty_files import DutyFiles, read_duty_files

HEADER = "person,start,end"
DAY = "A,2026-03-02T07:00Z,2026-03-02T19:00Z"


@pytest.fixture
def read(tmp_path):
    """Reads files given by their content; the keyword is the file's part."""

    def of(duties=f"{HEADER}\n{DAY}\n", timezone=None, **others):
        paths = {}
        for name, content in {"duties": duties, **others}.items():
            paths[name] = tmp_path / f"{name}.csv"
            paths[name].write_text(content, encoding="utf-8-sig")
        return read_duty_files(DutyFiles(**paths), timezone)

    return of


@pytest.fixture
def problems(read):
    """What is wrong with files, as (file and row, column, value)."""

    def of(*given, **files):
        with pytest.raises(InvalidBundleError) as refused:
            read(*given, **files)
        return [(problem.place, problem.field, problem.value) for problem in refused.value.problems]

    return of


def shown(record):
    duties = record.duties
    return [
        (record.people[person], start, end, KINDS[kind], bool(new))
        for person, start, end, kind, new in zip(
            duties.person, duties.start, duties.end, duties.kind, duties.new_patient, strict=True
        )
    ]


def test_times_with_an_offset_need_no_zone_and_local_ones_take_the_given(read):
    at = 29540100  # 2026-03-02 07:00 UTC in minutes since 1970
    assert at * 60 == 1772434800 - 28800
    content = f"{HEADER},kind,new_patient\nB,2026-03-01T21:00-10:00,2026-03-02T19:00Z,in_house_call,yes\n"
    record = read(content).record
    assert record.timezone == "UTC"
    assert shown(record) == [("B", 1772434800 // 60, 1772434800 // 60 + 720, DutyKind.IN_HOUSE_CALL, True)]
    local = read(f"{HEADER}\nB,2026-03-01T21:00,2026-03-02T09:00\n", "Pacific/Honolulu").record
    assert local.timezone == "Pacific/Honolulu"
    assert shown(local)[0][1:3] == shown(record)[0][1:3]


def test_people_are_sorted_whatever_the_order_of_rows(read):
    rows = ["B,2026-03-02T07:00Z,2026-03-02T19:00Z", DAY]
    forward, backward = (read("\n".join([HEADER, *order])).record for order in (rows, rows[::-1]))
    assert forward.people == backward.people == ("A", "B")
    assert shown(forward) == shown(backward)


def test_a_row_given_twice_counts_once_and_is_told(read):
    found = read(f"{HEADER},kind\n{DAY},duty\n{DAY},duty\n{DAY},education\n")
    assert found.repeated_rows == 1
    assert [row[3] for row in shown(found.record)] == [DutyKind.DUTY, DutyKind.EDUCATION]


def test_all_other_files(read):
    record = read(
        people="person,pgy\nA,1\nB,\nC,3\n",
        leave="person,start,end\nA,2026-03-03,2026-03-05\n",
        periods="person,start,end,kind\nA,2026-03-01,2026-04-01,calendar_month\nA,2026-02-01,2026-03-01,rotation\n"
        "B,2026-03-01,2026-03-29,\nB,2026-03-01,2026-03-29,\n",
        exceptions="person,start,end,limit\nC,2026-03-01,2026-04-01,86.5\n",
    ).record
    assert record.people == ("A", "B", "C")
    assert {record.pgy.get((person, 2025)) for person in (0, 1, 2)} == {1, None, 3}
    assert (record.leave.last - record.leave.first).tolist() == [4]
    assert record.periods == (
        AveragingPeriod(0, date(2026, 2, 1), date(2026, 3, 1), PeriodKind.ROTATION),
        AveragingPeriod(0, date(2026, 3, 1), date(2026, 4, 1), PeriodKind.CALENDAR_MONTH),
        AveragingPeriod(1, date(2026, 3, 1), date(2026, 3, 29)),
    )
    assert record.exceptions == (HoursException(2, date(2026, 3, 1), date(2026, 4, 1), 86.5, "of row 2"),)


def test_somebody_without_duty_may_be_listed(read):
    assert read(HEADER, people="person\nA\n").record.people == ("A",)


def test_an_empty_log_of_nobody_is_refused(problems):
    assert problems(HEADER) == [("duties.csv", "", "has no rows")]


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("A,2026-03-02T07:00,2026-03-02T19:00Z", "start", "2026-03-02T07:00"),
        ("A,2026-03-02T07:00:30Z,2026-03-02T19:00Z", "start", "2026-03-02T07:00:30Z"),
        ("A,2026-03-02T07:00:00.5Z,2026-03-02T19:00Z", "start", "2026-03-02T07:00:00.5Z"),
        ("A,2026-03-02T07:00Z,2026-03-02T07:00Z", "end", "2026-03-02T07:00Z"),
        ("A,2026-03-02T07:00Z,2026-05-02T07:00Z", "end", "2026-05-02T07:00Z"),
        ("A,yesterday,2026-03-02T07:00Z", "start", "yesterday"),
        (",2026-03-02T07:00Z,2026-03-02T08:00Z", "person", ""),
    ],
)
def test_a_wrong_cell_of_duty_is_named(problems, row, column, value):
    assert problems(f"{HEADER}\n{DAY}\n{row}\n") == [("duties.csv row 3", column, value)]


def test_a_wrong_kind_and_flag_are_named(problems):
    assert problems(f"{HEADER},kind,new_patient\n{DAY},nap,perhaps\n") == [
        ("duties.csv row 2", "kind", "nap"),
        ("duties.csv row 2", "new_patient", "perhaps"),
    ]


def test_somebody_unknown_is_named_in_every_file(problems):
    found = problems(
        f"{HEADER}\nA,2026-03-02T07:00Z,2026-03-02T19:00Z\nX,2026-03-02T07:00Z,2026-03-02T19:00Z\n",
        people="person,pgy\nA,1\n",
        leave="person,start,end\nY,2026-03-03,2026-03-05\n",
        periods="person,start,end\nZ,2026-03-01,2026-04-01\n",
        exceptions="person,start,end,limit\nW,2026-03-01,2026-04-01,88\n",
    )
    assert [(place.split(".")[0], value) for place, _, value in found] == [
        ("duties", "X"),
        ("leave", "Y"),
        ("periods", "Z"),
        ("exceptions", "W"),
    ]


@pytest.mark.parametrize(
    ("file", "content", "wrong"),
    [
        ("people", "person,pgy\nA,1\nA,2\n", ("people.csv row 3", "person", "A")),
        ("people", "person,pgy\nA,9\n", ("people.csv row 2", "pgy", "9")),
        ("leave", "person,start,end\nA,2026-03-03,2026-03-03\n", ("leave.csv row 2", "end", "2026-03-03")),
        (
            "periods",
            "person,start,end\nA,2026-03-01,2026-03-29\nA,2026-03-28,2026-04-20\n",
            ("periods.csv row 3", "start", "2026-03-28"),
        ),
        (
            "exceptions",
            "person,start,end,limit\nA,2026-03-01,2026-04-01,89\n",
            ("exceptions.csv row 2", "limit", "89"),
        ),
        (
            "exceptions",
            "person,start,end,limit\nA,2026-03-01,2026-04-01,many\n",
            ("exceptions.csv row 2", "limit", "many"),
        ),
        (
            "periods",
            "person,start,end\nA,1970-01-02,2100-01-01\n",
            ("periods.csv row 2", "end", "2100-01-01"),
        ),
    ],
)
def test_a_wrong_cell_of_another_file_is_named(problems, file, content, wrong):
    assert problems(**{file: content}) == [wrong]


def test_entries_a_lifetime_apart_are_a_slip_of_the_pen(problems):
    assert problems(f"{HEADER}\n{DAY}\nA,1971-03-02T07:00Z,1971-03-02T19:00Z\n") == [
        ("duties.csv row 2", "start", "2026-03-02T07:00Z")
    ]


def test_an_unknown_zone_and_a_missing_file_are_named(read, tmp_path):
    with pytest.raises(InvalidInputError, match="timezone: 'Mars'"):
        read(timezone="Mars")
    with pytest.raises(InvalidInputError, match="path"):
        read_duty_files(DutyFiles(tmp_path / "nothing.csv"))


def test_a_file_that_is_no_text_is_refused(read, tmp_path):
    file = tmp_path / "duties.csv"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidBundleError, match="not UTF-8"):
        read_duty_files(DutyFiles(file))
