"""The tabular form of a compliance report: one workbook with every figure that the printed form shows."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from io import BytesIO
from typing import Any, cast

from residency.reports.compliance_body import ComplianceBody, FindingLine, Judged, TrendPoint

Cell = str | int | float | None

_WIDEST, _NARROWEST = 60, 9
_LONGEST_TEXT = 32_767
"""Letters that a cell holds."""

_BASES = {"planned": "plan", "logged": "logged hours"}


def render_workbook(body: ComplianceBody) -> bytes:
    """The report as XLSX, the same bytes for the same content.

    Every text is written as text: what begins like a formula or an address stays what it is.
    """
    # Half a second that only this needs; the library ships no types.
    import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]

    stream = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with cast("Any", xlsxwriter).Workbook(stream, {**options, "strings_to_numbers": False}) as book:
        book.set_properties(
            {
                "title": f"Duty-hour compliance, {body.period}",
                "created": body.made_at.astimezone(UTC).replace(tzinfo=None),
            }
        )
        sheets = _Sheets(book)
        sheets.add(
            "Summary", ("", "Plan", "Logged hours"), _summary(body), percents=("Checks passed", "Weighted")
        )
        sheets.add("Rules", _RULE_COLUMNS, _rules(body))
        sheets.add("Findings", _FINDING_COLUMNS, _findings(body))
        sheets.add("Not judged", ("Judged", "Resident", "Window from", "Rules", "Why"), _not_judged(body))
        sheets.add("Notes", ("Judged", "Resident", "At", "Note"), _notes(body))
        sheets.add("Residents", _RESIDENT_COLUMNS, _residents(body))
        sheets.add("Leave", _leave_columns(body), _leave(body))
        sheets.add("Coverage", ("Service", "Required", "Filled"), _coverage(body))
        sheets.add("Trend", _TREND_COLUMNS, _trend(body))
    return stream.getvalue()


class _Sheets:
    """Sheets of one look: a frozen bold header, columns as wide as their content, a filter."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 -- as the library makes it, without types
        self._book = book
        self._head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._text = book.add_format({"text_wrap": True, "valign": "top"})
        self._share = book.add_format({"num_format": "0.0%", "valign": "top"})

    def add(
        self,
        name: str,
        header: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        *,
        percents: Sequence[str] = (),
    ) -> None:
        """A sheet; rows whose first cell begins with one of ``percents`` hold shares of one."""
        sheet = self._book.add_worksheet(name)
        table = list(rows)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, header, self._head)
        for number, row in enumerate(table, start=1):
            share = bool(percents) and str(row[0]).startswith(tuple(percents))
            for column, cell in enumerate(row):
                self._write(sheet, number, column, cell, share)
        for column, title in enumerate(header):
            longest = max((len(str(row[column])) for row in table if row[column] is not None), default=0)
            sheet.set_column(column, column, min(_WIDEST, max(_NARROWEST, len(title), longest) + 2))
        if table:
            sheet.autofilter(0, 0, len(table), len(header) - 1)

    # ANN401: a sheet of the library without types.
    def _write(self, sheet: Any, row: int, column: int, cell: Cell, share: bool) -> None:  # noqa: ANN401
        if cell is None or cell == "":
            return
        if isinstance(cell, str):
            sheet.write_string(row, column, cell[:_LONGEST_TEXT], self._text)
        else:
            sheet.write_number(row, column, cell, self._share if share else self._text)


def _sections(body: ComplianceBody) -> list[tuple[str, Judged]]:
    both = ((_BASES["planned"], body.planned), (_BASES["logged"], body.logged))
    return [(name, section) for name, section in both if section is not None]


_SUMMARY: tuple[tuple[str, Callable[[Judged], Cell]], ...] = (
    ("Verdict", lambda section: section.headline),
    ("Status", lambda section: str(section.status)),
    ("Checks", lambda section: section.checks),
    ("Checks failed", lambda section: section.failed),
    ("Checks passed", lambda section: section.compliance),
    ("Weighted by severity", lambda section: section.weighted),
    ("Violations", lambda section: section.violations.total),
    ("Violations, open", lambda section: section.violations.open),
    ("Violations, justified", lambda section: section.violations.justified),
    ("Violations, false positive", lambda section: section.violations.false_positive),
    ("Warnings", lambda section: section.warnings.total),
    ("Warnings, open", lambda section: section.warnings.open),
    ("Early warnings", lambda section: len(section.early_warnings)),
    ("Windows without enough data", lambda section: len(section.not_judged)),
)


def _summary(body: ComplianceBody) -> Iterable[list[Cell]]:
    yield ["Report", f"{body.kind}, revision {body.revision}", None]
    yield ["Period", body.period, None]
    yield ["Rule set", body.rule_set, body.rule_set_title]
    yield ["Made", body.made, None]
    for caveat in body.caveats:
        yield ["Caveat", caveat, None]
    for name, figure in _SUMMARY:
        yield [name, *(figure(section) if section else None for section in (body.planned, body.logged))]


_RULE_COLUMNS = (
    "Judged",
    "Rule",
    "In words",
    "Reference",
    "Force",
    "Checked",
    "Violations",
    "Warnings",
    "Open",
    "Justified",
    "False positive",
    "Not judged",
)


def _rules(body: ComplianceBody) -> Iterable[list[Cell]]:
    for name, section in _sections(body):
        for rule in section.rules:
            yield [
                name,
                rule.rule,
                rule.title,
                rule.reference,
                rule.force,
                rule.checked,
                rule.violations,
                rule.warnings,
                rule.open,
                rule.justified,
                rule.false_positive,
                rule.not_judged,
            ]


_FINDING_COLUMNS = (
    "Judged",
    "Verdict",
    "Severity",
    "Rule",
    "In words",
    "Resident",
    "PGY",
    "Place",
    "Window from",
    "Window until",
    "Value",
    "Limit",
    "Unit",
    "Arithmetic",
    "Leave half-days",
    "Exception",
    "Locked alone",
    "Decision",
    "Reason",
    "Decided on",
)


def _findings(body: ComplianceBody) -> Iterable[list[Cell]]:
    for name, section in _sections(body):
        for line in (*section.findings, *section.early_warnings):
            yield [name, *_finding(line)]


def _finding(line: FindingLine) -> list[Cell]:
    return [
        str(line.verdict),
        str(line.severity),
        line.rule,
        line.title,
        line.person,
        line.pgy,
        line.place,
        line.window_start,
        line.window_end,
        line.value,
        line.limit,
        line.unit,
        line.arithmetic,
        line.leave_half_days,
        line.exception,
        "yes" if line.fixed_only else "no",
        str(line.status),
        line.reason,
        line.decided_on.isoformat() if line.decided_on else None,
    ]


def _not_judged(body: ComplianceBody) -> Iterable[list[Cell]]:
    for name, section in _sections(body):
        for line in section.not_judged:
            yield [name, line.person, line.window_start, ", ".join(line.rules), line.reason]


def _notes(body: ComplianceBody) -> Iterable[list[Cell]]:
    for name, section in _sections(body):
        for line in section.notes:
            yield [name, line.person, line.at, line.text]


_FIGURES = ("highest average h/week", "fullest week h", "shortest rest h", "fewest free days")
_RESIDENT_COLUMNS = (
    "Resident",
    "PGY",
    *(f"Plan: {figure}" for figure in _FIGURES),
    *(f"Logged: {figure}" for figure in _FIGURES),
)


def _residents(body: ComplianceBody) -> Iterable[list[Cell]]:
    for line in body.residents:
        row: list[Cell] = [line.person, line.pgy]
        for each in (line.planned, line.logged):
            if each is None:
                row += [None] * len(_FIGURES)
            else:
                row += [each.max_average_hours, each.max_week_hours, each.min_gap_hours, each.min_free_days]
        yield row


def _leave_types(body: ComplianceBody) -> list[str]:
    return sorted({kind for line in body.leave.people for kind, _ in line.by_type})


def _leave_columns(body: ComplianceBody) -> tuple[str, ...]:
    year = body.leave.academic_year
    fixed = ("Resident", "Days in period", f"Days in {year}/{year + 1}", f"Over {body.leave.limit_days}")
    return (*fixed, *_leave_types(body))


def _leave(body: ComplianceBody) -> Iterable[list[Cell]]:
    kinds = _leave_types(body)
    for line in body.leave.people:
        of = dict(line.by_type)
        over = "yes" if line.over_limit else "no"
        yield [line.person, line.in_period, line.in_year, over, *(of.get(kind) for kind in kinds)]


def _coverage(body: ComplianceBody) -> Iterable[list[Cell]]:
    if body.coverage is not None:
        for line in body.coverage.services:
            yield [line.service, line.required, line.filled]
        yield ["All services", body.coverage.required, body.coverage.filled]


_TREND_FIGURES = ("violations", "open violations", "warnings", "checks passed")
_TREND_COLUMNS = (
    "From",
    "Until",
    "Rule set",
    *(f"Plan: {figure}" for figure in _TREND_FIGURES),
    *(f"Logged: {figure}" for figure in _TREND_FIGURES),
    "Coverage",
)


def _trend(body: ComplianceBody) -> Iterable[list[Cell]]:
    for point in (*body.trend.previous, body.trend.current):
        yield _trend_row(point)


def _trend_row(point: TrendPoint) -> list[Cell]:
    row: list[Cell] = [point.period_start.isoformat(), point.period_end.isoformat(), point.rule_set]
    for each in (point.planned, point.logged):
        if each is None:
            row += [None] * len(_TREND_FIGURES)
        else:
            row += [each.violations, each.open_violations, each.warnings, each.compliance]
    return [*row, point.coverage]
