"""The impact of masking against one forward pass at a time, and texts of any length."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hanmine
import naive
from hanmine.encoder.backends import load_backend
from hanmine.errors import InputError, UsageError
from hanmine.masking import (
    ImpactOptions,
    beside_statistics,
    gap_scores,
    impact_matrices,
    impact_matrix,
    iter_gap_scores,
    matrix_rows,
)
from hanmine.masking import impact as impact_module
from hanmine.masking.combs import comb_plan, nearest_of_combs
from hanmine.masking.model import load_masked_model
from hanmine.masking.options import facts_of, output_of, settled
from hanmine.progress import Progress

HERE = Path(__file__).parent
TINY = HERE / "models" / "tiny-mlm"
TUNED = HERE / "layouts" / "sentence-transformer"
TEXTS = [
    "市图书馆一楼大厅早晨八点就坐满了人。",
    "老人",
    "iphone15的价格",
    "",
    "好",
    "他们自带水杯和折叠小凳，看报、下棋",
]


@pytest.fixture(scope="module")
def model():
    return load_masked_model(TINY, threads=1)


def one_row(model, options):
    """The states, or logits, of one row alone."""
    options = settled(options, model)
    output = "logits" if options.score == "logprob" else output_of(options, model)

    def states(ids):
        row = np.array([ids], np.int64)
        return model.run(row, np.array([len(ids)]), output)[0][len(model.characters.before) :][: len(ids)]

    return states


def options_of(score, context, **more):
    return ImpactOptions(score="logprob" if score == "logprob" else "dist", context=context, **more)


CASES = [
    ("euclidean", "masked", "head"),
    ("euclidean", "unmasked", 1),
    ("cosine", "masked", "last"),
    ("dot", "unmasked", "head"),
    ("logprob", "masked", "auto"),
    ("logprob", "unmasked", "auto"),
]


@pytest.mark.parametrize(("distance", "context", "layer"), CASES)
@pytest.mark.parametrize("scheme", ["pairs", "full", "grouped"])
def test_gap_scores_are_those_of_single_passes(model, scheme, distance, context, layer):
    kind = "euclidean" if distance == "logprob" else distance
    options = options_of(distance, context, scheme=scheme, layer=layer, distance=kind, group=3, batch_tokens=100)
    states = one_row(model, options)
    for text, found in zip(TEXTS, gap_scores(model, TEXTS, options), strict=True):
        tokens = model.encode(text)
        ids = list(tokens.ids)
        assert len(ids) == len(text)
        assert found.shape == (max(0, len(text) - 1),)
        assert np.array_equal(np.isfinite(found), tokens.covered[:-1] & tokens.covered[1:])
        assert tokens.covered.sum() >= 0.6 * len(text)
        units = [[token] for token in range(len(ids))]
        for gap in np.flatnonzero(np.isfinite(found)):
            value, ends = found[gap], ((gap, gap + 1), (gap + 1, gap))
            if scheme == "grouped":
                both = [naive.grouped_impact(states, ids, i, j, 3, model.mask_id, context, distance) for i, j in ends]
            else:
                both = [naive.impact(states, ids, units, i, j, model.mask_id, context, distance) for i, j in ends]
            assert value == pytest.approx(sum(both) / 2, abs=1e-4)


@pytest.mark.parametrize(("distance", "layer"), [("euclidean", 1), ("cosine", "head")])
@pytest.mark.parametrize(("scheme", "group"), [("pairs", 8), ("full", 8), ("grouped", 3), ("grouped", 6)])
def test_relative_scores_are_those_of_single_passes(model, scheme, group, distance, layer):
    options = ImpactOptions(
        score="relative", scheme=scheme, layer=layer, distance=distance, group=group, batch_tokens=100
    )
    states = one_row(model, options)
    for text, found in zip(TEXTS, gap_scores(model, TEXTS, options), strict=True):
        tokens = model.encode(text)
        ids = list(tokens.ids)
        every = group if scheme == "grouped" else max(len(ids), 1)
        assert np.array_equal(np.isfinite(found), tokens.covered[:-1] & tokens.covered[1:])
        for gap in np.flatnonzero(np.isfinite(found)):
            wanted = naive.relative_impact(states, ids, gap, every, model.mask_id, distance)
            assert found[gap] == pytest.approx(wanted, rel=1e-3)


def test_two_characters_have_nothing_to_be_compared_with(model):
    assert gap_scores(model, ["老人", "人"], ImpactOptions(score="relative"))[0].tolist() == [1.0]


def tokens_of(model, sentence):
    """The ids of a sentence of words, and the numbers of each word's tokens."""
    ends = np.cumsum([len(unit) for unit in sentence], dtype=int)
    return list(model.encode("".join(sentence)).ids), [
        list(range(end - len(unit), end)) for unit, end in zip(sentence, ends, strict=True)
    ]


@pytest.mark.parametrize(("distance", "context", "layer"), CASES)
def test_matrices_are_those_of_single_passes(model, distance, context, layer):
    kind = "euclidean" if distance == "logprob" else distance
    options = options_of(distance, context, layer=layer, distance=kind, batch_tokens=64)
    states = one_row(model, options)
    sentences = [list("早晨八点坐满了人"), ["老人们", "安心", "的", "iphone", "并非", "冷气"], ["好"], []]
    for sentence, matrix in zip(sentences, impact_matrices(model, sentences, options), strict=True):
        ids, units = tokens_of(model, sentence)
        assert matrix.shape == (len(sentence), len(sentence))
        for i in range(len(units)):
            for j in range(len(units)):
                wanted = naive.impact(states, ids, units, i, j, model.mask_id, context, distance) if i != j else 0
                assert matrix[i, j] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(("distance", "context", "layer"), CASES)
@pytest.mark.parametrize("group", [2, 3, 4, 7])
def test_grouped_matrices_are_those_of_single_passes(model, group, distance, context, layer):
    kind = "euclidean" if distance == "logprob" else distance
    options = options_of(distance, context, layer=layer, distance=kind, scheme="grouped", group=group, batch_tokens=64)
    states = one_row(model, options)
    sentences = [list("早晨八点坐满了人"), ["老人们", "安心", "的", "iphone", "并非", "冷气"], list("老人"), ["好"], []]
    for sentence, matrix in zip(sentences, impact_matrices(model, sentences, options), strict=True):
        ids, units = tokens_of(model, sentence)
        assert matrix.shape == (len(sentence), len(sentence))
        for i in range(len(units)):
            for j in range(len(units)):
                given = (units, i, j, group, model.mask_id, context, distance)
                wanted = naive.combed_impact(states, ids, *given) if i != j else 0
                assert matrix[i, j] == pytest.approx(wanted, abs=1e-4, nan_ok=True)


@pytest.mark.parametrize("context", ["masked", "unmasked"])
def test_grouped_matrices_of_few_units_are_full_ones(model, context):
    units = list("早晨八点坐满了人")
    full = impact_matrix(model, units, ImpactOptions(context=context, scheme="full"))
    assert np.array_equal(impact_matrix(model, units, ImpactOptions(context=context, scheme="grouped")), full)
    assert np.array_equal(impact_matrix(model, units, ImpactOptions(context=context)), full)


@given(units=st.integers(0, 60), group=st.integers(2, 70), context=st.sampled_from(["masked", "unmasked"]))
def test_what_combs_read(units, group, context):
    """Neighbours always are, in both directions; in the middle of a sentence what is nearer than half a group."""
    found = nearest_of_combs(units, group)
    wanted = np.zeros((units, units), bool)
    for i in range(units):
        for j in range(units):
            comb = [abs(i - p) for p in range(j % group, units, group)]
            wanted[i, j] = (
                i % group != j % group and sorted(comb)[:2].count(abs(i - j)) == 1 and min(comb) == abs(i - j)
            )
    assert np.array_equal(found, wanted)
    inside = np.abs(np.subtract.outer(np.arange(units), np.arange(units)))
    assert found[(inside > 0) & (2 * inside < group)].all()
    rows = matrix_rows(ImpactOptions(scheme="grouped", group=group, context=context), units)
    assert sum(len(block.masked) for block in comb_plan(context, units, group).blocks(7)) == rows


def test_rows_of_matrices(model):
    for units, scheme, context, rows in (
        (20, "full", "masked", 210), (20, "full", "unmasked", 21), (8, "grouped", "masked", 36),
        (20, "grouped", "masked", 36), (20, "grouped", "unmasked", 9), (1, "grouped", "masked", 0),
    ):  # fmt: skip
        options = ImpactOptions(scheme=scheme, context=context)
        model.counts.clear()
        impact_matrix(model, "早晨八点就坐满了人他们自带水杯和折叠小凳"[:units], options)
        assert model.counts["rows"] == matrix_rows(options, units) == rows


def rows_of(model, text, **options):
    model.counts.clear()
    gap_scores(model, [text], ImpactOptions(**options))
    return model.counts["rows"]


def test_rows_of_each_scheme(model):
    text, n = "早晨八点就坐满了人他们自带水杯", 15
    assert len(text) == n
    assert rows_of(model, text, scheme="pairs") == 2 * n - 1
    assert rows_of(model, text, scheme="full") == n * (n + 1) // 2
    assert rows_of(model, text, scheme="grouped", group=6) == 12
    assert rows_of(model, text, scheme="pairs", context="unmasked") == n + 1
    assert rows_of(model, text, scheme="full", context="unmasked") == n + 1
    assert rows_of(model, text, scheme="grouped", group=6, context="unmasked") == 7
    assert rows_of(model, text, group=100) == 2 * n - 1
    assert rows_of(model, text, score="relative", scheme="pairs") == n + 1
    assert rows_of(model, text, score="relative", group=6) == 7


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_model_that_gives_no_finite_numbers(number):
    broken = load_masked_model(TINY, threads=1)
    run = broken.run

    def spoilt(ids, lengths, output):
        """The first sentence of three characters, and no other, comes out as numbers that are none."""
        found = run(ids, lengths, output)
        found[lengths == 3] = number
        return found

    broken.run = spoilt
    first, second = gap_scores(broken, ["老人们", "早晨八点"])
    assert np.isnan(first).all()
    assert np.isfinite(second).all()
    assert broken.messages()[-1] == (
        f"{TINY}: gave no finite numbers in 1 piece of the text: some gaps there get no score from it; check the model"
    )
    broken.counts.clear()
    first, second = impact_matrices(broken, ["老人们", "早晨八点"])
    assert not np.isfinite(first[~np.eye(3, dtype=bool)]).any()
    assert np.isfinite(second).all()
    assert broken.counts["not_finite"] == 1


def test_what_nothing_was_said_about_follows_the_model(model):
    assert facts_of(settled(ImpactOptions(), model)) == {
        "score": "dist",
        "layer": "head",
        "distance": "euclidean",
        "scheme": "grouped",
        "context": "masked",
        "group": 8,
        "piece": 60,
    }
    assert settled(ImpactOptions(), model, matrix=True).scheme == "full"
    assert settled(ImpactOptions(layer="last"), model).layer == settled(ImpactOptions(layer="2"), model).layer == 2
    assert facts_of(settled(ImpactOptions(score="logprob", scheme="pairs"), model)) == {
        "score": "logprob",
        "scheme": "pairs",
        "context": "masked",
        "piece": 60,
    }


def test_what_is_measured_beside_statistics(model):
    tuned = load_masked_model(TUNED, threads=1)
    found = settled(beside_statistics(ImpactOptions(layer="last"), tuned), tuned)
    assert (found.score, found.layer, found.context) == ("relative", 1, "unmasked")
    assert facts_of(settled(ImpactOptions(score="relative"), tuned)) == {
        "score": "relative",
        "layer": 1,
        "distance": "euclidean",
        "scheme": "grouped",
        "context": "unmasked",
        "group": 8,
        "piece": 60,
    }
    for options in (ImpactOptions(score="dist"), ImpactOptions(context="masked"), ImpactOptions(distance="dot")):
        assert beside_statistics(options, tuned) == options
    assert beside_statistics(ImpactOptions(), model) == ImpactOptions()


def test_characters_of_a_word_depend_on_each_other(model):
    """The model has learned the sample: gaps within the words that were planted there score higher than their edges."""
    corpora = Path(__file__).parents[1] / "corpora"
    words = [line.split()[0] for line in (corpora / "planted.txt").read_text("utf-8").splitlines() if line]
    lines = (corpora / "sample.txt").read_text("utf-8").splitlines()[:60]
    within, edges = [], []
    for line, gaps in zip(lines, gap_scores(model, lines, ImpactOptions(score="logprob")), strict=True):
        for word in words:
            start = line.find(word, 1)
            if 0 < start < len(line) - len(word):
                within.extend(gaps[start : start + len(word) - 1])
                edges.extend(gaps[[start - 1, start + len(word) - 1]])
    assert len(within) > 20
    assert np.nanmean(within) > np.nanmean(edges) + np.nanstd(edges)


def test_a_long_text_is_cut_at_punctuation_and_bounded(model, monkeypatch):
    monkeypatch.setattr(impact_module, "WINDOW_CHARACTERS", 500)
    sentence = "老人们安心的并非冷气，而是有人陪着聊天。"
    text = sentence * 60
    (found,) = gap_scores(model, [text], ImpactOptions(group=4))
    assert found.shape == (len(text) - 1,)
    cuts = np.flatnonzero(np.isnan(found))
    assert 0 < len(cuts) < len(text) / 20
    assert {text[cut] for cut in cuts} == {"。"}
    assert model.max_units == 62
    ones = iter_gap_scores(model, iter([text, "", text[:30]]), ImpactOptions(group=4))
    assert [len(gaps) for gaps in ones] == [len(text) - 1, 0, 29]
    without = "老人们安心" * 100  # nothing to cut at: pieces overlap, and no gap is left out
    (found,) = gap_scores(model, [without], ImpactOptions(group=4))
    assert np.isfinite(found).all()


def test_what_the_model_does_not_know_has_no_score(model):
    model.counts.clear()
    text = "老人😀们 安\u200b心𠮷"
    (found,) = gap_scores(model, [text])
    wanted = [True, False, False, False, False, False, False, False]
    assert list(np.isfinite(found)) == wanted[: len(found)]
    assert model.messages() == [
        f"{TINY}: 2 of 9 characters are not in the model's vocabulary: the gaps beside them get no score from it"
    ]
    matrix = impact_matrix(model, ["老人", "😀", " ", "们"])
    assert np.isfinite(matrix).all()
    assert matrix[1, 0] > 0


@pytest.mark.parametrize("layout", ["bert", "roberta", "roformer", "modernbert"])
def test_decoders_make_the_logits_of_the_whole_model(layout):
    backend = load_backend(TINY.parents[1] / "layouts" / layout, threads=1)
    ids = np.array([[2, 10, 11, 12, 3]])
    given = backend.run(ids, np.ones_like(ids), None, ["mlm_hidden", "logits"])
    np.testing.assert_allclose(backend.decoder().logits(given["mlm_hidden"][0]), given["logits"][0], atol=1e-5)
    assert load_backend(TINY.parents[1] / "layouts" / "ernie", threads=1).decoder() is None


def test_logits_of_files_without_a_decoder(model, monkeypatch):
    """A model.onnx may have logits alone."""
    options = ImpactOptions(score="logprob", batch_tokens=100)
    wanted = gap_scores(model, TEXTS, options)
    other = load_masked_model(TINY, threads=1)
    monkeypatch.setattr(other._backend, "decoder", lambda: None)
    other.available = frozenset({"logits"})
    assert settled(ImpactOptions(), other).score == "logprob"
    for a, b in zip(wanted, gap_scores(other, TEXTS, options), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_results_do_not_depend_on_threads(model):
    other = load_masked_model(TINY, threads=3)
    for options in (ImpactOptions(), ImpactOptions(score="logprob")):
        for a, b in zip(gap_scores(model, TEXTS, options), gap_scores(other, TEXTS, options), strict=True):
            assert a.tobytes() == b.tobytes()


def test_eight_bits_are_close(model):
    other = load_masked_model(TINY, precision="int8", threads=1)
    assert other.facts["precision"] == "int8"
    (exact,), (rounded,) = gap_scores(model, TEXTS[:1]), gap_scores(other, TEXTS[:1])
    assert 0 < np.abs(exact - rounded).max() < 0.1 * exact.mean()


class Listener(Progress):
    def __init__(self):
        self.phases, self.done = [], 0

    def phase(self, name, total=None, unit=""):
        self.phases.append((total, unit))

    def advance(self, amount):
        self.done += amount


def test_progress_counts_characters(model):
    listener = Listener()
    texts = [*TEXTS, "老人们安心" * 40, "x"]
    gap_scores(model, texts, progress=listener)
    characters = sum(map(len, texts))
    assert listener.phases == [(characters, "characters")]
    assert listener.done == characters
    listener = Listener()
    assert len(list(impact_matrices(model, [["老人", "们"], ["好"], []], progress=listener))) == 3
    assert listener.done == 3


def test_the_front_door_loads_a_model(model):
    assert len(model.digest()) == 64
    assert model.facts["model"] == "tiny-mlm"
    assert hanmine.impact_matrix(TINY, "老人们").shape == (3, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"score": "x"}, "--score 'x' is unknown: choose auto, dist, logprob, relative"),
        (
            {"score": "relative", "context": "masked"},
            "--score relative looks at symbols that are left as they are: pass --context unmasked",
        ),
        (
            {"score": "relative", "distance": "dot"},
            "--score relative divides distances: choose --distance euclidean or cosine",
        ),
        ({"distance": "x"}, "--distance 'x' is unknown: choose euclidean, cosine, dot"),
        ({"scheme": "x"}, "--scheme 'x' is unknown: choose auto, pairs, full, grouped"),
        ({"context": "x"}, "--context 'x' is unknown: choose auto, masked, unmasked"),
        ({"group": 1}, "--group must be at least 2, not 1"),
        ({"batch_tokens": 0}, "--batch-tokens must be at least 1, not 0"),
        ({"piece": 1}, "a piece has at least 2 characters, not 1"),
        ({"layer": 3}, "--layer 3: choose 0 to 2, last or head"),
        ({"score": "logprob", "layer": 1}, "--layer 1 is for --score dist: logprob reads the head's probabilities"),
        ({"layer": "x"}, "--layer 'x': choose 0 to 2, last or head"),
    ],
)
def test_options_that_cannot_be(model, options, message):
    with pytest.raises(UsageError) as caught:
        gap_scores(model, ["老人"], ImpactOptions(**options))
    assert str(caught.value) == message


def test_calls_that_cannot_be(model):
    for kind, call, message in (
        (
            UsageError,
            lambda: impact_matrix(model, "老人", ImpactOptions(scheme="pairs")),
            "--scheme pairs measures neighbours alone: for a matrix choose full or grouped",
        ),
        (
            UsageError,
            lambda: impact_matrix(model, "老人", ImpactOptions(score="relative")),
            "--score relative is for the gaps between characters: a matrix needs dist or logprob",
        ),
        (
            InputError,
            lambda: impact_matrix(model, "老" * 63),
            f"sentence 0: 63 characters are more than the 62 that {TINY} has positions for: cut it at punctuation",
        ),
        (
            UsageError,
            lambda: impact_matrix(model, ["老", ""]),
            "sentence 0, unit 1 is '': pass str that are not empty",
        ),
        (UsageError, lambda: gap_scores(model, "老人"), "texts are a list of str: pass [text] for a single one"),
        (UsageError, lambda: list(iter_gap_scores(model, [3])), "text 0 is of type int: pass str only"),
    ):
        with pytest.raises(kind) as caught:
            call()
        assert str(caught.value) == message
