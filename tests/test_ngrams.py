"""The counting engine against brute force."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.errors import UsageError
from hanmine.newwords.strong import token_range
from hanmine.ngrams import count, count_ngrams
from hanmine.ngrams.aligned import count_aligned
from hanmine.ngrams.kernels import FIXED, SORTING_ROOM, mix, sort_fifth, sort_records, unmix
from hanmine.ngrams.occurrences import Strings, count_occurrences
from hanmine.ngrams.statistics import branching_entropy
from hanmine.ngrams.tables import STATS
from hanmine.ngrams.windows import count_neighbours, count_windows, finish, map_windows
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.text.corpus import read_corpus
from hanmine.text.options import TextOptions

RUNNER = ThreadRunner(1)
SMALL, MEDIUM = "中国人", "中国人民大学的是不了在有我他这来上到说时哈a1Z"
LARGE = "".join(chr(0x4E00 + 37 * i) for i in range(500)) + "𠀀𠮷〇々ab"
BETWEEN = "，\n \t\x00👍é\u200bＡ"
words = st.lists(st.text(st.sampled_from(MEDIUM), min_size=1, max_size=8), min_size=1, max_size=5)
texts = st.one_of(
    st.text(st.sampled_from(SMALL + "，"), max_size=80),
    st.text(st.sampled_from(MEDIUM + BETWEEN), max_size=120),
    st.text(st.sampled_from(LARGE + BETWEEN), max_size=120),
    st.tuples(words, st.lists(st.integers(0, 5), max_size=60)).map(
        lambda drawn: "".join((drawn[0] + ["，"])[i % (len(drawn[0]) + 1)] for i in drawn[1])
    ),
)


def read(text: str, **options):
    return read_corpus([text], TextOptions(**options), runner=RUNNER)


def test_mixing_is_a_bijection():
    values = np.random.default_rng(0).integers(0, 1 << 30, 2000)
    for value in [0, 1, (1 << 30) - 1, *values.tolist()]:
        assert unmix(mix(value)) == value
        assert 0 <= mix(value) < 1 << 30


RECORDS = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 300), max_size=300)


@given(RECORDS, st.integers(0, 20), st.sampled_from([1, 20]))
def test_sorting_brings_equal_fourgrams_together(values, start, times):
    """By the first four characters, 49 bits; below and above the sizes at which the way of sorting changes."""
    random = np.random.default_rng(len(values))
    values = [value ^ int(noise) for value in values for noise in random.integers(0, 1 << 15, times)]
    records = np.array([7] * start + values + [3], np.uint64)
    room = np.empty(len(values), np.uint64), np.empty(SORTING_ROOM, np.uint64)
    sort_records(records, start, len(values), *room)
    assert records[:start].tolist() == [7] * start
    assert records[-1] == 3
    inner = records[start:-1]
    assert np.array_equal(np.sort(inner), np.sort(np.array(values, np.uint64)))
    assert np.all(np.diff((inner >> np.uint64(15)).astype(np.int64)) >= 0)


@given(st.lists(st.integers(0, 2**15 - 1), max_size=200), st.integers(0, 2**49 - 1))
def test_sorting_by_the_fifth_character_equals_numpy(fifth, first_four):
    group = [(first_four << 15) | value for value in fifth]
    records = np.array([9, *group, 3], np.uint64)
    sort_fifth(records, 1, 1 + len(group))
    assert records.tolist() == [9, *sorted(group), 3]


def naive_table(text: str, min_count: int, mixed: str) -> dict[str, dict[str, float]]:
    """All statistics of all n-grams, from the definitions."""
    runs = naive.read(text, mixed=mixed)
    total = sum(map(len, runs))
    counts = Counter()
    for order in range(1, 5):
        counts.update(naive.ngrams(runs, order))
    rows = {}
    for order in range(1, 5):
        left, right = naive.neighbours(runs, order)
        for ngram, c in naive.ngrams(runs, order).items():
            if c < min_count:
                continue
            row = {"count": c, "per_million": c / total * 1e6}
            row["left_entropy"], row["right_entropy"] = naive.entropy(left[ngram]), naive.entropy(right[ngram])
            row["accessor_variety"] = min(len(left[ngram]), len(right[ngram]))
            splits = [(counts[ngram[:j]], counts[ngram[j:]]) for j in range(1, order)]
            row.update(
                {name: min((f(total, c, u, v) for u, v in splits), default=math.nan) for name, f in NAIVE.items()}
            )
            rows[ngram] = row
    return rows


def _npmi(n, c, u, v):
    return math.log(n * c / (u * v)) / -math.log(c / n) if c < n else 1.0


def _g2(n, c, u, v):
    cells = [[c, u - c], [v - c, n - u - v + c]]
    cells = [[max(cell, 0) for cell in row] for row in cells]
    size = sum(map(sum, cells))
    value = 0.0
    for i in range(2):
        for j in range(2):
            expected = sum(cells[i]) * (cells[0][j] + cells[1][j]) / size
            if cells[i][j]:
                value += 2 * cells[i][j] * math.log(cells[i][j] / expected)
    return value


NAIVE = {
    "cohesion": lambda n, c, u, v: math.log(n * c / (u * v)),
    "npmi": _npmi,
    "t": lambda n, c, u, v: (c - u * v / n) / math.sqrt(c),
    "g2": _g2,
    "dice": lambda n, c, u, v: 2 * c / (u + v),
}


@given(texts, st.sampled_from([1, 2, 3]), st.sampled_from(["tokens", "break"]))
def test_tables_equal_brute_force(text, min_count, mixed):
    table = count_ngrams([text], min_count=min_count, stats=STATS, mixed=mixed, threads=1)
    expected = naive_table(text, min_count, mixed)
    assert sorted(table["ngram"]) == sorted(expected)
    assert table["order"].tolist() == [len(ngram) for ngram in table["ngram"]]
    for name in STATS:
        found = dict(zip(table["ngram"], table[name].tolist(), strict=True))
        for ngram, row in expected.items():
            assert found[ngram] == pytest.approx(row[name], rel=1e-7, abs=2e-7, nan_ok=True), (name, ngram)


@given(texts, st.integers(1, 40))
def test_merging_parts_equals_the_whole(text, step):
    corpus = read(text)
    whole = finish(count_windows(corpus.ids, RUNNER, Progress()), 1, RUNNER, Progress())
    parts = map_windows(corpus.ids, 0, min(step, corpus.ids.length), RUNNER, Progress())
    for start in range(step, corpus.ids.length, step):
        parts = parts.merge(map_windows(corpus.ids, start, min(start + step, corpus.ids.length), RUNNER, Progress()))
    merged = finish(parts, 1, ThreadRunner(2), Progress())
    corpus.ids.close()
    assert merged.total == whole.total
    for order in (1, 2, 3, 4):
        assert np.array_equal(merged.levels[order].symbols, whole.levels[order].symbols)
        assert np.array_equal(merged.levels[order].counts, whole.levels[order].counts)


@given(texts)
def test_neighbours_without_the_edges_of_runs(text):
    corpus = read(text)
    windows = count_windows(corpus.ids, RUNNER, Progress())
    trie = finish(windows, 1, RUNNER, Progress(), edges=False)
    count_neighbours(windows, trie, RUNNER, Progress(), edges=False)
    runs = naive.read(text)
    for order in (1, 2, 3, 4):
        level, expected = trie.levels[order], naive.neighbours(runs, order)
        rows = np.flatnonzero(level.counts)
        spelled = corpus.alphabet.spell_rows(trie.characters(order, rows))
        for found, sides in zip((level.left, level.right), expected, strict=True):
            for row, word in zip(rows, spelled, strict=True):
                counts = [count for neighbour, count in sides[word].items() if neighbour != naive.EDGE]
                sums = round(sum(count * math.log(count) * FIXED for count in counts))
                assert found[row, 0] == pytest.approx(sums, abs=len(counts))
                assert found[row, 1:].tolist() == [len(counts), sum(counts)]
    corpus.ids.close()


def test_windows_under_other_numbers():
    """Renumbering characters, as merging texts with different rare ideographs does."""
    corpus = read("中国人民，人民大学中国人" * 3)
    table = np.arange(1 << 15, dtype=np.uint16)
    first, second = corpus.alphabet.look_up("中学")
    table[[first, second]] = [second, first]
    other = read("学国人民，人民大中学国人" * 3)
    changed = count_windows(corpus.ids, RUNNER, Progress()).renumbered(table)
    changed, expected = (
        finish(windows, 1, RUNNER, Progress()) for windows in (changed, count_windows(other.ids, RUNNER, Progress()))
    )
    for order in (1, 2, 3, 4):
        assert np.array_equal(changed.levels[order].symbols, expected.levels[order].symbols)
        assert np.array_equal(changed.levels[order].counts, expected.levels[order].counts)
    corpus.ids.close()
    other.ids.close()


def test_large_partitions_are_sorted_by_digits():
    """More than 48 records in a partition: the radix path, which short texts never take."""
    random = np.random.default_rng(1)
    text = "".join(random.choice(list("中国人民，"), 30_000))
    table = count_ngrams([text], min_count=1, stats=("count", "left_entropy", "right_entropy"), threads=1)
    expected = naive_table(text, 1, "tokens")
    assert len(table["ngram"]) == len(expected)
    for i, ngram in enumerate(table["ngram"]):
        assert table["count"][i] == expected[ngram]["count"]
        assert table["left_entropy"][i] == pytest.approx(expected[ngram]["left_entropy"], abs=2e-7)
        assert table["right_entropy"][i] == pytest.approx(expected[ngram]["right_entropy"], abs=2e-7)


@given(st.text(st.sampled_from("中国人"), max_size=90) | texts, st.data())
def test_occurrences_of_long_strings(text, data):
    runs = naive.read(text)
    pool = sorted({run[i : i + n] for run in runs for n in (5, 6, 7, 9) for i in range(len(run) - n + 1)})
    if not pool:
        return
    chosen = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=8, unique=True))
    corpus = read(text)
    strings = Strings.of([corpus.alphabet.look_up(word).tobytes() for word in chosen])
    found = count_occurrences(corpus.ids, strings, ThreadRunner(data.draw(st.sampled_from([1, 2]))), Progress())
    corpus.ids.close()
    for w, word in enumerate(chosen):
        seen = naive.occurrences(runs, word)
        assert found.counts[w] == len(seen)
        for side, pairs in ((0, found.left), (1, found.right)):
            neighbours = Counter(pair[side] for pair in seen)
            assert pairs[w, 1] == len(neighbours)
            assert branching_entropy(found.counts, pairs[:, 0])[w] == pytest.approx(naive.entropy(neighbours), abs=2e-7)
        for j in range(5, len(word) + 1):
            assert found.prefixes[strings.offsets[w] + j - 1] == len(naive.occurrences(runs, word[:j]))
            assert found.suffixes[strings.offsets[w] + j - 1] == len(naive.occurrences(runs, word[-j:]))


@given(st.text(st.sampled_from("中国a1b，"), max_size=80), st.data())
def test_occurrences_aligned_with_tokens(text, data):
    runs = naive.read(text)
    pool = sorted({run[i : i + n] for run in runs for n in (2, 3, 5, 8) for i in range(len(run) - n + 1)})
    pool = [word for word in pool if word[0].isascii() or word[-1].isascii()]
    if not pool:
        return
    chosen = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=8, unique=True))
    corpus = read(text)
    strings = Strings.of([corpus.alphabet.look_up(word).tobytes() for word in chosen])
    counts, left, right = count_aligned(corpus.ids, strings, token_range("tokens", corpus.alphabet), RUNNER, Progress())
    corpus.ids.close()
    for w, word in enumerate(chosen):
        seen = naive.aligned(runs, word, "tokens")
        assert counts[w] == len(seen)
        for side, sums in ((0, left), (1, right)):
            neighbours = Counter(pair[side] for pair in seen)
            assert branching_entropy(counts, sums)[w] == pytest.approx(
                naive.entropy(neighbours) if seen else 0, abs=2e-7
            )


def test_a_long_repetition_stays_linear():
    """哈 many times over: every position ends many of the strings."""
    text = "哈" * 20_000
    corpus = read(text)
    one = corpus.alphabet.look_up("哈").tobytes()
    strings = Strings.of([one * n for n in range(5, 400)])
    found = count_occurrences(corpus.ids, strings, RUNNER, Progress())
    corpus.ids.close()
    assert found.counts.tolist() == [20_000 - n + 1 for n in range(5, 400)]
    assert found.right[:, 1].tolist() == [2] * 395


def test_order_of_rows_and_limit():
    table = count_ngrams(["好好好中中国国"], orders=(1, 2), min_count=2, stats=("count",), threads=1)
    assert list(zip(table["ngram"], table["count"].tolist(), strict=True)) == [
        ("好", 3),
        ("中", 2),
        ("国", 2),
        ("好好", 2),
    ]
    assert count_ngrams(["好好好中中国国"], orders=(1, 1), min_count=1, limit=1)["ngram"].tolist() == ["好"]
    by_name = count_ngrams(["好好好中中国国"], orders=(1, 2), min_count=2, sort="ngram")
    assert by_name["ngram"].tolist() == ["中", "国", "好", "好好"]


def test_an_empty_text_gives_an_empty_table():
    table = count_ngrams([""], stats=STATS)
    assert [len(column) for column in table.values()] == [0] * (2 + len(STATS))


def test_summary():
    summary = count(["好好好"], min_count=1, stats=("count", "cohesion"), log_base="2").summary
    assert summary["characters"] == 3
    assert summary["rows"] == 3
    assert summary["units"] == {"cohesion": "bits"}
    assert "order:1-4|min-count:1" in summary["signature"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"orders": (0, 2)}, "--order 0-2 is out of range: give 1-4, or a part of it such as 2-3"),
        ({"min_count": 0}, "--min-count 0 is too small: give 1 or more"),
        ({"stats": ("pmi",)}, f"--stats 'pmi' is unknown: choose {', '.join(STATS)}"),
        ({"log_base": "10"}, "--log-base '10' is unknown: choose e, 2"),
        ({"limit": -1}, "--limit -1 is negative: give 0 or more"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(UsageError) as caught:
        count_ngrams(["好"], **options)
    assert str(caught.value) == message
