"""Who can be spared in a half-day: whose slot somebody else can fill when people move from post to post."""

import numpy as np

from residency.scheduling.matching import HalfDay, Limits
from residency.scheduling.problem import NOTHING, RepairProblem


class Reserve:
    """The people of one half-day with as many slots filled as can be, and as protected ones.

    A post has a reserve when its slot can be filled again after its holder leaves: by somebody without a
    slot, or by the holder of another post that has a reserve. Where it has none a slot more stays empty.
    """

    def __init__(self, problem: RepairProblem, block: int) -> None:
        """Match the half-day of a problem."""
        nobody = np.zeros(len(problem.present), np.bool_)
        barred = np.zeros((len(problem.snapshot.locations), len(nobody)), np.bool_)
        half_day = HalfDay(problem, block, Limits(nobody, nobody, barred), nobody.astype(np.int64))
        half_day.fill()
        self._job = half_day.job
        self._able, self._may_move = half_day.able, half_day.may_move
        self._search()

    def _search(self) -> None:
        """Find who would follow in each post, NOTHING where nobody can; breadth first from those idle."""
        self._follower = np.full(len(self._able), NOTHING, np.int64)
        people = np.flatnonzero(self._job == NOTHING)
        while len(people):
            without = np.flatnonzero(self._follower == NOTHING)
            able = self._able[np.ix_(without, people)]
            found = able.any(axis=1)
            self._follower[without[found]] = people[able[found].argmax(axis=1)]
            people = np.flatnonzero(np.isin(self._job, without[found]) & self._may_move)

    def can_spare(self, person: int) -> bool:
        """Whether as much can be filled without somebody."""
        job = self._job[person]
        return bool(job == NOTHING or self._follower[job] != NOTHING)

    def release(self, person: int) -> None:
        """Let somebody go who can be spared; whoever follows moves up."""
        free, self._job[person] = int(self._job[person]), NOTHING
        while free != NOTHING:
            follower = int(self._follower[free])
            free, self._job[follower] = int(self._job[follower]), free
        self._able[:, person] = False
        self._search()
