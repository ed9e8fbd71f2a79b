"""Which format an input has."""

import pytest

from hanmine.errors import UsageError
from hanmine.text.sniff import are_parted, format_of


def sniff(sample, path=None, column=None, complete=True):
    return format_of(path, sample, complete, column, "corpus")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.csv", "csv"),
        ("A.CSV", "csv"),
        ("a.tsv.gz", "tsv"),
        ("dir.json/a.jsonl.zst", "jsonl"),
        ("a.ndjson.XZ", "jsonl"),
        ("a.json.bz2", "json"),
        ("a.txt", "text"),
        ("csv", "text"),
        ("a.csv.txt", "text"),
        (None, "text"),
    ],
)
def test_extension(path, expected):
    assert sniff("some text", path) == expected


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ('{"text": "好"}\n{"text": "的"}\n', "jsonl"),
        ('  \n{"text": "好"}', "jsonl"),
        ("{}\n", "jsonl"),
        ('{\n  "text": "好"\n}\n', "json"),
        ('{"a":\n1}{"a":2}', "json"),
        ('[{"text": "好"}]', "json"),
        ('[\n  {\n "text": 1}, {}]', "json"),
        ('["好", "的"]', "json"),
        ("[哈哈]今天真好\n", "text"),
        ("[1] 参考文献\n", "text"),
        ('["好" 说的', "json"),
        ('["没有结束', "text"),
        ("[{说}]", "text"),
        ("{大括号}开头的文本", "text"),
        ('{"引号"也有}', "text"),
        ("", "text"),
        ("一行, 两行\n", "text"),
        ("a\tb\n", "text"),
    ],
)
def test_content(sample, expected):
    assert sniff(sample) == expected


def test_a_sample_that_is_not_all():
    long = '{"text": "' + "好" * 100
    assert sniff(long) == "text"
    assert sniff(long, complete=False) == "json"
    assert sniff('[{"text": "好"}, {"te', complete=False) == "json"
    assert sniff('{"text": "好"}\n{"te', complete=False) == "jsonl"
    assert sniff('{"a": "b" c' + "d" * 99, complete=False) == "text"


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("id\ttext\n1\t好\n", "tsv"),
        ("id,text\n1,好\n", "csv"),
        ("text\n好\n", "csv"),
        ('"text"\n好\n', "csv"),
        ("", "text"),
        ('{"text": 1}', "jsonl"),
    ],
)
def test_content_with_a_column(sample, expected):
    assert sniff(sample, column="text") == expected


def test_column_without_records():
    with pytest.raises(UsageError) as caught:
        sniff("只是文本\n", column="text")
    assert str(caught.value) == (
        "corpus: --column 'text', but no csv, tsv, jsonl or json was recognized: pass --input-format"
    )


SENTENCE = "今天天气不错，我们去公园散步，晚上再回家吃饭。"


@pytest.mark.parametrize("blank", [" ", "\u3000", "\xa0", "  "])
def test_characters_parted_by_blanks(blank):
    assert are_parted((blank.join(SENTENCE) + "\n") * 2)
    assert not are_parted(
        blank.join(
            ["今天", "天气", "不错", "，", "我们", "去", "公园", "散步", "，", "晚上", "再", "回家", "吃饭", "。"]
        )
        * 3
    )


@pytest.mark.parametrize("text", [SENTENCE * 3, "\n".join(SENTENCE * 3), "\tS\n".join(SENTENCE * 3), "今 天 天 气", ""])
def test_characters_that_are_not_parted(text):
    assert not are_parted(text)
