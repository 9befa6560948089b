"""Many variants at once against one program built for each, judged and measured by itself."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from residency.acgme.engine import judge
from residency.acgme.findings import Verdict
from residency.acgme.record import Basis
from residency.acgme.rules import rule_set
from residency.acgme.schedule import duty_record
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.records import Assignments
from residency.quality.metrics import program_hours
from residency.scheduling.absence_case import AbsenceCase
from residency.scheduling.bench import Bench, Offer
from residency.scheduling.openings import CallOpening, openings
from residency.scheduling.variants import effects

START = date(2026, 11, 10)
RULES = rule_set()


def changed(case, variant):
    """The whole program with one variant's change in it."""
    program, start = case.away, case.scope.start
    rows, days = program.assignments, program.assignments.day
    gone = np.zeros(len(rows), np.bool_)
    for block in variant.gives_up:
        at = np.datetime64(start + timedelta(days=block // 2))
        gone |= (rows.person == variant.person) & (days == at) & (rows.half == block % 2)
    kept = rows.take(~gone)
    if variant.takes is not None:
        block, service, role = variant.takes
        at = np.array([np.datetime64(start + timedelta(days=block // 2))])
        one = np.zeros(1, np.int8)
        new = Assignments(
            np.array([variant.person], np.int32),
            np.array([service], np.int32),
            at,
            one + np.int8(block % 2),
            one + np.int8(role),
            one,
            one.astype(np.bool_),
        )
        kept = Assignments.joined([kept, new])
    who = program.people[variant.person].id
    more = (replace(variant.shift, person=who),) if variant.shift else ()
    return replace(program, assignments=kept, call_shifts=(*program.call_shifts, *more))


def grave(case, program, person):
    """What is found of one person, by rule and window, with how far it is from its limit."""
    span = Period(case.scope.start, case.scope.end + timedelta(days=31))
    record = duty_record(program, span, Basis.PLANNED, RULES, covered=case.covered)
    return {
        (each.rule, each.force, each.window_start): abs(each.value - each.limit)
        for each in judge(record, RULES).findings
        if each.person == person and each.verdict in (Verdict.VIOLATION, Verdict.WARNING)
    }


@pytest.fixture(scope="module")
def cases():
    program = sample_program(people=29, days=90, seed=3, start=START, timezone="America/Chicago")
    covered = [Period(START, START + timedelta(days=90))]
    # Eleven hours of clinic on end make rules break now and then.
    longer = tuple(replace(each, hours_am=9.0, hours_pm=9.0) for each in program.services)
    days = START + timedelta(days=33), START + timedelta(days=40)
    who = [person.id for person in program.people if person.id in {"R01", "R05", "R11", "F03", "F09"}]
    return [
        AbsenceCase.of(each, person, days, RULES, covered)
        for each in (program, replace(program, services=longer))
        for person in who
    ]


def test_each_variant_is_what_it_would_be_alone(cases):
    seen = Counter()
    for case in cases:
        bench = Bench(case)
        offers = [
            answer
            for opening in openings(case)
            for answer in (
                bench.for_call(opening.shift) if isinstance(opening, CallOpening) else bench.for_slot(opening)
            )
            if isinstance(answer, Offer)
        ]
        chosen = [offer.variant for offer in offers[:: max(1, len(offers) // 7)]]
        for variant, effect in zip(chosen, effects(case, chosen), strict=True):
            who, program = case.away.people[variant.person], changed(case, variant)
            before, after = grave(case, case.away, who.id), grave(case, program, who.id)
            worse = {key for key, excess in after.items() if excess > before.get(key, -1.0)}
            told = {
                (each.rule, each.force, each.window_start) for each in (*effect.violations, *effect.warnings)
            }
            assert told == worse
            hours = [program_hours(each, case.window).hours[variant.person] for each in (case.away, program)]
            assert [effect.hours_before, effect.hours_after] == pytest.approx(hours)
            seen["violations"] += bool(effect.violations)
            seen["warnings"] += bool(effect.warnings)
            seen["neither"] += not told
            seen["gives up"] += bool(variant.gives_up)
            seen["call"] += variant.shift is not None
    assert all(seen[what] for what in ("violations", "neither", "gives up", "call")), seen
