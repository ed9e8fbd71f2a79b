"""Fonts that can show the labels of a picture, Chinese ones above all, found on the system or named by the user.

matplotlib brings a font without Chinese characters and draws boxes in their place. Here fonts are looked for until each
character has a glyph: that of the variable HANMINE_FONT, then matplotlib's own, then fonts known for simplified
Chinese, also such as were installed after matplotlib made its list of fonts, then that which the extra `plot` brings,
then any other. What none has is drawn as a box, and said: no picture fails for want of a font.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from hanmine.errors import UsageError, visible

VARIABLE = "HANMINE_FONT"
_OWN = "DejaVu Sans"
_BOX = "□"
_WITHOUT_WIDTH = ("Mn", "Me", "Cf")  # combining marks and variation selectors: left out where no font has them
_NAMED = 10  # characters in a message
# Simplified Chinese first; the names are those of the first face of a collection, which is the one that is drawn.
_CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC", "PingFang HK",
    "Hiragino Sans GB", "Microsoft YaHei", "DengXian", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Sarasa Gothic SC",
    "LXGW WenKai", "Noto Sans CJK JP", "Noto Sans CJK TC", "Source Han Sans", "SimHei", "Heiti SC", "Heiti TC",
    "STHeiti", "SimSun", "Songti SC", "Noto Serif CJK SC", "Noto Serif CJK JP", "Source Han Serif SC",
    "AR PL UMing CN", "AR PL UKai CN", "Arial Unicode MS", "Droid Sans Fallback", "Microsoft JhengHei",
)  # fmt: skip
# Packages of Python that carry fonts as files: package, and the file in it. The first is a dependency of the extra.
_PACKAGED = (
    ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"),
    ("mplfonts", "fonts/NotoSansCJKsc-Regular.otf"),
)
# Files of fonts with Chinese characters have one of these in their names.
_HINTS = ("cjk", "wqy", "sourcehan", "notosanssc", "notoserifsc", "pingfang", "hiragino", "msyh", "simhei", "simsun",
          "heiti", "songti", "uming", "ukai", "droidsansfallback", "lxgw", "sarasa", "arial unicode")  # fmt: skip
# Fonts of boxes, which have a glyph for every character.
_EMPTY = ("Last Resort", "LastResort", ".LastResort", "Adobe Blank", "Unicode BMP Fallback")


@dataclass(frozen=True)
class Fonts:
    """What to draw labels with.

    Attributes
    ----------
    families : names for matplotlib's `font.family`: each character is drawn with the first that has it.
    missing : characters that none has.
    """

    families: list[str]
    missing: frozenset[str] = frozenset()

    def shown(self, text: str) -> str:
        """A label as matplotlib is to be given it: no mathematics, a box for what no font has, on one line.

        Control characters but white space are `visible`.
        """
        drawn = (self._drawn(character) for character in _label(text))
        return "".join(drawn).replace("$", r"\$")

    def _drawn(self, character: str) -> str:
        if character in self.missing:
            return "" if unicodedata.category(character) in _WITHOUT_WIDTH else _BOX
        return " " if _is_blank(character) else character

    @property
    def messages(self) -> list[str]:
        """What a user should know: which characters are drawn as boxes."""
        missing = sorted(character for character in self.missing if self._drawn(character))
        if not missing:
            return []
        shown = "".join(missing[:_NAMED]) + ("…" if len(missing) > _NAMED else "")
        brought = not any(map(_is_chinese, missing)) or any(find_spec(package) for package, _ in _PACKAGED)
        cure = "" if brought else "pip install 'hanmine[plot]' brings one; or "
        return [f"no font here has {shown}: drawn as {_BOX} ({cure}name a font that has them with {VARIABLE}=FILE)"]


def fonts_for(labels: Iterable[str]) -> Fonts:
    """Fonts by which the labels of a picture can be read, as many of their characters as any font here has.

    Raises
    ------
    UsageError : HANMINE_FONT is no font.
    """
    characters = set(_label("".join(labels)))
    wanted = {character for character in characters if not _is_blank(character)}
    chosen: list[str] = []
    given = os.environ.get(VARIABLE)
    if given:
        path = Path(given).expanduser()
        added = _added(path)
        if added is None:
            raise UsageError(f"{VARIABLE}={path}: is no font that can be read: name a .ttf, .otf or .ttc file")
        chosen.append(added[0])
        wanted -= added[1]
    chosen.append(_OWN)
    wanted -= _characters(_file_of(_OWN))
    for stage in (_preferred, _others) if wanted else ():
        family, found = _best(stage(), frozenset(wanted))
        if family is not None:
            chosen.append(family)
            wanted -= found
        if not any(map(_is_chinese, wanted)):
            break
    return Fonts(chosen, frozenset(wanted))


def check_fonts() -> None:
    """Raise what `fonts_for` would raise, before it is known what is drawn."""
    fonts_for([])


def _best(candidates: Iterator[tuple[str, frozenset[str]]], wanted: frozenset[str]) -> tuple[str | None, frozenset]:
    """The first font that has all that is wanted, else the one that has most of it."""
    best: tuple[str | None, frozenset] = (None, frozenset())
    for family, characters in candidates:
        found = wanted & characters
        if len(found) > len(best[1]):
            best = family, found
        if len(best[1]) == len(wanted):
            break
    return best


def _preferred() -> Iterator[tuple[str, frozenset[str]]]:
    """Fonts known for Chinese, of matplotlib's list and of packages, with their characters."""
    from matplotlib.font_manager import fontManager

    _add_new_files()
    known = set(fontManager.get_font_names())
    for family in _CHINESE:
        if family in known:
            yield family, _characters(_file_of(family))
    for package, file in _PACKAGED:
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            added = _added(Path(spec.origin).parent / file)
            if added is not None:
                yield added


def _others() -> Iterator[tuple[str, frozenset[str]]]:
    """All other fonts that matplotlib knows, by name."""
    from matplotlib.font_manager import fontManager

    files = {
        entry.name: entry.fname
        for entry in reversed(fontManager.ttflist)
        if entry.weight == 400 and entry.style == "normal" and not entry.name.startswith(_EMPTY)
    }
    for family in sorted(files.keys() - {_OWN, *_CHINESE}):
        yield family, _characters(files[family])


@cache
def _add_new_files() -> None:
    """Tell matplotlib of Chinese fonts that were installed after it made its list, which it keeps for ever."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    listed = {os.path.realpath(entry.fname) for entry in fontManager.ttflist}
    for file in sorted(findSystemFonts()):
        name = Path(file).name.lower().replace("-", "").replace("_", "")
        if any(hint in name for hint in _HINTS) and os.path.realpath(file) not in listed:
            _added(Path(file))


def _added(path: Path) -> tuple[str, frozenset[str]] | None:
    """The family of a font file that matplotlib now knows, and its characters; None where it cannot be read."""
    from matplotlib.font_manager import fontManager

    known = len(fontManager.ttflist)
    try:
        fontManager.addfont(str(path))
        return fontManager.ttflist[known].name, _characters(str(path))
    except (OSError, RuntimeError, ValueError, IndexError):
        return None


def _file_of(family: str) -> str:
    """The file that matplotlib draws a family with."""
    from matplotlib.font_manager import FontProperties, fontManager

    return str(fontManager.findfont(FontProperties(family=[family]), fallback_to_default=True))


@cache
def _characters(file: str) -> frozenset[str]:
    """The characters that the first face of a font file has glyphs for; none where it cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(map(chr, FT2Font(file).get_charmap()))
    except (OSError, RuntimeError, ValueError):
        return frozenset()


def _label(text: str) -> str:
    spaced = "".join(" " if character.isspace() else character for character in unicodedata.normalize("NFC", text))
    return visible(spaced)


def _is_blank(character: str) -> bool:
    """White space and control characters; characters newer than Python's tables are none."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zs", "Zl", "Zp")


def _is_chinese(character: str) -> bool:
    """Han, and the punctuation of Chinese."""
    code = ord(character)
    return 0x2E80 <= code < 0x3100 or 0x3400 <= code < 0xA000 or 0xF900 <= code < 0xFB00 or 0x20000 <= code < 0x32400
