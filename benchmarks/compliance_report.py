"""What a compliance report costs from the loaded program to its files, and its workbook against openpyxl's.

Usage: ``python -m benchmarks.compliance_report [--residents N] [--repeats N]``. Each piece is measured in a
process of its own. The baseline writes the same cells with the library that most would take first.
"""

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font

from benchmarks.compliance_case import OCCASION, judged, program_with_logs
from benchmarks.measuring import Cost, in_own_process, least_cpu, measure, print_cost, table
from residency.reports.compliance import compliance_body
from residency.reports.compliance_files import render_files, render_json
from residency.reports.compliance_pdf import render_pdf
from residency.reports.compliance_workbook import render_workbook

_MODULE = "benchmarks.compliance_report"
Cells = dict[str, list[list[Any]]]


def cells_of(workbook: bytes) -> Cells:
    """Every cell of a workbook, by sheet."""
    book = load_workbook(io.BytesIO(workbook))
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def with_openpyxl(cells: Cells) -> bytes:
    """The baseline: the same cells, bold frozen header, wrapped text, widths and filter, by openpyxl."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in cells.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for row in rows:
            sheet.append(row)
        for number, row in enumerate(sheet.iter_rows()):
            for cell in row:
                cell.font = Font(bold=number == 0)
                cell.alignment = Alignment(wrap_text=True, vertical="top")
        for column in sheet.columns:
            widest = max(len(str(cell.value)) for cell in column)
            sheet.column_dimensions[column[0].column_letter].width = min(60, max(9, widest)) + 2
        sheet.auto_filter.ref = sheet.dimensions
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _works(residents: int) -> dict[str, tuple[str, Callable[[], Callable[[], Any]]]]:
    """Each piece: what is shown of it, and what prepares it."""

    def body() -> Any:  # noqa: ANN401 - the content of a report
        return compliance_body(OCCASION, judged(program_with_logs(residents)))

    def of_body(render: Callable[[Any], bytes]) -> Callable[[], Callable[[], Any]]:
        def prepared() -> Callable[[], Any]:
            content = body()
            return lambda: len(render(content))

        return prepared

    def judging() -> Callable[[], Any]:
        program = program_with_logs(residents)
        return lambda: len(compliance_body(OCCASION, judged(program)).residents)

    def baseline() -> Callable[[], Any]:
        cells = cells_of(render_workbook(body()))

        def work() -> int:
            made = with_openpyxl(cells)
            if cells_of(made) != cells:
                raise SystemExit("the two workbooks differ")
            return len(made)

        def timed() -> int:
            return len(with_openpyxl(cells))

        work()
        return timed

    def all_of_it() -> Callable[[], Any]:
        program = program_with_logs(residents)
        return lambda: sum(
            len(file.content) for file in render_files(compliance_body(OCCASION, judged(program)))
        )

    return {
        "judge": ("judge plan and logged hours, write the content", judging),
        "pdf": ("PDF by typst", of_body(render_pdf)),
        "workbook": ("workbook by xlsxwriter", of_body(render_workbook)),
        "openpyxl": ("the same workbook by openpyxl", baseline),
        "json": ("JSON", of_body(render_json)),
        "all": ("all of it, imports of the libraries included", all_of_it),
    }


def main(arguments: Sequence[str]) -> None:
    """Measure every piece and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--residents", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3, help="the least CPU of so many runs counts")
    parser.add_argument("--piece", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    works = _works(given.residents)
    if given.piece:
        print_cost(measure(works[given.piece][1]()))
        return
    costs: dict[str, Cost] = {}
    for piece in works:
        runs = [
            in_own_process(_MODULE, "--residents", given.residents, "--piece", piece)
            for _ in range(given.repeats)
        ]
        costs[piece] = least_cpu(runs)
    print(f"A monthly report on {costs['judge'].answer} residents\n")
    rows = [
        [works[piece][0], f"{cost.cpu:.2f} s", f"{cost.wall:.2f} s", f"{cost.memory:.0f} MiB"]
        for piece, cost in costs.items()
    ]
    print(table(["piece", "CPU", "wall", "memory"], rows))
    ratio = costs["openpyxl"].cpu / costs["workbook"].cpu
    print(f"\nopenpyxl takes {ratio:.1f} times the CPU of xlsxwriter for the same cells")


if __name__ == "__main__":
    main(sys.argv[1:])
