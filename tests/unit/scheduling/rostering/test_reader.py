"""Every line that is wrong is told with its number, and what is right is read as it stands."""

import pytest

from residency.errors import InvalidBundleError, InvalidInputError
from residency.scheduling.rostering.reader import parse_instance, read_instance


def refused(text):
    with pytest.raises(InvalidBundleError) as caught:
        parse_instance(text, "made-up")
    return [str(problem) for problem in caught.value.problems]


def test_the_made_up_instance_is_read_as_it_stands(instance):
    assert instance.days == 8
    assert instance.shift_ids == ("E", "L")
    assert instance.person_ids == ("Ann", "Bo", "Cy")
    assert (instance.people, instance.shifts) == (3, 2)
    assert instance.minutes.tolist() == [480, 600]
    assert instance.not_after.tolist() == [[False, False], [True, False]]
    assert instance.max_shifts.tolist() == [[8, 2], [8, 8], [3, 8]]
    assert instance.max_minutes.tolist() == [3000, 3600, 3000]
    assert instance.min_minutes.tolist() == [1440, 1440, 480]
    assert instance.max_run.tolist() == [4, 5, 3]
    assert instance.min_run.tolist() == [2, 2, 1]
    assert instance.min_rest.tolist() == [2, 2, 1]
    assert instance.max_weekends.tolist() == [1, 0, 1]
    assert [list(map(int, row.nonzero()[0])) for row in instance.days_off] == [[0], [], [2, 3]]
    wanted = instance.wanted
    assert [each.tolist() for each in (wanted.person, wanted.day, wanted.shift, wanted.weight)] == [
        [1],
        [1],
        [1],
        [3],
    ]
    assert instance.unwanted.weight.tolist() == [2, 1]
    assert instance.required[4].tolist() == [2, 0]
    assert instance.under_weight[6].tolist() == [0, 100]
    assert instance.over_weight[7].tolist() == [7, 0]


def test_line_ends_a_byte_order_mark_and_minus_zero_do_no_harm(text, tmp_path, instance):
    path = tmp_path / "instance.txt"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("7,E,0,", "7,E,-0,").replace("\n", "\r\n").encode())
    assert read_instance(path).required.tolist() == instance.required.tolist()


def test_a_person_may_have_no_limit_on_any_shift(text):
    assert parse_instance(text.replace("E=8|L=2", ""), "made-up").max_shifts[0].tolist() == [8, 8]


@pytest.mark.parametrize("name", ["missing.txt", "folder", "binary.txt"])
def test_what_cannot_be_read_is_misuse(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InvalidInputError, match="a readable text file with a rostering instance"):
        read_instance(tmp_path / name)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("8\n\nSECTION_SHIFTS", "\nSECTION_SHIFTS", "SECTION_HORIZON does not hold one number"),
        ("8\n\nSECTION_SHIFTS", "8\n9\nSECTION_SHIFTS", "line 5 does not hold one number"),
        ("8\n\nSECTION_SHIFTS", "8,9\n\nSECTION_SHIFTS", "line 4 has 2; expected 1 field: Horizon"),
        (
            "8\n\nSECTION_SHIFTS",
            "0\n\nSECTION_SHIFTS",
            "line 4, column Horizon: '0' is not valid",
        ),
        ("8\n\nSECTION_SHIFTS", "4000\n\nSECTION_SHIFTS", "a whole number from 1 to 3660"),
        ("E,480,\n", "E,480\n", "line 8 has 2; expected 3 fields: ShiftID, Length, CannotFollow"),
        ("E,480,\n", "E,0,\n", "line 8, column Length: '0' is not valid"),
        ("E,480,\n", "E,4.5,\n", "line 8, column Length: '4.5' is not valid"),
        ("L,600,E", "E,600,E", "line 9, column ShiftID: 'E' is not valid; expected an id of its own"),
        ("L,600,E", ",600,E", "line 9, column ShiftID: empty is not valid"),
        ("L,600,E", "L,600,E|X", "line 9, column CannotFollow: 'X' is not valid; expected an id of SECTION"),
        ("E,480,\nL,600,E\n", "", "the instance has no lines with ShiftID"),
        ("Ann,E=8|L=2,3000", "Ann,E=8|L=2,3000,1", "line 13 has 9; expected 8 fields: ID, MaxShifts, Max"),
        ("Bo,E=8", "Ann,E=8", "line 14, column ID: 'Ann' is not valid; expected an id of its own"),
        ("Cy,E=3", ",E=3", "line 15, column ID: empty is not valid; expected an id of its own"),
        ("Cy,E=3", "Cy,X=3", "line 15, column MaxShifts: 'X' is not valid"),
        ("Cy,E=3", "Cy,E", "line 15, column MaxShifts: 'E' is not valid; expected SHIFT=NUMBER"),
        ("Cy,E=3", "Cy,E=3|E=4", "line 15, column MaxShifts: 'E=4' is not valid; expected SHIFT=NUMBER"),
        ("Cy,E=3", "Cy,E=x", "line 15, column MaxShifts: 'x' is not valid; expected a whole number from 0"),
        ("3600,1440,5", "1000,1440,5", "'1440' is not valid; expected 1000 at most"),
        (",5,2,2,0", ",5,6,2,0", "column MinConsecutiveShifts: '6' is not valid; expected 5 at most"),
        (
            ",5,2,2,0",
            ",5,2,0,0",
            "column MinConsecutiveDaysOff: '0' is not valid",
        ),
        (",5,2,2,0", ",5,2,2,-1", "line 14, column MaxWeekends: '-1' is not valid"),
        (
            "Cy,2,3",
            "Dee,2,3",
            "line 20, column EmployeeID: 'Dee' is not valid",
        ),
        ("Cy,2,3", "Cy", "line 20 has 1 field; expected EmployeeID and at least one day"),
        (
            "Cy,2,3",
            "Cy,2,8",
            "line 20, column DayIndexes: '8' is not valid; expected a whole",
        ),
        (
            "Cy,2,3",
            "Cy,2,2",
            "line 20, column DayIndexes: '2' is not valid; expected each day off",
        ),
        ("Bo,1,L,3", "Bo,1,L", "line 24 has 3; expected 4 fields: EmployeeID, Day, ShiftID, Weight"),
        ("Bo,1,L,3", "Bo,9,L,3", "line 24, column Day: '9' is not valid"),
        ("Bo,1,L,3", "Bo,1,N,3", "line 24, column ShiftID: 'N' is not valid"),
        ("Bo,1,L,3", "Bo,1,L,٣", "line 24, column Weight: '٣' is not valid"),
        ("Ann,4,L,1", "Bo,2,E,1", "line 29 asks again for the same"),
        ("1,L,1,100,1", "1,E,1,100,1", "line 36 asks again for the same; expected one line of SECTION_COVER"),
        ("1,L,1,100,1", "1,X,1,100,1", "line 36, column ShiftID: 'X' is not valid"),
        ("1,L,1,100,1", "1,L,1,1000001,1", "line 36, column Weight for under: '1000001' is not valid"),
        (
            "SECTION_COVER",
            "SECTION_COVERS",
            "begins 'SECTION_COVERS'; expected each of these once",
        ),
        ("SECTION_COVER", "SECTION_STAFF", "begins 'SECTION_STAFF'; expected each of these once"),
        ("SECTION_COVER", "", "the text has no SECTION_COVER; expected all seven sections"),
        (
            "SECTION_HORIZON",
            "8\nSECTION_HORIZON",
            "line 2 stands before any section",
        ),
    ],
)
def test_a_wrong_line_is_told(text, old, new, told):
    assert text.count(old) == 1 or old in ("SECTION_COVER", "SECTION_HORIZON")
    problems = refused(text.replace(old, new, 1))
    assert any(told in problem for problem in problems), problems


def test_all_wrong_lines_are_told_at_once(text):
    broken = text.replace("Bo,1,L,3", "Bo,9,L,3").replace("Cy,2,3", "Cy,x,3").replace("4,E,2,", "4,E,b,")
    assert [problem.split(",")[0] for problem in refused(broken)] == ["line 39", "line 20", "line 24"]


def test_what_no_memory_holds_is_refused(text):
    many = "".join(f"P{number},,3000,0,5,2,2,1\n" for number in range(997))
    larger = text.replace("8\n\nSECTION_SHIFTS", "3660\n\nSECTION_SHIFTS").replace("Cy,E=3", f"{many}Cy,E=3")
    assert refused(larger) == [
        "the instance has 7,320,000 people x days x shifts; expected 5,000,000 at most"
    ]
