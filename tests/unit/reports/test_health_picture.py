"""The picture of the week shows the numbers of the assessment, service by service."""

from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from residency.reports.health_picture import SERVICES_SHOWN, health_picture, load_percent, picture_order

NAMESPACE = "{http://www.w3.org/2000/svg}"
CELLS = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(-2, 4)).map(
    lambda cell: (min(cell[0], cell[1]), cell[1], cell[2])
)
WEEKS = st.lists(CELLS, min_size=14, max_size=14).filter(
    lambda cells: any(required for _, required, _ in cells)
)


def drawn(picture):
    """Texts and filled rectangles of a picture as (x, y, text or colour)."""
    root = ET.fromstring(picture)  # noqa: S314 - our own output
    texts = [(float(t.get("x")), float(t.get("y")), t.text) for t in root.iter(f"{NAMESPACE}text")]
    shapes = [
        (float(r.get("x")), float(r.get("y")), r.get("fill"))
        for r in root.findall(f"{NAMESPACE}rect")
        if r.get("rx") == "4"
    ]
    return texts, shapes


def row_of(picture, name):
    """The cell texts of a service's row by column, and the colours of its fourteen cells."""
    texts, shapes = drawn(picture)
    y = next(y for _, y, text in texts if text == name)
    cells = sorted((x, colour) for x, top, colour in shapes if abs(top + 20 - y) < 1)
    labels = {x: text for x, other, text in texts if abs(other - y) < 1 and text != name}
    width = cells[1][0] - cells[0][0]
    by_column = [
        next((text for x, text in labels.items() if left < x < left + width), "") for left, _ in cells
    ]
    return by_column, [colour for _, colour in cells]


@given(st.lists(WEEKS, min_size=1, max_size=6))
@settings(max_examples=60)
def test_cells_hold_filled_over_required_and_the_matching_colour(make_assessment, weeks):
    assessment = make_assessment({f"Service {i}": cells for i, cells in enumerate(weeks)})
    picture = health_picture(assessment)
    for i, cells in enumerate(weeks):
        labels, colours = row_of(picture, f"Service {i}")
        assert labels == [f"{filled}/{required}" if required else "" for filled, required, _ in cells]
        for (filled, required, spare), colour in zip(cells, colours, strict=True):
            if required == 0:
                expected = "#eceff3"
            elif filled < required:
                expected = "#c62828"
            else:
                expected = "#ffe08a" if spare <= 0 else "#cdead6"
            assert colour == expected


def test_supervision_rows_show_attendings_and_hatch_what_is_short(make_assessment):
    places = {"East wing": [(1, 2), (2, 2), (3, 2), (0, 0)] + [(0, 0)] * 10}
    picture = health_picture(make_assessment({"Clinic": [(1, 1, 1)] * 14}, supervision=places))
    labels, colours = row_of(picture, "East wing")
    assert labels[:4] == ["1/2", "2/2", "3/2", ""]
    assert colours[:4] == ["url(#supervision)", "#cdead6", "#cdead6", "#eceff3"]


def test_only_the_locations_shortest_of_attendings_are_drawn(make_assessment):
    places = {f"East {i}": [(0, i)] + [(1, 1)] * 13 for i in range(9)}
    texts = [text for *_, text in drawn(health_picture(make_assessment({}, supervision=places)))[0]]
    assert [text for text in texts if text.startswith("East")] == [f"East {i}" for i in (8, 7, 6, 5, 4, 3)]
    assert "3 more locations are not shown: 3 attendings missing." in texts
    full = {f"East {i}": [(1, 1)] * 14 for i in range(7)}
    texts = [text for *_, text in drawn(health_picture(make_assessment({}, supervision=full)))[0]]
    assert "1 more location is not shown: nobody missing." in texts


def test_bars_carry_whole_percents_and_bear_overload(make_assessment):
    assessment = make_assessment({"Clinic": [(1, 1, 1)] * 14})
    texts, _ = drawn(health_picture(assessment))
    shown = [text for _, y, text in texts if 98 <= y <= 263 and text.isdigit()]
    assert shown == [str(load_percent(h)) for h in assessment.half_days]
    assert "112" not in shown
    assert "100" in shown
    over = assessment.half_days[0].model_copy(update={"faculty_demanded": 18, "utilization": 18 / 8})
    nobody = over.model_copy(update={"faculty_available": 0, "utilization": 1.0})
    assert (load_percent(over), load_percent(nobody)) == (225, 100)
    assert load_percent(nobody.model_copy(update={"faculty_demanded": 0})) == 0
    changed = assessment.model_copy(update={"half_days": (over, nobody, *assessment.half_days[2:])})
    assert "225" in [text for *_, text in drawn(health_picture(changed))[0]]


@given(st.lists(WEEKS, min_size=19, max_size=24))
@settings(max_examples=20, deadline=None)
def test_left_out_services_are_counted_and_never_hide_a_worse_one(make_assessment, weeks):
    assessment = make_assessment({f"Service {i}": cells for i, cells in enumerate(weeks)})
    texts = [text for *_, text in drawn(health_picture(assessment))[0]]
    order = picture_order(assessment.services)
    shown = [s for s in order if s.name in texts]
    hidden = [s for s in order if s.name not in texts]
    assert len(shown) == SERVICES_SHOWN
    missing = sum(s.demanded - s.filled for s in hidden)
    (note,) = [text for text in texts if "not shown" in text]
    assert note.startswith(f"{len(hidden)} more service")
    assert (f"{missing} slot" in note) is (missing > 0)
    if missing:
        assert all(s.filled < s.demanded for s in shown)
    elif all(s.filled == s.demanded for s in shown):
        assert max(s.worst_margin for s in shown) <= min(s.worst_margin for s in hidden)


def test_only_the_first_seven_days_of_a_longer_horizon_are_drawn(make_assessment):
    texts, _ = drawn(health_picture(make_assessment({"Clinic": [(1, 1, 1)] * 60}, blocks=60)))
    days = [text for *_, text in texts if text.endswith(" Mar")]
    assert days[0] == "Mon 2 Mar"
    assert days[-1] == "Sun 8 Mar"
    assert len(days) == 7


def test_one_day_is_drawn_too(make_assessment):
    picture = health_picture(make_assessment({"Clinic": [(1, 2, 1), (2, 2, 1)]}, blocks=2))
    assert row_of(picture, "Clinic")[0] == ["1/2", "2/2"]


def test_hostile_names_are_drawn_as_text(make_assessment, hostile):
    picture = health_picture(make_assessment({hostile: [(1, 1, 1)] * 14}))
    assert "<script" not in picture
    assert any((text or "").startswith("|x| <script>") for *_, text in drawn(picture)[0])
