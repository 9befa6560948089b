"""N-1 and N-2 contingency analysis: what the loss of every person and every pair would do to the schedule."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from residency.errors import InvalidInputError
from residency.program.snapshot import Snapshot
from residency.resilience.caveats import caveats
from residency.resilience.impacts import person_impact
from residency.resilience.losses import Losses, pair_losses, single_losses
from residency.resilience.pair_table import PairTable
from residency.resilience.phase_transition import PhaseInputs, phase_indicators, phase_risk
from residency.resilience.recommendations import Findings, recommend
from residency.resilience.results import (
    BaseShortfall,
    ContingencyReport,
    PersonLoss,
    Severity,
)

Who = Literal["faculty", "all"]
HIGH_ABOVE_SLOTS = 5
"""An assigned gap above this makes a person's loss high rather than medium."""

MOST_IMPACTS = 5
_SEVERITIES = tuple(Severity)
_SOLVING_SHARE = 0.8  # of the progress told: solving the half-days takes most of the time


def analyze(
    snapshot: Snapshot,
    *,
    who: Who | None = None,
    labels: Sequence[str] | None = None,
    phase: PhaseInputs = PhaseInputs(),  # noqa: B008 - an immutable value
    progress: Callable[[float], None] | None = None,
) -> ContingencyReport:
    """Judge every single loss and every pair of losses exactly.

    Slots are the units of ``snapshot.demand``. Three numbers are given for each loss S, each as an increase
    over the base: *assigned_gap*, slots short when S's counted assignments vanish and nobody moves;
    *reassigned_gap*, slots short after the best reassignment of everybody else (eligible, available, one slot
    per half-day); *supervision_deficit*, attendings missing against ceil(units / 4) per location and half-day
    (signed: a lost resident takes units away). *sole_provider_slots* counts the (post, half-day) that require
    somebody and have the person as only counted assignee.

    Severity is critical when the reassigned gap or the supervision deficit is above 0, high when the assigned
    gap is above 5, medium when it is above 0, else none; N-1 passes without a critical person. A pair is
    fatal when its reassigned gap or supervision deficit is above 0; N-2 passes without a fatal pair. A
    joint-only pair is a fatal pair of two people of whom neither is critical.

    Args:
        snapshot: the program over the period.
        who: "faculty": singles and pairs of faculty; "all": singles and pairs of residents and faculty;
            None: singles of residents and faculty, pairs of faculty. Learners never count as cover and are
            left out.
        labels: what people are called in the report, one for each of ``snapshot.person_ids``, which is the
            default.
        phase: what phase-transition indicators need from outside the period.
        progress: told the share of the work done, 0..1.

    Raises:
        InvalidInputError: if there is not one label for each person.
    """
    labels = snapshot.person_ids if labels is None else labels
    if len(labels) != snapshot.people:
        raise InvalidInputError("labels", len(labels), f"{snapshot.people}, one for each person")
    tell = progress if progress is not None else _untold
    tell(0.0)
    rank = _rank(labels)
    singles, paired = _analysed(snapshot, who)
    losses = single_losses(snapshot, lambda share: tell(_SOLVING_SHARE * share))
    pairs = pair_losses(losses, paired, rank)
    tell(_SOLVING_SHARE)
    ranked = _ranked(losses, singles, rank)
    n1 = tuple(_person_loss(losses, person, labels) for person in ranked)
    n2 = PairTable(tuple(labels), pairs.a, pairs.b, pairs.numbers)
    indicators = phase_indicators(snapshot, phase)
    risk = phase_risk(indicators)
    critical = [person for person in ranked if losses.critical[person]]
    report = ContingencyReport(
        period_start=snapshot.period.start,
        period_end=snapshot.period.end,
        who=who,
        input_hash=snapshot.input_hash,
        people_analysed=len(singles),
        pairs_analysed=len(paired) * (len(paired) - 1) // 2,
        base=BaseShortfall(
            assigned_only=losses.vacancies.base, after_reassignment=int(losses.reassignment.shortage.sum())
        ),
        base_supervision_deficit=int(losses.supervisors.base.sum()),
        n1=n1,
        n2=n2,
        n1_pass=not critical,
        n2_pass=not bool(pairs.fatal.any()),
        joint_only_pairs=n2.where(pairs.joint_only),
        phase_risk=risk,
        phase_indicators=indicators,
        impacts=tuple(person_impact(losses, person, labels[person]) for person in critical[:MOST_IMPACTS]),
        recommendations=recommend(Findings(losses, pairs, labels, ranked, rank, risk, indicators)),
        warnings=caveats(snapshot, labels),
    )
    tell(1.0)
    return report


def _untold(_share: float) -> None:
    """Nobody asked for progress."""


def _rank(labels: Sequence[str]) -> NDArray[np.intp]:
    """The place of every person when people are ordered by label."""
    rank = np.empty(len(labels), np.intp)
    rank[sorted(range(len(labels)), key=lambda person: labels[person])] = np.arange(len(labels))
    return rank


def _analysed(snapshot: Snapshot, who: Who | None) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Whose single losses and whose pairs are analysed, ascending."""
    faculty = np.flatnonzero(snapshot.is_faculty)
    everybody = np.flatnonzero(snapshot.is_faculty | snapshot.is_resident)
    singles = faculty if who == "faculty" else everybody
    return singles, everybody if who == "all" else faculty


def _severity(losses: Losses, person: int) -> Severity:
    if losses.critical[person]:
        return Severity.CRITICAL
    if losses.assigned[person] > HIGH_ABOVE_SLOTS:
        return Severity.HIGH
    return Severity.MEDIUM if losses.assigned[person] > 0 else Severity.NONE


def _ranked(losses: Losses, people: NDArray[np.intp], rank: NDArray[np.intp]) -> list[int]:
    """People worst first: severity, reassigned, supervision, assigned, then label."""
    return sorted(
        people.tolist(),
        key=lambda person: (
            _SEVERITIES.index(_severity(losses, person)),
            -int(losses.reassigned[person]),
            -int(losses.supervision[person]),
            -int(losses.assigned[person]),
            int(rank[person]),
        ),
    )


def _person_loss(losses: Losses, person: int, labels: Sequence[str]) -> PersonLoss:
    return PersonLoss(
        person=labels[person],
        assigned_gap=int(losses.assigned[person]),
        reassigned_gap=int(losses.reassigned[person]),
        supervision_deficit=int(losses.supervision[person]),
        sole_provider_slots=int(losses.vacancies.sole[person]),
        severity=_severity(losses, person),
    )
