"""Arcs as SVG: well-formed whatever the words are, an arc for each head, higher over lower ones."""

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.report.arcs import arc_levels, arcs_svg

SVG = "{http://www.w3.org/2000/svg}"


def test_levels():
    """An arc lies above all that it spans."""
    heads = [2, 0, 4, 2, 4, 2]
    levels = arc_levels(heads)
    assert levels == {(2, 1): 1, (4, 3): 1, (4, 5): 1, (2, 4): 2, (2, 6): 3}
    for (a, b), level in levels.items():
        for (c, d), other in levels.items():
            inside = min(a, b) <= min(c, d) and max(c, d) <= max(a, b) and (a, b) != (c, d)
            assert not inside or other < level
    assert arc_levels([]) == arc_levels([0]) == {}


def test_the_picture():
    words = ["我", '<b>&"', "\x07x\ud800", "。"]
    text = arcs_svg(words, [2, 0, 2, 3], title="a < b")
    root = ElementTree.fromstring(text.encode("utf-8", "backslashreplace"))
    assert root.find(f"{SVG}title").text == "a < b"
    assert [found.text for found in root.iter(f"{SVG}text")] == [
        "我",
        "1",
        '<b>&"',
        "2",
        r"\x07x\ud800",
        "3",
        "。",
        "4",
    ]
    arcs = [path.get("d") for path in root.find(f"{SVG}g").iter(f"{SVG}path")]
    assert len(arcs) == 4  # three arcs, and the arrow to the root
    assert "Noto Sans CJK SC" in text
    assert not any(word in text for word in ("script", "href", "url("))


@given(st.lists(st.text(max_size=5), max_size=9), st.data())
def test_any_words_and_heads_make_a_picture(words, data):
    heads = data.draw(
        st.lists(st.integers(0, len(words)), min_size=len(words), max_size=len(words)).map(
            lambda heads: [0 if head == place else head for place, head in enumerate(heads, 1)]
        )
    )
    root = ElementTree.fromstring(arcs_svg(words, heads).encode("utf-8", "backslashreplace"))
    width, height = float(root.get("width")), float(root.get("height"))
    assert width > 0
    assert height > 0
    for found in root.iter(f"{SVG}text"):
        assert 0 <= float(found.get("x")) <= width
        assert 0 <= float(found.get("y")) <= height


def test_the_same_bytes():
    assert arcs_svg(["一", "二"], [2, 0]) == arcs_svg(["一", "二"], [2, 0])
    assert arcs_svg(["一", "二"], [2, 0]) != arcs_svg(["一", "二"], [0, 1])


@pytest.mark.parametrize("words", [0, 1, 60])
def test_sizes(words):
    ElementTree.fromstring(arcs_svg(["字"] * words, list(range(words))))
