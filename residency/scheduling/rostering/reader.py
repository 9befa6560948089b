"""Reads the plain-text format of Curtois and Qu; every wrong line is told with its number."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from residency.errors import InvalidBundleError, InvalidInputError, Problem
from residency.scheduling.rostering.instance import Instance, Requests
from residency.scheduling.rostering.lines import Line, Sections, sections_of

GREATEST = 1_000_000
"""Greatest number accepted as a weight, a limit or a length, so that no sum overflows."""

MOST_DAYS = 3_660
MOST_CELLS = 5_000_000
"""People x days x shifts that still fit into memory as a model."""

_CONTRACT = (
    "MaxTotalMinutes",
    "MinTotalMinutes",
    "MaxConsecutiveShifts",
    "MinConsecutiveShifts",
    "MinConsecutiveDaysOff",
    "MaxWeekends",
)


def read_instance(path: Path) -> Instance:
    """The instance in a file.

    Raises:
        InvalidInputError: the file cannot be read as text.
        InvalidBundleError: lines of it are wrong; all of them are told.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            "FILE", str(path), "a readable text file with a rostering instance"
        ) from error
    return parse_instance(text, str(path))


def parse_instance(text: str, name: str) -> Instance:
    """The instance in a text; ``name`` is what errors call it.

    Raises:
        InvalidBundleError: lines of it are wrong; all of them are told.
    """
    sections, problems = sections_of(text)
    reader = _Reader(sections, problems)
    instance = reader.instance() if not problems else None
    if instance is None or problems:
        raise InvalidBundleError(name, problems)
    return instance


class _Reader:
    """One text on its way to an instance; what is wrong is collected in ``problems``."""

    def __init__(self, sections: Sections, problems: list[Problem]) -> None:
        self._sections = sections
        self._problems = problems
        self._shifts: dict[str, int] = {}
        self._people: dict[str, int] = {}
        self._days = 0

    def instance(self) -> Instance | None:
        """None when the horizon, shifts or staff are wrong, on which all the rest depends."""
        self._days = self._horizon()
        minutes, not_after = self._read_shifts()
        max_shifts, contract = self._read_staff()
        cells = len(self._people) * self._days * len(self._shifts)
        if cells > MOST_CELLS:
            size = f"has {cells:,} people x days x shifts"
            self._problems.append(Problem("the instance", "", size, f"{MOST_CELLS:,} at most"))
        if self._problems:
            return None
        required, under, over = self._read_cover()
        return Instance(
            days=self._days,
            shift_ids=tuple(self._shifts),
            person_ids=tuple(self._people),
            minutes=minutes,
            not_after=not_after,
            max_shifts=max_shifts,
            max_minutes=contract[:, 0],
            min_minutes=contract[:, 1],
            max_run=contract[:, 2],
            min_run=contract[:, 3],
            min_rest=contract[:, 4],
            max_weekends=contract[:, 5],
            days_off=self._read_days_off(),
            wanted=self._read_requests("SECTION_SHIFT_ON_REQUESTS"),
            unwanted=self._read_requests("SECTION_SHIFT_OFF_REQUESTS"),
            required=required,
            under_weight=under,
            over_weight=over,
        )

    def _horizon(self) -> int:
        lines = self._sections["SECTION_HORIZON"]
        if len(lines) != 1:
            extra = lines[1].place if lines else "SECTION_HORIZON"
            self._tell(extra, "", "does not hold one number", "one line with the number of days")
            return 0
        fields = self._fields(lines[0], ("Horizon",))
        return 0 if fields is None else self._number(lines[0], "Horizon", fields[0], 1, MOST_DAYS) or 0

    def _read_shifts(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        lines = self._rows("SECTION_SHIFTS", ("ShiftID", "Length", "CannotFollow"))
        self._shifts = self._names(lines, "ShiftID")
        minutes = np.zeros(len(self._shifts), np.int64)
        not_after = np.zeros((len(self._shifts), len(self._shifts)), np.bool_)
        for line, (name, length, barred) in lines:
            if name not in self._shifts:
                continue
            minutes[self._shifts[name]] = self._number(line, "Length", length, 1, 24 * 60) or 0
            for other in barred.split("|") if barred else ():
                shift = self._known(line, "CannotFollow", other.strip(), self._shifts, "SECTION_SHIFTS")
                if shift is not None:
                    not_after[self._shifts[name], shift] = True
        return minutes, not_after

    def _read_staff(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(P, S) shifts of each kind at most and (P, 6) the rest of each contract."""
        lines = self._rows("SECTION_STAFF", ("ID", "MaxShifts", *_CONTRACT))
        self._people = self._names(lines, "ID")
        max_shifts = np.full((len(self._people), len(self._shifts)), self._days, np.int64)
        contract = np.zeros((len(self._people), len(_CONTRACT)), np.int64)
        for line, (name, shifts, *numbers) in lines:
            person = self._people.get(name)
            if person is None:
                continue
            self._read_max_shifts(line, shifts, max_shifts[person])
            for column, (field, value) in enumerate(zip(_CONTRACT, numbers, strict=True)):
                least = 1 if "Consecutive" in field else 0
                contract[person, column] = self._number(line, field, value, least, GREATEST) or 0
            for most, least in ((0, 1), (2, 3)):
                if contract[person, least] > contract[person, most]:
                    highest = f"{contract[person, most]} at most, the {_CONTRACT[most]}"
                    self._tell(line.place, _CONTRACT[least], numbers[least], highest)
        return max_shifts, contract

    def _read_max_shifts(self, line: Line, text: str, most: NDArray[np.int64]) -> None:
        """Read ``E=14|L=0`` into a row of shape (S,); a shift that is not named is not limited."""
        named: set[str] = set()
        for part in text.split("|") if text else ():
            name, equals, count = (each.strip() for each in part.partition("="))
            if not equals or name in named:
                self._tell(line.place, "MaxShifts", part, "SHIFT=NUMBER, each shift once, separated by |")
                continue
            named.add(name)
            shift = self._known(line, "MaxShifts", name, self._shifts, "SECTION_SHIFTS")
            limit = self._number(line, "MaxShifts", count, 0, GREATEST)
            if shift is not None and limit is not None:
                most[shift] = min(limit, self._days)

    def _read_days_off(self) -> NDArray[np.bool_]:
        off = np.zeros((len(self._people), self._days), np.bool_)
        for line in self._sections["SECTION_DAYS_OFF"]:
            name, *days = line.fields
            person = self._known(line, "EmployeeID", name, self._people, "SECTION_STAFF")
            if not days:
                self._tell(line.place, "", "has 1 field", "EmployeeID and at least one day")
            for text in days:
                day = self._number(line, "DayIndexes", text, 0, self._days - 1)
                if person is None or day is None:
                    continue
                if off[person, day]:
                    self._tell(line.place, "DayIndexes", text, "each day off of a person once")
                off[person, day] = True
        return off

    def _read_requests(self, section: str) -> Requests:
        lines = self._rows(section, ("EmployeeID", "Day", "ShiftID", "Weight"))
        seen: set[tuple[int, int, int]] = set()
        rows: list[tuple[int, int, int, int]] = []
        for line, (name, day_text, shift_name, weight_text) in lines:
            person = self._known(line, "EmployeeID", name, self._people, "SECTION_STAFF")
            day = self._number(line, "Day", day_text, 0, self._days - 1)
            shift = self._known(line, "ShiftID", shift_name, self._shifts, "SECTION_SHIFTS")
            weight = self._number(line, "Weight", weight_text, 0, GREATEST)
            if person is None or day is None or shift is None or weight is None:
                continue
            if (person, day, shift) in seen:
                self._tell(line.place, "", "asks again for the same", f"one line of {section} for it")
            seen.add((person, day, shift))
            rows.append((person, day, shift, weight))
        columns = np.array(rows, np.int64).reshape(-1, 4).T
        return Requests(*columns)

    def _read_cover(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """(D, S) people required, and the weights; where no line asks for any, nothing is penalised."""
        fields = ("Day", "ShiftID", "Requirement", "Weight for under", "Weight for over")
        table = np.zeros((3, self._days, len(self._shifts)), np.int64)
        seen = np.zeros(table.shape[1:], np.bool_)
        for line, (day_text, shift_name, *numbers) in self._rows("SECTION_COVER", fields):
            day = self._number(line, "Day", day_text, 0, self._days - 1)
            shift = self._known(line, "ShiftID", shift_name, self._shifts, "SECTION_SHIFTS")
            values = [
                self._number(line, *each, 0, GREATEST) for each in zip(fields[2:], numbers, strict=True)
            ]
            if day is None or shift is None:
                continue
            if seen[day, shift]:
                self._tell(line.place, "", "asks again for the same", "one line of SECTION_COVER for it")
            seen[day, shift] = True
            table[:, day, shift] = [value or 0 for value in values]
        return table[0], table[1], table[2]

    def _rows(self, section: str, names: tuple[str, ...]) -> list[tuple[Line, tuple[str, ...]]]:
        """Lines of a section that have the right number of fields."""
        read = [(line, self._fields(line, names)) for line in self._sections[section]]
        return [(line, fields) for line, fields in read if fields is not None]

    def _fields(self, line: Line, names: tuple[str, ...]) -> tuple[str, ...] | None:
        if len(line.fields) == len(names):
            return line.fields
        counted = f"{len(names)} field{'s' if len(names) > 1 else ''}: {', '.join(names)}"
        self._tell(line.place, "", f"has {len(line.fields)}", counted)
        return None

    def _names(self, lines: list[tuple[Line, tuple[str, ...]]], field: str) -> dict[str, int]:
        """Index of each id, in the order of the file."""
        found: dict[str, int] = {}
        for line, (name, *_) in lines:
            if not name or name in found or set(name) & set("|="):
                self._tell(line.place, field, name, "an id of its own, without | and =")
            else:
                found[name] = len(found)
        if not lines:
            self._tell("the instance", "", f"has no lines with {field}", "at least one")
        return found

    def _known(self, line: Line, field: str, name: str, known: dict[str, int], section: str) -> int | None:
        index = known.get(name)
        if index is None:
            self._tell(line.place, field, name, f"an id of {section}")
        return index

    def _number(self, line: Line, field: str, text: str, least: int, most: int) -> int | None:
        # Not int() alone: it takes signs, underscores and the digits of every script. Published instances do
        # write -0, though.
        text = "0" if text == "-0" else text
        value = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(most)) else None
        if value is None or not least <= value <= most:
            self._tell(line.place, field, text, f"a whole number from {least} to {most}")
            return None
        return value

    def _tell(self, place: str, field: str, value: str, expected: str) -> None:
        self._problems.append(Problem(place, field, value, expected))
