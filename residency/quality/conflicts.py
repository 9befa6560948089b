"""Everything in a schedule that contradicts absences, the service's needs, rest or other commitments."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from residency.acgme.rules import RuleSet, rule_set
from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import ConflictType
from residency.quality.conflicts_call import CallBook, call_in_recovery, call_under_leave, call_while_offsite
from residency.quality.conflicts_cascade import Limits, call_without_taker
from residency.quality.conflicts_coverage import (
    attendings_missing,
    crowds_away,
    skills_lost,
    slots_left_short,
)
from residency.quality.conflicts_leave import (
    assignments_under_leave,
    commitments_elsewhere,
    inpatient_weeks_under_leave,
    work_in_recovery,
)
from residency.quality.conflicts_results import Conflict, reading_order
from residency.quality.conflicts_scene import Scene
from residency.quality.conflicts_weeks import weeks_alternating, weeks_too_close

SITE_CAP = 0.25
"""The share of a cohort that may be away at once."""


def detect_conflicts(
    program: Program,
    snapshot: Snapshot,
    period: Period,
    *,
    types: Collection[ConflictType] | None = None,
    cap: float = SITE_CAP,
    rules: RuleSet | None = None,
    covered: Sequence[Period] = (),
) -> tuple[Conflict, ...]:
    """All conflicts of a period, gravest first.

    Only effective absences (approved, confirmed) make conflicts, and every one of them blocks. What the
    stored data does not say is not guessed:

    - No assignment is marked as FMIT. Leave overlaps an inpatient week where an attending is assigned to any
      inpatient service in it; the weeks that may be too close together are those in which somebody holds one
      inpatient service on at least four of seven days.
    - Nobody is marked as taking call. Whoever holds call of that kind in the schedule, and is of the same
      type, could take another's.
    - Of commitments elsewhere only the type of an absence is known, and whether a service is offsite.
    - Swaps, preferences and travel are not known at all.

    Args:
        program: the facts, with at least the days of the snapshot; more days around them show more of the
            inpatient weeks and of the windows of the duty-hours rules.
        snapshot: of the same program, with a row for each of its people and services in the same order.
        period: the days looked at; days outside the snapshot are not.
        types: which conflicts are wanted; None for all.
        cap: the share of a cohort that may be away at once, above 0 and at most 1.
        rules: the duty-hours rules that whoever takes over call must keep; the default rule set when None.
        covered: the days on which having no duty is a fact and not a gap in the data, as for
            :func:`residency.acgme.schedule.duty_record`.

    Raises:
        InvalidInputError: if the cap is no such share.
    """
    wanted = frozenset(ConflictType if types is None else types)
    scene = Scene.of(program, snapshot, period)
    limits = Limits(program, snapshot.period, rules or rule_set(), covered)
    return tuple(sorted(_all(scene, limits, wanted, cap), key=reading_order))


def _all(scene: Scene, limits: Limits, wanted: frozenset[ConflictType], cap: float) -> Iterator[Conflict]:
    """The conflicts of every kind that is wanted."""
    book = CallBook(scene)
    searches: tuple[tuple[ConflictType, Callable[[], Iterable[Conflict]]], ...] = (
        (ConflictType.LEAVE_FMIT_OVERLAP, lambda: inpatient_weeks_under_leave(scene)),
        (ConflictType.LEAVE_CALL_OVERLAP, lambda: call_under_leave(scene, book)),
        (ConflictType.LEAVE_ASSIGNMENT_OVERLAP, lambda: assignments_under_leave(scene)),
        (ConflictType.COVERAGE_GAP, lambda: slots_left_short(scene)),
        (ConflictType.SUPERVISION_DEFICIT, lambda: attendings_missing(scene)),
        (ConflictType.SOLE_PROVIDER_LOSS, lambda: skills_lost(scene)),
        (ConflictType.SIMULTANEOUS_LEAVE, lambda: crowds_away(scene, cap)),
        (ConflictType.BACK_TO_BACK, lambda: weeks_too_close(scene)),
        (ConflictType.EXCESSIVE_ALTERNATING, lambda: weeks_alternating(scene)),
        (ConflictType.CALL_CASCADE, lambda: call_without_taker(scene, book, limits)),
        (ConflictType.RECOVERY_VIOLATION, lambda: work_in_recovery(scene)),
        (ConflictType.RECOVERY_VIOLATION, lambda: call_in_recovery(scene, book)),
        (ConflictType.EXTERNAL_COMMITMENT, lambda: commitments_elsewhere(scene)),
        (ConflictType.EXTERNAL_COMMITMENT, lambda: call_while_offsite(scene, book)),
    )
    for kind, search in searches:
        if kind in wanted:
            yield from search()
