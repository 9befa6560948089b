"""The page of a version diff; and foreign text stays text on every page of the measures."""

import re

from residency.quality.diff import same_version
from residency.reports.diff_page import diff_sentences, render_diff
from residency.reports.fairness_page import render_fairness
from residency.reports.fairness_picture import fairness_picture
from residency.reports.scorecard_page import render_scorecard
from residency.reports.trend_page import render_trend


def test_the_diff_page_tells_what_changed_for_whom(make, shown_at):
    told = make.a_diff(
        (
            make.one("R-1", (make.change(None, "WARD"), make.change("CL", "AT (supervising)", 1))),
            make.one("R-2", ()),
        ),
        hours_gained=9.0,
        hours_lost=4.0,
        hours_moved=4.0,
        new_findings=(make.key,) * 12,
        cured_findings=(("SUPERVISION", "must", "", "clinic", "2026-03-02", "planned"),),
        runtime_delta=None,
    )
    page = render_diff(told, **shown_at)
    assert page.startswith(
        "# What changed, Mon 2 Mar to Sun 8 Mar 2026\n\n**Worse.** 2 half-days changed for 2 people"
    )
    assert "4.0 h moved from some people to others. In all 5.0 h more are planned." in page
    assert "The difference is significant." in page
    assert "`aaaaaaaa` \N{RIGHTWARDS ARROW} `bbbbbbbb`" in page
    assert "Mon 2 Mar PM: free \N{RIGHTWARDS ARROW} WARD; Tue 3 Mar PM: CL" in page
    assert "| +2.0 | call only |" in page
    assert "| Fairness | -12.0 points |" in page
    assert "| Coverage | none |" in page
    assert "| Violations | +1 |" in page
    assert "| Seconds to make it | not known |" in page
    assert "- and 2 more" in page
    assert "- SUPERVISION: clinic, from 2026-03-02" in page


def test_long_diffs_are_cut_and_counted(make, shown_at):
    many = tuple(
        make.one(f"R-{at}", tuple(make.change(None, "WARD", day) for day in range(8))) for at in range(23)
    )
    page = render_diff(make.a_diff(many), **shown_at)
    assert "3 more people have changes." in page
    assert "; and 2 more |" in page


def test_an_empty_diff_says_so(make, shown_at):
    page = render_diff(same_version("x"), **shown_at)
    assert page.startswith("# What changed\n\n**Neither better nor worse.** Both versions say the same.")
    assert "What changed for whom" not in page
    fewer = make.a_diff((make.one("R-1", (make.change("WARD", None),)),), hours_lost=6.0, significant=False)
    assert "In all 6.0 h fewer are planned." in diff_sentences(fewer)
    assert diff_sentences(fewer)[-1] == "The difference is not significant."
    level = make.a_diff((make.one("R-1", (make.change("WARD", "CL"),)),))
    assert len(diff_sentences(level)) == 2


def test_foreign_text_stays_text_on_every_page(make, shown_at):
    evil = make.hostile
    people = (make.person(evil, evil, 10.0), make.person("R-2", evil, 5.0))
    found = make.metrics(
        people,
        without_availability=(evil,),
        coverage=make.coverage_of(make.covered(1, 9, evil)),
        stability=make.steady(new_violations=((evil,) * 6,)),
        warnings=(evil,),
    )
    changed = make.one(evil, (make.change(evil, evil),))
    pages = [
        render_scorecard(found, **shown_at),
        render_fairness(found, **shown_at),
        render_trend(make.trend(moves=[make.a_move(evil, evil)]), **shown_at),
        render_diff(make.a_diff((changed,), new_findings=((evil,) * 6,)), **shown_at),
    ]
    for page in pages:
        assert "evil" in page
        assert "<b>" not in page
        assert not re.search(r"(?<!\\)\]\(javascript", page)
        assert "\x00" not in page
    picture = fairness_picture(found)
    assert "<b>" not in picture
    assert make.texts(picture)
