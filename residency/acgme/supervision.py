"""Supervision of residents by half-day and place: ceil(units / 4) supervising faculty have to be assigned."""

from zoneinfo import ZoneInfo

import numpy as np

from residency.acgme.findings import SUPERVISION, Checks, Finding, Force, RuleTally, Severity
from residency.acgme.outcome import number
from residency.acgme.record import Basis
from residency.acgme.timeline import Timeline, day_number
from residency.program.availability import block_starts
from residency.program.snapshot import UNITS_PER_ATTENDING, Snapshot

_HALF_DAY_MINUTES = 6 * 60


def judge_supervision(snapshot: Snapshot, rule_set: str) -> tuple[tuple[Finding, ...], RuleTally, Checks]:
    """Every supervised half-day and place of a planned schedule (42 CFR 415.174 and the site's policy).

    A PGY-1 brings 2 units, every other resident 1, a procedure 4 more; they are added before rounding. Units
    and supervising faculty are the snapshot's.
    """
    required, present = snapshot.supervision_required, snapshot.supervisors
    supervised = required > 0
    period = snapshot.period
    line = Timeline(ZoneInfo(snapshot.timezone), day_number(period.start), day_number(period.end))
    starts = block_starts(period, snapshot.timezone)
    places, blocks = np.nonzero(supervised & (present < required))
    findings = tuple(
        _finding(snapshot, rule_set, line, place, block, int(starts[block]))
        for place, block in zip(places.tolist(), blocks.tolist(), strict=True)
    )
    checked = int(supervised.sum())
    made, failed = dict.fromkeys(Severity, 0), dict.fromkeys(Severity, 0)
    made[Severity.CRITICAL], failed[Severity.CRITICAL] = checked, len(findings)
    return findings, RuleTally(checked, len(findings)), Checks(made, failed)


def _finding(
    snapshot: Snapshot, rule_set: str, line: Timeline, place: int, block: int, start: int
) -> Finding:
    units = int(snapshot.supervision_units[place, block])
    required = int(snapshot.supervision_required[place, block])
    present = int(snapshot.supervisors[place, block])
    share = number(units / UNITS_PER_ATTENDING)
    text = (
        f"{units} units / {UNITS_PER_ATTENDING} = {share}, rounded up {required} supervising faculty; "
        f"{present} assigned on {snapshot.period.label(block)}"
    )
    return Finding(
        rule=SUPERVISION,
        rule_set=rule_set,
        force=Force.MUST,
        severity=Severity.CRITICAL,
        basis=Basis.PLANNED,
        person="",
        place=snapshot.locations[place],
        window_start=line.local(start),
        window_end=line.local(start + _HALF_DAY_MINUTES),
        value=float(present),
        limit=float(required),
        unit="faculty",
        arithmetic=text,
    )
