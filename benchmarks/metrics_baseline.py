"""The measures of a schedule as one would first write them in pandas: frames, merges and group-bys."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.metrics_case import Loaded
from residency.program.calendar import HALVES, Period
from residency.program.records import Program
from residency.program.vocabulary import (
    EFFECTIVE_ABSENCE_STATUSES,
    RECOVERY_DAYS,
    CallKind,
    CoverageRole,
    ServiceKind,
)
from residency.quality.rows import NONE, VersionRows

POINTS = {"outpatient": 0.5, "procedure": 0.5, "administration": 0.25, "education": 0.25, "research": 0.25}
HOUR = pd.Timedelta(hours=1)
DAY = pd.Timedelta(days=1)


def measures(loaded: Loaded) -> dict[str, float]:
    """Every figure by its name."""
    program, snapshot = loaded.program, loaded.snapshot
    services = pd.DataFrame([vars_of(service) for service in program.services])
    rows = frame(loaded.rows).merge(services, left_on="service", right_on="abbreviation")
    people = pd.DataFrame(
        {
            "person": snapshot.person_ids,
            "cohort": [
                f"PGY-{pgy}" if resident else f"faculty {str(person.faculty_role).replace('_', ' ')}"
                for pgy, resident, person in zip(
                    snapshot.pgy[:, loaded.year], snapshot.is_resident, program.people, strict=True
                )
            ],
            "resident": snapshot.is_resident,
            "fte": snapshot.fte,
        }
    ).set_index("person")
    people["weight"] = people.fte * availability(program, rows, snapshot.period, people.index)
    hours = hours_of(program, rows, snapshot.period).reindex(people.index).fillna(0.0)
    told = fairness(people, hours)
    told |= coverage(loaded) | workload(program, rows, people, hours, snapshot.period)
    return told | stability(loaded, services)


def vars_of(service: Any) -> dict[str, Any]:  # noqa: ANN401 - a record with slots
    """What is needed of a service, by name."""
    names = ("abbreviation", "kind", "hours_am", "hours_pm", "start_am", "start_pm", "night_hours")
    return {name: getattr(service, name) for name in names} | {"duty": service.counts_as_duty}


def frame(rows: VersionRows) -> pd.DataFrame:
    """A version's assignments with words instead of codes."""
    causes = np.array([*rows.causes, None], object)
    return pd.DataFrame(
        {
            "person": np.array(rows.people)[rows.person],
            "service": np.array(rows.services)[rows.service],
            "day": rows.day.astype("datetime64[ns]"),
            "half": rows.half,
            "role": rows.role,
            "cause": causes[np.where(rows.cause == NONE, len(rows.causes), rows.cause)],
        }
    )


def absences(program: Program, recovery: bool) -> pd.DataFrame:
    """Half-days of absence, and of the recovery after it if wanted, one row each."""
    found: list[tuple[str, pd.Timestamp, int]] = []
    for row in program.absences:
        if row.status in EFFECTIVE_ABSENCE_STATUSES:
            first = 2 * row.start_date.toordinal() + HALVES.index(row.start_half)
            last = 2 * row.end_date.toordinal() + HALVES.index(row.end_half)
            last += 2 * RECOVERY_DAYS.get(row.type, 0) if recovery else 0
            found += [
                (row.person, pd.Timestamp.fromordinal(at // 2), at % 2) for at in range(first, last + 1)
            ]
    return pd.DataFrame(found, columns=["person", "day", "half"]).drop_duplicates()


def availability(program: Program, rows: pd.DataFrame, period: Period, people: Iterable[str]) -> pd.Series:
    """Share of the period's half-days that nothing takes away."""
    away = rows.loc[rows.kind.isin(["absence", "recovery"]), ["person", "day", "half"]]
    lost = pd.concat([absences(program, recovery=True), away]).drop_duplicates()
    lost = lost[(lost.day >= pd.Timestamp(period.start)) & (lost.day < pd.Timestamp(period.end))]
    return 1 - lost.groupby("person").size().reindex(people).fillna(0) / period.blocks


def intervals(program: Program, rows: pd.DataFrame) -> pd.DataFrame:
    """Planned duty as intervals."""
    duty = rows[rows.duty & (rows.role != list(CoverageRole).index(CoverageRole.BACKUP))]
    duty = duty.merge(absences(program, recovery=False), how="left", indicator="there")
    duty = duty[duty.there == "left_only"]
    night = duty.kind == ServiceKind.NIGHT_FLOAT
    clock = pd.to_timedelta(duty.start_am.where(duty.half == 0, duty.start_pm).astype(str))
    length = duty.hours_am.where(duty.half == 0, duty.hours_pm)
    start = duty.day + clock.where(~night, 19 * HOUR)
    end = start + pd.to_timedelta(length.where(~night, duty.night_hours.fillna(12.0)), unit="h")
    planned = pd.DataFrame({"person": duty.person, "start": start, "end": end})
    call = [
        (shift.person, shift.start, shift.end)
        for shift in program.call_shifts
        if shift.in_house and shift.kind is not CallKind.BACKUP
    ]
    shifts = pd.DataFrame(call, columns=["person", "start", "end"])
    for side in ("start", "end"):
        shifts[side] = pd.to_datetime(shifts[side], utc=True).dt.tz_localize(None)
    found = pd.concat([planned, shifts])
    return found[found.end > found.start]


def hours_of(program: Program, rows: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Hours, night, weekend and holiday hours by person, overlaps once."""
    found = intervals(program, rows)
    found["start"] = found.start.clip(lower=pd.Timestamp(period.start))
    found["end"] = found.end.clip(upper=pd.Timestamp(period.end))
    found = found[found.end > found.start].sort_values(["person", "start"])
    reach = found.groupby("person").end.cummax().groupby(found.person).shift()
    found["run"] = (found.start > reach).groupby(found.person).cumsum()
    merged = found.groupby(["person", "run"], as_index=False).agg(start=("start", "min"), end=("end", "max"))
    merged["day"] = [
        pd.date_range(start.normalize(), end, freq="D")
        for start, end in zip(merged.start, merged.end, strict=True)
    ]
    by_day = merged.explode("day")
    by_day["day"] = pd.to_datetime(by_day.day)
    by_day["hours"] = overlap(by_day, 0, 24)
    by_day["night"] = overlap(by_day, 0, 7) + overlap(by_day, 19, 24)
    by_day["weekend"] = by_day.hours.where(by_day.day.dt.weekday >= 5, 0.0)
    holidays = [pd.Timestamp(day.day) for day in program.calendar if day.is_holiday]
    by_day["holiday"] = by_day.hours.where(by_day.day.isin(holidays), 0.0)
    return by_day.groupby("person")[["hours", "night", "weekend", "holiday"]].sum()


def overlap(by_day: pd.DataFrame, first: int, last: int) -> pd.Series:
    """Hours of each row's interval between two clock hours of its day."""
    begin = by_day.start.where(by_day.start > by_day.day + first * HOUR, by_day.day + first * HOUR)
    end = by_day.end.where(by_day.end < by_day.day + last * HOUR, by_day.day + last * HOUR)
    return ((end - begin) / HOUR).clip(lower=0)


def gini(loads: pd.Series) -> float:
    """Gini of loads, 0 where nobody carries anything."""
    x = loads.sort_values().to_numpy()
    n = len(x)
    return float(((2 * np.arange(1, n + 1) - n - 1) * x).sum() / (n * x.sum())) if x.sum() else 0.0


def fairness(people: pd.DataFrame, hours: pd.DataFrame) -> dict[str, float]:
    """1 - Gini by cohort and load, and the overall of each load."""
    told: dict[str, float] = {}
    present = people[people.weight > 0]
    for load in hours.columns:
        normalised = hours[load].reindex(present.index) / present.weight
        weights, total = 0, 0.0
        for cohort, its in normalised.groupby(present.cohort):
            told[f"fairness {load} {cohort}"] = 1 - gini(its)
            if len(its) > 1 and its.sum():
                weights, total = weights + len(its), total + len(its) * (1 - gini(its))
        told[f"fairness {load}"] = total / weights if weights else -1.0
    return told


def coverage(loaded: Loaded) -> dict[str, float]:
    """Filled over required slots, overall, by service and by weekday, half and role."""
    snapshot = loaded.snapshot
    post, block = np.nonzero(snapshot.demand)
    demand = pd.DataFrame(
        {"post": post, "block": block, "required": snapshot.demand[post, block].astype(int)}
    )
    held = pd.DataFrame({"post": snapshot.assignment_post, "block": snapshot.assignment_block})
    count = held[snapshot.assignment_counts].groupby(["post", "block"]).size().rename("held").reset_index()
    slots = demand.merge(count, how="left").fillna({"held": 0})
    slots["filled"] = slots[["required", "held"]].min(axis=1)
    slots["service"] = np.array(snapshot.service_ids)[snapshot.post_service[slots.post]]
    slots["slot"] = (2 * snapshot.period.start.weekday() + slots.block) % 14
    slots["role"] = snapshot.post_role[slots.post]
    told = {"coverage": float(slots.filled.sum() / slots.required.sum())}
    for keys in (["service"], ["slot", "role"]):
        sums = slots.groupby(keys)[["filled", "required"]].sum()
        for key, share in (sums.filled / sums.required).items():
            told[f"coverage {key}"] = float(share)
    return told


def workload(
    program: Program, rows: pd.DataFrame, people: pd.DataFrame, hours: pd.DataFrame, period: Period
) -> dict[str, float]:
    """Residents' hours against the target, and everybody's points and half-days."""
    inside = rows[(rows.day >= pd.Timestamp(period.start)) & (rows.day < pd.Timestamp(period.end))]
    points = inside.kind.map(POINTS).fillna(0.0).astype(float).groupby(inside.person).sum()
    ward = inside[inside.kind == "inpatient"].groupby("person").day.nunique() * 3 / 7
    shifts = pd.DataFrame(
        [(shift.person, shift.start) for shift in program.call_shifts if shift.kind is not CallKind.BACKUP],
        columns=["person", "day"],
    )
    shifts["day"] = pd.to_datetime(shifts.day, utc=True).dt.tz_localize(None).dt.normalize()
    shifts = shifts[(shifts.day >= pd.Timestamp(period.start)) & (shifts.day < pd.Timestamp(period.end))]
    nights = inside.loc[inside.kind.isin(["call", "night_float"]), ["person", "day"]]
    call = pd.concat([nights, shifts]).drop_duplicates().groupby("person").size()
    every = points.add(ward, fill_value=0).add(call, fill_value=0).reindex(people.index).fillna(0)
    residents = people[people.resident & (people.weight > 0)]
    worked = hours.hours.reindex(residents.index)
    percent = 100 * worked / (60 * period.days / 7 * residents.weight)
    return {
        "points": float(every.sum()),
        "points of the most loaded": float(every.max()),
        "half-days": float(inside.duty.sum()),
        "mean hours": float(worked.mean()),
        "SD of hours": float(worked.std(ddof=0)),
        "least hours": float(worked.min()),
        "most hours": float(worked.max()),
        "percent of target": float(percent.mean()),
    }


def stability(loaded: Loaded, services: pd.DataFrame) -> dict[str, float]:
    """Churn, ripple and the N-1 score."""
    keys = ["person", "day", "half"]
    both = frame(loaded.previous.rows).merge(
        frame(loaded.rows), on=keys, how="outer", suffixes=("_old", "_new"), indicator="there"
    )
    moved = (both.service_old != both.service_new) | (both.role_old != both.role_new)
    changed = both[(both.there != "both") | moved]
    larger = max(len(loaded.previous.rows), len(loaded.rows))
    now = frame(loaded.rows).merge(services, left_on="service", right_on="abbreviation")
    now = now[now.duty]
    share = now.groupby("person").size() / len(now)
    holders = now.groupby("service").person.nunique()
    sole = now[now.service.isin(holders[holders == 1].index)].groupby("person").service.nunique()
    each = share.add(0.3 * sole.reindex(share.index).fillna(0)).clip(upper=1)
    return {
        "churn": len(changed) / larger,
        "ripple": ripple(changed),
        "N-1": float(0.7 * each.max() + 0.3 * each.mean()),
    }


def ripple(changed: pd.DataFrame) -> float:
    """People joined by common causes and by slots that one gives and another takes, set by set."""
    primary = changed[changed.cause_new.notna()]
    leader = {person: person for person in changed.person}

    def find(person: str) -> str:
        while leader[person] != person:
            person = leader[person]
        return person

    def join(people: Iterable[str]) -> None:
        first, *others = people
        for other in others:
            leader[find(other)] = find(first)

    for _, its in primary.groupby("cause_new").person:
        join(its.unique())
    given = changed[changed.service_old.notna()].groupby(["day", "half", "service_old", "role_old"]).person
    taken = changed[changed.service_new.notna()].groupby(["day", "half", "service_new", "role_new"]).person
    givers, takers = given.unique().to_dict(), taken.unique().to_dict()
    for slot in givers.keys() & takers.keys():
        join([*givers[slot], *takers[slot]])
    sets = {find(person) for person in primary.person}
    drawn_in = sum(find(person) in sets for person in leader)
    return (drawn_in - len(sets)) / len(primary) if len(primary) else 0.0
