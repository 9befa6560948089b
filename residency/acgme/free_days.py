"""FREE_DAY: continuous 24-hour periods without work and home call, one in seven days on average."""

import numpy as np
from numpy.typing import NDArray

from residency.acgme.facts import Facts
from residency.acgme.findings import Force
from residency.acgme.outcome import Measure, Outcome, half_days, window_finding
from residency.acgme.spans import Spans
from residency.acgme.timeline import MINUTES_A_DAY
from residency.acgme.weekly_hours import not_judged

FREE_DAY = "FREE_DAY"


def free_days(facts: Facts) -> NDArray[np.int64]:
    """Free days of each window, shape (W,): a free gap of h hours, clipped to it, gives floor(h / 24).

    Home call and leave are not free (VI.F.2.d).
    """
    leave = facts.leave
    busy = Spans.merged(np.concatenate((facts.start, leave.start)), np.concatenate((facts.end, leave.end)))
    return busy.gaps.whole_units_within(*facts.window_axis, MINUTES_A_DAY)


def judge_free_days(facts: Facts, free: NDArray[np.int64]) -> Outcome:
    """At least floor(countable days / 7) free days in each window."""
    rule = facts.rules.rules.FREE_DAY
    required = facts.countable // (2 * rule.one_day_in)
    short = free < required
    countable = facts.countable > 0
    judged = countable & (short | ~facts.incomplete)
    return Outcome(
        rule=FREE_DAY,
        severity=rule.severity,
        checked=int(judged.sum()),
        findings=[
            window_finding(
                facts,
                FREE_DAY,
                Force(rule.force),
                rule.severity,
                window,
                _measure(
                    int(free[window]), int(required[window]), int(facts.countable[window]), rule.one_day_in
                ),
            )
            for window in np.flatnonzero(short).tolist()
        ],
        not_judged=not_judged(facts, FREE_DAY, ~judged),
        looked=np.flatnonzero(judged),
        broken=np.flatnonzero(short),
    )


def _measure(free: int, required: int, countable: int, one_day_in: int) -> Measure:
    periods = "period" if free == 1 else "periods"
    text = (
        f"{free} free {periods} of 24 h; {half_days(countable)} countable days / {one_day_in} = "
        f"{required} needed, rounded down"
    )
    return Measure(float(free), float(required), "days", text)
