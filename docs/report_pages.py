"""Make the pictures of reports in the reference pages from made-up programs.

``python docs/report_pages.py`` writes ``docs/images/compliance-*.png`` and a forecast's calendar; it needs
pdftoppm (poppler-utils) and Chromium (CHROMIUM names one other than /usr/bin/chromium).
"""

import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
RESIDENTS = 17


def main() -> None:
    """Make all pictures."""
    sys.path.insert(0, str(ROOT))
    forecast_calendar()
    compliance_pages()


def forecast_calendar() -> None:
    """The calendar of a forecast whose last four weeks have no schedule yet."""
    from playwright.sync_api import sync_playwright

    from benchmarks.synthetic import START
    from residency.importing.sample import sample_program
    from residency.program.calendar import Period
    from residency.reports.forecast_picture import forecast_picture
    from residency.resilience.forecast import forecast
    from residency.resilience.forecast_inputs import ForecastInputs

    program = sample_program(29, 180, 1, START, "UTC")
    today = START + timedelta(weeks=12)
    known = Period(START, today + timedelta(days=62))
    picture = forecast_picture(forecast(ForecastInputs.of(program, today, 90, [known])))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        page = browser.new_page()
        page.set_content(picture)
        page.locator("svg").screenshot(path=IMAGES / "utilization-forecast.png")
        browser.close()
    print("wrote docs/images/utilization-forecast.png")


def compliance_pages() -> None:
    """Render the report and keep its cover, its chapter on logged hours and a resident's page."""
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
