"""The linear probe: its regression, the states that it reads, and what it adds to a segmentation."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from hanmine.errors import InputError, UsageError
from hanmine.masking import character_states, load_masked_model, pieces_of, probed_layer
from hanmine.masking.options import middle_layer
from hanmine.segmentation import Segmentation, learned_gaps, segment
from hanmine.segmentation.combine import GapSource
from hanmine.segmentation.gap_sources import share_weights
from hanmine.segmentation.gap_store import GapStore
from hanmine.segmentation.gaps_file import names_of_sources, read_gaps
from hanmine.segmentation.options import settle_options, weights_for
from hanmine.segmentation.probe import PENALTY, ProbeSums
from test_segmentation_segment import ODD, TINY, TUNED, text_of

LINES = [*text_of(160, seed=4), "", "好", "👍 没有", "老人abc看报"]


@pytest.fixture(scope="module")
def model():
    return load_masked_model(TINY, threads=1)


@given(
    st.integers(2, 60),
    st.integers(1, 12),
    st.sampled_from([0.0, 3.0, 300.0]),
    st.sampled_from([1e-3, PENALTY, 10.0]),
    st.integers(0, 2**32 - 1),
)
def test_the_regression_is_that_of_least_squares(gaps, columns, offset, penalty, seed):
    chance = np.random.default_rng(seed)
    features = (chance.normal(offset, 1, (gaps, columns)) * chance.choice([1e-2, 1, 5], columns)).astype(np.float32)
    if columns > 2:
        features[:, 0] = features[0, 0]  # says nothing
        features[:, 1] = features[:, 2]  # says the same
    cuts = chance.random(gaps) < 0.5
    sums = ProbeSums()
    for rows in np.array_split(np.arange(gaps), 4):
        sums.add(features[rows], cuts[rows])
    assert (sums.count, sums.cuts) == (gaps, cuts.sum())
    expected = naive.probe_scores(features, cuts, penalty, features)
    assert sums.solved(penalty).scores(features) == pytest.approx(expected, abs=2e-3)


def test_states_that_are_not_known_have_no_score():
    sums = ProbeSums()
    sums.add(np.array([[1, 2], [3, 1], [2, 2]], np.float32), np.array([True, False, True]))
    scores = sums.solved().scores(np.array([[1, 2], [np.nan, 1]], np.float32))
    assert np.isfinite(scores).tolist() == [True, False]


def test_a_probe_finds_what_the_states_tell_and_corrects_single_labels():
    chance = np.random.default_rng(1)
    states = chance.normal(size=(4000, 20)).astype(np.float32)
    truth = states[:, 3] + states[:, 7] > 0
    labels = truth ^ (chance.random(4000) < 0.1)
    sums = ProbeSums()
    sums.add(states, labels)
    assert np.mean((sums.solved().scores(states) < 0) == truth) > 0.96


@pytest.mark.parametrize("batch_tokens", [1, 40, 1024])
def test_states_are_those_of_single_passes(model, batch_tokens):
    texts = ["市图书馆一楼大厅", "", "好", "老人 看𠮷报", *(text for text in ODD if len(text) < 20)]
    found = character_states(model, texts, batch_tokens=batch_tokens)
    layer = f"hidden_{probed_layer(model)}"
    expected = []
    for text in texts:
        tokens = model.characters.tokens(text)
        row = model.run(tokens.ids[None], np.array([len(tokens.ids)]), layer)[0] if len(tokens.ids) else None
        for place in range(len(text)):
            token = len(model.characters.before) + tokens.first[place]
            expected.append(row[token] if tokens.covered[place] else np.full(found.shape[1], np.nan))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.isnan(character_states(model, ["👍", ""])).all()


def test_the_layer_in_the_middle_is_read(model, monkeypatch):
    assert (model.layers, probed_layer(model)) == (2, 1)
    monkeypatch.setattr(model, "available", frozenset({"hidden_2", "mlm_hidden"}))
    assert (middle_layer(model), probed_layer(model)) == (2, 2)
    monkeypatch.setattr(model, "available", frozenset({"mlm_hidden"}))
    assert (middle_layer(model), probed_layer(model)) == (None, "head")
    monkeypatch.setattr(model, "available", frozenset({"logits"}))
    assert probed_layer(model) is None
    assert learned_gaps.probed_models([model]) == []


def run_of(lines, **options):
    """The sources, the words, and the messages of a segmentation."""
    with Segmentation(lines, threads=1, **options) as run:
        run.read()
        run.score()
        words = [line.words for line in run.lines()]
        whole = [source.store.read(0, source.store.length) for source in run.sources]
        return run.sources, whole, words, run.summary(), run.messages()


def test_what_a_probe_adds(tmp_path):
    with_probe, scores, words, summary, _ = run_of(LINES, models=[TINY], save_gaps=tmp_path / "kept.npz")
    assert ["".join(line) for line in words] == LINES
    assert [source.name for source in with_probe] == ["tiny-mlm", "probe"]
    assert len(summary["calibration"]["slopes"]) == 2
    facts = summary["sources"][1]
    assert facts["learned_from_gaps"] > 1000
    assert (facts["models"], facts["layers"]) == ([str(TINY)], [1])
    assert 2 < facts["tokens_per_character"] < 3.2  # two readings, and what stands around each piece
    assert "|probe:probe,lambda=" in summary["signature"]
    # Every gap between characters that the model knows has a score, and no other.
    assert np.array_equal(np.isfinite(scores[0]), np.isfinite(scores[1]))
    without, others, _, _, _ = run_of(LINES, models=[TINY], probe=False)
    assert [source.name for source in without] == ["tiny-mlm"]
    assert np.array_equal(scores[0], others[0], equal_nan=True)
    assert names_of_sources(tmp_path / "kept.npz") == ["kept.npz[1]", "kept.npz[2]"]
    assert [line.words for line in segment(LINES, gaps=tmp_path / "kept.npz")] == words


def test_the_scores_are_those_of_the_definition(model):
    """Learned once more, gap by gap, from the words that are found without the probe."""
    _, scores, _, _, _ = run_of(LINES, models=[TINY])
    _, _, words, _, _ = run_of(LINES, models=[TINY], probe=False)
    with Segmentation(LINES, models=[TINY], probe=False, threads=1) as run:
        run.read()
        run.score()
        (block,) = run._spool.blocks()
        marked = run._cutter.marked(run._cutter.scored(block))
    features, cuts, free = [], [], []
    start = 0
    for text, found in zip(LINES, words, strict=True):
        states = {}
        for piece in pieces_of(text, 60):
            rows = character_states(model, [text[piece.start : piece.stop]])
            for gap in range(piece.first, piece.last):
                states[gap] = np.concatenate([rows[gap - piece.start], rows[gap - piece.start + 1]])
        ends = np.cumsum([len(word) for word in found])
        for gap in range(len(text) - 1):
            features.append(states.get(gap))
            cuts.append(gap + 1 in ends)
            free.append(not marked.joined[start + gap] and not marked.cut[start + gap])
        start += len(text)
    known = [row is not None and np.isfinite(row).all() for row in features]
    used = [place for place in range(len(features)) if known[place] and free[place]]
    asked = [place for place in range(len(features)) if known[place]]
    expected = naive.probe_scores(
        [features[place] for place in used],
        [cuts[place] for place in used],
        PENALTY,
        [features[place] for place in asked],
    )
    assert scores[1][asked] == pytest.approx(expected, abs=1e-3)
    assert np.isnan(np.delete(scores[1], asked)).all()


def test_windows_and_blocks_change_nothing(monkeypatch):
    long = ["".join(random.Random(3).choices(LINES[:100], k=60)), *LINES]
    _, before, words, _, _ = run_of(long, models=[TINY])
    monkeypatch.setattr(learned_gaps, "_WINDOW", 70)
    monkeypatch.setattr("hanmine.segmentation.line_spool.BLOCK", 500)
    _, after, again, _, _ = run_of(long, models=[TINY])
    assert again == words
    np.testing.assert_allclose(after[1], before[1], atol=1e-3)


def test_several_models_make_one_probe(tmp_path):
    kept = tmp_path / "kept.npz"
    sources, _, words, summary, _ = run_of(LINES, models=[TINY, TINY], save_gaps=kept)
    assert [source.name for source in sources] == ["tiny-mlm", "tiny-mlm", "probe"]
    assert [source.share for source in sources] == [1.0, 1.0, 2.0]
    assert summary["sources"][2]["layers"] == [1, 1]
    assert 1.7 < sources[2].weight <= 2 * 1.7
    again, _, others, _, _ = run_of(LINES, gaps=kept)
    assert [source.share for source in again] == [1.0, 1.0, 2.0]
    assert ([source.weight for source in again], others) == ([source.weight for source in sources], words)
    # What one of them does not know has no score: of these characters this encoder knows two.
    sources, _, _, _, _ = run_of(LINES, models=[TINY, TUNED])
    assert [source.share for source in sources] == [0.5, 1.0]


def test_plain_impacts_weigh_half_beside_relative_ones(tmp_path):
    def shares(*scores):
        sources = [GapSource("", GapStore(tmp_path), facts={"score": score} if score else {}) for score in scores]
        share_weights(sources)
        return [source.share for source in sources]

    assert shares("dist", "logprob") == [1, 1]
    assert shares("dist", "relative", None) == [0.5, 1, 1]


@pytest.mark.parametrize("lines", [["春风阳光图书馆。"], LINES[:30], ["。，" * 2000]])
def test_a_text_that_is_too_short_to_learn_from(lines):
    sources, _, _, _, messages = run_of(lines, models=[TINY])
    assert len(sources) == 1
    assert not any("--probe" in message for message in messages)
    _, _, _, _, asked = run_of(lines, models=[TINY], probe=True)
    assert "the text is too short for --probe, which learns from 1,000 gaps at least" in asked[-1]


@pytest.mark.parametrize("shares", [[1.0], [1.0, np.nan], [1.0, -1.0], [["a", "b"]], ["a", "b"]])
def test_shares_that_are_none(tmp_path, shares):
    np.savez(tmp_path / "gaps.npz", scores=np.zeros((3, 2)), offsets=[0, 3], shares=np.array(shares))
    with pytest.raises(InputError, match=r"shares.*: write it with"):
        run_of(["春风阳光"], gaps=tmp_path / "gaps.npz")


def test_weights_that_are_given(tmp_path):
    def weights(**options):
        return [source.weight for source in run_of(LINES, models=[TINY], **options)[0]]

    assert weights(weights=[0.5]) == [0.5]  # the others alone
    assert weights(weights=[0.5, 2]) == [0.5, 2]
    assert weights(weights=["auto"], probe=True) == weights()
    given, found = weights(weights=[0.5], probe=True)
    assert given == 0.5
    assert 0 < found <= 1.7
    assert weights_for((1.0,), ["a"], probe=True) == (1.0, None)
    for count in (1, 4):
        with pytest.raises(UsageError, match=r"in this order: a, b, and perhaps one for the probe"):
            weights_for((1.0,) * count, ["a", "b"], probe=True)
    # Found before any work.
    run = Segmentation(LINES, models=[TINY], weights=[1, 2, 3], save_gaps=tmp_path / "kept.npz")
    with run, pytest.raises(UsageError, match=r"--lambda is given 3 times for 1 source"):
        run.read()


def test_probes_that_make_no_sense(tmp_path):
    for options, message in (
        ({"method": "nvbe"}, "--probe learns from words of statistics and a model, not for --method nvbe"),
        ({"method": "masking"}, "not for --method masking: pass combined"),
        ({"gaps": tmp_path / "gaps.npz"}, "--probe reads the states of a model, and files of gap scores have none"),
    ):
        with pytest.raises(UsageError, match=message):
            settle_options(probe=True, **options)
        settle_options(probe=False, **options)


def test_kept_scores_without_a_probe(tmp_path):
    run_of(LINES[:20], models=[TINY], save_gaps=tmp_path / "kept.npz")
    with Segmentation(LINES[:20], method="nvbe") as run:
        run.read()
        assert len(read_gaps(tmp_path / "kept.npz", run._spool)) == 1
