"""Findings are told with their decision, plan and logs stay apart, missing data never counts as passed."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.acgme.findings import Checks, Force, NotJudged, Severity, Verdict
from residency.acgme.record import Basis
from residency.quality.results import StatusLabel
from residency.reports.compliance import verdict_sentence
from residency.reports.compliance_body import FindingStatus
from residency.reports.compliance_judged import Decision, status_of

DECIDED = date(2026, 11, 19)


def decision(found, status=FindingStatus.JUSTIFIED, reason="a patient in danger"):
    return {found.key: Decision(status, reason, DECIDED, found.arithmetic)}


@given(made=st.integers(0, 50), share=st.floats(0, 1))
def test_the_status_follows_from_checks_made_and_failed(made, share):
    failed = int(made * share)
    status = status_of(Checks({Severity.HIGH: made}, {Severity.HIGH: failed}))
    if not made:
        assert status is StatusLabel.NO_DATA
    elif not failed:
        assert status is StatusLabel.GOOD
    else:
        assert status is (StatusLabel.WARNING if 10 * failed <= made else StatusLabel.CRITICAL)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (FindingStatus.JUSTIFIED, "2 violations: 1 open, 1 justified."),
        (FindingStatus.FALSE_POSITIVE, "2 violations: 1 open, 1 marked as false positive."),
    ],
)
def test_a_decided_finding_is_shown_with_its_reason_and_not_counted_as_open(
    finding, judgement, report, status, told
):
    found, other = finding(), finding(person="r2")
    body = report(judgement(Basis.PLANNED, [found, other]), decisions=decision(found, status))
    section = body.planned
    line, open_line = section.findings
    assert (line.status, line.reason, line.decided_on) == (status, "a patient in danger", DECIDED)
    assert (open_line.status, open_line.reason, open_line.decided_on) == ("open", "", None)
    assert section.headline == told
    assert (section.violations.total, section.violations.open) == (2, 1)
    assert section.violations.justified + section.violations.false_positive == 1
    (rule,) = [rule for rule in section.rules if rule.rule == "HOURS_80"]
    assert (rule.violations, rule.open, rule.justified + rule.false_positive) == (2, 1, 1)
    assert section.failed == 2


def test_a_decision_on_other_arithmetic_holds_no_longer(finding, judgement, report):
    found = finding()
    before = decision(finding(arithmetic="336 h / 4 = 84"))
    (line,) = report(judgement(Basis.PLANNED, [found]), decisions=before).planned.findings
    assert (line.status, line.reason) == ("open", "")


def test_plan_and_logged_hours_are_never_in_one_figure(finding, judgement, report):
    planned = judgement(Basis.PLANNED, [finding()], checked=30)
    logged = judgement(
        Basis.LOGGED, [finding(basis=Basis.LOGGED, person=p) for p in ("r1", "r2")], checked=40
    )
    body = report(planned, logged, decisions=decision(planned.findings[0]))
    assert (body.planned.checks, body.logged.checks) == (30, 40)
    assert (body.planned.violations.total, body.logged.violations.total) == (1, 2)
    assert (body.planned.violations.justified, body.logged.violations.justified) == (1, 0)
    alone = report(planned, None, decisions=decision(planned.findings[0]))
    assert alone.planned == body.planned
    assert alone.logged is None
    assert report(None, logged).logged == body.logged
    assert (
        verdict_sentence(body)
        == "Plan: 1 violation: 0 open, 1 justified. Logged hours: 2 violations: 2 open."
    )
    assert verdict_sentence(report()) == "Nothing could be judged."


def test_early_warnings_and_notes_stand_apart_and_change_no_figure(full):
    planned, logged = full().planned, full().logged
    assert [line.verdict for line in planned.early_warnings] == [Verdict.EARLY_WARNING]
    told = [(note.person, note.when, note.text) for note in logged.notes]
    assert told == [
        ("resident-001", "Sat 14 Nov 2026 09:00", "4 h of work on leave"),
        ("", "", "of nobody"),
    ]
    assert planned.violations.total == 2
    assert all(
        line.verdict in (Verdict.VIOLATION, Verdict.WARNING) for line in planned.findings + logged.findings
    )
    assert "1 early warning from rolling averages, which change no verdict." in planned.sentences


def test_windows_without_data_are_listed_once_and_never_a_pass(judgement, report):
    missing = [NotJudged(rule, "r1", "2026-10-22", "no hours") for rule in ("CALL_Q3", "HOURS_80")]
    section = report(judgement(Basis.LOGGED, not_judged=missing)).planned
    (line,) = section.not_judged
    assert (line.person, line.rules) == ("resident-001", ("HOURS_80", "CALL_Q3"))
    assert "1 window could not be judged for want of data and is not counted as passed." in section.sentences
    assert {rule.rule: rule.not_judged for rule in section.rules} == {
        "HOURS_80": 1,
        "FREE_DAY": 0,
        "CALL_Q3": 1,
    }
    nothing = report(
        judgement(Basis.LOGGED, checked=0, not_judged=[*missing, NotJudged("REST_8", "r2", "x", "y")])
    )
    assert nothing.planned.status is StatusLabel.NO_DATA
    assert nothing.planned.headline == "Nothing could be judged in this period; that is not a pass."
    assert "2 windows could not be judged for want of data and are not counted as passed." in (
        nothing.planned.sentences
    )
    assert nothing.trend.current.planned is None


def test_the_verdict_says_how_many_checks_passed(finding, judgement, report):
    clean = report(judgement(Basis.PLANNED)).planned
    assert (clean.headline, clean.sentences) == ("No violation was found.", ("All 20 checks passed.",))
    assert report(judgement(Basis.PLANNED, checked=1)).planned.sentences == ("The one check passed.",)
    broken = report(judgement(Basis.PLANNED, [finding()], checked=2000)).planned
    assert broken.sentences == ("1999 of 2000 checks passed (99.9 %).",)


def test_the_gravest_comes_first_and_words_stand_beside_figures(full):
    planned, logged = full().planned, full().logged
    assert [line.rule for line in planned.findings] == ["HOURS_80", "SUPERVISION"]
    assert (planned.findings[1].place, planned.findings[1].person) == ("Clinic", "")
    assert planned.findings[1].measure == "1 attending, needed 2"
    assert planned.early_warnings[0].measure == "76 h a week, mark 75"
    assert planned.findings[0].window == "Thu 22 Oct to Wed 18 Nov 2026"
    assert logged.findings[0].measure == "80.0001 h a week, limit 80"
    assert logged.findings[1].window == "Sat 14 Nov 2026 22:30 to Sun 15 Nov 06:00"


def test_every_rule_has_its_reference_and_an_unknown_one_goes_by_its_id(full):
    rules = {rule.rule: rule for rule in (*full().planned.rules, *full().logged.rules)}
    assert (rules["HOURS_80"].reference, rules["HOURS_80"].force) == ("VI.F.1", "must")
    assert (rules["SUPERVISION"].reference, rules["SUPERVISION"].force) == ("42 CFR 415.174", "must")
    assert rules["HOURS_80"].title == "80 hours a week, averaged"


def test_a_rule_without_words_is_a_local_one(finding, judgement, report):
    found = finding(rule="LOCAL_NEW", force=Force.SHOULD)
    section = report(judgement(Basis.PLANNED, [found])).planned
    (line,) = section.findings
    assert (line.title, line.topic) == ("LOCAL_NEW", "local")
    assert [(rule.reference, rule.force) for rule in section.rules if rule.rule == "LOCAL_NEW"] == [("", "")]
    assert "1 warning, 1 open." in section.sentences


def test_what_locked_assignments_alone_cause_is_marked(finding, judgement, report):
    found, other = finding(), finding(person="r2")
    body = report(judgement(Basis.PLANNED, [found, other]), fixed_only={found.key})
    assert [line.fixed_only for line in body.planned.findings] == [True, False]


def test_caveats_say_what_is_missing_and_what_came_too_early(judgement, report):
    early = report(judgement(Basis.PLANNED), made_at=datetime(2026, 11, 20, 9, 59, tzinfo=UTC))
    assert any("before its period was over" in caveat for caveat in early.caveats)
    assert any("No hours are logged" in caveat for caveat in early.caveats)
    late = report(
        None, judgement(Basis.LOGGED), made_at=datetime(2026, 11, 20, 10, tzinfo=UTC), caveats=["As told."]
    )
    assert late.caveats == (
        "As told.",
        "No published schedule covers the period, so the plan was not judged.",
    )
