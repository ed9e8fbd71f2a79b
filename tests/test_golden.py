"""Whole commands against stored bytes: the words are the same whatever the text comes in, however they are computed."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
from pathlib import Path

import pytest
import zstandard

from commandline import mine

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "corpora" / "sample.txt"
GOLDEN = Path(__file__).parent / "golden"
# Fewer digits than the tables have, so that the last ones of another machine's logarithm do not matter.
WORDS = ("newwords", "--known", "none", "-f", "tsv", "--min-count", "5")


def plain(data: bytes) -> bytes:
    return data


def zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


@pytest.fixture(scope="module")
def golden() -> str:
    return (GOLDEN / "sample-words.tsv").read_bytes().decode("utf-8")


def test_the_words_of_the_sample(golden):
    assert mine(*WORDS, SAMPLE).out == golden


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("pack", [plain, gzip.compress, bz2.compress, lzma.compress, zst])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_archives_and_threads_change_nothing(tmp_path, golden, encoding, pack, threads):
    path = tmp_path / "text"
    path.write_bytes(pack(SAMPLE.read_text("utf-8").encode(encoding)))
    result = mine(*WORDS, path, "-j", threads)
    assert (result.code, result.err) == (0, "")
    assert result.out == golden


def test_several_files_are_one_text(tmp_path, golden):
    lines = SAMPLE.read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "a.txt").write_text("".join(lines[:20]), "utf-8")
    (tmp_path / "b.txt").write_bytes("".join(lines[20:]).encode("gb18030"))
    assert mine(*WORDS, tmp_path / "a.txt", tmp_path / "b.txt").out == golden
    assert mine(*WORDS, tmp_path / "*.txt").out == golden
    assert mine(*WORDS, "-r", tmp_path).out == golden


def test_one_line_without_an_end_is_the_same_text(tmp_path, golden):
    path = tmp_path / "line.txt"
    path.write_text(SAMPLE.read_text("utf-8").replace("\n", " "), "utf-8")
    assert mine(*WORDS, path).out == golden


POSTS = [
    "今天去鹭汀湾打卡，\n人从众𠮷👍！",
    '他说："围炉煮茶"真好，１２月３１日见\u200b面',
    "=公式开头的帖子，围炉煮茶，也要读",
    "围\u200b炉煮茶 和 ５Ｇ基站，5G基站，鹭汀湾鹭汀湾",
] * 6


def test_a_column_is_read_as_the_text_that_it_holds(tmp_path):
    """An export as Excel writes it, and the same as JSON lines with escapes: quoted newlines, emoji, wide digits."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(["编号", "content", "likes"])
    writer.writerows([i, post, i * 3] for i, post in enumerate(POSTS))
    (tmp_path / "weibo.csv").write_bytes(b"\xef\xbb\xbf" + table.getvalue().encode("utf-8"))
    records = [json.dumps({"id": i, "post": {"content": post}}, ensure_ascii=True) for i, post in enumerate(POSTS)]
    (tmp_path / "weibo.jsonl").write_text("\n".join(records), "ascii")
    (tmp_path / "weibo.json").write_text("[" + ",\n".join(records) + "]", "ascii")
    (tmp_path / "weibo.txt").write_text("\n".join(POSTS), "utf-8")
    options = ("--min-count", "3", "--pmi", "0,1,1,1", "--repeats", "count")
    expected = mine(*WORDS, *options, tmp_path / "weibo.txt").out
    assert "围炉煮茶\t18\t" in expected
    assert "5G基站\t12\t" in expected
    assert mine(*WORDS, *options, tmp_path / "weibo.csv", "--column", "content").out == expected
    assert mine(*WORDS, *options, tmp_path / "weibo.jsonl", "--column", "post.content").out == expected
    assert mine(*WORDS, *options, tmp_path / "weibo.json", "--column", "post.content").out == expected


def test_the_ngrams_of_the_sample():
    arguments = ("ngrams", "show", SAMPLE, "--order", "1-4", "--min-count", "12", "-f", "tsv", "--stats")
    stats = "count,per_million,cohesion,npmi,t,g2,dice,left_entropy,right_entropy,accessor_variety"
    assert mine(*arguments, stats).out == (GOLDEN / "sample-ngrams.tsv").read_bytes().decode("utf-8")


def test_a_temporary_folder_that_is_missing(tmp_path):
    """The text is kept there only when it is long; a folder that does not exist is told in any case."""
    result = mine(*WORDS, SAMPLE, "-T", tmp_path / "absent")
    assert result.code == 4
    assert result.err == (
        f"mine: error: {tmp_path / 'absent'}: the temporary folder does not exist: create it, or pass another with -T\n"
    )
