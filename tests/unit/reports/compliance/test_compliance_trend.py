"""A report is compared with the reports before it, as many as there are, and only under the same rules."""

from datetime import date, timedelta
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.reports.compliance_body import BasisPoint, TrendPoint
from residency.reports.compliance_trend import trend_section

TODAY = date(2026, 11, 20)


def point(weeks_ago, violations=0, *, rules="acgme-2017", logged=None, coverage=None):
    end = TODAY - timedelta(weeks=weeks_ago)
    basis = None
    if violations is not None:
        basis = BasisPoint(violations=violations, open_violations=0, warnings=1, compliance=0.5)
    return TrendPoint(
        period_start=end - timedelta(days=7),
        period_end=end,
        rule_set=rules,
        planned=basis,
        logged=logged,
        coverage=coverage,
    )


def line_of(section, measure):
    (line,) = [line for line in section.lines if line.measure == measure]
    return line


@given(former=st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=20), now=st.integers(0, 9))
def test_the_means_are_those_of_the_last_four_and_twelve(former, now):
    points = [point(weeks, violations) for weeks, violations in enumerate(former, start=1)]
    section = trend_section(point(0, now), points)
    assert [each.period_end for each in section.previous] == sorted(each.period_end for each in points)[-12:]
    line = line_of(section, "Violations, plan")
    for size, mean, count in ((4, line.mean_4, line.reports_4), (12, line.mean_12, line.reports_12)):
        known = [violations for violations in former[:size] if violations is not None]
        assert count == len(known)
        assert mean == (pytest.approx(fmean(known)) if known else None)
    known = [violations for violations in former[:4] if violations is not None]
    if not known:
        assert line.direction == "unknown"
    else:
        mean = fmean(known)
        assert line.direction == ("same" if now == mean else "worse" if now > mean else "better")


def test_more_coverage_is_better_and_more_violations_are_worse():
    section = trend_section(point(0, 3, coverage=0.9), [point(1, 2, coverage=0.8)])
    assert line_of(section, "Coverage").direction == "better"
    assert line_of(section, "Violations, plan").direction == "worse"
    assert line_of(section, "Checks passed, plan").direction == "same"
    assert line_of(section, "Violations, logged hours").direction == "unknown"


def test_reports_under_other_rules_and_on_the_same_or_later_days_are_not_compared_with():
    others = [point(1, 5, rules="acgme-2011"), point(0, 7), point(-1, 8), point(2, 1)]
    section = trend_section(point(0, 2), others)
    assert (len(section.previous), section.other_rules) == (1, 1)
    assert line_of(section, "Violations, plan").mean_12 == 1


def test_a_report_s_own_point_is_what_it_says(full):
    body = full()
    point = body.trend.current
    assert point.planned.violations == body.planned.violations.total
    assert point.logged.warnings == body.logged.warnings.total
    assert point.logged.compliance == body.logged.compliance
    assert point.coverage == 13 / 14
    assert full(coverage=None).trend.current.coverage is None
    again = full(previous=[point.model_copy(update={"period_end": point.period_start})])
    assert {line.direction for line in again.trend.lines} == {"same"}
