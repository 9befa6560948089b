"""The page in the Prefect UI shows both verdicts apart, what is open, and where the files are."""

from residency.acgme.record import Basis
from residency.reports.compliance_page import ArchivedCopy, render_compliance, render_no_report

COPIES = [ArchivedCopy("pdf", "ab" * 32, "s3://bucket/reports/x.pdf")]


def test_the_page_shows_verdicts_rules_open_findings_coverage_and_files(full):
    page = render_compliance(full(caveats=["Mind the *gap*."]), COPIES)
    for told in ("## The plan", "## Logged hours", "### Open violations", "92.8 % (13 of 14)"):
        assert told in page
    assert "Mind the \\*gap\\*\\." in page or "Mind the \\*gap\\*." in page
    assert "| PDF | `s3://bucket/reports/x.pdf` | `" + "ab" * 32 + "` |" in page
    assert page.index("## The plan") < page.index("## Logged hours") < page.index("## Files")
    assert "| Clinic |" in page


def test_a_basis_that_was_not_judged_is_no_pass(judgement, report):
    page = render_compliance(report(None, judgement(Basis.LOGGED)), COPIES)
    assert "**Not judged.** There was nothing to judge, which is not a pass." in page
    assert "No violation was found" in page
    assert "### Open violations" not in page
    assert "## Coverage" not in page


def test_a_basis_without_any_rule_has_no_table(judgement, report, filled):
    page = render_compliance(report(judgement(Basis.PLANNED, checked=0), None, coverage=filled()), COPIES)
    assert "| Rule |" not in page
    assert "## Coverage" not in page


def test_many_open_findings_are_counted(finding, judgement, report):
    many = [finding(window_start=f"2026-10-{day:02d}") for day in range(1, 28)]
    page = render_compliance(report(judgement(Basis.PLANNED, many)), COPIES)
    assert "2 more are in the report." in page
    assert "more are in the report" not in render_compliance(
        report(judgement(Basis.PLANNED, many[:25])), COPIES
    )


def test_without_data_the_page_says_why():
    page = render_no_report("weekly", "Fri 13 Nov to Thu 19 Nov 2026", "no published schedule")
    title = "# Duty-hour compliance, weekly, Fri 13 Nov to Thu 19 Nov 2026"
    assert page == f"{title}\n\n**No data.** no published schedule\n"
