"""Make the pictures in the README: a plant of its own is brought up, looked at with Chromium and taken down.

``python docs/screenshots.py`` writes ``docs/images``; CHROMIUM names a browser other
than /usr/bin/chromium.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Page

IMAGES = Path(__file__).resolve().parent / "images"
RESIDENCY = Path(sys.executable).parent / "residency"
WIDTH = 1360
_MARGIN = 20
_HEADING = 90
_TALL = 5000
"""Taller than any artifact, so that nothing has to be scrolled into view."""

_PICTURES_SHOWN = (
    "[...document.images].length && [...document.images].every(i => i.complete && i.naturalWidth)"
)
_OFFSETS = {
    "RESIDENCY_POSTGRES_PORT": 0,
    "RESIDENCY_PREFECT_PORT": 1,
    "RESIDENCY_MAIL_PORT": 2,
    "RESIDENCY_S3_PORT": 3,
}
_BEYOND = 10_000
"""The S3 store also uses the four ports after its own, and all five of them moved up by this."""


def main() -> int:
    """Bring the plant up, take the pictures, take it down."""
    with plant() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
            ],
        )
        newest = httpx.post(f"{address}/api/artifacts/latest/filter", json={}).raise_for_status().json()
        pages = {artifact["key"]: artifact["latest_id"] for artifact in newest}
        for key, frame in (("health-check", whole_page), ("contingency-analysis", last_picture)):
            page = browser.new_page(viewport={"width": WIDTH, "height": _TALL})
            page.goto(f"{address}/v2/artifacts/artifact/{pages[key]}")
            page.wait_for_function(_PICTURES_SHOWN)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=IMAGES / f"{key}.png", clip=frame(page), animations="disabled")
            print(f"wrote docs/images/{key}.png")
        browser.close()
    return 0


@contextmanager
def plant() -> Generator[str, None, None]:
    """A plant with a home and ports of its own and the sample's verdicts; yields its address."""
    home = Path(tempfile.mkdtemp(prefix="residency-screenshots-"))
    # PostgreSQL's own user passes through it.
    home.chmod(0o711)
    first = _free_ports()
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("RESIDENCY_", "PREFECT_"))
    }
    ports = {name: str(first + offset) for name, offset in _OFFSETS.items()}
    environment = {**plain, **ports, "RESIDENCY_HOME": str(home)}
    try:
        # From there, so that no .env of this folder takes part. S603: our own program.
        subprocess.run([RESIDENCY, "up", "--detach"], env=environment, cwd=home, check=True)  # noqa: S603
        yield f"http://127.0.0.1:{ports['RESIDENCY_PREFECT_PORT']}"
    finally:
        subprocess.run([RESIDENCY, "down"], env=environment, cwd=home, check=True)  # noqa: S603
        shutil.rmtree(home)


def _free_ports() -> int:
    """The first of the ports that the plant takes, all of them free."""
    for first in range(22_000 + os.getpid() % 500, 40_000, 11):
        s3 = range(first + _OFFSETS["RESIDENCY_S3_PORT"], first + _OFFSETS["RESIDENCY_S3_PORT"] + 5)
        if all(map(_is_free, (*range(first, s3.stop), *(port + _BEYOND for port in s3)))):
            return first
    raise SystemExit("no free ports between 22000 and 40000")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def whole_page(page: "Page") -> "FloatRect":
    """From the top of the window to the end of the last picture."""
    picture = _box(page)
    return {"x": 0, "y": 0, "width": WIDTH, "height": picture["y"] + picture["height"] + 1.5 * _MARGIN}


def last_picture(page: "Page") -> "FloatRect":
    """The last picture under its heading."""
    picture = _box(page)
    top = picture["y"] - _HEADING
    return {
        "x": picture["x"] - _MARGIN,
        "y": top,
        "width": picture["width"] + 2 * _MARGIN,
        "height": picture["y"] + picture["height"] + 1.5 * _MARGIN - top,
    }


def _box(page: "Page") -> "FloatRect":
    box = page.locator("img").last.bounding_box()
    if box is None:
        raise SystemExit(f"no picture is shown at {page.url}")
    return box


if __name__ == "__main__":
    sys.exit(main())
