"""Pictures are well-formed, self-contained and show foreign text as it is."""

from base64 import b64decode
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from residency.reports import svg

NAMESPACE = "{http://www.w3.org/2000/svg}"


@given(st.text())
def test_any_text_survives_as_text(content):
    root = ET.fromstring(svg.document(100, content, [svg.text(1, 2, content)]))  # noqa: S314 - our own output
    shown = root.find(f"{NAMESPACE}text").text or ""
    assert len(shown) == len(content)
    for before, after in zip(content, shown, strict=True):
        assert after == before or after == (" " if before in "\t\n\r" else "\ufffd")
        assert after == before or not before.isprintable()


def test_forbidden_characters_are_replaced_and_the_rest_kept():
    assert svg.clean("a\x00<b>&\"'\x1f\ud800\r\n") == "a\ufffd&lt;b&gt;&amp;&quot;&#x27;\ufffd\ufffd  "


def test_a_picture_brings_its_own_paper_and_fetches_nothing():
    picture = svg.document(50, "t", [svg.hatch("h", "#fff", "#000")])
    root = ET.fromstring(picture)  # noqa: S314 - our own output
    paper = root.find(f"{NAMESPACE}rect")
    assert (paper.get("width"), paper.get("height"), paper.get("fill")) == ("959", "49", "#ffffff")
    assert "href" not in picture
    assert picture.count("http") == 1  # the namespace


@given(st.text(max_size=60), st.integers(40, 300), st.integers(12, 20))
def test_shortened_text_fits_and_starts_alike(content, width, size):
    short = svg.shorten(content, width, size)
    assert svg.width_of(short, size) <= max(width, svg.width_of("x", size))
    assert content.startswith(short.removesuffix("\u2026"))
    if svg.width_of(content, size) <= width:
        assert short == content


@given(st.text(st.characters(codec="utf-8")))
def test_a_data_uri_holds_the_whole_picture(content):
    picture = svg.text(0, 0, content)
    head, _, body = svg.data_uri(picture).partition(",")
    assert head == "data:image/svg+xml;base64"
    assert b64decode(body).decode() == picture
