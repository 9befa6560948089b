"""Whether somebody could take one more half-day without breaking a duty-hours rule that holds so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from residency.acgme.engine import judge
from residency.acgme.findings import Verdict
from residency.acgme.record import Basis
from residency.acgme.rules import RuleSet
from residency.acgme.schedule import duty_record
from residency.program.calendar import Period
from residency.program.records import Assignments, Program
from residency.program.vocabulary import PersonType

_LONGEST_WINDOW = timedelta(days=31)
_GRAVE = frozenset({Verdict.VIOLATION, Verdict.WARNING})


@dataclass(frozen=True)
class DutyGuard:
    """Judges residents one at a time, each with the half-days already handed to them.

    ``program`` holds the assignments from at least 31 days before the period to 31 days after it, so that no
    averaging window that a half-day of the period lies in is cut short; ``covered`` are the days for which a
    schedule speaks.
    """

    program: Program
    period: Period
    rules: RuleSet
    covered: Sequence[Period]
    _taken: dict[int, list[Assignments]] = field(default_factory=dict[int, list[Assignments]])

    def allows(self, person: int, row: Assignments) -> bool:
        """Whether a person's violations and warnings stay as they are with one more assignment.

        Args:
            person: row of the program's people; faculty are not judged and may always.
            row: the assignment, whoever holds it now.
        """
        if self.program.people[person].type is not PersonType.RESIDENT:
            return True
        held = self._taken.get(person, [])
        return self._broken(person, [*held, row]) <= self._broken(person, held)

    def take(self, person: int, row: Assignments) -> None:
        """Hand an assignment to a person for all that is asked later."""
        self._taken.setdefault(person, []).append(row)

    def _broken(self, person: int, more: Sequence[Assignments]) -> frozenset[object]:
        """What the engine finds, and how far: a violation that grows is another one."""
        alone = self._alone(person, more)
        windows = Period(self.period.start, self.period.end + _LONGEST_WINDOW)
        record = duty_record(alone, windows, Basis.PLANNED, self.rules, covered=self.covered)
        found = judge(record, self.rules).findings
        return frozenset((each.key, each.value) for each in found if each.verdict in _GRAVE)

    def _alone(self, person: int, more: Sequence[Assignments]) -> Program:
        """The program of one person, with more assignments than the schedule gives."""
        program, who = self.program, self.program.people[person]
        rows = program.assignments
        parts = [rows.take(rows.person == person), *more]
        return replace(
            program,
            people=(who,),
            pgy_levels=tuple(level for level in program.pgy_levels if level.person == who.id),
            assignments=_joined(parts),
            call_shifts=tuple(shift for shift in program.call_shifts if shift.person == who.id),
            absences=tuple(absence for absence in program.absences if absence.person == who.id),
            rotations=tuple(rotation for rotation in program.rotations if rotation.person == who.id),
            duty_logs=(),
        )


def _joined(parts: Sequence[Assignments]) -> Assignments:
    """All parts' rows, as those of the only person there is."""
    return Assignments(
        person=np.zeros(sum(map(len, parts)), np.int32),
        service=np.concatenate([part.service for part in parts]),
        day=np.concatenate([part.day for part in parts]),
        half=np.concatenate([part.half for part in parts]),
        role=np.concatenate([part.role for part in parts]),
        source=np.concatenate([part.source for part in parts]),
        locked=np.concatenate([part.locked for part in parts]),
    )
