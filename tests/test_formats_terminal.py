"""Tables for people are aligned by the width that a terminal gives to characters."""

import io

import numpy as np

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
