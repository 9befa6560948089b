"""The pages of a validation and of conflicts: verdict first, nothing hidden, foreign text inert."""

from datetime import date
from uuid import uuid4

import pytest

from residency.acgme.findings import Force, Severity, Verdict
from residency.acgme.record import Basis
from residency.program.vocabulary import ConflictSeverity, ConflictType, Half
from residency.quality.schedule_validation import (
    FoundConflicts,
    IncompleteWindow,
    ScheduleValidation,
    ToldConflict,
    ToldFinding,
)
from residency.reports.validation_page import (
    CONFLICT_WORDS,
    conflict_counts,
    conflict_sentence,
    render_conflicts,
    render_validation,
    validation_sentences,
)

START, END = date(2026, 9, 4), date(2026, 10, 2)


def finding(**changes):
    values = {
        "id": None,
        "rule": "HOURS_80",
        "rule_set": "acgme-2017",
        "force": Force.MUST,
        "severity": Severity.CRITICAL,
        "verdict": Verdict.VIOLATION,
        "basis": Basis.PLANNED,
        "person": "R-1",
        "place": "",
        "pgy": 2,
        "window_start": "2026-09-04",
        "window_end": "2026-10-02",
        "value": 84.0,
        "limit": 80.0,
        "unit": "h/week",
        "arithmetic": "336 h / 4 = 84",
        "leave_half_days": 0,
        "exception": "",
        "intervals": (),
        "fixed_only": False,
        "overridden": None,
    }
    return ToldFinding(**{**values, **changes})


def validation(*findings, **changes):
    broken = [each for each in findings if each.verdict is Verdict.VIOLATION]
    overridden = sum(each.overridden is not None for each in broken)
    values = {
        "version_ids": (uuid4(),),
        "start": START,
        "end": END,
        "rule_set": "acgme-2017",
        "publishable": overridden == len(broken),
        "violations": len(broken),
        "overridden": overridden,
        "warnings": len(findings) - len(broken),
        "checks": 200,
        "compliance": 0.995,
        "weighted": 1.0,
        "findings": findings,
        "incomplete": (),
        "conflicts": None,
        "caveat": None,
    }
    return ScheduleValidation(**{**values, **changes})


def conflict(kind=ConflictType.COVERAGE_GAP, severity=ConflictSeverity.WARNING, person="R-1", **changes):
    values = {
        "grade": None,
        "absence_start": START,
        "absence_end": START,
        "week_start": None,
        "day": START,
        "half": Half.AM,
        "subject": "Clinic",
        "description": f"{person} is away.",
        "fingerprint": "0" * 64,
    }
    return ToldConflict(type=kind, severity=severity, person=person, **{**values, **changes})


def test_a_clean_schedule_says_so_and_never_rounds_up():
    assert validation_sentences(validation()) == [
        "Nothing stands against publishing: no violation of acgme-2017 (Fri 4 Sep to Thu 1 Oct 2026).",
        "Compliance 99 %, weighted by severity 100 %, of 200 checks.",
    ]
    assert "## " not in render_validation(validation())


def test_violations_are_counted_with_those_overridden():
    refused = validation(finding(), finding(rule="FREE_DAY"))
    assert validation_sentences(refused)[0].startswith("It cannot be published: 2 violations of acgme-2017 (")
    partly = validation(finding(), finding(rule="FREE_DAY", overridden="agreed"))
    assert "2 violations of acgme-2017, 1 of them not overridden" in validation_sentences(partly)[0]
    passed = validation(finding(overridden="agreed"))
    assert validation_sentences(passed)[0].startswith("It can be published: 1 violation of acgme-2017, all")


@pytest.mark.parametrize("missing", [{"compliance": None}, {"weighted": None}])
def test_without_any_check_there_is_no_compliance(missing):
    assert validation_sentences(validation(**missing))[1].startswith("Nothing could be checked")


def test_everything_that_limits_the_verdict_is_told():
    window = IncompleteWindow(rule="HOURS_80", person="R-9", window_start="2026-09-04", reason="no data")
    whole = window.model_copy(update={"window_start": ""})
    result = validation(
        finding(),
        finding(rule="REST_8", verdict=Verdict.WARNING, person="", place="east|clinic"),
        incomplete=(window, whole),
        conflicts=(conflict(),),
        caveat="3 days are not judged",
    )
    said = validation_sentences(result)
    assert "1 warning besides." in said
    assert "2 windows could not be judged for want of data." in said
    assert said[-1] == "3 days are not judged."
    page = render_validation(result)
    assert page.startswith("# Validation of a schedule\n\n**It cannot be published: 1 violation")
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles == [
        "## Violations",
        "## Warnings and early warnings",
        "## Not judged for want of data, which is no pass",
        "## Conflicts",
    ]
    assert "east\\|clinic" in page
    assert "HOURS\\_80, R-9 from 2026-09-04: no data" in page
    assert "HOURS\\_80, R-9: no data" in page


def test_long_lists_are_cut_and_counted():
    many = [finding(window_start=f"2026-09-{day:02}") for day in range(1, 31)] * 2
    window = IncompleteWindow(rule="HOURS_80", person="R-1", window_start="", reason="none")
    page = render_validation(validation(*many, incomplete=(window,) * 53))
    assert "And 10 more." in page
    assert "And 3 more." in page


def test_every_kind_of_conflict_has_words():
    assert set(CONFLICT_WORDS) == set(ConflictType)


def found(*conflicts, caveat=None):
    return FoundConflicts(version_ids=(), start=START, end=END, conflicts=conflicts, caveat=caveat)


def test_conflicts_are_counted_gravest_and_most_first():
    call = conflict(ConflictType.LEAVE_CALL_OVERLAP, ConflictSeverity.CRITICAL)
    gap, leave = conflict(), conflict(ConflictType.LEAVE_ASSIGNMENT_OVERLAP)
    assert conflict_counts([gap, leave, leave, call]) == [
        "1 critical (leave and call)",
        "2 warning (leave and other work)",
        "1 warning (slot short of people)",
    ]
    assert conflict_sentence(found(gap, call)).startswith("2 conflicts in the schedule, 1 of them critical (")
    assert conflict_sentence(found(gap)).startswith("1 conflict in the schedule, none of them critical (")
    assert conflict_sentence(found()).startswith("No conflict is in the schedule (")


def test_half_days_of_one_absence_are_one_row():
    first, second = conflict(), conflict(half=Half.PM, description="R-1 is away in the afternoon.")
    other = conflict(person="R-2", description="R-2 [is](http://x) away.")
    page = render_conflicts(found(first, second, other, caveat="2 days are not looked at"))
    assert "| warning | slot short of people | R-1 | 2 | R-1 is away. |" in page
    assert "afternoon" not in page
    assert "R-2 \\[is\\](http\\://x) away." in page
    assert "2 days are not looked at." in page
    assert page.startswith("# Conflicts\n\n**3 conflicts in the schedule")


def test_no_conflict_makes_a_page_without_a_table():
    assert "|" not in render_conflicts(found())
    many = [conflict(person=f"R-{number}") for number in range(51)]
    assert "And 1 more." in render_conflicts(found(*many))
