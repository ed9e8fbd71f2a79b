"""One field of csv and tsv: what is read, and what is said of what cannot be."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import InputError, UsageError
from hanmine.text import records
from hanmine.text.records import Field, delimited_texts, rows_of, unescaped
from hanmine.text.transcode import Losses


def read(text, column="text", kind="csv", replace=False, size=7):
    losses = Losses()
    chunks = (text[start : start + size] for start in range(0, len(text), size))
    texts = list(delimited_texts(chunks, Field("data", kind, column, replace, losses)))
    return texts, losses.count


CELL = st.text('a中,\t"\n\r 😀\u200b\0', max_size=8)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=6), st.sampled_from(["csv", "tsv"]), st.integers(1, 9))
def test_any_cells_come_back(rows, kind, size):
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t" if kind == "tsv" else ",", quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "text", "x"])
    writer.writerows(rows)
    assert read(out.getvalue(), kind=kind, size=size) == ([row[1] + "\n" for row in rows], 0)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_line_ends(newline, size):
    text = newline.join(["id,text", "1,好", "", "2,的", ""])
    assert read(text, size=size) == (["好\n", "的\n"], 0)


def test_quoted_newlines_doubled_quotes_and_digits():
    text = 'id,text\r\n1,"第一行\r\n第二行，""引号"""\r\n２,全角１２３😀\u200b\r\n'
    assert read(text)[0] == ['第一行\r\n第二行，"引号"\n', "全角１２３😀\u200b\n"]


def test_a_column_is_found_with_space_around_its_name():
    assert read("id, text \n1,好\n")[0] == ["好\n"]
    assert read("text, text \n1,好\n")[0] == ["1\n"]


def test_blank_rows_and_cells_missing_at_the_end():
    assert read("id,text,x\n1,好\n\n   \n,,\n,,,,\n2,的,\n")[0] == ["好\n", "\n", "的\n"]


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize(
    ("kind", "mark", "long"),
    [
        ("csv", "comma", "价格便宜,质量好,1"),
        ("csv", "comma", '"价格便宜",质量好,'),  # an empty cell is a cell
        ("tsv", "tab", "价格\t便宜\t1"),
    ],
)
def test_a_row_with_more_cells_than_the_header(kind, mark, long, size):
    separator = {"csv": ",", "tsv": "\t"}[kind]
    text = f'text{separator}id\n"一\n二"{separator}0\n{long}\n好{separator}2\n'
    with pytest.raises(InputError) as caught:
        read(text, kind=kind, size=size)
    assert str(caught.value) == (
        f"data: row 3 (line 4) has 3 columns, the header has 2: put the text that holds a {mark} in quotation marks, "
        "or pass --errors replace to leave such records out"
    )
    assert read(text, kind=kind, size=size, replace=True) == (["一\n二\n", "好\n"], 1)


def test_rows_with_their_lines():
    rows = rows_of(iter(['word,x\n\n"a\n', 'b",1\nc,\n']), "csv", "data")
    assert list(rows) == [(1, ["word", "x"]), (2, []), (3, ["a\nb", "1"]), (5, ["c", ""])]
    with pytest.raises(InputError, match=r"^data: line 8 ends in a quoted field: close the quotation mark"):
        list(rows_of(['a\tb\n"c\td\n'], "tsv", "data", first=7))
    with pytest.raises(
        InputError, match=r"^data: line 2 is no tsv \('\t' expected after '\"'\): mend its quotation marks$"
    ):
        list(rows_of(['a\tb\n"c"e\td\n'], "tsv", "data"))
    assert [unescaped(cell) for cell in ("'=1", "'-", "'a", "=1", "'", "''=")] == ["=1", "-", "'a", "=1", "'", "''="]


def test_an_empty_file_has_no_records():
    assert read("") == ([], 0)
    assert read("id,text\n") == ([], 0)


def test_no_column_asked_for():
    with pytest.raises(UsageError) as caught:
        read("id,user,text\n1,2,3\n", column=None)
    assert str(caught.value) == (
        "data: csv input needs --column NAME (its columns: id, user, text), or --input-format text"
    )
    assert caught.value.exit_code == 2
    with pytest.raises(UsageError, match=r"^data: tsv input needs --column NAME \(it has no columns\)"):
        read("", column=None, kind="tsv")


def test_no_such_column():
    with pytest.raises(UsageError) as caught:
        read("id,user\n1,2\n")
    assert str(caught.value) == "data: no column 'text' (its columns: id, user): pass one of these as --column"
    many = ",".join(f"c{number}" for number in range(40))
    with pytest.raises(UsageError, match=r"c29, …\)"):
        read(many + "\n")


def test_a_column_that_stands_twice():
    with pytest.raises(UsageError) as caught:
        read("text,text\n1,2\n")
    assert str(caught.value) == "data: column 'text' stands twice in the header: rename one of them"


SHORT = 'id,x,text\n1,"a\nb",好\n\n2,c\n3,d,的\n'


def test_a_short_row():
    with pytest.raises(InputError) as caught:
        read(SHORT)
    assert str(caught.value) == (
        "data: row 4 (line 5) has 2 columns, 'text' is column 3: mend the row, "
        "or pass --errors replace to leave such records out"
    )
    assert read(SHORT, replace=True) == (["好\n", "的\n"], 1)


def test_wrong_quotes():
    text = 'id,text\n1,"好"的\n2,"的"\n'
    with pytest.raises(InputError) as caught:
        read(text)
    assert str(caught.value) == (
        "data: row 2 (line 2) is no csv (',' expected after '\"'): mend its quotation marks, "
        "or pass --errors replace to leave such records out"
    )
    assert read(text, replace=True) == (["的\n"], 1)


@pytest.mark.parametrize("replace", [False, True])
def test_a_quotation_mark_that_is_never_closed(replace, monkeypatch):
    text = 'id,text\n1,"好\n的"\n2,"没有结束\n' + "3,行\n" * 50
    with pytest.raises(InputError) as caught:
        read(text, replace=replace)
    assert str(caught.value) == (
        "data: row 3 (line 4) ends in a quoted field: close the quotation mark that is left open there"
    )
    monkeypatch.setattr(records, "LONGEST_FIELD", 100)
    before = csv.field_size_limit()
    with pytest.raises(InputError) as caught:
        read(text, replace=replace)
    assert str(caught.value) == (
        "data: row 3 (line 4) has a field of more than 100 characters: close the quotation mark that is left open there"
    )
    assert csv.field_size_limit() == before


def test_a_long_field_is_read():
    assert read("text\n" + "好" * 300_000 + "\n", size=10_000)[0] == ["好" * 300_000 + "\n"]


def test_rows_stream():
    def chunks():
        yield "text\n好\n"
        yield "的\n"
        raise AssertionError("read too far")

    texts = delimited_texts(chunks(), Field("data", "csv", "text", False, Losses()))
    assert [next(texts), next(texts)] == ["好\n", "的\n"]
