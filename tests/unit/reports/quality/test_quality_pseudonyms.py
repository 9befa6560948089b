"""Pages of the measures made from a real program show pseudonyms and never a name, an id or an address."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from residency.acgme.record import Basis
from residency.acgme.rules import rule_set
from residency.acgme.schedule import judge_schedule
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.snapshot import Snapshot
from residency.quality.diff import ComparedVersion, compute_version_diff
from residency.quality.metrics import compute_metrics
from residency.quality.rebalancing import rebalancing_moves
from residency.quality.rows import PreviousSchedule, VersionRows
from residency.quality.stability import ChangeDates
from residency.quality.trend import DayFairness, fairness_trend, weekly_fairness
from residency.reports.diff_page import render_diff
from residency.reports.fairness_page import render_fairness
from residency.reports.fairness_picture import fairness_picture
from residency.reports.scorecard_page import render_scorecard
from residency.reports.trend_page import render_trend

START = date(2026, 3, 2)
MONTH = Period.horizon(START, 28)


def disguised():
    """A sample program whose people have ids, names and addresses that no page may show."""
    program = sample_program(30, 60, 3, START, "UTC")
    secret = {person.id: f"id-{number:04}-secret" for number, person in enumerate(program.people)}
    people = tuple(
        replace(
            person,
            id=secret[person.id],
            name=f"Zebulon {person.id}",
            email="z@quark.example",
            pseudonym=f"X-{at}",
        )
        for at, person in enumerate(program.people)
    )
    return replace(
        program,
        people=people,
        pgy_levels=tuple(replace(level, person=secret[level.person]) for level in program.pgy_levels),
        call_shifts=tuple(replace(shift, person=secret[shift.person]) for shift in program.call_shifts),
        absences=tuple(replace(absence, person=secret[absence.person]) for absence in program.absences),
        users=(),
    )


def test_no_page_names_anybody(shown_at):
    new, rules = disguised(), rule_set("acgme-2017")
    rows = new.assignments
    old = replace(new, assignments=rows.take(np.arange(len(rows)) % 9 > 0))
    snapshot = Snapshot.of(new, MONTH)
    labels = dict(zip(snapshot.person_ids, snapshot.pseudonyms, strict=True))
    judged = {
        name: judge_schedule(
            program, Snapshot.of(program, MONTH), MONTH, Basis.PLANNED, rules, [MONTH]
        ).judgement
        for name, program in (("old", old), ("new", new))
    }
    metrics = compute_metrics(
        new,
        snapshot,
        judged["new"],
        previous=PreviousSchedule(VersionRows.of(old, [MONTH]), frozenset()),
        dates=ChangeDates(START),
        labels=snapshot.pseudonyms,
    )
    sides = [
        ComparedVersion(name, MONTH, program, VersionRows.of(program, [MONTH]), judged[name])
        for name, program in (("old", old), ("new", new))
    ]
    moves = rebalancing_moves(new, snapshot, rules, snapshot.pseudonyms, covered=[MONTH])
    days = [DayFairness(START - timedelta(weeks=back), 0.7) for back in range(1, 5)]
    trend = fairness_trend(weekly_fairness(days, START, 4), moves)
    pages = {
        "scorecard": render_scorecard(metrics, **shown_at),
        "fairness": render_fairness(metrics, **shown_at) + fairness_picture(metrics),
        "trend": render_trend(trend, **shown_at),
        "diff": render_diff(compute_version_diff(*sides, labels), **shown_at),
        "JSON": metrics.model_dump_json() + trend.model_dump_json(),
    }
    assert moves
    for name, page in pages.items():
        assert "X-" in page or name == "scorecard", name
        for word in ("secret", "Zebulon", "quark"):
            assert word not in page, name
