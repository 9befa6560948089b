"""Duty hours in sentences."""

from datetime import date

import numpy as np

from residency.acgme.engine import judge
from residency.acgme.findings import Note, NotJudged, Verdict
from residency.acgme.kinds import DutyKind
from residency.acgme.record import Duties, DutyRecord
from residency.acgme.rules import rule_set
from residency.acgme.timeline import day_number
from residency.reports.duty_sentences import (
    finding_sentence,
    judgement_sentence,
    not_judged_sentence,
    note_sentence,
)


def judgement(days, hours, people=("A",), every=1):
    """Duty of so many hours from 07:00 on each day from a Monday on."""
    start = (day_number(date(2026, 3, 2)) + every * np.arange(days)) * 24 * 60 + 7 * 60
    duties = Duties.of([0] * days, start.tolist(), (start + 60 * hours).tolist(), [DutyKind.DUTY] * days)
    return judge(DutyRecord("UTC", people, duties), rule_set())


def test_a_record_that_keeps_the_rules():
    assert judgement_sentence(judgement(28, 8), "UTC") == (
        "Duty of 1 person, judged by acgme-2017 (UTC days): "
        "1 violation of binding rules; 0 warnings and 0 early warnings."
    )
    assert judgement_sentence(judgement(26, 8, every=2), "UTC").endswith(
        "no binding rule is broken; 0 warnings and 0 early warnings."
    )


def test_what_cannot_be_judged_is_no_pass():
    found = judgement(3, 8)
    assert "no binding rule is broken as far as the data go" in judgement_sentence(found, "UTC")
    sentence = not_judged_sentence(
        (*found.not_applicable, NotJudged("FREE_DAY", "B", "", "no countable day"))
    )
    assert sentence == (
        "Not judged, which is no pass: 2 x not enough data to judge: "
        "10 or more days in a row have neither duty nor leave; 1 x no countable day."
    )


def test_violations_are_told_before_warnings_and_graver_rules_first():
    found = judgement(28, 17)
    verdicts = [finding.verdict for finding in found.gravest]
    assert verdicts == sorted(verdicts, key=list(Verdict).index)
    assert [finding.rule for finding in found.gravest[:2]] == ["HOURS_80", "FREE_DAY"]
    assert finding_sentence(found.gravest[0]) == (
        "Violation HOURS_80, A, 2026-03-02: 476 h in 28 days; 476 h / (28 / 7) = 119 h a week; "
        "the limit is 80"
    )
    assert finding_sentence(found.gravest[-1]).startswith("Early warning HOURS_80, A")
    assert any(finding_sentence(finding).startswith("Warning REST_8, A") for finding in found.gravest)


def test_notes_name_person_and_time_where_they_have_them():
    assert note_sentence(Note("A", "2026-03-02", "x")) == "A, 2026-03-02: x"
    assert note_sentence(Note("A", "", "x")) == "A: x"
    assert note_sentence(Note("", "", "of nobody")) == "of nobody"
