"""Text into words from end to end: spooled lines, gap scores, margins, calibration, all methods in one engine."""

from __future__ import annotations

import itertools
import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hanmine
import naive
from hanmine.errors import InputError, UsageError
from hanmine.segmentation import Segmentation, line_spool, segment
from hanmine.segmentation.calibrate import logistic_slope, words_in_common
from hanmine.segmentation.combine import WHITE_SPACE, margins_of, weighted
from hanmine.segmentation.gap_store import GapStore
from hanmine.segmentation.gaps_file import read_gaps, write_gaps
from hanmine.segmentation.line_spool import LineSpool
from hanmine.segmentation.lines import Lines
from hanmine.segmentation.options import threshold_of
from hanmine.segmentation.word_scores import MarkedLines
from test_segmentation_decode import problems

TINY = Path(__file__).parent / "models" / "tiny-mlm"
TUNED = Path(__file__).parent / "layouts" / "sentence-transformer"
WORDS = [
    "春风",
    "阳光",
    "图书馆",
    "老人",
    "的",
    "在",
    "看",
    "报纸",
    "河水",
    "工作",
    "北京",
    "大学",
    "学生",
    "和",
    "科学技术",
]
ODD = [
    "", " ", "\u3000 \t", "👍🏽👨\u200d👩\u200d👧🇨🇳", "臺灣大學的學生", "我用Python 3写code", "e\u0301é", "a\u200bb",
    " \u200b ", "\r", "１９９８年３月", "x" * 50, "𠮷野家", "\x00\x01", "\ufeff好", "。" * 9, "🇨🇳 🇨🇳", "\u2028行",
    "٣٫٥ کتاب", "——……！？",
]  # fmt: skip


def text_of(lines: int, seed: int = 1) -> list[str]:
    """Lines of words by chance, which statistics can find."""
    chance = random.Random(seed)
    return ["".join(chance.choices(WORDS, k=chance.randint(3, 12))) + "。" for _ in range(lines)]


def gaps_of(lines: list[str], seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Gap scores by chance, a seventh of them not known."""
    offsets = np.cumsum([0, *(max(0, len(line) - 1) for line in lines)])
    scores = np.random.default_rng(seed).normal(3, 2, offsets[-1])
    scores[::7] = np.nan
    return scores, offsets


@pytest.fixture
def spooled(tmp_path):
    """A spool of the odd lines, with blocks and pieces of a few characters."""

    def spool(lines):
        made = LineSpool(tmp_path)
        for line in lines:
            made.append(line)
        made.finish()
        return made

    return spool


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(line_spool, "BLOCK", 8)
    monkeypatch.setattr(line_spool, "LONGEST", 16)


def lines_of(spool):
    whole, parts = [], []
    for block in spool.blocks():
        for piece, continued in zip(block.pieces, block.continued, strict=True):
            parts.append(piece)
            if not continued:
                whole.append("".join(parts))
                parts = []
    return whole


@given(st.lists(st.text(st.characters(), max_size=40), max_size=12))
def test_a_spool_gives_the_lines_back(tmp_path_factory, lines):
    for block, longest in ((8, 16), (1 << 15, 1 << 18)):
        with pytest.MonkeyPatch.context() as patch, LineSpool(tmp_path_factory.getbasetemp()) as spool:
            patch.setattr(line_spool, "BLOCK", block)
            patch.setattr(line_spool, "LONGEST", longest)
            for line in lines:
                spool.append(line)
            spool.finish()
            assert lines_of(spool) == lines
            assert (spool.lines, spool.characters) == (len(lines), sum(map(len, lines)))
            assert spool.gaps == sum(found.gaps for found in spool.blocks())
            assert "".join(spool.texts()).replace("\n", "") == "".join(lines).replace("\n", "")


def test_long_lines_are_cut_behind_punctuation(small, spooled):
    spool = spooled(["一二三四五六七八九十一二三四，六七八九十", "字" * 40])
    assert [piece for block in spool.blocks() for piece in block.pieces] == [
        "一二三四五六七八九十一二三四，", "六七八九十", "字" * 16, "字" * 16, "字" * 8,
    ]  # fmt: skip
    assert spool.sample(10**6) == list(range(len(spool)))
    assert len(spool.sample(20)) == 1


def test_gap_scores_are_kept_and_standardised(tmp_path):
    scores, _ = gaps_of(text_of(50))
    store = GapStore(tmp_path)
    for start in range(0, len(scores), 37):
        store.append(scores[start : start + 37])
    known = scores[np.isfinite(scores)].astype(np.float32)
    assert (store.length, store.known) == (len(scores), len(known))
    assert store.mean == pytest.approx(float(known.mean()), rel=1e-5)
    assert store.deviation == pytest.approx(float(known.std()), rel=1e-5)
    assert store.quantile(0.6) == pytest.approx(float(np.quantile(known, 0.6)))
    expected = np.nan_to_num((scores - store.mean) / store.deviation)
    assert np.allclose(store.standardised(5, 90), expected[5:90], atol=1e-5)
    store.close()
    empty = GapStore(tmp_path)
    empty.append(np.full(4, 2.5))
    assert (empty.mean, empty.deviation, empty.standardised(0, 4).tolist()) == (2.5, 1.0, [0.0] * 4)


def test_files_of_gap_scores(small, spooled, tmp_path):
    lines = [*ODD, *text_of(9), "很长的一行" * 9]
    scores, offsets = gaps_of(lines)
    np.savez(tmp_path / "gaps.npz", scores=scores, offsets=offsets)
    lengths = [len(line) for line in lines]
    each = np.zeros(sum(lengths))
    starts = np.cumsum([0, *lengths])
    places = [np.arange(start, start + n - 1) for start, n in zip(starts, lengths, strict=False) if n > 1]
    each[np.concatenate(places)] = scores
    np.savez(tmp_path / "each.npz", scores=each.reshape(-1, 1).repeat(2, axis=1), offsets=starts)
    spool = spooled(lines)
    (one,) = read_gaps(tmp_path / "gaps.npz", spool)
    two = read_gaps(tmp_path / "each.npz", spool)
    assert one.length == spool.gaps < len(scores)  # what is between the pieces of long lines is left out
    expected = one.read(0, one.length)
    assert all(np.array_equal(store.read(0, store.length), expected, equal_nan=True) for store in two)
    write_gaps(tmp_path / "again.npz", spool, [one, *two])
    with np.load(tmp_path / "again.npz") as again:
        assert np.array_equal(again["offsets"], offsets)
        assert again["scores"].shape == (len(scores), 3)
    (back, *_) = read_gaps(tmp_path / "again.npz", spool)
    assert np.array_equal(back.read(0, back.length), expected, equal_nan=True)


@given(problems(8))
def test_margins_are_those_of_all_segmentations(problem):
    scores, gaps, weights, joined, cut = problem
    n = len(scores)
    behind = [np.append(np.array(gap), 0.0) for gap in gaps]
    marks = [np.append(np.array(given, bool), False) for given in (joined, cut)]
    marked = MarkedLines(Lines.of(["字" * n]), *marks, weighted(behind, weights) if gaps else None)
    found = margins_of(np.array(scores), marked)
    assert found[-1] == math.inf
    for one, other in zip(found[:-1].tolist(), naive.cut_margins(scores, gaps, weights, joined, cut), strict=True):
        assert one == other or one == pytest.approx(other, abs=1e-9)


@given(st.lists(st.booleans(), max_size=20), st.randoms())
def test_words_in_common(ends, chance):
    ends = [*ends, True]
    others = [*[chance.random() < 0.5 for _ in ends[1:]], True]
    spans = [set(itertools.pairwise([-1, *np.flatnonzero(given)])) for given in (ends, others)]
    expected = len(spans[0] & spans[1]), len(spans[0]), len(spans[1])
    assert words_in_common(np.array(ends), np.array(others)) == expected


def test_slopes_of_evidence_and_of_noise():
    chance = np.random.default_rng(3)
    truth = chance.random(20_000) < 0.5
    good, noise = chance.normal(truth * 2.0 - 1.0), chance.normal(size=truth.size)
    assert logistic_slope(good, truth) == pytest.approx(2.0, abs=0.1)
    assert logistic_slope(noise, truth) == pytest.approx(0.0, abs=0.1)
    assert math.isfinite(logistic_slope(truth.astype(float), truth))  # where scores leave no doubt


def test_the_words_of_a_line_are_the_line(small, tmp_path):
    lines = [*ODD, *text_of(30), "没有标点的一行" * 8]
    scores, offsets = gaps_of(lines)
    np.savez(tmp_path / "gaps.npz", scores=scores, offsets=offsets)
    off = dict.fromkeys(("characters", "digits", "numerals", "dates", "latin", "punctuation"), False)
    for options in ({"method": "nvbe"}, {"gaps": tmp_path / "gaps.npz"}, off | {"method": "nvbe"},
                    off | {"method": "masking", "gaps": tmp_path / "gaps.npz", "threshold": "q.5"}):  # fmt: skip
        found = list(segment(lines, **options))
        assert [line.text for line in found] == lines
        for line in found:
            assert "".join(line.words) == line.text
            assert [line.text[a:b] for a, b in line.offsets] == line.words
            assert all(line.words)
            assert len(line.scores) == max(0, len(line.words) - 1)
            white = [[ord(character) in WHITE_SPACE for character in word] for word in line.words]
            assert all(all(marks) or not any(marks) for marks in white)


def test_threads_and_blocks_change_nothing(tmp_path, monkeypatch):
    lines = text_of(300)
    scores, offsets = gaps_of(lines)
    np.savez(tmp_path / "gaps.npz", scores=scores, offsets=offsets)

    def words(**options):
        return [(line.words, line.scores.tolist()) for line in segment(lines, gaps=[tmp_path / "gaps.npz"], **options)]

    expected = words(threads=1)
    assert words(threads=3) == expected
    monkeypatch.setattr(line_spool, "BLOCK", 500)  # sums of other parts differ in their last bits
    for (found, scores), (others, margins) in zip(words(threads=3), expected, strict=True):
        assert found == others
        assert scores == pytest.approx(margins)


def test_statistics_find_the_words_and_margins_say_how_surely():
    lines = text_of(400)
    found = list(segment(lines, method="nvbe"))
    assert found[0].text == lines[0]
    cut = [word for line in found for word in line.words]
    assert sum(cut.count(word) for word in WORDS if len(word) > 1) > 0.3 * len(cut)
    assert all(score > 0 for line in found for score in line.scores)
    again = [line.words for line in segment(lines[:3], method="nvbe", margins=False, corpus=[])]
    assert len(again) == 3
    assert next(segment(lines, method="nvbe", margins=False)).scores is None


def test_weights_join_both_ends_of_combined(tmp_path):
    lines = text_of(60)
    scores, offsets = gaps_of(lines)
    np.savez(tmp_path / "gaps.npz", scores=scores, offsets=offsets)

    def words(**options):
        return [line.words for line in segment(lines, **options)]

    gaps = {"gaps": tmp_path / "gaps.npz"}
    assert words(**gaps, weights=0) == words(method="nvbe")
    heavy = words(**gaps, weights=1000)
    mean = float(np.nanmean(scores.astype(np.float32)))
    masked = words(**gaps, method="masking", threshold=mean)
    same = sum(a == b for a, b in zip(heavy, masked, strict=True))
    assert same < len(lines)  # words have at most four characters, and unknown gaps are left to the statistics


def test_thresholds(tmp_path):
    lines = text_of(60)
    scores, offsets = gaps_of(lines)
    np.savez(tmp_path / "gaps.npz", scores=scores, offsets=offsets)
    gaps = {"gaps": tmp_path / "gaps.npz", "method": "masking", "punctuation": False}

    def ends(**options):
        return np.concatenate(
            [line.ends[:-1] - 1 + k for line, k in zip(segment(lines, **gaps, **options), offsets, strict=False)]
        )

    for threshold, least in ((3.0, 3.0), ("q.75", np.nanquantile(scores.astype(np.float32), 0.75))):
        assert ends(threshold=threshold).tolist() == np.flatnonzero(~(scores.astype(np.float32) >= least)).tolist()
    with Segmentation(lines, **gaps) as run:
        run.read()
        run.score()
        assert 0 < run.calibration.facts["agreement_with_nvbe"] < 1
        assert run.threshold == run.summary()["threshold"]


def test_thresholds_as_they_are_written():
    assert [str(threshold_of(text)) for text in ("8", "q.60", "q0.5", "auto", -1)] == ["8", "q.6", "q.5", "auto", "-1"]
    for wrong in ("q", "q.", "q2", "eight", "q-1", "", "nan"):
        with pytest.raises(UsageError, match="is none: write a score such as 8"):
            threshold_of(wrong)


def test_a_model_and_what_is_kept_of_it(tmp_path):
    lines = [*text_of(20), "", "好", "👍 没有"]
    kept = tmp_path / "kept.npz"
    found = [line.words for line in segment(lines, models=[str(TINY)], save_gaps=kept, threads=1)]
    assert ["".join(words) for words in found] == lines
    assert [line.words for line in segment(lines, gaps=kept)] == found
    with Segmentation(lines, models=str(TINY), threads=1) as run:
        run.read()
        assert run.description() == f"method combined with {TINY} (a model was given)"
        run.score()
        list(run.lines())
        summary = run.summary()
    (source,) = summary["sources"]
    assert source["gaps"] == sum(max(0, len(line) - 1) for line in lines) > source["known"]
    assert source["tokens_per_character"] > source["rows_per_character"] > 0
    assert summary["words"] == sum(map(len, found))
    assert "tiny-mlm:dist,head,euclidean,grouped,8,masked,lambda=" in summary["signature"]


@pytest.mark.parametrize(
    ("options", "score"),
    [({}, "relative"), ({"score": "dist"}, "dist"), ({"method": "masking"}, "dist"), ({"context": "masked"}, "dist")],
)
def test_what_a_tuned_encoder_adds_to_statistics(options, score):
    with Segmentation(text_of(20), models=str(TUNED), threads=1, **options) as run:
        run.read()
        run.score()
        assert run.sources[0].facts["score"] == score
        assert sum(len(line.words) for line in run.lines()) > 20


def test_the_preset_of_su(tmp_path):
    lines = text_of(12)
    preset = [line.words for line in segment(lines, models=TINY, preset="su2020", threads=1)]
    off = dict.fromkeys(("characters", "digits", "numerals", "dates", "latin", "punctuation"), False)
    spelled = segment(
        lines, models=TINY, method="masking", score="dist", layer="last", scheme="pairs", threshold=8, threads=1, **off
    )
    assert preset == [line.words for line in spelled]


def test_statistics_from_elsewhere(tmp_path):
    lines, other = text_of(100), text_of(200, seed=9)
    (tmp_path / "other.txt").write_text("\n".join(other) + "\n", encoding="gb18030")
    (tmp_path / "other.csv").write_text("text\n" + "\n".join(other) + "\n", encoding="utf-8")

    def words(given=lines, **options):
        plain = {"word_length": "none", "association": 0, "rounds": 0}  # what else is fitted to the text
        return [line.words for line in segment(given, method="nvbe", **plain, **options)]

    whole = words([*lines, *other])[:100]
    assert words(corpus_add=tmp_path / "other.txt", save_stats=tmp_path / "both.npz") == whole
    assert words(stats=tmp_path / "both.npz") == whole
    alone = words(corpus=[tmp_path / "other.txt"])
    assert alone == words(corpus=str(tmp_path / "other.txt"))
    path = tmp_path / "lines.csv"
    path.write_text("id,text\n" + "".join(f"{n},{line}\n" for n, line in enumerate(lines)), encoding="utf-8")
    other_text = {"corpus": tmp_path / "other.txt", "word_length": "none", "association": 0, "rounds": 0}
    table = other_text | {"corpus": tmp_path / "other.csv"}
    by_column = [line.words for line in segment(path, method="nvbe", column="text", **other_text)]
    assert by_column == alone
    of_table = [line.words for line in segment(path, method="nvbe", column="text", **table)]
    assert of_table == alone


def test_words_of_the_user(tmp_path):
    (tmp_path / "words.txt").write_text("word\tcount\n春风阳 3 nz\n\n光的\n", encoding="gb18030")
    (line,) = segment(["春风阳光的图书馆，春风阳光的"], method="nvbe", user_dict=[tmp_path / "words.txt"])
    assert line.words.count("春风阳") == 2
    assert line.words.count("光的") == 2
    (masked,) = segment(["春风阳光"], method="masking", gaps=_all(tmp_path, 3, 9.0), threshold=1,
                        user_dict=tmp_path / "words.txt")  # fmt: skip
    assert masked.words == ["春风阳", "光"]


def _all(folder, gaps, score):
    np.savez(folder / "all.npz", scores=np.full(gaps, score), offsets=[0, gaps])
    return folder / "all.npz"


def test_a_text_that_is_too_short_to_calibrate(tmp_path):
    with Segmentation(["春风阳光"], gaps=_all(tmp_path, 3, 9.0)) as run:
        run.read()
        run.score()
        assert [line.text for line in run.lines()] == ["春风阳光"]
        assert run.messages() == [
            "the text is too short to weigh gap scores: λ is 1.7 (mine segment --lambda X chooses another)"
        ]
        assert run.sources[0].weight == 1.7
    assert list(segment([], method="nvbe")) == []
    assert list(segment([], method="masking", gaps=_none(tmp_path))) == []


def _none(folder):
    np.savez(folder / "none.npz", scores=np.zeros(0), offsets=[0])
    return folder / "none.npz"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "best"}, "--method 'best' is unknown: choose auto, nvbe, masking, combined"),
        ({"preset": "su2021"}, "--preset 'su2021' is unknown: choose su2020"),
        ({"corpus": "a", "corpus_add": "b"}, "--corpus .* and --corpus-add .* contradict each other: pass one"),
        ({"stats": "a", "corpus": "b"}, "--stats are statistics already"),
        ({"method": "nvbe", "models": "e5"}, "--model is for masking and combined"),
        ({"method": "nvbe", "weights": [1]}, "--lambda is for masking and combined"),
        ({"method": "nvbe", "layer": 3}, "--layer is for a model"),
        ({"method": "combined", "threshold": 3}, "--threshold is for --method masking, not for --method combined"),
        ({"method": "masking", "rounds": 2}, "--rounds is for the statistics of nvbe and combined"),
        ({"rounds": -1}, "--rounds -1 is negative"),
        ({"weights": "much"}, "--lambda 'much' is no weight"),
        ({"weights": -1}, "--lambda -1 is no weight"),
        ({"units": "words"}, "--units 'words': the gaps of a text are between characters"),
        ({"encoding": "gbk"}, "encoding, errors, input_format and recursive are for files"),
        ({"colour": "red"}, "segment has no option 'colour'"),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(UsageError, match=message):
        segment(["春风"], **options)


def test_sources_that_make_no_sense(tmp_path):
    for source, message in ((3, "a text of type int"), (b"abc", "a text of type bytes")):
        with pytest.raises(UsageError, match=message):
            segment(source)
    with pytest.raises(UsageError, match="text 2 is of type int: pass str only"):
        list(segment(["春风", 3]))
    with pytest.raises(InputError, match=r"春风: no such file: check the path, or pass texts as a list"):
        segment("春风")
    np.savez(tmp_path / "gaps.npz", scores=np.zeros(3), offsets=[0, 3])
    with pytest.raises(UsageError, match=r"--lambda is given 2 times for 1 source of gap scores: pass one for each"):
        list(segment(["春风阳光"], gaps=tmp_path / "gaps.npz", weights=[1, 2]))


def test_the_public_function_is_that_of_the_package():
    assert hanmine.segment is segment
