"""`mine ngrams show` as a shell over `count`."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from commandline import mine

TABLE = {
    "ngram": np.array([f"词{i}" for i in range(45)], dtype=object),
    "order": np.full(45, 2),
    "count": np.arange(45, 0, -1),
    "npmi": np.linspace(1, 0, 45),
}


@pytest.fixture
def count(monkeypatch):
    calls = []

    def count(corpus, **settings):
        calls.append((corpus, settings))
        return SimpleNamespace(
            table=TABLE,
            summary={"signature": "hanmine:0|ngrams", "characters": 9, "timings": {"wall": 1.0}},
            messages=[],
        )

    module = ModuleType("hanmine.ngrams")
    module.count = count
    module.calls = calls
    monkeypatch.setitem(sys.modules, "hanmine.ngrams", module)
    return module


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("中国", encoding="utf-8")
    return path


def test_options(count, text):
    mine("ngrams", "show", text)
    assert not {"orders", "min_count", "stats", "sort", "limit", "threads", "tmpdir"} & set(count.calls[0][1])
    settings = {"--order": "2-3", "--min-count": 9, "--stats": "count,npmi,g2", "--log-base": 2, "--sort": "npmi"}
    arguments = [word for pair in settings.items() for word in pair]
    arguments += ["--limit", 4, "-j", 1]
    mine("ngrams", "show", text, *arguments)
    corpus, settings = count.calls[1]
    assert corpus == [text]
    expected = {
        "orders": (2, 3),
        "min_count": 9,
        "stats": ("count", "npmi", "g2"),
        "log_base": "2",
        "sort": "npmi",
        "limit": 4,
        "threads": 1,
    }
    assert {name: settings[name] for name in expected} == expected
    mine("ngrams", "show", text, "--order", "3")
    assert count.calls[2][1]["orders"] == (3, 3)


def test_in_a_pipe_everything(count, text):
    result = mine("ngrams", "show", text)
    assert result.out.startswith("ngram\torder\tcount\tnpmi\n词0\t2\t45\t1.0000\n")
    assert result.out.count("\n") == 46
    assert result.err == ""


def test_at_a_terminal_the_first_rows(count, text):
    result = mine("ngrams", "show", text, terminals=["stdout"])
    assert result.out.count("\n") == 41
    assert result.err == "mine: 45 n-grams; shown: 40; -o FILE saves all\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--order", "x"], "--order 'x' is no range of lengths: write one as in --order 2 or --order 1-4"),
        (["--order", "4-2"], "--order '4-2' is empty: write the smaller length first"),
        (["-f", "jieba"], "-f 'jieba' is unknown: choose tsv, csv, jsonl, json"),
        (["-o", "a.jieba"], "-o a.jieba: this command does not write jieba: pass -f, one of tsv, csv, jsonl, json"),
    ],
)
def test_usage(count, text, arguments, message):
    result = mine("ngrams", "show", text, *arguments)
    assert (result.code, result.err) == (2, f"mine: error: {message}\n")


def test_nothing_to_count_is_told(tmp_path):
    (tmp_path / "empty.txt").touch()
    result = mine("ngrams", "show", tmp_path / "empty.txt")
    assert (result.code, result.out, result.err) == (0, "ngram\torder\tcount\n", "mine: no text was found\n")
