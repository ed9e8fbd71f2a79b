"""Fonts for labels: found by the characters that they have, also without any Chinese font on the machine."""

import warnings

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from hanmine.errors import UsageError
from hanmine.report import fonts
from hanmine.report.fonts import Fonts, fonts_for


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv("HANMINE_FONT", raising=False)


def make_font(path, characters, family):
    """A font whose glyphs are squares."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for point in ((100, 700), (800, 700), (800, 0)):
        pen.lineTo(point)
    pen.closePath()
    names = [".notdef", *(f"uni{ord(character):04X}" for character in characters)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(character): name for character, name in zip(characters, names[1:], strict=True)})
    builder.setupGlyf({name: pen.glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(usWeightClass=400)
    builder.setupPost()
    builder.save(path)
    return path


@pytest.fixture
def nothing_installed(monkeypatch):
    """No font beside matplotlib's own."""
    monkeypatch.setattr(fonts, "_preferred", lambda: iter(()))
    monkeypatch.setattr(fonts, "_others", lambda: iter(()))


def test_latin_needs_no_other_font(monkeypatch):
    monkeypatch.setattr(fonts, "_preferred", lambda: pytest.fail("looked for other fonts"))
    assert fonts_for(["abc é", "1 %"]) == Fonts(["DejaVu Sans"])


@pytest.fixture
def no_system_fonts(monkeypatch, tmp_path):
    """A system on which neither matplotlib nor fontconfig finds a font."""
    from matplotlib import font_manager

    monkeypatch.setenv("FONTCONFIG_PATH", str(tmp_path))
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [])
    own = [entry for entry in font_manager.fontManager.ttflist if "mpl-data" in entry.fname]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    fonts._add_new_files.cache_clear()
    yield
    fonts._add_new_files.cache_clear()


def test_the_extra_brings_a_font_for_chinese(no_system_fonts):
    for text in ("词语的发现，。「」", "詞語臺灣龜", "abc 词"):
        found = fonts_for([text])
        assert (found.families, found.missing) == (["DejaVu Sans", "Noto Sans SC"], frozenset())
        assert found.messages == []


def test_fonts_of_the_system_come_first(no_system_fonts, monkeypatch, tmp_path):
    from matplotlib import font_manager

    file = make_font(tmp_path / "simhei.ttf", "甲乙", "SimHei")
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(file)])
    assert fonts_for(["甲乙"]).families == ["DejaVu Sans", "SimHei"]
    assert fonts_for(["甲丙"]).families == ["DejaVu Sans", "Noto Sans SC"]


def test_no_chinese_font(nothing_installed, monkeypatch):
    found = fonts_for(["词 abc$x$"])
    assert (found.families, found.missing) == (["DejaVu Sans"], {"词"})
    assert found.shown("词 abc$x$\n") == r"□ abc\$x\$ "
    assert found.messages == ["no font here has 词: drawn as □ (name a font that has them with HANMINE_FONT=FILE)"]
    monkeypatch.setattr(fonts, "find_spec", lambda package: None)
    assert found.messages == [
        "no font here has 词: drawn as □ (pip install 'hanmine[plot]' brings one; or name a font that has them with "
        "HANMINE_FONT=FILE)"
    ]
    assert "pip" not in fonts_for(["\U0001fae8"]).messages[0]


def test_the_font_of_the_variable(nothing_installed, monkeypatch, tmp_path):
    monkeypatch.setenv("HANMINE_FONT", str(make_font(tmp_path / "some.ttf", "甲乙", "Test Squares")))
    found = fonts_for(["甲乙", "abc"])
    assert (found.families, found.missing) == (["Test Squares", "DejaVu Sans"], frozenset())
    rare = fonts_for(["甲丙", "é"])
    assert rare.missing == {"丙"}
    assert rare.shown("丙甲e\u0301\ufe0f") == "□甲é\ufe0f"
    assert fonts_for(["丙"]).missing == {"丙"}


@pytest.mark.parametrize("content", [None, b"no font"])
def test_a_variable_that_names_no_font(monkeypatch, tmp_path, content):
    path = tmp_path / "x.ttf"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("HANMINE_FONT", str(path))
    with pytest.raises(UsageError, match=r"^HANMINE_FONT=.*x\.ttf: is no font that can be read: name a \.ttf"):
        fonts_for(["abc"])


def test_a_font_installed_after_matplotlib_made_its_list(monkeypatch, tmp_path):
    from matplotlib import font_manager

    file = make_font(tmp_path / "Noto-CJK-test.ttf", "\U00031340\U00031341", "Noto Sans CJK SC")
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(file), str(tmp_path / "cjk-gone.ttf")])
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(font_manager.fontManager.ttflist))
    fonts._add_new_files.cache_clear()
    found = fonts_for(["\U00031340"])
    assert (found.families[0], found.missing) == ("DejaVu Sans", frozenset())
    assert len(found.families) == 2
    fonts._add_new_files.cache_clear()


def test_the_best_font_wins(monkeypatch):
    candidates = [("Few", frozenset("甲")), ("More", frozenset("甲乙")), ("Later", frozenset("乙丙"))]
    monkeypatch.setattr(fonts, "_preferred", lambda: iter(candidates))
    monkeypatch.setattr(fonts, "_others", lambda: iter([("Rest", frozenset("丙丁"))]))
    assert fonts_for(["甲乙"]).families == ["DejaVu Sans", "More"]
    found = fonts_for(["甲乙丙戊"])
    assert (found.families, found.missing) == (["DejaVu Sans", "More", "Rest"], {"戊"})


def test_looking_at_all_fonts_warns_of_nothing(caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fonts_for(["词\U000e0041"])
    assert caplog.records == []
