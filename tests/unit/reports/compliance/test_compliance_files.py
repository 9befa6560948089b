"""PDF, workbook and JSON say what the report says, the same each time, whatever text is in it."""

import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from residency.acgme.findings import PersonFigures
from residency.acgme.record import Basis
from residency.program.records import Absence
from residency.program.vocabulary import AbsenceType
from residency.reports.compliance_body import ComplianceBody, FindingStatus, ReportKind, TrendPoint
from residency.reports.compliance_files import (
    archive_key,
    content_hash,
    render_file,
    render_files,
    render_json,
)
from residency.reports.compliance_judged import Decision
from residency.reports.compliance_pdf import printable_text, render_pdf
from residency.reports.compliance_workbook import render_workbook

HOSTILE = (
    '=HYPERLINK("http://x.example","y")',
    "+1 -1 @SUM(A1)",
    "#set page(width: 1cm) #pagebreak() *b* _i_ $x$ `raw` \\ <label> @ref // no",
    "\N{GRINNING FACE} \N{FAMILY}",
    "\u202eevil \u200f שלום العربية 日本語",
    "W" * 400,
    "tab\tnull\x00bell\x07",
    "<script>alert(1)</script>&amp;",
    "https://example.org/" + "a" * 120,
)


def pages(pdf):
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def squeezed(text):
    return re.sub(r"\s+|\u200b", "", text)


def sheets(content):
    book = load_workbook(io.BytesIO(content))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


def test_every_file_has_the_checksum_of_its_content_and_a_key_of_its_own(full):
    body = full(revision=3, kind=ReportKind.MONTHLY)
    files = render_files(body)
    assert [file.format for file in files] == ["pdf", "xlsx", "json"]
    for file in files:
        assert file.sha256 == hashlib.sha256(file.content).hexdigest()
        assert archive_key(body, file) == (
            "reports/compliance/monthly/2026-11-13_2026-11-20/r3/"
            f"duty-hour-compliance-{file.sha256[:16]}.{file.format}"
        )


def test_the_same_content_gives_the_same_bytes_and_other_content_others(full):
    first, second = render_files(full()), render_files(full())
    assert first == second
    assert [render_file(full(), file.format) for file in first] == [file.content for file in first]
    later = render_files(full(made_at=datetime(2026, 11, 21, tzinfo=UTC)))
    assert all(one.content != other.content for one, other in zip(first, later, strict=True))
    assert content_hash(full()) == content_hash(full(revision=2, made_at=datetime(2026, 11, 21, tzinfo=UTC)))
    assert content_hash(full()) != content_hash(full(coverage=None))


def test_the_json_is_the_content_in_one_form(full):
    body = full()
    text = render_json(body)
    assert ComplianceBody.model_validate_json(text) == body
    assert text.endswith(b"}\n")
    assert (
        text
        == json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        + b"\n"
    )


def test_the_pdf_says_what_the_report_says(full, finding):
    found = finding()
    decided = {
        found.key: Decision(
            FindingStatus.JUSTIFIED, "a code blue", datetime.now(UTC).date(), found.arithmetic
        )
    }
    body = full(decisions=decided, revision=7, caveats=["Two days have no schedule."])
    printed = pages(render_pdf(body))
    cover, whole = printed[0], " ".join(" ".join(printed).split())
    for told in (
        "Duty-hour compliance",
        body.period,
        "acgme-2017",
        "revision 7",
        "Two days have no schedule.",
    ):
        assert told in " ".join(cover.split())
    for number, page in enumerate(printed, start=1):
        assert f"Page {number} of {len(printed)}" in page
    for section in (body.planned, body.logged):
        assert section.headline in whole
        for line in (*section.findings, *section.early_warnings):
            assert squeezed(line.arithmetic) in squeezed(whole)
            assert line.window in whole
    assert "Reason given: a code blue" in whole
    assert "92.8 % of the required slots are filled (13 of 14)" in whole
    assert "Exception: GMEC" in whole
    assert "Not enough data to judge" in whole
    assert "To look at, Sat 14 Nov 2026 09:00: 4 h of work on leave." in whole
    own = [page for page in printed if "resident-002" in page and "Findings in the plan" in page]
    assert len(own) == 1
    assert "no hours for 14 days" in " ".join(own[0].split())


def test_the_pdf_is_made_for_archives_and_screen_readers(full):
    reader = PdfReader(io.BytesIO(render_pdf(full())))
    described = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in described
    assert reader.metadata.title == "Duty-hour compliance report, Fri 13 Nov to Thu 19 Nov 2026"
    assert reader.metadata.creation_date == datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)] == [
        "Summary",
        "The plan",
        "Logged hours",
        "Residents",
    ]


@pytest.mark.parametrize(
    ("services", "told"),
    [
        ([("Ward", 2, 2)], "100 % of the required slots are filled (2 of 2)"),
        ([("Ward", 2, 2)], "Every service is filled entirely."),
        ([("Ward", 2, 1), ("Clinic", 2, 2)], "1 other service is filled entirely."),
        ([("Ward", 2000, 1999)], "99.9 % of the required slots are filled"),
    ],
)
def test_coverage_reads_as_full_only_where_it_is(report, filled, services, told):
    assert told in " ".join(" ".join(pages(render_pdf(report(coverage=filled(*services))))).split())


def test_an_empty_report_says_that_nothing_was_judged(report):
    body = report()
    whole = " ".join(" ".join(pages(render_pdf(body))).split())
    assert whole.count("There was nothing to judge, which is not a pass.") >= 2
    assert "No published schedule covers the period." in whole
    assert "There is no earlier weekly report" in whole
    assert sheets(render_workbook(body))["Findings"] == [[*sheets(render_workbook(body))["Findings"][0]]]


def test_what_was_not_judged_reads_as_such_in_every_part(judgement, report, filled, program):
    body = report(judgement(Basis.PLANNED, checked=0), judgement(Basis.LOGGED), coverage=filled())
    whole = " ".join(" ".join(pages(render_pdf(body))).split())
    assert "Nothing could be judged in this period; that is not a pass." in whole
    assert "The schedule requires nothing in the period." in whole
    assert "Nothing was found in 20 judgements." in whole
    # Of the logged hours alone: checks passed, and weighted.
    assert whole.count("100 %") == 2


def test_a_trend_of_many_reports_is_drawn(full):
    body = full()
    former = [
        TrendPoint.model_validate(
            {
                **body.trend.current.model_dump(),
                "period_start": f"2026-{m:02d}-01",
                "period_end": f"2026-{m:02d}-08",
            }
        )
        for m in range(1, 8)
    ]
    other = former[0].model_copy(update={"rule_set": "acgme-2011"})
    whole = " ".join(" ".join(pages(render_pdf(full(previous=[*former, other])))).split())
    assert "Violations in the plan, by the end of the period" in whole
    assert "1 earlier report under other rules is not compared with." in whole


def test_more_findings_than_a_table_holds_are_counted_and_stand_on_the_residents_pages(
    finding, judgement, report
):
    days = [f"2026-{month:02d}-{day:02d}" for month in (9, 10) for day in range(1, 29)] + ["2026-11-01"] * 9
    many = [
        finding(window_start=start, arithmetic=f"sum number {number}.")
        for number, start in enumerate(days, start=1000)
    ]
    figures = [PersonFigures("r1", 85.0, 90.0, 7.5, 4)]
    printed = pages(render_pdf(report(judgement(Basis.PLANNED, many[:60], people=figures))))
    assert "more are on the residents" not in " ".join(printed)
    printed = pages(render_pdf(report(judgement(Basis.PLANNED, many, people=figures))))
    whole = " ".join(" ".join(printed).split())
    assert "5 more are on the residents" in whole


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_never_obeyed(finding, judgement, report, filled, text):
    found = finding(place="", exception=text)
    decided = {found.key: Decision(FindingStatus.JUSTIFIED, text, datetime.now(UTC).date(), found.arithmetic)}
    harmless = report(judgement(Basis.PLANNED, [found]), coverage=filled(("Ward", 3, 2)))
    body = report(
        judgement(Basis.PLANNED, [found]), coverage=filled((text, 3, 2)), decisions=decided, caveats=[text]
    )
    printed = pages(render_pdf(body))
    assert abs(len(printed) - len(pages(render_pdf(harmless)))) <= 1
    if text.isascii() and text.isprintable():
        assert squeezed(text) in squeezed(" ".join(printed))
    book = load_workbook(io.BytesIO(render_workbook(body)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert any(" ".join(text.split()) == cell.value for cell in cells) or not text.isprintable()
    assert ComplianceBody.model_validate_json(render_json(body)) == body


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_can_be_printed(text):
    import typst

    shown = printable_text(text)
    typst.compile(
        b"#sys.inputs.text",
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="a-2a",
        sys_inputs={"text": shown},
    )
    assert all(len(word) <= 24 for word in re.split(r"[\s\u200b]+", shown))


def test_letters_without_a_picture_are_shown_by_number():
    assert printable_text("a\N{GRINNING FACE}\u202eé") == "a[U+1F600][U+202E]é"


def test_the_workbook_says_what_the_report_says(full):
    body = full()
    found = sheets(render_workbook(body))
    summary = {row[0]: row[1:] for row in found["Summary"]}
    assert summary["Violations"] == [body.planned.violations.total, body.logged.violations.total]
    assert summary["Checks passed"] == [pytest.approx(0.9), pytest.approx(0.95)]
    lines = [
        line
        for section in (body.planned, body.logged)
        for line in (*section.findings, *section.early_warnings)
    ]
    header, *rows = found["Findings"]
    told = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(row["Arithmetic"], row["Value"], row["Resident"]) for row in told] == [
        (line.arithmetic, line.value, line.person or None) for line in lines
    ]
    assert [row["Judged"] for row in told] == ["plan"] * 3 + ["logged hours"] * 2
    assert len(found["Residents"]) == 1 + len(body.residents)
    assert found["Residents"][2][-4:] == [None] * 4
    assert found["Coverage"][-1] == ["All services", 14, 13]
    assert found["Not judged"][1][1:4] == ["resident-002", "2026-10-22", "FREE_DAY, CALL_Q3"]
    assert found["Notes"][1:] == [
        ["logged hours", "resident-001", "2026-11-14T09:00:00-10:00", "4 h of work on leave"],
        ["logged hours", None, None, "of nobody"],
    ]
    assert found["Trend"][-1][:3] == ["2026-11-13", "2026-11-20", "acgme-2017"]
    assert len(found["Rules"]) == 1 + len(body.planned.rules) + len(body.logged.rules)


def test_a_workbook_of_leave_has_a_column_for_each_type(full, program):
    away = [
        Absence("r1", date(2026, 8, 1), date(2026, 8, 31), AbsenceType.MEDICAL),
        Absence("r2", date(2026, 11, 14), date(2026, 11, 15), AbsenceType.TDY),
    ]
    body = full(program=replace(program, absences=tuple(away)))
    assert sheets(render_workbook(body))["Leave"] == [
        ["Resident", "Days in period", "Days in 2026/2027", "Over 28", "medical", "tdy"],
        ["resident-001", 0, 31, "yes", 31, None],
        ["resident-002", 2, 2, "no", None, 2],
    ]
    whole = " ".join(" ".join(pages(render_pdf(body))).split())
    assert "1 resident is away more than 28 days, which may extend training." in whole


def test_workbooks_have_frozen_headers_and_a_fixed_date(full):
    content = render_workbook(full())
    book = load_workbook(io.BytesIO(content))
    assert [sheet.freeze_panes for sheet in book] == ["A2"] * len(book.sheetnames)
    assert book.properties.created.isoformat() == "2026-11-20T17:00:00"
    dates = {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(content)).infolist()}
    assert len(dates) == 1
