"""Scores of words beyond branching entropy, and the rounds of re-estimation, against the formulas."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from hanmine.errors import UsageError
from hanmine.segmentation import rounds, word_scores
from hanmine.segmentation.branching import BranchingStatistics, branching_statistics
from hanmine.segmentation.lines import Lines
from hanmine.segmentation.rounds import reestimate
from hanmine.segmentation.rules import Rules
from hanmine.segmentation.word_scores import MarkedLines, WordScores, calibrated

texts = st.lists(st.text("中国人民大，a", max_size=25), min_size=1, max_size=6)


def statistics(texts) -> BranchingStatistics:
    return branching_statistics([*texts, ""], threads=1)


def marked(texts, gaps=None) -> MarkedLines:
    return MarkedLines(Lines.of(texts), *Rules().apply_to_lines(texts), gaps)


def naive_association(counts: dict[int, Counter], first: str, second: str) -> float | None:
    """Pointwise mutual information with counts of at least 1; None with a character that stands in no word."""
    if not (naive.is_han(first) or naive.is_alnum(first)) or not (naive.is_han(second) or naive.is_alnum(second)):
        return None
    count = lambda x: max(counts[len(x)][x], 1)  # noqa: E731
    return math.log2(count(first + second) * max(counts[1].total(), 1) / (count(first) * count(second)))


@settings(max_examples=50)
@given(texts, st.text("中国人民大不，", min_size=1, max_size=8), st.sampled_from([0.0, 0.5, 2.0]))
def test_scores_follow_the_formula(texts, line, single):
    runs = [run for text in texts for run in naive.read(text)]
    stored = statistics(texts)
    scores = WordScores(stored, association=1.5, mean=2.0, deviation=0.5, single=single)
    found, plain = scores.autonomy(line), stored.autonomy(line)
    counts = {order: naive.ngrams(runs, order) for order in (1, 2)}
    known = [naive_association(counts, a, b) for a, b in itertools.pairwise(line)]
    gaps = [0.0 if value is None else (value - 2.0) / 0.5 for value in known] + [0.0]
    for i in range(len(line)):
        for length in range(1, min(4, len(line) - i) + 1):
            inner, end = sum(gaps[i : i + length - 1]), gaps[i + length - 1]
            expected = plain[i, length - 1] + 1.5 * (inner - end) / length - (single if length == 1 else 0.0)
            assert found[i, length - 1] == pytest.approx(expected, abs=1e-5)
        assert (found[i, len(line) - i :] == -np.inf).all()


def naive_model(scores: WordScores, words: list[str], runs: list[str], word: str, weight: float) -> float:
    """μ·log₂ P of the unigram model."""
    characters, total = Counter("".join(runs)), sum(map(len, runs))
    often = {x for order in (2, 3, 4) for x, count in naive.ngrams(runs, order).items() if count > 1}
    counted = Counter(w for w in words if w in often or len(w) == 1)
    size = len(words)
    base = rounds.BASE * max(size, 1)
    first = rounds.LENGTHS[len(word) - 1] * math.prod(max(characters[c], 1) / max(total, 1) for c in word)
    share = (max(counted[word] - 1, 0) + (base + len(counted)) * first) / (size + base)
    return weight * math.log2(share)


@settings(max_examples=40)
@given(st.lists(st.text("中国人民", min_size=1, max_size=14), min_size=1, max_size=6))
def test_a_round_follows_the_formula(texts):
    stored, block = statistics(texts), marked(texts)
    plain = WordScores(stored, single=0.7)
    ends = np.flatnonzero(block.best(plain.autonomy_of_lines(block.lines))) + 1
    whole = "".join(texts)
    words = [whole[a:b] for a, b in zip([0, *ends.tolist()], ends.tolist(), strict=False)]
    found = reestimate(plain, lambda: [block], 1, weight=2.0)
    line = texts[0]
    after, before = found.autonomy(line), plain.autonomy(line)
    for i in range(len(line)):
        for length in range(1, min(4, len(line) - i) + 1):
            expected = naive_model(plain, words, texts, line[i : i + length], 2.0) / length
            assert after[i, length - 1] - before[i, length - 1] == pytest.approx(expected, abs=1e-6)


def test_rounds_do_not_depend_on_blocks():
    texts = ["大肠杆菌是人和许多动物肠道中最主要且数量最多的一种细菌", "细菌和人", "动物肠道"] * 3
    scores = WordScores(statistics(texts), association=1.0, single=0.5)
    once = reestimate(scores, lambda: [marked(texts)], 2)
    parts = reestimate(scores, lambda: [marked(texts[:2]), marked(texts[2:])], 2)
    assert np.array_equal(once.autonomy(texts[0]), parts.autonomy(texts[0]))
    assert reestimate(scores, lambda: [], 0) is scores


def corpus(lines: int = 400) -> list[str]:
    """A text of random words, long enough to be calibrated on."""
    random = np.random.default_rng(3)
    letters = [chr(0x6000 + i) for i in range(150)]
    words = ["".join(random.choice(letters, size)) for size in random.choice([1, 2, 2, 3], 300)]
    weights = 1 / np.arange(1, 301)
    return ["".join(random.choice(words, 20, p=weights / weights.sum())) for _ in range(lines)]


@pytest.mark.parametrize("length", [1.5, 1.8])
def test_calibration_reaches_the_length_of_words(length):
    texts = corpus()
    stored, block = statistics(texts), marked(texts)
    scores = calibrated(stored, [block], word_length=length)
    assert len(block.lines.codes) / block.best(scores.autonomy_of_lines(block.lines)).sum() == pytest.approx(
        length, abs=0.02
    )
    gaps, known = word_scores.association(stored, *word_scores.look_up(stored, block.lines))
    inside = gaps[known & ~block.lines.last]
    assert (scores.mean, scores.deviation) == pytest.approx((inside.mean(), inside.std()))
    halves = [marked(texts[:200]), marked(texts[200:])]
    assert calibrated(stored, halves, word_length=length).single == scores.single
    assert calibrated(stored, [block], word_length=None).single == 0.0


def test_calibration_sees_other_scores_of_gaps():
    texts = corpus()
    stored, block = statistics(texts), marked(texts)
    gaps = np.random.default_rng(0).normal(0.5, 1.0, len(block.lines.codes))
    with_gaps = replace(block, gaps=gaps)
    scores = calibrated(stored, [with_gaps], word_length=1.7)
    assert len(gaps) / with_gaps.best(scores.autonomy_of_lines(block.lines)).sum() == pytest.approx(1.7, abs=0.02)
    assert scores.single != calibrated(stored, [block], word_length=1.7).single


def test_too_little_text_to_calibrate_on():
    stored = statistics(["大肠杆菌是人和许多动物肠道中最主要且数量最多的一种细菌"])
    scores = calibrated(stored, [marked(["大肠杆菌"])])
    assert (scores.mean, scores.deviation, scores.single) == (4.0, 3.2, 4.0)
    assert calibrated(stored, []).single == 4.0
    assert calibrated(stored, [], association_weight=0.0, word_length=None).autonomy("大肠杆菌").tolist() == (
        stored.autonomy("大肠杆菌").tolist()
    )


def test_zero_width_characters():
    stored = statistics(["中国人民中国人民大学"] * 2)
    scores = reestimate(WordScores(stored, association=1.0), lambda: [marked(["中国\u200b人民"])], 1)
    found = scores.autonomy("中国\u200b人民")
    assert np.isfinite(found[0]).all()
    assert found[1:, 3].tolist()[1:] == [-np.inf] * 3


def test_lengths_out_of_range():
    with pytest.raises(UsageError, match="a mean word length of 4 is out of range: give one between 1 and 4"):
        calibrated(statistics([]), [], word_length=4.0)
