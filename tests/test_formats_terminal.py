"""Tables for people are aligned by the width that a terminal gives to characters."""

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import visible
from hanmine.formats.terminal import print_table


def test_chinese_characters_take_two_columns():
    stream = io.StringIO()
    table = {
        "word": np.array(["微信", "5G基站", "a"], dtype=object),
        "count": np.array([1234, 7, 10]),
        "cohesion": np.array([1.0, 22.25, np.inf]),
    }
    print_table(stream, table)
    assert stream.getvalue() == (
        "word    count  cohesion\n微信     1234    1.0000\n5G基站      7   22.2500\na          10       inf\n"
    )


def test_rows_and_columns_of_figures():
    stream = io.StringIO()
    print_table(stream, {"": ["f1", "gold"], "all": ["67.2", "5"]}, 1, numeric=["all"])
    assert stream.getvalue() == "     all\nf1  67.2\n"


def test_no_rows():
    stream = io.StringIO()
    print_table(stream, {"word": np.array([], dtype=object)})
    assert stream.getvalue() == "word\n"


def test_markup_is_text():
    stream = io.StringIO()
    print_table(stream, {"word": ["[red]x[/red]"]})
    assert "[red]x[/red]" in stream.getvalue()


def test_control_characters_become_visible():
    assert visible("词\x1b[31m\x07 a\tb\r\n") == r"词\x1b[31m\x07 a\tb\r\n"
    assert visible("a\tb\nc\x1b", keep="\t\n") == "a\tb\nc\\x1b"
    assert visible("\x9b2J \x7f \u202egnp.exe \u2066 \u200f \u061c \u2028") == (
        r"\x9b2J \x7f \u202egnp.exe \u2066 \u200f \u061c \u2028"
    )
    assert visible("no-\udcff-text") == r"no-\udcff-text"
    # What Chinese, emoji and other scripts need is none.
    for text in ("微信，。《》\u3000", "👨\u200d👩\u200d👧", "e\u0301", "می\u200cخواهم", "\\", "𠮷"):
        assert visible(text) == text


@given(st.text(st.characters(), max_size=20))
def test_nothing_else_is_changed_and_all_can_be_written(text):
    shown = visible(text)
    shown.encode("utf-8")
    assert visible(shown) == shown
    assert shown == text or len(shown) > len(text)


def test_tables_show_control_characters_aligned():
    stream = io.StringIO()
    print_table(stream, {"wo\x1brd": ["a\x1b[2Jb", "\u202e词"], "n": [1, 22]})
    assert stream.getvalue() == "wo\\x1brd    n\na\\x1b[2Jb   1\n\\u202e词   22\n"
