"""What a search for a roster found, in sentences and as JSON."""

from residency.scheduling.rostering.instance import FREE, Instance
from residency.scheduling.rostering.search import RosterResult
from residency.scheduling.solver import Status

Json = dict[str, "str | int | float | list[str] | dict[str, list[str]] | dict[str, int] | None"]


def roster_json(instance: Instance, result: RosterResult) -> Json:
    """The answer as JSON can say it; a free day is an empty string."""
    judged = result.evaluation
    return {
        "status": result.status.value,
        "objective": None if judged is None else judged.penalty,
        "bound": result.bound,
        "gap": None if result.gap is None else round(result.gap, 6),
        "seconds": round(result.seconds, 3),
        "roster": _rows(instance, result),
        "penalties": {}
        if judged is None
        else {
            "shift_on_requests": judged.shift_on_requests,
            "shift_off_requests": judged.shift_off_requests,
            "cover_under": judged.cover_under,
            "cover_over": judged.cover_over,
        },
        "remarks": list(result.remarks),
    }


def roster_sentences(result: RosterResult) -> list[str]:
    """What was found, what is proven of it, what the penalty is made of and what went wrong."""
    told = [_verdict(result)]
    judged = result.evaluation
    if judged is not None:
        told.append(
            f"Cover: {judged.cover_under} for people missing, {judged.cover_over} for too many. "
            f"Requests: {judged.shift_on_requests} for shifts wanted, "
            f"{judged.shift_off_requests} for shifts not wanted."
        )
        told.append("The roster keeps every hard constraint.")
    return told + [f"Note: {remark}." for remark in result.remarks]


def _verdict(result: RosterResult) -> str:
    judged, took = result.evaluation, f"after {result.seconds:.1f} s"
    if result.status is Status.INFEASIBLE:
        return f"No roster keeps every hard constraint ({took})."
    if judged is None or result.gap is None:
        return f"No roster was found {took}; more time may find one (--time-limit)."
    if result.status is Status.OPTIMAL:
        return f"Penalty {judged.penalty}, proven to be the least possible ({took})."
    return (
        f"Penalty {judged.penalty}; no roster has less than {result.bound}, "
        f"a gap of {100 * result.gap:.1f} % ({took})."
    )


def roster_lines(instance: Instance, result: RosterResult) -> list[str]:
    """One line for each person: the shifts of the days, a dot where the person is free."""
    rows = _rows(instance, result)
    name = max((len(person) for person in rows), default=0)
    width = max(map(len, instance.shift_ids))
    return [
        f"{person:<{name}}  {' '.join((shift or '.').ljust(width) for shift in days)}".rstrip()
        for person, days in rows.items()
    ]


def _rows(instance: Instance, result: RosterResult) -> dict[str, list[str]]:
    if result.roster is None:
        return {}
    shifts: list[list[int]] = result.roster.tolist()
    return {
        person: ["" if shift == FREE else instance.shift_ids[shift] for shift in row]
        for person, row in zip(instance.person_ids, shifts, strict=True)
    }
