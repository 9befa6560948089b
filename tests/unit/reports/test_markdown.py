"""Foreign text in Markdown stays text, whatever it holds."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from residency.reports.markdown import bullets, escape, image, page, table

FOREIGN = st.text(
    st.one_of(st.sampled_from("\\`*_{}[]<>|#!~&$^=@:;.-+()\"'/ \n\t19aw"), st.characters(codec="utf-8"))
)


@pytest.fixture(scope="module")
def renderer():
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def visible(text):
    """What a reader should see of a foreign text: its characters on one line."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def texts(inline):
    """The text of an inline token, after asserting that it holds nothing but text."""
    assert {child.type for child in inline.children} <= {"text", "text_special"}, inline.content
    return "".join(child.content for child in inline.children)


@given(FOREIGN)
@example("www.example.org http://example.org a@example.org")
@example("# heading")
@example("1. one")
@example("&lt;b&gt; &#124;")
def test_a_list_item_shows_foreign_text_as_it_is(renderer, text):
    tokens = renderer.parse(bullets([f"x{text}", text, "end"]))
    kinds = [token.type for token in tokens]
    assert kinds.count("list_item_open") == 3
    assert kinds.count("bullet_list_open") == 1
    shown = [texts(token) for token in tokens if token.type == "inline"]
    expected = [visible(f"x{text}"), visible(text), "end"]
    assert shown == [line for line in expected if line]


@given(FOREIGN, FOREIGN)
@example("|", "a\\|b`|`")
def test_a_table_cell_never_breaks_its_row(renderer, one, other):
    tokens = renderer.parse(table(["First", "Second>"], [[escape(one), escape(other)], ["a", "b"]]))
    cells = [texts(tokens[i + 1]) for i, token in enumerate(tokens) if token.type == "td_open"]
    assert cells == [visible(one), visible(other), "a", "b"]


@given(FOREIGN)
def test_no_address_in_foreign_text_can_become_a_link(text):
    shown = escape(f"{text} http://a.example www.b.example c@d.example ftp://e.example")
    assert not re.search(r"(https?|ftp):|www\.|\w@", shown)


def test_a_picture_carries_its_own_data():
    renderer = MarkdownIt("commonmark")
    renderer.validateLink = lambda _url: True  # this parser refuses embedded SVG by default
    (paragraph,) = [t for t in renderer.parse(image("a ] picture", "<svg/>")) if t.type == "inline"]
    (picture,) = paragraph.children
    assert picture.type == "image"
    assert picture.attrs["src"] == "data:image/svg+xml;base64,PHN2Zy8+"
    assert picture.content == r"a \] picture"
    assert renderer.render(image("a ] picture", "<svg/>")).count('alt="a ] picture"') == 1


def test_a_page_leaves_out_empty_parts():
    assert page(["a", "", "b"]) == "a\n\nb\n"
