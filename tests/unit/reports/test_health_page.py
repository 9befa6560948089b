"""The page and the sentences of a health check say what the assessment holds, and nothing breaks out."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from residency.program.calendar import Period
from residency.reports.health_page import health_sentences, render_health
from residency.resilience.health import no_data
from residency.resilience.results import DefenseLevel, HealthStatus, PhaseIndicator, UtilizationLevel

FULL = (2, 2, 2)


def week(*changes):
    """Fourteen half-days of (filled, required, spare), full but for the given ``{block: cell}``."""
    cells = [FULL] * 14
    for block, cell in changes:
        cells[block] = cell
    return cells


def parsed(text):
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)


def rows_under(text, heading):
    """The body rows of the first table below a heading, as lists of cell texts."""
    section = text.split(f"## {heading}", 1)[1]
    tokens = parsed(section)
    body = next(i for i, token in enumerate(tokens) if token.type == "tbody_open")
    rows, current = [], None
    for token in tokens[body:]:
        if token.type == "tr_open":
            current = []
        elif token.type == "inline" and current is not None:
            current.append("".join(child.content for child in token.children))
        elif token.type == "tr_close":
            rows.append(current)
        elif token.type == "table_close":
            break
    return rows


def test_the_verdict_counts_the_gaps_and_names_the_first(make_assessment):
    services = {"Colposcopy": week((3, (1, 2, 1)), (9, (0, 2, 0))), "Clinic": week((9, (0, 2, 5)))}
    told = health_sentences(make_assessment(services))
    assert told[0] == (
        "Degraded: 91 % of the required slots of the next 7 days are filled; 2 half-days are short, "
        "the first is Tue 3 Mar PM in Colposcopy (1 missing)."
    )
    assert told[1] == "Faculty are 84 % used (ORANGE: stretched), 84 of 100 half-days."
    assert told[2] == "Any one loss can be absorbed, but not any two at once (N-1 passes, N-2 fails)."


def test_a_single_empty_slot_of_a_thousand_is_not_full(make_assessment):
    services = {f"S{i}": week() for i in range(40)} | {"Last": week((13, (1, 2, 1)))}
    told = health_sentences(make_assessment(services))[0]
    assert told.startswith("Degraded: 99 % of the required slots")
    assert "1 half-day is short" in told


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Degraded: all 28 required slots of the next 7 days are filled."),
        (
            {"faculty_demanded": 0, "faculty_available": 0},
            "No faculty are available and none are needed.",
        ),
        (
            {"faculty_demanded": 3, "faculty_available": 0},
            "No faculty are available; 3 half-days of their work are needed.",
        ),
        (
            {"n1_pass": None, "n2_pass": None, "phase_risk": None},
            "Whether the loss of one or two people could be absorbed is not known yet.",
        ),
        (
            {"n1_pass": False, "phase_risk": "high"},
            "There are people whose loss cannot be absorbed (N-1 fails); the risk of tipping over is high "
            "(two early signs).",
        ),
        ({"n2_pass": True}, "Any one or two losses can be absorbed (N-1 and N-2 pass)."),
    ],
)
def test_each_state_has_its_sentence(make_assessment, changes, sentence):
    assert sentence in health_sentences(make_assessment({"Clinic": week()}, **changes))


def test_missing_supervision_is_told_with_its_first_half_day(make_assessment):
    places = {"East": [(1, 1)] * 4 + [(0, 2)] * 3 + [(0, 0)] * 7}
    told = " ".join(health_sentences(make_assessment({"Clinic": week()}, supervision=places)))
    assert "Supervision is short in 3 half-days, the first is Wed 4 Mar AM in East (2 attendings" in told


def test_nothing_required_and_no_schedule_are_said_plainly(make_assessment, shown_at):
    nothing = make_assessment({}, status=HealthStatus.HEALTHY)
    assert health_sentences(nothing)[0] == "Healthy: nothing is required in the next 7 days."
    missing = no_data(Period.horizon(date(2026, 3, 2), 7), "no published schedule covers the 7 days")
    assert health_sentences(missing) == ["No data: no published schedule covers the 7 days"]
    page = render_health(missing, **shown_at)
    assert "**No data.** no published schedule covers the 7 days" in page
    assert "![" not in page


def test_the_page_opens_with_the_verdict_then_actions_table_and_picture(make_assessment, shown_at):
    assessment = make_assessment(
        {"Clinic": week((0, (1, 2, 0)))}, immediate_actions=("Confirm who stands in.",)
    )
    page = render_health(assessment, **shown_at, report_url="http://127.0.0.1:4200/artifacts/a")
    places = [
        page.index(part)
        for part in (
            "# Schedule health, Mon 2 Mar to Sun 8 Mar 2026",
            "**Degraded.** 96 % of the required slots",
            "Checked Mon 2 Mar 2026 06:15 HST.",
            "- Confirm who stands in.",
            "| Slots filled | 96 % (27 of 28) |",
            "| Faculty used | 84 % (84 of 100 half-days) | ORANGE (stretched) | **degraded** |",
            "[report](http://127.0.0.1:4200/artifacts/a)",
            "data:image/svg+xml;base64,",
            "## Where it is short",
            "## Services to look at, worst first",
            "## How this was computed",
            "`0123456789ab`",
        )
    ]
    assert places == sorted(places)


def test_gaps_are_to_be_filled_even_when_no_step_is_called_for(make_assessment, shown_at):
    short = {"Clinic": week((0, (1, 2, 0)))}
    unsupervised = {"East": [(0, 1)] * 14}
    full = {"Clinic": week()}
    assert "the gaps below should be filled" in render_health(make_assessment(short), **shown_at)
    page = render_health(make_assessment(full, supervision=unsupervised), **shown_at)
    assert "the gaps below should be filled" in page
    assert "**Nothing has to be done now.**" in render_health(make_assessment(full), **shown_at)


def test_a_person_decides_when_coverage_is_too_low_for_automatic_steps(make_assessment, shown_at):
    low = make_assessment(
        {"Clinic": week()},
        defense_level=DefenseLevel.CONTAINMENT,
        may_act_automatically=False,
        immediate_actions=("Do.",),
    )
    assert "a person decides each step" in render_health(low, **shown_at)
    fine = make_assessment({"Clinic": week()}, immediate_actions=("Do.",))
    assert "a person decides each step" not in render_health(fine, **shown_at)


CELLS = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(-2, 4)).map(
    lambda cell: (min(cell[0], cell[1]), cell[1], cell[2])
)
WEEKS = st.lists(CELLS, min_size=14, max_size=14).filter(
    lambda cells: any(required for _, required, _ in cells)
)


@given(st.lists(WEEKS, max_size=5))
def test_the_tables_hold_the_numbers_of_the_assessment(make_assessment, shown_at, weeks):
    assessment = make_assessment({f"Service {i}": cells for i, cells in enumerate(weeks)})
    page = render_health(assessment, **shown_at)
    short = {}
    for gap in assessment.gaps:
        short.setdefault((gap.day, gap.half), []).append(gap.missing)
    if short:
        rows = rows_under(page, "Where it is short")
        assert len(rows) == min(12, len(short))
        for (_, missing), row in zip(sorted(short.items()), rows, strict=False):
            assert [int(n) for n in re.findall(r"(\d+)\u00a0\u00d7", row[1])] == missing
        rest = len(short) - 12
        assert (rest > 0) is (f"{rest} later half-day" in page)
    if "## Services to look at" in page:
        rows = rows_under(page, "Services to look at, worst first")
        by_name = {service.name: service for service in assessment.services}
        for row in rows:
            service = by_name[row[0]]
            assert f"({service.filled} of {service.demanded})" in row[1]
            assert row[2].startswith(f"{service.redundancy} (")
            assert row[2].endswith(service.worst_half_day)
        listed = {row[0] for row in rows}
        assert listed == {s.name for s in assessment.services if s.filled < s.demanded or s.worst_margin <= 0}


def test_a_half_day_short_in_many_services_names_some_and_counts_the_rest(make_assessment, shown_at):
    services = {f"Ward {i}": week((4, (0, 2, 0))) for i in range(9)}
    ((_, empty, _),) = rows_under(render_health(make_assessment(services), **shown_at), "Where it is short")
    assert empty.count("\u00d7") == 6
    assert empty.endswith("and 3 more")


def test_hostile_names_stay_text(make_assessment, shown_at, hostile):
    assessment = make_assessment(
        {hostile: week((2, (0, 2, -2)))},
        supervision={hostile: [(0, 1)] * 14},
        watch_items=(hostile,),
        warnings=(hostile,),
    )
    page = render_health(assessment, **shown_at)
    tokens = [child for token in parsed(page) for child in (token, *(token.children or ()))]
    assert not {"html_inline", "html_block", "link_open", "code_block", "fence"} & {t.type for t in tokens}
    assert [t.content for t in tokens if t.type == "code_inline"] == ["0123456789ab"]
    assert not [t for t in tokens if t.type == "image"]  # the parser refuses embedded SVG: no other picture
    for heading, columns in (("Where it is short", 3), ("Services to look at, worst first", 6)):
        rows = rows_under(page, heading)
        assert {len(row) for row in rows} == {columns}
    assert rows_under(page, "Services to look at, worst first")[0][0] == hostile
    assert "http://evil" not in page


def test_a_year_of_many_services_stays_a_small_page(make_assessment, shown_at):
    cells = [(0, 9, -9)] * 732
    services = {f"Service number {i:03} with a rather long name": cells for i in range(8)}
    many = make_assessment(
        {f"Ward {i:03} of a large house": [(0, 9, -9)] * 14 for i in range(120)},
        supervision={f"Location {i}": [(0, 3)] * 14 for i in range(6)},
    )
    for assessment in (many, make_assessment(services, blocks=732)):
        assert len(render_health(assessment, **shown_at).encode()) < 500_000


def test_services_that_are_not_listed_are_told_truthfully(make_assessment, shown_at):
    services = {f"Short {i:02}": week((i, (0, 2, 3))) for i in range(14)} | {"Fine": week()}
    page = render_health(make_assessment(services), **shown_at)
    assert "3 other services: 4 slots empty, at least one spare person in every half-day." in page
    calm = render_health(make_assessment({"A": week(), "B": week()}), **shown_at)
    assert "\n2 services: every slot filled, at least one spare person in every half-day." in calm


def test_a_period_of_no_days_has_a_page_without_picture_and_services(make_assessment, shown_at):
    page = render_health(make_assessment({}, blocks=0, status=HealthStatus.HEALTHY), **shown_at)
    assert "nothing is required in the next 0 days." in page.lower()
    assert "| Slots filled | nothing required |" in page
    assert "![" not in page
    assert "## Services" not in page


def test_a_busy_service_is_listed_even_when_it_is_filled(make_assessment, shown_at):
    assessment = make_assessment({"Clinic": week(), "Scope": week()})
    busy = assessment.services[1].model_copy(update={"level": UtilizationLevel.RED})
    changed = assessment.model_copy(update={"services": (assessment.services[0], busy)})
    page = render_health(changed, **shown_at)
    assert [row[0] for row in rows_under(page, "Services to look at, worst first")] == ["Scope"]


@pytest.mark.parametrize(
    ("demanded", "available", "shown"),
    [
        (70, 100, "10 % (10 half-days) | enough"),
        (71, 100, "9 % (9 half-days) | low, 10 % is wanted"),
        (0, 0, "0 % (0 half-days) | low, 10 % is wanted"),
        (1, 14, "71 % (10 half-days) | enough"),
    ],
)
def test_the_buffer_is_low_below_exactly_a_tenth(make_assessment, shown_at, demanded, available, shown):
    assessment = make_assessment({"Clinic": week()}, faculty_demanded=demanded, faculty_available=available)
    assert f"| Buffer below the 80 % mark | {shown} |" in render_health(assessment, **shown_at)


def test_a_crisis_is_told_and_the_early_signs_have_their_table(make_assessment, shown_at):
    signs = tuple(
        PhaseIndicator(
            name=name, raised=raised, value=0.5, threshold="over", advisory=raised is None, explanation="seen"
        )
        for name, raised in (("recent_changes", True), ("fallback_expiring", False), ("trend_up", None))
    )
    calm = make_assessment({"Clinic": week()})
    assert "crisis" not in " ".join(health_sentences(calm))
    assert "Early signs" not in render_health(calm, **shown_at)
    open_crisis = calm.model_copy(
        update={"crisis_mode": True, "load_shedding_level": "RED", "phase_indicators": signs}
    )
    assert health_sentences(open_crisis)[-1] == "A crisis is open; load is shed to RED."
    rows = rows_under(render_health(open_crisis, **shown_at), "Early signs of tipping over")
    assert rows == [
        ["recent changes", "raised", "seen", "over"],
        ["fallback expiring", "quiet", "seen", "over"],
        ["trend up (advisory)", "unknown", "seen", "over"],
    ]
