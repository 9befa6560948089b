"""The scorecard: verdict and grade first, arrows, what stands out, and the sentences of every measure."""

from datetime import datetime

from residency.reports.fairness_page import render_fairness
from residency.reports.quality_sentences import (
    compliance_sentence,
    coverage_sentence,
    fairness_sentence,
    schedule_sentences,
    share,
    stability_sentence,
)
from residency.reports.scorecard_page import LastSnapshot, render_scorecard


def test_a_scorecard_begins_with_the_verdict_and_the_grade(make, shown_at):
    page = render_scorecard(make.metrics(), **shown_at).split("\n\n")
    assert page[0] == "# Schedule scorecard, Mon 2 Mar to Sat 30 May 2026"
    assert page[1].startswith(
        "**Needs a look.** 95\\.4 % of the required slots are filled (105 of 110); most are"
    )
    assert page[2] == "**Stability grade A** (92 of 100)"
    assert "no snapshot before it" in page[3]
    assert "| Fairness | **83.3 %** | \N{EN DASH} | needs a look; least in PGY-1 (83.3 %) |" in page[4]
    assert "Fairness of nights" not in page[4]  # nobody works at night


def test_arrows_tell_what_grew_and_whether_that_is_better(make, shown_at):
    before = make.metrics(
        coverage=make.coverage_of(make.covered(100, 110)),
        stability=make.steady(churn=0.02, ripple=0.5, n1_score=0.3),
        compliance=None,
        workload=make.metrics().workload.model_copy(update={"mean_hours": 50.0}),
    )
    last = LastSnapshot(before, datetime.fromisoformat("2026-03-01T15:00:00+00:00"))
    page = render_scorecard(make.metrics(), last=last, **shown_at)
    assert "arrows against Sun 1 Mar 2026 05:00 HST" in page
    rows = {row.split(" | ")[0][2:]: row.split(" | ")[2] for row in page.splitlines() if row.startswith("| ")}
    assert rows["Fairness"] == "="
    assert rows["Coverage"] == "\N{BLACK UP-POINTING TRIANGLE} 4.5 points, better"
    assert rows["Changed (churn)"] == "\N{BLACK UP-POINTING TRIANGLE} 3.0 points, worse"
    assert rows["Hangs on single people (N-1)"] == "\N{BLACK DOWN-POINTING TRIANGLE} 10.0 points, better"
    assert rows["Others drawn in (ripple)"] == "="
    assert rows["Mean hours"] == "\N{BLACK DOWN-POINTING TRIANGLE} 6.7 h"
    assert rows["Duty hours kept"] == "\N{EN DASH}"


def test_a_scorecard_names_what_stands_out_and_counts_the_rest(make, shown_at):
    short = [make.covered(9 - at, 10, f"Service {at}") for at in range(7)]
    found = make.metrics(
        coverage=make.coverage_of(*short, make.covered(5, 5, "Full")),
        stability=make.steady(new_violations=(make.key,) * 7, grade="F", compared_days=0),
        warnings=("no year is known of R-9",),
    )
    page = render_scorecard(found, **shown_at)
    assert page.index("Service 6 |") < page.index("Service 5 |")
    assert "Service 0 |" not in page
    assert "2 more services have empty slots." in page
    assert "## New violations\n\n- HOURS\\_80: R-1, from 2026-03-02 (planned)" in page
    assert "- and 2 more" in page
    assert "## Data to put right\n\n- no year is known of R-9" in page
    assert "| no earlier version |" in page
    whole = render_scorecard(make.metrics(coverage=make.coverage_of(make.covered(5, 5))), **shown_at)
    assert "Where slots are empty" not in whole


def test_a_scorecard_leaves_out_what_could_not_be_measured(make, shown_at):
    page = render_scorecard(make.metrics(coverage=None, compliance=None, workload=None), **shown_at)
    shown = {line.split(" | ")[0][2:] for line in page.splitlines() if line.startswith("| ")}
    assert "Fairness" in shown
    assert shown.isdisjoint({"Coverage", "Duty hours kept", "Mean hours"})


def test_pages_without_a_schedule_say_so(make, shown_at):
    assert "**No data.** Nobody is assigned to anything in the period." in render_scorecard(
        make.nothing, **shown_at
    )
    assert "**No data.**\n\n- nobody is assigned" in render_fairness(make.nothing, **shown_at)


def test_sentences_fit_what_is_known(make):
    assert schedule_sentences(make.nothing) == ["Nobody is assigned to anything in the period."]
    assert coverage_sentence(make.coverage_of()) == "No slot is required."
    assert coverage_sentence(make.coverage_of(make.covered(1, 1))) == "All 1 required slot is filled."
    assert compliance_sentence(None) == "Duty hours could not be judged."
    assert compliance_sentence(make.compliance_of(0, 0)) == "Duty hours could not be judged."
    assert (
        compliance_sentence(make.compliance_of(1200, 0)) == "All 1,200 duty-hours checks pass (acgme-2017)."
    )
    assert compliance_sentence(make.compliance_of(8, 1)) == (
        "1 duty-hours violation: 87.5 % of 8 checks pass (acgme-2017)."
    )
    assert stability_sentence(make.steady(compared_days=0)).startswith("There is no earlier version")
    assert stability_sentence(make.steady(new_violations=(make.key,), grade="F")) == (
        "10 assignments changed, with 1 new violation: stability grade F."
    )
    same = make.steady(added=0, removed=0, modified=0, churn=0.0)
    assert stability_sentence(same) == "Nothing changed since the previous version; stability grade A."
    even = [make.person("a", "x", 10.0), make.person("b", "x", 10.0)]
    assert fairness_sentence(make.shared(even)) == "Work is shared evenly: fairness is 100.0 %."
    assert fairness_sentence(make.shared(even[:1])).startswith("Fairness cannot be told")
    assert (share(None), share(0.94999), share(0.95)) == ("not known", "94.9 %", "95.0 %")
