"""Why the days of a forecast are as full as they are, and what to do about it, in words without names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import CalendarDay, Period
from residency.program.vocabulary import AbsenceType, DayType
from residency.resilience.forecast_away import HERE, KINDS, RECOVERING, Away
from residency.resilience.forecast_estimates import Estimates
from residency.resilience.forecast_inputs import ABSENCE_TYPES, HISTORY_WEEKS, ForecastInputs
from residency.resilience.forecast_results import AnticipatedDay, DayForecast
from residency.resilience.results import UtilizationLevel
from residency.resilience.utilization import derived_supervision

ABSENCE_WORDS = {
    AbsenceType.VACATION: "on vacation",
    AbsenceType.CONFERENCE: "at a conference",
    AbsenceType.DEPLOYMENT: "deployed",
    AbsenceType.TDY: "on temporary duty",
    AbsenceType.PCS: "moving station",
    AbsenceType.TRAINING: "in training",
    AbsenceType.MILITARY_DUTY: "on military duty",
    AbsenceType.MEDICAL: "on medical leave",
    AbsenceType.SICK: "sick",
    AbsenceType.FAMILY_EMERGENCY: "in a family emergency",
    AbsenceType.BEREAVEMENT: "bereaved",
    AbsenceType.EMERGENCY_LEAVE: "on emergency leave",
    AbsenceType.MATERNITY_PATERNITY: "on parental leave",
    AbsenceType.CONVALESCENT: "convalescing",
}
_RECOVERING = "recovering after an absence"
_CLOSED = {
    DayType.FEDERAL_HOLIDAY: "outpatient work runs at a quarter",
    DayType.MINIMAL_MANNING: "outpatient work runs at a quarter",
    DayType.TRAINING_HOLIDAY: "outpatient work stops",
    DayType.EO_CLOSURE: "outpatient work stops",
}
_DAY_WORDS = {
    DayType.FEDERAL_HOLIDAY: "Federal holiday",
    DayType.MINIMAL_MANNING: "Minimal manning",
    DayType.TRAINING_HOLIDAY: "Training holiday",
    DayType.EO_CLOSURE: "Closed by executive order",
    DayType.INAUGURATION_DAY: "Inauguration Day",
    DayType.NORMAL: "Named day",
}
_ACTIONS = {
    UtilizationLevel.BLACK: "arrange emergency staffing: call in backups, borrow attendings, close clinics",
    UtilizationLevel.RED: "shed load: cancel what is not essential, move clinics to other days",
    UtilizationLevel.ORANGE: "defer what can wait: administration, research, optional education",
    UtilizationLevel.YELLOW: "monitor, and approve no further leave without a replacement",
}
_SERVICES_NAMED = 3
_WEEK = 14


@dataclass(frozen=True, slots=True)
class Causes:
    """The figures from which causes are told; ``slots`` as (posts, B), ``demanded`` as (B,)."""

    away: Away
    slots: NDArray[np.float64]
    estimates: Estimates | None
    demanded: NDArray[np.float64]


def causes_of(
    inputs: ForecastInputs, found: Causes, blocks: NDArray[np.int64]
) -> tuple[tuple[str, ...], ...]:
    """For each given half-day, the worse one of its day: who is away, what the day is, what is asked for."""
    ahead, begin = inputs.ahead, inputs.past.period.blocks
    faculty = ahead.is_faculty & (ahead.fte > 0)
    kinds = found.away.counts(faculty)[:, begin:]
    kinds[HERE] = inputs.active[faculty, begin:].sum(axis=0)
    absent = kinds[HERE + 1 :].sum(axis=0)
    resting = kinds[HERE] - absent - ahead.available[faculty].sum(axis=0)
    usual_absent, usual_demand = _usual(absent), _usual(found.demanded)
    supervision = derived_supervision(ahead).sum(axis=0)
    named = _services(inputs, found.slots[:, blocks])
    special = {entry.day: entry for entry in inputs.calendar}
    told: list[tuple[str, ...]] = []
    for place, block in enumerate(blocks.tolist()):
        known = found.estimates is None or bool(inputs.ahead_known[block])
        factors = [_away(kinds[:, block].tolist(), float(usual_absent[block]), known=known)]
        if entry := special.get(ahead.period.day(block)):
            factors.append(_special(entry))
        if found.estimates is None or known:
            factors.append(_resting(int(resting[block])))
            factors.append(_demand(float(found.demanded[block]), float(usual_demand[block]), named[place]))
            factors.append(_supervision(int(supervision[block])))
        else:
            factors += _estimated(found.estimates, block)
        told.append(tuple(factor for factor in factors if factor))
    return tuple(told)


def _usual(row: NDArray[np.number]) -> NDArray[np.float64]:
    """The median of the same weekday and half in the row, for each of its half-days."""
    usual = np.zeros(len(row))
    for slot in range(min(_WEEK, len(row))):
        usual[slot::_WEEK] = np.median(row[slot::_WEEK])
    return usual


def _away(kinds: list[int], usual: float, *, known: bool) -> str:
    faculty, absent = kinds[HERE], sum(kinds[HERE + 1 :])
    if not absent:
        return ""
    words = [
        f"{kinds[kind]} {_RECOVERING if kind == RECOVERING else ABSENCE_WORDS[ABSENCE_TYPES[kind - 1]]}"
        for kind in sorted(range(1, KINDS), key=lambda kind: (-kinds[kind], kind))
        if kinds[kind]
    ]
    told = f"{absent} of {faculty} faculty away ({', '.join(words)})"
    if not known:
        return f"Entered so far: {told}."
    more = f", more than the usual {usual:g} of such half-days" if absent > usual else ""
    return f"{told}{more}."


def _special(entry: CalendarDay) -> str:
    named = f" ({entry.holiday_name})" if entry.holiday_name else ""
    effect = _CLOSED.get(entry.day_type, "full demand")
    return f"{_DAY_WORDS[entry.day_type]}{named}: {effect}."


def _resting(count: int) -> str:
    return f"{count} resting after call or on leave by the schedule." if count else ""


def _demand(demanded: float, usual: float, services: str) -> str:
    if not demanded:
        return ""
    more = f", more than the usual {usual:g}" if demanded > usual else ""
    where = f"; most of it in {services}" if services else ""
    return f"{demanded:g} half-days of faculty work{more}{where}."


def _services(inputs: ForecastInputs, slots: NDArray[np.float64]) -> list[str]:
    """For each of some half-days, shape (posts, D), the services that ask for most faculty."""
    ahead = inputs.ahead
    top = np.argsort(-slots, axis=0, kind="stable")[:_SERVICES_NAMED].T
    return [
        ", ".join(
            f"{ahead.post_label(int(post))} ({slots[post, place]:g})"
            for post in posts
            if slots[post, place] > 0
        )
        for place, posts in enumerate(top)
    ]


def _supervision(attendings: int) -> str:
    if not attendings:
        return ""
    noun = "attending" if attendings == 1 else "attendings"
    return f"Of it {attendings} {noun} to supervise residents, beyond posts that supervise anyway."


def _estimated(estimates: Estimates, block: int) -> list[str]:
    return [
        f"No schedule is published yet. Expected are {estimates.absent[block]:.1f} faculty away, "
        f"{estimates.resting[block]:.1f} resting after call, {estimates.demanded[block]:.1f} half-days of "
        f"faculty work, {estimates.supervision[block]:.1f} of it supervision."
    ]


def advice(days: Sequence[DayForecast], anticipated: Sequence[AnticipatedDay]) -> tuple[str, ...]:
    """What each level that occurs calls for, worst first, and what the anticipated absences would add."""
    told: list[str] = []
    for level, action in _ACTIONS.items():
        found = [day.day for day in days if day.level is level]
        if found:
            told.append(f"{level} on {_days(len(found))}, the first {_date(found[0])}: {action}.")
    worse = [
        second.day
        for first, second in zip(days, anticipated, strict=True)
        if second.high_risk and not first.high_risk
    ]
    if worse:
        told.append(
            f"If every anticipated absence comes, {_days(len(worse))} more would be RED or BLACK, the first "
            f"{_date(worse[0])}: settle these absences before others are approved."
        )
    return tuple(told)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _date(day: date) -> str:
    return f"{day:%a %-d %b}"


def assumptions(inputs: ForecastInputs, reference_days: int) -> tuple[str, ...]:
    """What is taken as given, and on what the estimated days rest."""
    told = ["Absences that are approved or confirmed happen; those only anticipated are the second series."]
    if not reference_days:
        return tuple(told)
    estimated = int((~inputs.ahead_known).sum()) // 2
    first = _first_unknown(inputs.ahead.period, inputs.ahead_known)
    return (
        *told,
        f"{_days(estimated)}, the first {first}, {'has' if estimated == 1 else 'have'} no published schedule "
        f"and rest on {_days(reference_days)} that have one, each on those of its weekday.",
        "Demand by posts, holidays and people's years are known there too. What residents cover, supervision "
        "and rest after call are as usual; as many absences begin as did in the "
        f"{HISTORY_WEEKS} weeks before, or as are entered, whichever is more.",
    )


def _first_unknown(period: Period, known: NDArray[np.bool_]) -> str:
    return _date(period.day(int(np.argmin(known))))
