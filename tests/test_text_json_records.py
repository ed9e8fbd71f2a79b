"""One field of JSON Lines and of JSON arrays: what is read, and what is said of what cannot be."""

import json

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import InputError, UsageError
from hanmine.text.json_records import json_texts, jsonl_texts
from hanmine.text.records import Field
from hanmine.text.transcode import Losses

READ = {"jsonl": jsonl_texts, "json": json_texts}


def read(text, column="text", kind="jsonl", replace=False, size=7):
    losses = Losses()
    chunks = (text[start : start + size] for start in range(0, len(text), size))
    texts = list(READ[kind](chunks, Field("data", kind, column, replace, losses)))
    return texts, losses.count


def error(text, column="text", kind="jsonl"):
    with pytest.raises(InputError) as caught:
        read(text, column, kind)
    return str(caught.value)


TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=6)


@given(TEXTS, st.booleans(), st.integers(1, 9))
def test_any_texts_come_back_from_lines(texts, escaped, size):
    data = "".join(json.dumps({"id": 1, "text": text}, ensure_ascii=escaped) + "\n" for text in texts)
    assert read(data, size=size) == ([text + "\n" for text in texts], 0)


@given(TEXTS, st.booleans(), st.sampled_from([None, 0, 2]), st.integers(1, 9))
def test_any_texts_come_back_from_an_array(texts, escaped, indent, size):
    data = json.dumps([{"n": 1.5, "text": text} for text in texts], ensure_ascii=escaped, indent=indent)
    assert read(data, kind="json", size=size) == ([text + "\n" for text in texts], 0)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_blank_lines_and_a_last_line_without_end(newline):
    data = newline.join(['{"text": "好"}', "", "  ", ' {"text": "的"} '])
    assert read(data)[0] == ["好\n", "的\n"]


@pytest.mark.parametrize("kind", ["jsonl", "json"])
def test_escapes(kind):
    data = r'{"text": "\u4f60\u597d\ud83d\ude00\n\"\/\u200b"}'
    assert read(data, kind=kind)[0] == ['你好😀\n"/\u200b\n']


@pytest.mark.parametrize("kind", ["jsonl", "json"])
@pytest.mark.parametrize(
    ("record", "column", "texts"),
    [
        ({"a": {"b": "好"}}, "a.b", ["好"]),
        ({"a.b": "直", "a": {"b": "好"}}, "a.b", ["直"]),
        ({"a.b": {"c": "好"}}, "a.b.c", ["好"]),
        ({"a": {"b.c": "好"}}, "a.b.c", ["好"]),
        ({"a": [{"b": "好"}, {"b": "的"}, {}]}, "a.b", ["好", "的"]),
        ({"a": ["好", ["的", None]]}, "a", ["好", "的"]),
        ({"a": {"b": []}}, "a.b", []),
        ({"a": {"b": None}}, "a.b", []),
        ({"a": ""}, "a", [""]),
    ],
)
def test_paths(record, column, texts, kind):
    data = json.dumps(record, ensure_ascii=False)
    assert read(data, column, kind)[0] == [text + "\n" for text in texts]


def test_objects_without_the_field_are_passed_over():
    assert read('{"id": 1}\n{"text": null}\n{"text": "好"}\n') == (["好\n"], 0)


@pytest.mark.parametrize(
    ("value", "what"),
    [("12", "a number"), ("1.5", "a number"), ("true", "true or false"), ('{"x": "y"}', "an object")],
)
def test_values_that_are_no_text(value, what):
    data = f'{{"text": "好"}}\n\n{{"text": {value}}}\n'
    cure = "pass another --column, or pass --errors replace to leave such records out"
    assert error(data) == f"data: line 3, column 'text': holds {what}, not text: {cure}"
    assert error(f'[{{"text": "好"}},\n\n{{"text": {value}}}]', kind="json") == (
        f"data: record 2 (line 3), column 'text': holds {what}, not text: {cure}"
    )
    assert read(data, replace=True) == (["好\n"], 1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "没有结束', "Unterminated string starting at, column 10"),
        ('{"text": "好"} more', "Extra data, column 14"),
        ('{"text": }', "Expecting value, column 10"),
        ("只是文本", "Expecting value, column 1"),
        ('{"text": ' + "9" * 5000 + "}", "a number of too many digits"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_a_broken_line(line, reason):
    data = f'{{"text": "好"}}\n{line}\n{{"text": "的"}}\n'
    shown = line if len(line) <= 40 else line[:40] + "…"
    assert error(data) == (
        f"data: line 2: not JSON ({reason}): {shown}: mend the line, or pass --errors replace to leave such records out"
    )
    assert read(data, replace=True) == (["好\n", "的\n"], 1)


def test_a_line_that_is_no_object():
    assert error('"text"\n').startswith("data: line 1 is a string, not an object: mend the line")
    assert error('{"text": ""}\n[1]\n').startswith("data: line 2 is a list, not an object")
    assert error("null\n").startswith("data: line 1 is null, not an object")


@pytest.mark.parametrize("kind", ["jsonl", "json"])
def test_half_of_a_surrogate_pair(kind):
    data = '{"text": "好"}\n{"text": "x\\ud83dy"}\n'
    place = "line 2" if kind == "jsonl" else "record 2 (line 2)"
    assert error(data, kind=kind) == (
        f"data: {place}, column 'text': \\ud83d is half of a surrogate pair and no character: "
        "mend it, or pass --errors replace"
    )
    assert read(data, kind=kind, replace=True) == (["好\n", "x\ufffdy\n"], 1)


@pytest.mark.parametrize("kind", ["jsonl", "json"])
def test_no_column_asked_for(kind):
    with pytest.raises(UsageError) as caught:
        read('{"id": 1, "user": {"name": "x", "tags": [{"t": 1}]}, "text": "好"}', None, kind)
    assert str(caught.value) == (
        f"data: {kind} input needs --column NAME (its columns: id, user.name, user.tags.t, text), "
        "or --input-format text"
    )


@pytest.mark.parametrize("kind", ["jsonl", "json"])
def test_no_such_column(kind):
    with pytest.raises(UsageError) as caught:
        read('{"id": 1}\n{"a": {"b": "好"}}', "text", kind)
    assert str(caught.value) == "data: no column 'text' (its columns: id, a.b): pass one of these as --column"
    assert read("", "text", kind) == ([], 0)
    assert read("\n \n", "text", kind) == ([], 0)


def test_arrays_of_strings_are_texts_themselves():
    assert read('["好", "的\\n了"]', None, "json") == (["好\n", "的\n了\n"], 0)
    assert error('["好"]', kind="json").startswith(
        "data: record 1 (line 1) is a string, not an object: leave out --column"
    )
    with pytest.raises(UsageError, match="needs --column"):
        read('["好", {"text": 1}]', None, "json")


def test_arrays_nested_in_one_object():
    data = json.dumps({"code": 0, "data": [{"text": "好"}, {"text": "的"}]}, indent=1)
    assert read(data, "data.text", "json")[0] == ["好\n", "的\n"]


def test_sequences_of_values_and_empty_arrays():
    assert read('{"text": "好"}\n{"text":\n"的"} [] [{"text": "了"}]', kind="json")[0] == ["好\n", "的\n", "了\n"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('[{"text": "好"}', "line 1: not JSON (the array is not closed)"),
        ('[{"text": "好"},', "line 1: not JSON (the array is not closed)"),
        ('[{"text": "好"}\n{"text": "的"}]', "line 2: not JSON (Expecting ',' delimiter)"),
        ('[{"text": "好"},\n]', "line 2: not JSON (Expecting value"),
        ('[{"text": "没有\n', "line 1: not JSON (Invalid control character at"),
        ('[\n{"text": "没有', "line 2: not JSON (Unterminated string starting at"),
        ('{"text": x' + "y" * 50 + "}", "line 1: not JSON (Expecting value"),
        ("只是文本", "line 1: not JSON (Expecting value"),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_broken_json(data, message, size):
    with pytest.raises(InputError) as caught:
        read(data, kind="json", size=size)
    assert str(caught.value).startswith(f"data: {message}")
    assert str(caught.value).endswith(": mend the file")


def test_numbers_are_not_cut_by_chunks():
    for size in range(1, 12):
        assert error_of_size("[123, 456]", size) == 1


def error_of_size(data, size):
    with pytest.raises(InputError) as caught:
        read(data, kind="json", size=size)
    return str(caught.value).count("record 1 (line 1) is a number, not an object")


def test_an_endless_array_streams():
    def chunks():
        yield "[" + '{"text": "好"},' * 10
        while True:
            yield '{"text": "好"},' * 1000

    texts = json_texts(chunks(), Field("data", "json", "text", False, Losses()))
    for _ in range(20_000):
        assert next(texts) == "好\n"


def test_an_error_is_told_without_reading_on():
    def chunks():
        yield '[{"text": "好"},\n{"text" "的"},' + '{"text": "好"},' * 1000
        raise AssertionError("read too far")

    texts = json_texts(chunks(), Field("data", "json", "text", False, Losses()))
    with pytest.raises(InputError, match=r"^data: line 2: not JSON \(Expecting ':' delimiter"):
        list(texts)


ROWS = [{"text": "今天天气不错。", "id": 1}, {"text": "我们去公园。", "id": 2}]


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("column", [None, "text"])
@pytest.mark.parametrize("orient", [None, "index", "split", "series"])
def test_tables_as_pandas_writes_them(orient, column, replace):
    frame = pandas.DataFrame(ROWS)
    text = frame["text"].to_json() if orient == "series" else frame.to_json(orient=orient)
    for kind in ("jsonl", "json"):
        with pytest.raises(InputError) as caught:
            read(text, column, kind, replace)
        assert str(caught.value) == (
            "data: is one object with all rows in it, as pandas writes a table: write records, "
            'df.to_json(FILE, orient="records", lines=True, force_ascii=False)'
        )
    lines = frame.to_json(orient="records", lines=True, force_ascii=False)
    assert read(lines) == read(frame.to_json(orient="table"), "data.text") == ([row["text"] + "\n" for row in ROWS], 0)


def test_objects_with_numbers_for_keys_are_read_where_a_column_names_text():
    assert read('{"0": {"1": "好"}}', "0.1")[0] == ["好\n"]
    assert read('{"1": "好"}\n{"1": "的"}', "1")[0] == ["好\n", "的\n"]


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize(
    ("text", "what"),
    [
        (json.dumps(ROWS), "is an array of JSON"),
        (json.dumps(ROWS, indent=1), "is an array of JSON"),
        ("\n" + json.dumps(ROWS[0], indent=1), "holds JSON over several lines"),
    ],
)
def test_json_that_is_no_json_lines(text, what, replace):
    with pytest.raises(InputError) as caught:
        read(text, replace=replace)
    assert str(caught.value) == f"data: {what}, not JSON Lines: pass --input-format json, or name the file .json"
    assert read(text, kind="json")[0][0] == ROWS[0]["text"] + "\n"
