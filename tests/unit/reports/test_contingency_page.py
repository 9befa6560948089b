"""The page, sentences and heat map of a contingency analysis show the report's own numbers."""

from datetime import date
from xml.etree import ElementTree as ET

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from residency.reports.contingency_page import contingency_sentences, render_contingency
from residency.reports.contingency_picture import PEOPLE_SHOWN, contingency_picture, loss_matrix
from residency.resilience.results import (
    AffectedSlot,
    BaseShortfall,
    PersonImpact,
    PhaseIndicator,
    PhaseRisk,
    Recommendation,
)

NAMESPACE = "{http://www.w3.org/2000/svg}"
LOSS = st.tuples(st.integers(0, 9), st.integers(0, 5), st.integers(-3, 5))


@st.composite
def losses(draw, people=24):
    """Singles of some people and losses of some of their pairs that leave something undone."""
    names = [f"F-{i:02}" for i in range(draw(st.integers(2, people)))]
    singles = {name: draw(LOSS) for name in names}
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=40))
    return singles, {pair: draw(LOSS.filter(any)) for pair in chosen}


def undone(loss):
    _, reassigned, supervision = loss
    return max(0, reassigned) + max(0, supervision)


def parsed(text):
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)


def test_the_verdict_names_the_irreplaceable_and_the_hidden_pairs(make_report):
    report = make_report(
        {"F-1": (9, 3, 2), "F-2": (7, 0, 0), "F-3": (0, 0, 0), "F-4": (1, 0, -2)},
        {("F-1", "F-2"): (16, 4, 2), ("F-2", "F-3"): (7, 1, 0)},
        base=BaseShortfall(assigned_only=3, after_reassignment=1),
        base_supervision_deficit=1,
        phase_risk=PhaseRisk.MEDIUM,
    )
    assert contingency_sentences(report) == [
        "There are people whose loss cannot be absorbed (N-1 fails).",
        "1 of 4 people cannot be fully replaced when away alone; half-days of work left uncovered: F-1 (5).",
        "2 of 6 pairs cannot be fully replaced when away together; 1 of them is a pair of people harmless "
        "alone: F-2 with F-3.",
        "Before any loss 3 slots are empty, moving people would leave 1; supervision lacks 1 attending.",
        "The risk of tipping over is medium (one early sign).",
    ]


def test_a_calm_report_says_so(make_report, shown_at):
    report = make_report({"F-1": (0, 0, 0), "F-2": (2, 0, 0)}, {})
    assert contingency_sentences(report) == [
        "Any one or two losses can be absorbed (N-1 and N-2 pass).",
        "Of 2 people, each can be replaced when away alone.",
        "Of 1 pair, each can be replaced when away together.",
        "Before any loss every required slot is filled.",
        "The risk of tipping over is low (no early sign).",
    ]
    page = render_contingency(report, **shown_at)
    assert "**Nothing has to be done" in page
    assert "![" not in page


def test_one_person_makes_no_pair(make_report):
    told = contingency_sentences(make_report({"F-1": (0, 0, 0)}, {}))
    assert told[1:3] == [
        "Of 1 person, each can be replaced when away alone.",
        "There are not two people whose joint loss could be analysed.",
    ]


def test_a_program_without_people_is_told_without_pairs(make_report, shown_at):
    report = make_report({}, {})
    headline, *others = contingency_sentences(report)
    assert headline == "Nobody's loss could be analysed: there are no residents or faculty in the program."
    assert not any("people" in sentence or "pair" in sentence for sentence in others)
    assert headline in render_contingency(report, **shown_at)


def test_the_page_has_all_parts_in_order(make_report, shown_at):
    steps = [
        Recommendation(
            kind="cross_train", people=("F-1",), service="CO", days=(), gain=gain, sentence=f"Step {gain}."
        )
        for gain in (2, 9, 1, 4)
    ]
    report = make_report(
        {"F-1": (9, 3, 2), "F-2": (7, 0, -4), "F-3": (1, 0, 0), "F-4": (0, 0, 0)},
        {("F-1", "F-2"): (16, 4, 2), ("F-2", "F-3"): (7, 1, 0)},
        recommendations=tuple(steps),
        impacts=(
            PersonImpact(
                person="F-1",
                services={"Clinic": 1, "Scope": 4},
                slots=(AffectedSlot(day=date(2026, 3, 3), half="AM", service="SC", missing=1),),
            ),
        ),
        phase_indicators=(
            PhaseIndicator(
                name="n1_margin_falling",
                raised=None,
                value=None,
                threshold="p at most 0.05",
                advisory=True,
                explanation="unknown: too few weeks",
            ),
        ),
        warnings=("F-9 has no PGY.",),
    )
    page = render_contingency(report, **shown_at)
    places = [
        page.index(part)
        for part in (
            "# Contingency, Mon 2 Mar to Sat 30 May 2026",
            "**There are people whose loss cannot be absorbed (N-1 fails).**",
            "Computed Mon 2 Mar 2026 06:15 HST.",
            "- Step 2.\n- Step 9.\n- Step 1.",
            "| F-1 | **critical (irreplaceable)** | 3 | 2 | 9 | 0 |",
            "| F-2 | high (many handovers) | 0 | 0 | 7 | 0 |",
            "| F-3 | medium (few handovers) | 0 | 0 | 1 | 0 |",
            "| F-2 and F-3 | 1 | 0 and 0 | **only seen together** |",
            "| F-1 and F-2 | 6 | 5 and 0 | 1 more together |",
            "data:image/svg+xml;base64,",
            "| F-1 | 4\u00a0\u00d7\u00a0Scope and 1\u00a0\u00d7\u00a0Clinic | Tue 3 Mar AM |",
            "| n1 margin falling (advisory) | unknown | too few weeks | p at most 0.05 |",
            "- Step 4.",
            "- F-9 has no PGY.",
            "`0123456789ab`",
        )
    ]
    assert places == sorted(places)
    assert "| F-4 |" not in page


@given(losses())
@settings(max_examples=60, deadline=None)
def test_the_matrix_holds_the_reports_numbers(make_report, found):
    singles, pairs = found
    report = make_report(singles, pairs)
    matrix = loss_matrix(report)
    shown = {pair: undone(loss) for pair, loss in pairs.items() if undone(loss)}
    if matrix is None:
        assert not shown
        return
    involved = {person for pair in shown for person in pair}
    assert set(matrix.people) <= involved
    assert len(matrix.people) == min(PEOPLE_SHOWN, len(involved))
    assert matrix.left_out == len(involved) - len(matrix.people)
    assert matrix.singles == tuple(undone(singles[person]) for person in matrix.people)
    cells = {
        frozenset((matrix.people[row], matrix.people[column])): value
        for (row, column), value in matrix.pairs.items()
    }
    assert all(row < column for row, column in matrix.pairs)
    kept = set(matrix.people)
    assert cells == {frozenset(pair): value for pair, value in shown.items() if set(pair) <= kept}
    joint = {frozenset((pair.a, pair.b)) for pair in report.joint_only_pairs}
    ringed = {frozenset((matrix.people[row], matrix.people[column])) for row, column in matrix.joint_only}
    assert ringed == joint & set(cells)


@given(losses(people=12))
@settings(max_examples=40, deadline=None)
def test_the_picture_shows_every_number_of_the_matrix_once(make_report, found):
    matrix = loss_matrix(make_report(*found))
    assume(matrix is not None)
    root = ET.fromstring(contingency_picture(matrix))  # noqa: S314 - our own output
    texts = [text.text for text in root.iter(f"{NAMESPACE}text")]
    numbers = sorted(
        int(text.text)
        for text in root.iter(f"{NAMESPACE}text")
        if text.get("text-anchor") == "middle" and text.text.isdigit()
    )
    assert numbers == sorted(value for value in (*matrix.singles, *matrix.pairs.values()) if value)
    legend_rings = 1 if matrix.joint_only else 0
    assert len(list(root.iter(f"{NAMESPACE}circle"))) == len(matrix.joint_only) + legend_rings
    for person in matrix.people:
        assert texts.count(person) == 2


def test_a_pair_that_only_hurts_together_is_drawn_before_lesser_single_losses(make_report):
    names = [f"F-{i:02}" for i in range(30)]
    singles = {name: (1, 1, 0) if i < 28 else (0, 0, 0) for i, name in enumerate(names)}
    pairs = {(a, b): (2, 2, 0) for i, a in enumerate(names[:28]) for b in names[i + 1 : 28]}
    report = make_report(singles, pairs | {("F-28", "F-29"): (3, 3, 0)})
    matrix = loss_matrix(report)
    assert matrix.people[:2] == ("F-28", "F-29")
    assert matrix.joint_only == {(0, 1)}
    assert (len(matrix.people), matrix.left_out) == (PEOPLE_SHOWN, 10)


def test_people_without_pair_losses_are_not_drawn_as_harmless(make_report):
    report = make_report({"R-1": (9, 5, 0), "F-1": (1, 1, 0), "F-2": (1, 0, 0)}, {("F-1", "F-2"): (2, 1, 0)})
    assert set(loss_matrix(report).people) == {"F-1", "F-2"}


def test_hostile_labels_and_sentences_stay_text(make_report, shown_at, hostile):
    report = make_report(
        {hostile: (9, 3, 2), "F-2": (7, 0, 0)},
        {(hostile, "F-2"): (16, 4, 2)},
        recommendations=(
            Recommendation(
                kind="cross_train", people=(), service=None, days=(), gain=1, sentence=f"1. {hostile}"
            ),
        ),
        impacts=(PersonImpact(person=hostile, services={hostile: 1}, slots=()),),
        warnings=(hostile,),
    )
    page = render_contingency(report, **shown_at)
    tokens = [child for token in parsed(page) for child in (token, *(token.children or ()))]
    assert not {"html_inline", "html_block", "link_open", "ordered_list_open", "fence"} & {
        t.type for t in tokens
    }
    assert "http://evil" not in page
    cells = [
        "".join(c.content for c in tokens[i + 1].children)
        for i, t in enumerate(tokens)
        if t.type == "td_open" and tokens[i + 1].type == "inline"
    ]
    assert cells.count(hostile) == 2
    ET.fromstring(contingency_picture(loss_matrix(report)))  # noqa: S314 - our own output


@pytest.mark.parametrize("people", [2, 300])
def test_many_people_and_pairs_stay_a_small_page(make_report, shown_at, people):
    names = [f"F-{i:03}" for i in range(people)]
    report = make_report(
        dict.fromkeys(names, (99, 99, 99)),
        {(a, b): (300, 250, 250) for i, a in enumerate(names) for b in names[i + 1 :]},
    )
    assert len(render_contingency(report, **shown_at).encode()) < 500_000
