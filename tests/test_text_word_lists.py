"""Lists of words: every format comes back, through every option that takes a list."""

import io
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commandline import mine
from hanmine.errors import DecodingError, InputError
from hanmine.evaluate.segmented_lines import read_vocabulary
from hanmine.evaluate.text_files import Reading
from hanmine.formats.tables import write_table
from hanmine.formats.userdict import write_hanlp, write_jieba
from hanmine.text.word_lists import is_list, read_names, read_words, words_of

WORDS = ["围炉煮茶", "清华大学", "没有"]


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("甲\n乙\n", ["甲", "乙"], []),
        ("word\n甲\n\n乙\n", ["甲", "乙"], []),
        ("甲\n乙\n甲\n", ["甲", "乙"], ["list: 1 word (甲) stands more than once: the first place of each counts"]),
        ("n\tword\tx\n1\t甲\t2\n2\t乙\t3\n3\t\t1\n", ["甲", "乙"], ["list: 1 empty words were left out"]),
        ("甲\t5\n乙\t4\n", ["甲", "乙"], []),
        ("word\t5\n乙\t4\n", ["word", "乙"], []),
        ("Color OS\t2000\tn\n乙\t4\n", ["Color OS", "乙"], []),
        ("Color OS 2000 n\n云 5\n甲乙 2 nr\n台中\n凱特琳 nz\nEdu Trust认证 2000\n",
         ["Color OS", "云", "甲乙", "台中", "凱特琳", "Edu Trust认证"], []),
        ("甲 nz 5\n乙 n 4 v 3\n", ["甲", "乙"], []),
        ("甲  三国时的人\nnew york\n", ["甲", "new york"], []),
        ("1,000元\n2,000\n", ["1,000元", "2,000"], []),
        ("鹭汀湾,5\n1,5\n", ["鹭汀湾", "1"], []),
        ("甲，乙\n丙,丁\n戊\n", ["甲，乙", "丙,丁", "戊"], []),
        ('word,count\n"甲",5\n\'=乙,4\n', ["甲", "=乙"], []),
        ('"a,""b""",1\n乙,2\n', ['a,"b"', "乙"], []),
        ("ngram,order\n甲,2\n", ["甲"], []),
        ("module\tname\n1\t甲\n", ["甲"], []),
        ('{"word": "甲", "count": 5}\n\n{"word": "乙"}\n', ["甲", "乙"], []),
        ('["甲", "乙"]', ["甲", "乙"], []),
        ('[{"word": "甲"},\n{"name": "乙"}]\n', ["甲", "乙"], []),
        ("[哈哈]\n{甲}\n", ["[哈哈]", "{甲}"], []),
        ("\ufeffword\n甲\r\n乙\r\n", ["甲", "乙"], []),
    ],
)  # fmt: skip
def test_lists_of_words(tmp_path, monkeypatch, text, words, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list").write_bytes(text.encode())
    found = read_words("list")
    assert (found.words, found.messages) == (words, told)
    assert read_words("list", rows=1).words == words[:1]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("list", '{"word": "微信"}\n{"word": \n', "list:2: is no JSON (Expecting value): correct the line"),
        ("list", '{"count": 3}\n', 'list:1: has no key "word": write objects as {"word": ...}'),
        ("list.json", "[1]", 'list.json: item 1: has no key "word": write objects as {"word": ...}'),
        ("list.json", "[\n1,", "list.json:2: is no JSON (Expecting value): correct the file"),
        ("list.json", "{}", 'list.json: is no array: write the words as ["…", "…"]'),
        ("list.csv", '甲,1\n"乙,2\n',
         "list.csv: line 2 ends in a quoted field: close the quotation mark that is left open there"),
    ],
)  # fmt: skip
def test_lists_that_are_none(name, text, message):
    with pytest.raises(InputError) as caught:
        words_of(text.splitlines(), name)
    assert str(caught.value) == message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encoding_of_a_list_is_found_out(tmp_path, encoding):
    path = tmp_path / "words.txt"
    path.write_bytes("\r\n".join([*WORDS, "没有 3 v"]).encode(encoding))
    found = read_words(path)
    assert found.words == WORDS
    assert [one["bytes"] for one in found.inputs] == [path.stat().st_size]
    assert read_words("-", stdin=io.BytesIO(path.read_bytes())).words == WORDS


def test_a_pattern_names_lists_of_different_formats(tmp_path):
    (tmp_path / "a.csv").write_text("甲,5\n", "utf-8")
    (tmp_path / "b.txt").write_text("乙 5 n\n", "utf-8")
    assert read_words(tmp_path / "*").words == ["甲", "乙"]


def test_what_is_no_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my words.txt").write_bytes("围炉煮茶\n没有".encode() + b"\xff\n")
    (tmp_path / "words.bin").write_bytes(bytes(range(100)))
    cure = "correct the file, or make it UTF-8: iconv -f ENCODING -t utf-8"
    for name, message in (
        ("my words.txt", f"my words.txt: byte 19 cannot be read as utf-8 (0xff): {cure} 'my words.txt' > NEW"),
        ("words.bin", f"words.bin: looks binary (a NUL at byte 0): {cure} words.bin > NEW"),
    ):
        with pytest.raises(DecodingError) as caught:
            read_words(name)
        assert str(caught.value) == message
    with pytest.raises(DecodingError) as caught:
        read_words("-", stdin=io.BytesIO(b"\xff\xff\xff\n"))
    assert str(caught.value).endswith(f"{cure} > NEW")
    with pytest.raises(InputError, match=r"missing.txt: no such file: check the path"):
        read_words("missing.txt")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(InputError, match=r"empty: holds no words: pass a list of them, such as mine newwords writes"):
        read_words("empty")
    assert read_words("empty", needed=False).words == []


def test_names_stand_as_they_are(tmp_path):
    (tmp_path / "names").write_text("两个 字\n甲,乙\n两个 字\n", encoding="utf-8")
    found = read_names(tmp_path / "names")
    assert found.words == ["两个 字", "甲,乙", "两个 字"]
    assert found.messages == ["1 word (两个 字) stands more than once as names: rows tell them apart"]
    (tmp_path / "names").write_text("name\tx\n甲\t1\n乙\t2\n", encoding="utf-8")
    assert read_names(tmp_path / "names").words == ["甲", "乙"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("甲 nz\n乙丙 3 n\n", True), ("甲 乙\n丙\n", False), ("甲\t5\n乙\t4\n", True), ("甲\n乙\n", False),
     ("word\tx\n甲\t乙\n", True), ('{"words": ["甲"]}\n', False), ('{"word": "甲"}\n', True), ("中\tB\n国\tE\n", False),
     ("甲,5\n", True), ("在 3 月\n", False)],
)  # fmt: skip
def test_lists_are_told_from_segmented_text(text, expected):
    assert is_list(text.splitlines(), "list") is expected


NASTY = st.lists(
    st.text(st.sampled_from("中国aB5 ,\"'#=+-@.\\{[:👍nz、·\u3000"), min_size=1, max_size=6)
    .map(str.strip)
    .filter(lambda word: word and word[:2] not in ("'=", "'+", "'-", "'@")),  # what csv writes for =, + and so on
    min_size=1,
    max_size=5,
    unique=True,
)


def table_of(words) -> dict:
    counts = np.arange(len(words), 0, -1)
    return {"word": np.array(words, object), "count": counts, "cohesion": counts + 0.5}


@settings(max_examples=60)
@given(NASTY, st.booleans(), st.booleans())
def test_what_is_written_comes_back(words, header, named):
    """Any word, in every format of `mine newwords`, with and without a header or an extension."""
    for format in ("tsv", "csv", "jsonl", "json", "words", "jieba", "hanlp"):
        stream, expected = io.BytesIO(), words
        if format == "jieba":
            write_jieba(stream, words, np.arange(len(words)))
            expected = sorted((w for w in words if all(c in "中国aB5#+-.nz" for c in w)), key=len)
        elif format == "hanlp":
            write_hanlp(stream, words, np.arange(len(words)))
        else:
            write_table(stream, table_of(words), format, header=header)
        text = stream.getvalue().decode()
        name = f"list.{format}" if named or format == "words" else "list"
        assert words_of(text.split("\n")[:-1], name) == expected, (format, text)


def test_every_option_takes_every_format(tmp_path, monkeypatch):
    """Known words, words to cluster, a vocabulary, words to score, a dictionary: each out of each format."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("他们在围炉煮茶，没有去清华大学。\n" * 20, "utf-8")
    (tmp_path / "gold.txt").write_text("他们 在 围炉煮茶 ， 没有 去 清华大学 。\n" * 20, "utf-8")
    table = table_of(WORDS)
    names = {}
    for format in ("tsv", "csv", "jsonl", "json", "words", "jieba", "hanlp"):
        for header in (True, False):
            name = f"list-{header}.{format}" if header else f"list.{format}.txt"
            with open(name, "wb") as stream:
                if format == "jieba":
                    write_jieba(stream, WORDS)
                elif format == "hanlp":
                    write_hanlp(stream, WORDS, table["count"])
                else:
                    write_table(stream, table, format, header=header)
            names[name] = format
    drawn = random.Random(0).choices([*WORDS, "他们"], k=80)
    (tmp_path / "words.txt").write_text("\n".join(drawn), "utf-8")
    newwords = ("newwords", "words.txt", "--pmi", "0", "--only-known", "--limit", "9", "-f", "words", "--known")
    segment = ("segment", "text.txt", "--method", "nvbe", "-q", "--user-dict")
    cluster = ("cluster", "--corpus", "text.txt", "--label", "0", "-f", "tsv", "-q", "--words")
    expected = mine(*segment, "list-True.tsv").out
    assert set(WORDS) <= set(expected.split())
    for name in names:
        assert sorted(mine(*newwords, name).out.split()) == sorted(WORDS), name
        assert mine(*segment, name).out == expected, name
        assert sorted(line.split("\t")[1] for line in mine(*cluster, name).out.splitlines()[1:]) == sorted(WORDS), name
        assert read_vocabulary(name, False, Reading())[0] == frozenset(WORDS), name
        assert '"hits": 3' in mine("eval", "words", name, "gold.txt", "-f", "json").out.replace('"hits":3', '"hits": 3')


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("w.txt", "word;count\n社恐;14\n澹州;3\n"),
        ("w.csv", "社恐;新\n澹州;旧\n"),
        ("w", "社恐;14;0.5\n澹州;3;1\n"),
    ],
)
def test_semicolons_part_cells_too(tmp_path, name, text):
    (tmp_path / name).write_text(text, "utf-8")
    assert read_words(tmp_path / name).words == ["社恐", "澹州"]


def test_semicolons_within_words_stay(tmp_path):
    (tmp_path / "w").write_text("a;b\n社恐\n", "utf-8")
    assert read_words(tmp_path / "w").words == ["a;b", "社恐"]
