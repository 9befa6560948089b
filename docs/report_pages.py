"""Make the pictures of the compliance report in its reference page from a made-up program of 17 residents.

``python docs/report_pages.py`` writes ``docs/images/compliance-*.png``; it needs pdftoppm (poppler-utils).
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
RESIDENTS = 17


def main() -> None:
    """Render the report and keep its cover, its chapter on logged hours and a resident's page."""
    sys.path.insert(0, str(ROOT))
    from benchmarks.compliance_case import OCCASION, judged, program_with_logs
    from residency.reports.compliance import compliance_body
    from residency.reports.compliance_pdf import render_pdf

    body = compliance_body(OCCASION, judged(program_with_logs(RESIDENTS)))
    if body.logged is None:
        raise SystemExit("the made-up program has no logged hours")
    worst = body.logged.findings[0].person
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "report.pdf"
        pdf.write_bytes(render_pdf(body))
        pages = _texts(pdf)
        wanted = {
            "cover": 1,
            "summary": 2,
            "logged-hours": _first(pages, "Logged hours", "Hours as logged"),
            "resident": _first(pages, worst, "Findings in the plan"),
        }
        for name, page in wanted.items():
            target = IMAGES / f"compliance-{name}"
            options = ["-png", "-singlefile", "-r", "70", "-f", str(page), "-l", str(page)]
            subprocess.run(["pdftoppm", *options, str(pdf), str(target)], check=True)  # noqa: S603, S607 - poppler
            print(f"wrote {target.relative_to(ROOT)}.png")


def _texts(pdf: Path) -> list[str]:
    from pypdf import PdfReader

    return [page.extract_text() for page in PdfReader(pdf).pages]


def _first(pages: list[str], *words: str) -> int:
    """The number of the first page on which all words stand."""
    return next(number for number, text in enumerate(pages, start=1) if all(word in text for word in words))


if __name__ == "__main__":
    main()
