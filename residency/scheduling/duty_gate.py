"""Whether a repaired schedule breaks a must rule that the one before did not, by the duty-hours engine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from residency.acgme.engine import judge
from residency.acgme.findings import Finding, Verdict
from residency.acgme.record import Basis
from residency.acgme.schedule import duty_record
from residency.acgme.supervision import judge_supervision
from residency.program.calendar import Period
from residency.program.records import Absence, Assignments, CallShift, PgyLevel, Program, Rotation
from residency.program.snapshot import UNITS_PER_ATTENDING, Snapshot
from residency.program.vocabulary import AbsenceType
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import CallMove, changed, repaired_assignments

_LONGEST_WINDOW = timedelta(days=31)
_SLACK = 1e-9

_Key = tuple[str, str, str, str, str, str]
_Row = TypeVar("_Row", CallShift, Absence, Rotation, PgyLevel)


class DutyGate:
    """Judges repaired schedules of one problem; what was broken before is judged once for each resident.

    A finding is new when there was none of its key before, or when it is further beyond its limit than
    before. Whoever is lost in some half-days is also judged with these as leave, as they are once the absence
    is recorded.
    """

    def __init__(self, problem: RepairProblem) -> None:
        self._problem = problem
        self._before: dict[int, dict[_Key, float]] = {}
        self._tolerated: dict[int, dict[_Key, float]] = {}
        period = problem.snapshot.period
        self._windows = Period(period.start, period.end + _LONGEST_WINDOW)
        rows = problem.program.assignments
        day = (rows.day - np.datetime64(period.start, "D")).astype(np.int64)
        outside = (day < 0) | (day >= period.days)
        self._around = rows.take(outside & problem.snapshot.is_resident[rows.person])
        self._shifts = _by_person(problem.program.call_shifts)
        self._absences = _by_person(problem.program.absences)
        self._rotations = _by_person(problem.program.rotations)
        self._levels = _by_person(problem.program.pgy_levels)

    def new_violations(
        self, service: NDArray[np.int32], role: NDArray[np.int8], calls: Sequence[CallMove] = ()
    ) -> tuple[Finding, ...]:
        """Must rules that a schedule breaks and the one before did not, or not as much.

        Args:
            service: (P, B) the repaired schedule.
            role: (P, B).
            calls: call shifts that change hands.
        """
        residents = self._touched(changed(self._problem, service, role), calls)
        broken = self._broken(residents, service, role, calls)
        found = _beyond(self._judged(residents, service, role, calls, lost=False), self._before)
        known = {each.key for each in found}
        found += [each for person in residents for each in broken[person] if each.key not in known]
        return (*found, *self._unsupervised(service, role))

    def offending(
        self,
        service: NDArray[np.int32],
        role: NDArray[np.int8],
        calls: Sequence[CallMove],
        given: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        """Cells of residents that break a rule newly, such that without them none does.

        Each resident in whom a rule is newly broken keeps of the given cells what the rules allow, the most
        protected work first and then the earliest; the others are the answer, shape (P, B). What is broken
        as much without any of the given cells is not laid to them.

        Args:
            service: (P, B) the repaired schedule.
            role: (P, B).
            calls: call shifts that change hands.
            given: (P, B) cells that can go back to how they were left.
        """
        back = np.zeros(given.shape, np.bool_)
        residents = self._touched(given, calls)
        broken = self._broken(residents, service, role, calls)
        trials = {
            person: _Trial(self._order(person, service, given))
            for person in residents
            if broken[person] and given[person].any()
        }
        while trials:
            tried_service, tried_role = service.copy(), role.copy()
            for person, trial in trials.items():
                without = trial.without
                tried_service[person, without] = self._problem.service_left[person, without]
                tried_role[person, without] = self._problem.role_left[person, without]
            broken = self._broken(list(trials), tried_service, tried_role, calls)
            for person, trial in list(trials.items()):
                trial.learn(broken=bool(broken[person]))
                if trial.is_over:
                    back[person, trial.refused] = True
                    del trials[person]
        return back

    def breaks(
        self, person: int, service: NDArray[np.int32], role: NDArray[np.int8], calls: Sequence[CallMove]
    ) -> bool:
        """Whether one person newly breaks a must rule; only residents are judged."""
        if not self._problem.snapshot.is_resident[person]:
            return False
        return bool(self._broken([person], service, role, calls)[person])

    def excess_before(self, finding: Finding) -> float:
        """How far beyond the limit a resident's finding is without the repair, 0 where there is none."""
        person = self._problem.snapshot.person_ids.index(finding.person)
        self._learn([person])
        return self._tolerated[person].get(finding.key, 0.0)

    def was_broken(self, finding: Finding) -> bool:
        """Whether a resident breaks the finding's rule anywhere without the repair."""
        person = self._problem.snapshot.person_ids.index(finding.person)
        self._learn([person])
        rule_and_force = finding.key[:2]
        return any(key[:2] == rule_and_force for key in self._tolerated[person])

    def _touched(self, cells: NDArray[np.bool_], calls: Sequence[CallMove]) -> list[int]:
        """Residents with any of some cells, and those who give or take call; in order."""
        touched = np.array(cells.any(axis=1), np.bool_)
        touched[[move.to for move in calls if move.to is not None]] = True
        shifts = self._problem.program.call_shifts
        givers = {shifts[move.shift].person for move in calls}
        touched |= np.array([person in givers for person in self._problem.snapshot.person_ids], np.bool_)
        return np.flatnonzero(touched & self._problem.snapshot.is_resident).tolist()

    def _order(self, person: int, service: NDArray[np.int32], given: NDArray[np.bool_]) -> list[int]:
        """A person's given half-days, those of the most protected work first and then the earliest."""
        half_days = np.flatnonzero(given[person])
        # The last entry stands for NOTHING: who was taken off a place for want of attendings stays off first.
        category = np.array([each.load_category for each in self._problem.program.services] + [0])
        return half_days[np.argsort(category[service[person, half_days]], kind="stable")].tolist()

    def _broken(
        self,
        people: Sequence[int],
        service: NDArray[np.int32],
        role: NDArray[np.int8],
        calls: Sequence[CallMove],
    ) -> dict[int, list[Finding]]:
        """What the changes of a repair break in each of some residents, once for each key."""
        self._learn(people)
        found: dict[int, dict[_Key, Finding]] = {person: {} for person in people}
        for each in (
            self._judged(self._lost(people), service, role, calls, lost=True),
            self._judged(people, service, role, calls, lost=False),
        ):
            for person, findings in each.items():
                beyond = _beyond({person: findings}, self._tolerated)
                found[person] |= {finding.key: finding for finding in beyond}
        return {person: list(findings.values()) for person, findings in found.items()}

    def _lost(self, people: Sequence[int]) -> list[int]:
        """Those of some people who are lost in any half-day."""
        return [person for person in people if self._problem.disruption.lost[person].any()]

    def _learn(self, people: Sequence[int]) -> None:
        """Judge residents not yet judged, as they were before and with only what is vacated changed."""
        problem = self._problem
        fresh = [person for person in people if person not in self._before]
        left = problem.service_left, problem.role_left
        before = self._judged(fresh, problem.service_before, problem.role_before, (), lost=False)
        self._before |= {person: _farthest(findings) for person, findings in before.items()}
        for each in (
            before,
            self._judged(fresh, *left, (), lost=False),
            self._judged(self._lost(fresh), *left, (), lost=True),
        ):
            for person, findings in each.items():
                self._tolerated[person] = _farthest(findings, self._tolerated.get(person, {}))

    def _judged(
        self,
        people: Sequence[int],
        service: NDArray[np.int32],
        role: NDArray[np.int8],
        calls: Sequence[CallMove],
        *,
        lost: bool,
    ) -> dict[int, list[Finding]]:
        """The must rules that some residents break; ``lost`` says whether what they lose is leave."""
        if not people:
            return {}
        problem = self._problem
        program = self._program_of(people, service, role, calls, lost=lost)
        record = duty_record(program, self._windows, Basis.PLANNED, problem.rules, covered=problem.covered)
        of_id = {problem.program.people[person].id: person for person in people}
        found: dict[int, list[Finding]] = {person: [] for person in people}
        for finding in judge(record, problem.rules).findings:
            if finding.verdict is Verdict.VIOLATION:
                found[of_id[finding.person]].append(finding)
        return found

    def _program_of(
        self,
        people: Sequence[int],
        service: NDArray[np.int32],
        role: NDArray[np.int8],
        calls: Sequence[CallMove],
        *,
        lost: bool,
    ) -> Program:
        """The program of some residents alone, with a schedule in place of the period's."""
        program = self._problem.program
        who = tuple(program.people[person] for person in people)
        names = [person.id for person in who]
        rows = self._around.take(np.isin(self._around.person, people))
        number = np.zeros(len(program.people), np.int32)
        number[list(people)] = np.arange(len(people))
        away = [each for person in people for each in self._leave(person)] if lost else []
        return replace(
            program,
            people=who,
            pgy_levels=_of(self._levels, names),
            assignments=Assignments.joined(
                [replace(rows, person=number[rows.person]), self._rows(people, service, role)]
            ),
            call_shifts=self._shifts_of(people, calls),
            absences=(*_of(self._absences, names), *away),
            rotations=_of(self._rotations, names),
            duty_logs=(),
        )

    def _rows(self, people: Sequence[int], service: NDArray[np.int32], role: NDArray[np.int8]) -> Assignments:
        """The period's assignments of some people, numbered as they are given."""
        start = self._problem.snapshot.period.start
        person, block = np.nonzero(service[people] != NOTHING)
        own = np.asarray(people)[person]
        return Assignments(
            person=person.astype(np.int32),
            service=service[own, block],
            day=np.datetime64(start, "D") + block // 2,
            half=(block % 2).astype(np.int8),
            role=role[own, block],
            source=np.zeros(len(own), np.int8),
            locked=np.zeros(len(own), np.bool_),
        )

    def _shifts_of(self, people: Sequence[int], calls: Sequence[CallMove]) -> tuple[CallShift, ...]:
        """The call shifts of some people when some have changed hands."""
        program = self._problem.program
        moved = {program.call_shifts[move.shift] for move in calls}
        kept = _of(self._shifts, [program.people[person].id for person in people])
        taken = (
            replace(program.call_shifts[move.shift], person=program.people[move.to].id)
            for move in calls
            if move.to is not None and move.to in people
        )
        return (*(shift for shift in kept if shift not in moved), *taken)

    def _leave(self, person: int) -> Iterable[Absence]:
        """What a person loses, as leave."""
        period = self._problem.snapshot.period
        lost = np.flatnonzero(np.diff(self._problem.disruption.lost[person], prepend=False, append=False))
        for first, end in lost.reshape(-1, 2).tolist():
            yield Absence(
                person=self._problem.program.people[person].id,
                start_date=period.day(first),
                end_date=period.day(end - 1),
                type=AbsenceType.VACATION,
                start_half=period.half(first),
                end_half=period.half(end - 1),
            )

    def _unsupervised(self, service: NDArray[np.int32], role: NDArray[np.int8]) -> Iterable[Finding]:
        """Places with fewer attendings than required that had enough of them before, or lacked fewer."""
        problem = self._problem
        units, attendings = problem.supervision(service, role)
        if not (-(-units // UNITS_PER_ATTENDING) - attendings > problem.short_before).any():
            return ()
        program = replace(problem.program, assignments=repaired_assignments(problem, service, role))
        before, _, _ = judge_supervision(problem.snapshot, problem.rules.id)
        after, _, _ = judge_supervision(Snapshot.of(program, problem.snapshot.period), problem.rules.id)
        known = {each.key: _excess(each) for each in before}
        return [each for each in after if _excess(each) > known.get(each.key, 0.0)]


class _Trial:
    """Which of a person's half-days, in the order in which they are worth keeping, the rules refuse.

    Halves the stretch that holds the first half-day with which something is broken, refuses it, and goes on
    with those after it until nothing is broken.
    """

    def __init__(self, order: Sequence[int]) -> None:
        self._order = order
        self._fine: int = 0
        self._broken: int = len(order)
        self.refused: list[int] = []
        self.is_over: bool = False
        self._settle()

    @property
    def without(self) -> list[int]:
        """What is left out of the next trial."""
        return self.refused + list(self._order[self._tried :])

    @property
    def _tried(self) -> int:
        return (self._fine + self._broken) // 2 if self._broken else len(self._order)

    def learn(self, *, broken: bool) -> None:
        """What came of the trial."""
        if broken:
            self._broken = self._tried
        elif self._broken:
            self._fine = self._tried
        else:
            self.is_over = True
        self._settle()

    def _settle(self) -> None:
        """Refuse the half-day that has been found, if there is one."""
        if self._broken == self._fine + 1:
            self.refused.append(self._order[self._fine])
            self._fine, self._broken = self._fine + 1, 0
            self.is_over = self._fine == len(self._order)


def _by_person(rows: Sequence[_Row]) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.person, []).append(row)
    return found


def _of(rows: Mapping[str, Sequence[_Row]], names: Iterable[str]) -> tuple[_Row, ...]:
    return tuple(row for name in names for row in rows.get(name, ()))


def _farthest(findings: Iterable[Finding], known: Mapping[_Key, float] | None = None) -> dict[_Key, float]:
    """How far beyond its limit each key is at most, in some findings and what is known already."""
    farthest = dict(known or {})
    for each in findings:
        farthest[each.key] = max(farthest.get(each.key, 0.0), _excess(each))
    return farthest


def _beyond(
    found: Mapping[int, Iterable[Finding]], known: Mapping[int, Mapping[_Key, float]]
) -> list[Finding]:
    """Findings of people that are not known of them, or not as far beyond the limit."""
    return [
        each
        for person, findings in found.items()
        for each in findings
        if _excess(each) > known[person].get(each.key, -1.0) + _SLACK
    ]


def _excess(finding: Finding) -> float:
    """How far a finding is beyond its limit."""
    return abs(finding.value - finding.limit)
