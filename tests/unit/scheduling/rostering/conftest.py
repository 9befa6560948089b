"""A small made-up instance and a judge of rosters that shares nothing with ours."""

import re

import numpy as np
import pytest

from residency.scheduling.rostering.reader import parse_instance

TEXT = """# Made up.
SECTION_HORIZON
# The horizon length in days:
8

SECTION_SHIFTS
# ShiftID, Length in mins, Shifts which cannot follow this shift | separated
E,480,
L,600,E

SECTION_STAFF
# ID, MaxShifts, MaxTotalMinutes, MinTotalMinutes, MaxConsecutiveShifts, MinConsecutiveShifts, MinConsecutiveDaysOff, MaxWeekends
Ann,E=8|L=2,3000,1440,4,2,2,1
Bo,E=8|L=8,3600,1440,5,2,2,0
Cy,E=3,3000,480,3,1,1,1

SECTION_DAYS_OFF
# EmployeeID, DayIndexes (start at zero)
Ann,0
Cy,2,3

SECTION_SHIFT_ON_REQUESTS
# EmployeeID, Day, ShiftID, Weight
Bo,1,L,3

SECTION_SHIFT_OFF_REQUESTS
# EmployeeID, Day, ShiftID, Weight
Bo,2,E,2
Ann,4,L,1

SECTION_COVER
# Day, ShiftID, Requirement, Weight for under, Weight for over
0,E,1,100,1
0,L,1,100,1
1,E,1,100,1
1,L,1,100,1
2,E,1,100,1
3,L,1,100,1
4,E,2,100,1
5,E,1,100,1
6,L,1,100,1
7,E,0,100,7
"""  # noqa: E501 - the format's own comment


@pytest.fixture(scope="session")
def text():
    return TEXT


@pytest.fixture(scope="session")
def instance():
    return parse_instance(TEXT, "made-up")


@pytest.fixture(scope="session")
def is_legal():
    """Whether a person's row of shifts, FREE being -1, keeps the contract; by words and patterns."""
    return legal


@pytest.fixture(scope="session")
def price():
    """The penalty of a roster, straight from its definition."""
    return cost


def legal(instance, person, row):
    word = "".join("." if shift < 0 else chr(97 + shift) for shift in row)
    if any(letter != "." and off for letter, off in zip(word, instance.days_off[person], strict=True)):
        return False
    for first, second in np.argwhere(instance.not_after):
        if chr(97 + first) + chr(97 + second) in word:
            return False
    if any(word.count(chr(97 + shift)) > most for shift, most in enumerate(instance.max_shifts[person])):
        return False
    minutes = sum(instance.minutes[ord(letter) - 97] for letter in word.replace(".", ""))
    if minutes > instance.max_minutes[person] or minutes < instance.min_minutes[person]:
        return False
    marks = re.sub("[a-z]", "x", word)
    if "x" * (instance.max_run[person] + 1) in marks:
        return False
    if any(len(run) < instance.min_run[person] for run in re.findall(r"(?<=\.)x+(?=\.)", marks)):
        return False
    if any(len(run) < instance.min_rest[person] for run in re.findall(r"(?<=x)\.+(?=x)", marks)):
        return False
    weekends = sum("x" in marks[week + 5 : week + 7] for week in range(0, len(marks), 7))
    return weekends <= instance.max_weekends[person]


def cost(instance, roster):
    total = 0
    for each, granted in ((instance.wanted, True), (instance.unwanted, False)):
        for person, day, shift, weight in zip(each.person, each.day, each.shift, each.weight, strict=True):
            total += weight if (roster[person, day] == shift) != granted else 0
    for day, shift in np.ndindex(instance.required.shape):
        there = np.count_nonzero(roster[:, day] == shift)
        missing = instance.required[day, shift] - there
        weight = instance.under_weight if missing > 0 else instance.over_weight
        total += weight[day, shift] * abs(missing)
    return int(total)
