"""Maps of modules: written whole, the same bytes each time, nothing over anything else, what is left out is told."""

import importlib.util
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanmine.errors import MissingExtraError, OutputError, UsageError
from hanmine.report import fonts
from hanmine.report.fonts import fonts_for
from hanmine.report.map_drawing import TextMeasure, colour, hues, labelled
from hanmine.report.map_layout import Shapes, placed
from hanmine.report.modules import ModuleNode, draw_modules

MODULES = [
    ModuleNode("market shares funds", 0.4, 40),
    ModuleNode("film actor", 0.3, 30),
    ModuleNode("", 0.2, 20, ["doctor", "nurse"]),
    ModuleNode("a$b_1 <x>&", 0.08, 8),
    ModuleNode("tiny", 0.02, 2),
]
LINKS = [(0, 1, 0.02), (1, 0, 0.01), (0, 2, 0.01), (3, 4, 0.005), (2, 2, 0.1)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("extension", ["png", "svg"])
def test_the_same_modules_give_the_same_bytes(tmp_path, extension):
    targets = [tmp_path / f"{name}.{extension}" for name in "ab"]
    for target in targets:
        assert draw_modules(target, MODULES, LINKS, title="Themes") == []
    assert targets[0].read_bytes() == targets[1].read_bytes()
    assert targets[0].stat().st_size > 10_000
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{extension}", f"b.{extension}"]


def test_svg_is_well_formed_and_directions_are_summed(tmp_path):
    draw_modules(tmp_path / "a.svg", MODULES, LINKS)
    draw_modules(tmp_path / "b.svg", MODULES, [(1, 0, 0.03), (2, 0, 0.01), (4, 3, 0.002), (3, 4, 0.003)])
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    ElementTree.parse(tmp_path / "a.svg")


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("links", [[], [(0, 1, 0.1)]])
def test_few_modules(tmp_path, count, links):
    links = [link for link in links if link[1] < count]
    draw_modules(tmp_path / "m.png", MODULES[:count], links)
    assert (tmp_path / "m.png").stat().st_size > 5_000


def test_what_is_not_shown_is_told(tmp_path):
    told = draw_modules(tmp_path / "m.png", MODULES, LINKS, most=3)
    assert told == ["the map shows the 3 modules with the most flow; 2 more have 10 % of it"]


def test_characters_that_no_font_has(tmp_path, monkeypatch):
    monkeypatch.delenv("HANMINE_FONT", raising=False)
    monkeypatch.setattr(fonts, "_preferred", lambda: iter(()))
    monkeypatch.setattr(fonts, "_others", lambda: iter(()))
    (told,) = draw_modules(tmp_path / "m.png", [ModuleNode("abc \U0001fae8", 1, 1)], [])
    assert told.startswith("no font here has \U0001fae8: drawn as □")
    for format in ("png", "svg", "pdf"):
        (told,) = draw_modules(tmp_path / f"n.{format}", [ModuleNode("词", 1, 1)], [])
        assert told.startswith("no font here has 词: drawn as □")
        assert (tmp_path / f"n.{format}").stat().st_size > 1000


def test_errors(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"--plot .*: pictures are png, svg or pdf"):
        draw_modules(tmp_path / "p.jpeg", MODULES, LINKS)
    with pytest.raises(UsageError, match=r"--map .*: there are no modules to draw"):
        draw_modules(tmp_path / "p.png", [], [], option="--map")
    with pytest.raises(OutputError, match="does not exist"):
        draw_modules(tmp_path / "missing" / "p.png", MODULES, LINKS)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hanmine\[plot\]'"):
        draw_modules(tmp_path / "p.png", MODULES, LINKS)


@st.composite
def maps(draw):
    count = draw(st.integers(1, 14))
    generator = np.random.default_rng(draw(st.integers(0, 99)))
    flow = np.triu(generator.exponential(size=(count, count)) ** 3 * (generator.random((count, count)) < 0.4), 1)
    radius = generator.uniform(3, 60, count)
    outside = generator.random(count) < 0.5
    return flow + flow.T, Shapes(radius, outside * generator.uniform(5, 50, count), outside * 20.0, gap=6.0)


@settings(max_examples=15)
@given(maps())
def test_nothing_lies_over_anything_else(case):
    flow, shapes = case
    points = placed(flow, shapes)
    half, down, up = shapes.box()
    for i in range(len(points)):
        for j in range(i):
            across, along = points[i] - points[j]
            if shapes.below[i] or shapes.below[j]:
                reach = down[i] + up[j] if along > 0 else up[i] + down[j]
                assert abs(across) > half[i] + half[j] or abs(along) > reach
            else:
                assert np.hypot(across, along) > shapes.radius[i] + shapes.radius[j]
    assert np.array_equal(points, placed(flow, shapes))


def test_modules_with_flow_between_them_are_near():
    # Two groups of four; much flow inside, little across.
    group = np.arange(8) // 4
    flow = np.where(group[:, None] == group, 1.0, 0.01) * (1 - np.eye(8))
    points = placed(flow, Shapes(np.full(8, 10.0), np.zeros(8), np.zeros(8), gap=5.0))
    distance = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    inside = distance[(group[:, None] == group) & ~np.eye(8, dtype=bool)]
    assert inside.mean() < 0.6 * distance[group[:, None] != group].mean()


def test_words_stand_inside_where_they_fit():
    measure = TextMeasure(fonts_for(["abc"]))
    large = labelled(60, ["market", "shares", "funds"], measure)
    assert large.inside
    assert [line.text for line in large.lines] == ["market", "shares", "funds"]
    assert large.lines[0].size > large.lines[1].size
    for line in large.lines:
        assert abs(line.down) + line.size / 2 < 60
        assert measure.width(line.text, line.size) < 120
    small = labelled(4, ["market", "shares", "funds"], measure)
    assert not small.inside
    assert [line.text for line in small.lines] == ["market", "shares funds"]
    assert small.lines[0].down > 4
    assert small.half_width >= measure.width("market", small.lines[0].size) / 2
    assert labelled(4, ["averyveryverylongword"], measure).lines[0].text == "averyveryve…"
    assert labelled(4, [], measure).lines == ()


def test_colours_are_equally_light_and_neighbours_alike():
    assert colour(1, 0, 0) == pytest.approx((1, 1, 1), abs=1e-3)
    assert colour(0, 0, 0) == (0, 0, 0)
    red, green, blue = colour(0.628, 0.2577, 0.5102)
    assert (red, green, blue) == pytest.approx((1, 0, 0), abs=0.01)
    around = np.array([[np.cos(angle), np.sin(angle)] for angle in (0.1, 1.5, 3.0, -1.5)])
    assert np.diff(sorted(hues(around))) == pytest.approx(np.pi / 2)
