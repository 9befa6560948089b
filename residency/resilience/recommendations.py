"""What a program coordinator can do about the losses found: each step a sentence, its gain calculated."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from residency.resilience.cross_training import (
    best_backup,
    best_second_supervisor,
    best_training,
    idle,
)
from residency.resilience.losses import Losses, PairLosses
from residency.resilience.phase_transition import OWN_LOAD_PERCENT, own_load
from residency.resilience.reassignment import vacated_posts
from residency.resilience.results import PhaseIndicator, PhaseRisk, Recommendation

MOST_PEOPLE = 3
"""People that training, supervision and backups are proposed for, each."""

MOST_PAIRS = 5
_DAYS_NAMED = 5
_SERVICES_NAMED = 3
_RISKY = (PhaseRisk.HIGH, PhaseRisk.CRITICAL)


@dataclass(frozen=True, slots=True)
class Findings:
    """What the steps follow from.

    ``ranked`` holds the analysed people worst first; ``rank`` is the order of everybody's labels.
    """

    losses: Losses
    pairs: PairLosses
    labels: Sequence[str]
    ranked: Sequence[int]
    rank: NDArray[np.intp]
    risk: PhaseRisk
    indicators: Sequence[PhaseIndicator]


def recommend(findings: Findings) -> tuple[Recommendation, ...]:
    """Cross-training first, then second supervisors, days to separate, load to cut, backups to train."""
    free = idle(findings.losses.snapshot)
    return (
        *_cross_train(findings),
        *_second_supervisors(findings, free),
        *_separate_days(findings),
        *_cut_load(findings),
        *_train_backups(findings, free),
    )


def _cross_train(findings: Findings) -> list[Recommendation]:
    losses, labels = findings.losses, findings.labels
    irreplaceable = [person for person in findings.ranked if losses.reassigned[person] > 0]
    steps: list[Recommendation] = []
    for lost in irreplaceable[:MOST_PEOPLE]:
        best = best_training(losses, lost, findings.rank)
        if best is None or best.person is None:
            steps.append(_no_training(findings, lost, somebody_could=best is not None))
            continue
        name, slots = losses.snapshot.service_names[best.service], int(losses.reassigned[lost])
        saved = f"{best.gain} of the {slots} slots"
        if best.gain == slots:
            saved = "the slot" if slots == 1 else f"all {slots} slots"
        steps.append(
            Recommendation(
                kind="cross_train",
                people=(labels[best.person],),
                service=losses.snapshot.service_ids[best.service],
                days=(),
                gain=best.gain,
                sentence=f"Train {labels[best.person]} for {name}: when {labels[lost]} is away, {saved} that "
                f"nobody else can fill today would be filled.",
            )
        )
    return steps


def _no_training(findings: Findings, lost: int, *, somebody_could: bool) -> Recommendation:
    label, snapshot = findings.labels[lost], findings.losses.snapshot
    vacated = vacated_posts(snapshot, findings.losses.reassignment, lost)
    most = Counter(snapshot.post_label(post) for _, post in vacated).most_common(_SERVICES_NAMED)
    services = ", ".join(service for service, _ in most)
    why = (
        "those who could learn it are away or needed elsewhere at those times"
        if somebody_could
        else "nobody lacks only a specialty or a credential"
    )
    return Recommendation(
        kind="cross_train",
        people=(label,),
        service=None,
        days=(),
        gain=0,
        sentence=f"Nobody in the program could be trained to stand in for {label} ({services}): {why}. "
        f"Find somebody from outside, or close those half-days when {label} is away.",
    )


def _second_supervisors(findings: Findings, free: NDArray[np.bool_]) -> list[Recommendation]:
    losses, labels = findings.losses, findings.labels
    alone = [person for person in findings.ranked if losses.supervision[person] > 0]
    alone.sort(key=lambda person: -int(losses.supervision[person]))
    steps: list[Recommendation] = []
    for lost in alone[:MOST_PEOPLE]:
        second, gain = best_second_supervisor(losses, lost, free, findings.rank)
        short = _count(int(losses.supervision[lost]), "half-day")
        if second is None:
            sentence = (
                f"No other attending is free in the {short} of supervision that fall short when "
                f"{labels[lost]} is away: see fewer residents' patients then, or bring in an attending."
            )
        else:
            sentence = (
                f"Name {labels[second]} as second supervisor to {labels[lost]}: of the {short} of "
                f"supervision that fall short when {labels[lost]} is away, {labels[second]} is free in "
                f"{gain}."
            )
        people = (labels[lost],) if second is None else (labels[second], labels[lost])
        steps.append(
            Recommendation(
                kind="train_backup", people=people, service=None, days=(), gain=gain, sentence=sentence
            )
        )
    return steps


def _separate_days(findings: Findings) -> list[Recommendation]:
    """The pairs that cost most together, harmless singles first, with every date that they share."""
    pairs, labels = findings.pairs, findings.labels
    together = np.flatnonzero(pairs.fatal & (pairs.joint > 0))
    order = together[np.lexsort((together, -pairs.joint[together], ~pairs.joint_only[together]))]
    steps: list[Recommendation] = []
    for row in order[:MOST_PAIRS].tolist():
        a, b, gain = int(pairs.a[row]), int(pairs.b[row]), int(pairs.joint[row])
        days = _shared_days(findings.losses, a, b)
        alone = "either can be replaced alone" if pairs.joint_only[row] else "on top of what each costs alone"
        steps.append(
            Recommendation(
                kind="separate_days",
                people=(labels[a], labels[b]),
                service=None,
                days=days,
                gain=gain,
                sentence=f"Do not let {labels[a]} and {labels[b]} be away together on {_name_days(days)}: "
                f"{alone}, together they leave {_count(gain, 'slot')} that nobody can cover.",
            )
        )
    return steps


def _shared_days(losses: Losses, a: int, b: int) -> tuple[date, ...]:
    supervised = losses.supervisors.joint_cells(a, b) % max(losses.supervisors.blocks, 1)
    blocks = {*losses.reassignment.joint_blocks(a, b).tolist(), *supervised.tolist()}
    return tuple(sorted({losses.snapshot.period.day(block) for block in blocks}))


def _cut_load(findings: Findings) -> list[Recommendation]:
    if findings.risk not in _RISKY:
        return []
    faculty, held, present = own_load(findings.losses.snapshot)
    excess = held - OWN_LOAD_PERCENT * present // 100
    busiest = sorted(
        np.flatnonzero(100 * held > OWN_LOAD_PERCENT * present).tolist(), key=lambda i: -excess[i]
    )
    signs = "; ".join(sign.explanation for sign in findings.indicators if sign.raised)
    gain = sum(int(excess[i]) for i in busiest)
    people = tuple(findings.labels[int(faculty[i])] for i in busiest)
    where = (
        f"take {_count(gain, 'half-day')} of duty off {', '.join(people)}, so that nobody works more than "
        f"{OWN_LOAD_PERCENT} % of their half-days"
        if people
        else "put off what can wait, starting with optional education and administration"
    )
    return [
        Recommendation(
            kind="cut_load",
            people=people,
            service=None,
            days=(),
            gain=gain,
            sentence=f"Cut load now, the risk of tipping over is {findings.risk} ({signs}): {where}.",
        )
    ]


def _train_backups(findings: Findings, free: NDArray[np.bool_]) -> list[Recommendation]:
    losses, labels = findings.losses, findings.labels
    sole = sorted(findings.ranked, key=lambda person: -int(losses.vacancies.sole[person]))
    steps: list[Recommendation] = []
    for person in sole[:MOST_PEOPLE]:
        backup = best_backup(losses.snapshot, person, free, findings.rank)
        if backup is None:
            continue
        name = losses.snapshot.service_names[backup.service]
        only = f"{labels[person]} is the only one assigned to {name} in {_count(backup.slots, 'half-day')}"
        if backup.person is None:
            people, sentence = (
                (labels[person],),
                f"Find a backup for {labels[person]}: {only}, and nobody who may do it or could learn it is "
                f"free then.",
            )
        else:
            people = (labels[backup.person], labels[person])
            verb = "Train" if backup.needs_training else "Name"
            sentence = (
                f"{verb} {labels[backup.person]} as backup: {only}, and {labels[backup.person]} is free in "
                f"{backup.gain} of them."
            )
        steps.append(
            Recommendation(
                kind="train_backup",
                people=people,
                service=losses.snapshot.service_ids[backup.service],
                days=(),
                gain=backup.gain,
                sentence=sentence,
            )
        )
    return steps


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _name_days(days: Sequence[date]) -> str:
    named = ", ".join(f"{day:%a} {day.day} {day:%b}" for day in days[:_DAYS_NAMED])
    more = len(days) - _DAYS_NAMED
    return f"{named} and {_count(more, 'more day')}" if more > 0 else named
