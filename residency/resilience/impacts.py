"""Where the loss of one person hurts: the half-days and services that stay short."""

from collections import Counter

from residency.program.snapshot import Snapshot
from residency.resilience.losses import Losses
from residency.resilience.reassignment import vacated_posts
from residency.resilience.results import AffectedSlot, PersonImpact

MOST_SLOTS = 10


def person_impact(losses: Losses, person: int, label: str) -> PersonImpact:
    """Everything a person's loss leaves short over the period, counted by service, and the first half-days.

    Services appear under the names people use: a post's, or ``Supervision in <location>`` for missing
    attendings.
    """
    short = affected(losses, person)
    slots = tuple(
        AffectedSlot(
            day=losses.snapshot.period.day(block),
            half=losses.snapshot.period.half(block),
            service=service,
            missing=missing,
        )
        for block, service, missing in short[:MOST_SLOTS]
    )
    services: Counter[str] = Counter()
    for _, service, missing in short:
        services[service] += missing
    return PersonImpact(person=label, services=dict(services.most_common()), slots=slots)


def affected(losses: Losses, person: int) -> list[tuple[int, str, int]]:
    """(half-day, service, missing) of everything that stays short without the person, ascending."""
    snapshot, supervisors = losses.snapshot, losses.supervisors
    posts = vacated_posts(snapshot, losses.reassignment, person)
    short = [(block, snapshot.post_label(post), 1) for block, post in posts]
    rows = supervisors.person == person
    for cell, missing in zip(
        supervisors.cell[rows].tolist(), supervisors.row_loss[rows].tolist(), strict=True
    ):
        if missing > 0:
            short.append(
                (
                    cell % supervisors.blocks,
                    supervision_label(snapshot, cell // supervisors.blocks),
                    missing,
                )
            )
    return sorted(short)


def supervision_label(snapshot: Snapshot, location: int) -> str:
    """How people name the supervision that residents need in a location."""
    return f"Supervision in {snapshot.locations[location]}"
