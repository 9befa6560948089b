"""The page and the picture of the weeks: direction, anomalies, moves."""

from xml.etree import ElementTree as ET

import pytest

from residency.reports.trend_page import render_trend, trend_sentences
from residency.reports.trend_picture import trend_picture


def test_the_trend_page_tells_direction_anomalies_and_moves(make, shown_at):
    page = render_trend(make.trend(moves=[make.a_move()] * 30), **shown_at)
    assert page.startswith("# Fairness over 12 weeks, Mon 8 Dec to Sun 1 Mar 2026")
    assert "**Declining.** Fairness averages 82.2 % over 11 measured weeks" in page
    assert "3 anomalies below 75 %: Mon 26 Jan, Mon 2 Feb, Mon 16 Feb." in page
    assert "- 3 weeks were below 75 %." in page
    assert "hand over" not in page
    assert page.count("R-1 \N{RIGHTWARDS ARROW} R-2") == 24
    assert "6 more moves are in the result." in page
    assert "80.0 \N{RIGHTWARDS ARROW} 82.0" in page
    assert "| not known | no data |" in page
    assert "**anomaly**, needs work" in page


def test_a_steady_trend_asks_for_nothing(make, shown_at):
    page = render_trend(make.trend((0.95,) * 4), **shown_at)
    assert "**Stable.**" in page
    assert "**Nothing has to be rebalanced.**" in page
    without = render_trend(make.trend((0.7,) * 4), **shown_at)
    assert "No half-day in the schedule ahead can be handed" in without


def test_a_trend_of_few_weeks_says_what_is_missing(make):
    assert trend_sentences(make.trend((None,) * 4)) == ["Fairness was measured in none of the weeks."]
    assert trend_sentences(make.trend((None, 0.9, 0.9, 0.9)))[1].startswith("Four measured weeks are needed")


def test_the_trend_picture_shows_every_week_and_rings_anomalies(make):
    picture = trend_picture(make.trend())
    shown = make.texts(picture)
    assert [text for text in shown if text in {"74.0", "72.0", "73.5", "98.0"}] == [
        "98.0",
        "74.0",
        "72.0",
        "73.5",
    ]
    assert "no data" in shown
    root = ET.fromstring(picture)  # noqa: S314 - our own output
    rings = [c for c in root.iter("{http://www.w3.org/2000/svg}circle") if c.get("fill") == "none"]
    assert len(rings) == 3
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert len([line for line in lines if line.get("stroke-dasharray") is None]) == 2
    assert "60 %" in shown


@pytest.mark.parametrize("values", [(None,) * 5, (0.02, 0.1, 0.9, 1.0), (0.9,) * 30])
def test_odd_trends_stay_inside_the_picture(make, values):
    picture = trend_picture(make.trend(values))
    root = ET.fromstring(picture)  # noqa: S314 - our own output
    height = float(root.get("height"))
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(text.get("x")) <= 960
        assert 0 <= float(text.get("y")) <= height
    labels = [text for text in make.texts(picture) if text and text.split()[-1] in {"Feb", "Jan", "Dec"}]
    assert len(labels) <= 13
