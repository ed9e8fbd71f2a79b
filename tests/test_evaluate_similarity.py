"""Similarity of sentences against gold scores: correlations, the grid, protocols, tuning, files and their errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.evaluate.similarity import evaluate_similarity
from hanmine.evaluate.similarity_fit import Fits
from hanmine.evaluate.similarity_grid import PairCosines, Setting, default_settings, grid, tuning_grid
from hanmine.evaluate.similarity_scores import Gold, Scores, averages
from hanmine.evaluate.similarity_tasks import read_fit_file, read_pairs, read_tasks
from hanmine.evaluate.similarity_tuning import tuned
from hanmine.evaluate.similarity_vectors import encoded
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.vectors.whitening import Whitening

PAIRS = "".join(f"句子{i}\t别的句子{i * 7 % 30}\t{i * i % 6}\n" for i in range(40))


class Model:
    """An encoder whose vectors are made of the sentences' bytes: anisotropic, the same every time."""

    def __init__(self, dimensions=12):
        self.dimensions = dimensions
        self.calls = []

    def encode(self, sentences):
        self.calls.append(list(sentences))
        rows = [np.random.default_rng(list(sentence.encode())).normal(size=self.dimensions) for sentence in sentences]
        return (np.array(rows) * np.maximum(1.5 ** -np.arange(self.dimensions), 0.05) + 0.5).astype(np.float32)


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "STS.valid.tsv"
    path.write_text(PAIRS, encoding="utf-8")
    return path


# Scores


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-4, 4)), min_size=3, max_size=30))
def test_correlations_against_their_definitions(values):
    gold, cosines = [a for a, _ in values], [b / 4 for _, b in values]
    found = Gold(np.array(gold, float)).score(np.array(cosines))
    assert found.spearman == pytest.approx(100 * naive.spearman(gold, cosines), abs=1e-9, nan_ok=True)
    assert found.pearson == pytest.approx(100 * naive.pearson(gold, cosines), abs=1e-9, nan_ok=True)


def test_noise_breaks_no_ties():
    gold = Gold(np.array([1.0, 2, 3, 4]))
    assert gold.score(np.array([0.5, 0.5 + 1e-15, 0.7, 0.7 - 1e-15])) == gold.score(np.array([0.5, 0.5, 0.7, 0.7]))


def test_averages():
    simple, weighted = averages([Scores(10, 20), Scores(40, 80)], [3, 1])
    assert (simple.spearman, simple.pearson, weighted.spearman, weighted.pearson) == (25, 50, 17.5, 35)


# The grid


def cosine(a, b):
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def pair_cosines(vectors, first, second, threads=1):
    return PairCosines(vectors, first, second, ThreadRunner(threads), Progress())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 1), st.floats(0, 1), st.integers(1, 5))
def test_cosines_against_naive(seed, beta, gamma, dim):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(30, 5)) * [4, 3, 2, 1, 0.5] + 1
    first, second = rng.integers(0, 30, (2, 20))
    whitening = Whitening().fit(vectors)
    found, dims = pair_cosines(vectors, first, second).whitened(whitening, [Setting("", beta, gamma, dim)])
    pairs = [(vectors[a], vectors[b]) for a, b in zip(first, second, strict=True)]
    assert dims == [dim]
    assert found[0] == pytest.approx(naive.whitened_cosines(vectors, pairs, beta, gamma, dim), abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cosines_are_those_of_the_transformed_vectors(dtype):
    rng = np.random.default_rng(1)
    vectors = (rng.normal(size=(500, 24)) * 1.3 ** -np.arange(24) + 3).astype(dtype)
    first, second = rng.integers(0, 500, (2, 5000))
    tried = grid(["full", 16, 5, 1, 40], [0, 0.5, 1], [0, 0.3, 1])
    whitening = Whitening().fit(vectors)
    found, dims = pair_cosines(vectors, first, second).whitened(whitening, tried)
    for setting, cosines, dim in zip(tried, found, dims, strict=True):
        expected = Whitening(dim=dim, beta=setting.beta, gamma=setting.gamma, dtype=np.float64).fit(vectors)
        y = expected.transform(vectors)
        assert y.shape[1] == min(setting.dim or 24, 24) == dim
        assert np.abs(cosines - cosine(y[first], y[second])).max() < 1e-6, setting


def test_a_full_rotation_keeps_the_raw_cosines():
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(60, 8)) + 5
    first, second = rng.integers(0, 60, (2, 100))
    pairs = pair_cosines(vectors, first, second)
    rotated, _ = pairs.whitened(Whitening().fit(vectors), [Setting("", 0, 0, None)])
    assert np.abs(rotated[0] - pairs.raw()).max() < 1e-12
    assert np.abs(pairs.raw() - cosine(vectors[first], vectors[second])).max() < 1e-12


@pytest.mark.parametrize("scale", [1e-20, 1e19])
def test_the_scale_of_the_vectors_does_not_matter(scale):
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(60, 8)) + 1
    first, second = rng.integers(0, 60, (2, 100))
    tried = grid([4], [0, 1], [0, 1])
    one, other = (
        pair_cosines(x, first, second).whitened(Whitening().fit(x), tried)[0] for x in (vectors, vectors * scale)
    )
    assert np.abs(one - other).max() < 1e-9
    assert (
        np.abs(pair_cosines(vectors * scale, first, second).raw() - cosine(vectors[first], vectors[second])).max()
        < 1e-12
    )


def test_threads_do_not_change_a_byte():
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(900, 16)).astype(np.float32)
    first, second = rng.integers(0, 900, (2, 9000))
    whitening = Whitening().fit(vectors)
    one, two = (pair_cosines(vectors, first, second, n).whitened(whitening, default_settings())[0] for n in (1, 2))
    assert one.tobytes() == two.tobytes()


def test_a_vector_of_length_zero_has_cosine_zero():
    vectors = np.array([[0.0, 0], [1, 2], [2, 4]])
    assert pair_cosines(vectors, np.array([0, 1]), np.array([1, 2])).raw().tolist() == [0, pytest.approx(1)]


def test_grids():
    assert [setting.name for setting in default_settings()] == ["full", "256", "128", "soft", "tuned-encoder"]
    assert [setting.name for setting in grid(["full", 64], [0], [1, 0.25])] == [
        "beta=0,gamma=1,dim=full",
        "beta=0,gamma=1,dim=64",
        "beta=0,gamma=0.25,dim=full",
        "beta=0,gamma=0.25,dim=64",
    ]
    assert {setting.dim for setting in tuning_grid(384)} == {None, 256, 128, 64, 32}
    assert len(tuning_grid(384)) == 2 * 5 * 5
    for arguments, message in (
        (([0], [1], [1]), "dim 0 is no number of dimensions: pass full or a whole number from 1 on"),
        ((["half"], [1], [1]), "dim 'half' is no number of dimensions: pass full or a whole number from 1 on"),
        (([1], [1.5], [1]), "beta 1.5 is outside 0..1: pass numbers from 0 to 1"),
        (([1], [1], [-1]), "gamma -1 is outside 0..1: pass numbers from 0 to 1"),
    ):
        with pytest.raises(UsageError) as caught:
            grid(*arguments)
        assert str(caught.value) == message


# The evaluation


def test_settings_scores_and_averages(pairs, tmp_path):
    other = tmp_path / "BQ.tsv"
    other.write_text("".join(PAIRS.splitlines(keepends=True)[10:25]), encoding="utf-8")
    model = Model()
    found = evaluate_similarity([pairs, other], model=model, presets=["soft"], dims=["full", 4])
    assert [(row["setting"], row["beta"], row["gamma"], row["dim"]) for row in found["rows"]] == [
        ("raw", 0, 0, 12),
        ("soft", 1, 0.5, 12),
        ("full", 1, 1, 12),
        ("4", 1, 1, 4),
    ]
    task = read_pairs(pairs)
    a, b = model.encode(task.first), model.encode(task.second)
    unique = model.encode(list(dict.fromkeys([*task.first, *task.second])))
    whitening = Whitening(dim=4).fit(unique)
    last = found["rows"][3]
    expected = 100 * naive.spearman(task.scores, cosine(whitening.transform(a), whitening.transform(b)).tolist())
    assert last["tasks"]["STS"]["spearman"] == pytest.approx(expected, abs=0.02)
    raw = found["rows"][0]["tasks"]
    assert raw["STS"]["pearson"] == pytest.approx(100 * naive.pearson(task.scores, cosine(a, b).tolist()), abs=1e-4)
    assert last["average"]["spearman"] == pytest.approx((expected + last["tasks"]["BQ"]["spearman"]) / 2, abs=0.02)
    weighted = (40 * raw["STS"]["spearman"] + 15 * raw["BQ"]["spearman"]) / 55
    assert found["rows"][0]["weighted_average"]["spearman"] == pytest.approx(weighted)
    assert [(task["name"], task["pairs"], task["fit_rows"]) for task in found["tasks"]] == [
        ("STS", 40, 70),
        ("BQ", 15, 30),
    ]
    assert found["messages"] == ["the vectors have 12 dimensions: larger settings keep all of them"]
    assert len(model.calls[0]) == 70  # every sentence once
    signature = found["signature"]
    assert signature.startswith(f"hanmine:{__version__}|eval-similarity|tasks:STS.valid.tsv#")
    assert signature.endswith("|model:Model|fit-on:unique")


def test_vectors_are_rows_of_first_then_second_sentences(pairs, tmp_path):
    model, task = Model(), read_pairs(pairs)
    a, b = model.encode(task.first), model.encode(task.second)
    np.save(tmp_path / "a.npy", a)
    np.save(tmp_path / "b.npy", b)
    wanted = evaluate_similarity(pairs, model=model)["rows"]
    for vectors in ([tmp_path / "a.npy", tmp_path / "b.npy"], np.concatenate([a, b]), [a, tmp_path / "b.npy"]):
        found = evaluate_similarity(pairs, vectors=vectors)
        for one, other in zip(found["rows"], wanted, strict=True):
            assert one["average"]["spearman"] == pytest.approx(other["average"]["spearman"], abs=1e-6)
        assert found["messages"] == ["the vectors have 12 dimensions: larger settings keep all of them"]
        assert found["tasks"][0]["fit_rows"] == 70
    assert (
        "|vectors:a.npy,b.npy#"
        in evaluate_similarity(pairs, vectors=[tmp_path / "a.npy", tmp_path / "b.npy"])["signature"]
    )


def test_vectors_that_do_not_fit(pairs, tmp_path):
    model, task = Model(), read_pairs(pairs)
    a, b = model.encode(task.first), model.encode(task.second)
    with pytest.raises(InputError) as caught:
        evaluate_similarity(pairs, vectors=a)
    assert str(caught.value) == (
        "<array>: 40 rows for 40 pairs, which need 80: pass a row for each first sentence, then a row for each second "
        "sentence, task after task"
    )
    pairs.write_text("sentence1\tsentence2\tscore\n" + PAIRS, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        evaluate_similarity(pairs, vectors=[a, a[:1], b, b[:1]])
    assert str(caught.value) == (
        "<array>, <array>, <array>, <array>: 82 rows for 40 pairs, which need 80: the line of column names has a row "
        "too: leave it out (tail -n +2) before you encode"
    )
    bad = np.concatenate([a, b])
    bad[[3, 50], 2] = np.nan
    np.save(tmp_path / "bad.npy", bad)
    with pytest.raises(InputError) as caught:
        evaluate_similarity(pairs, vectors=tmp_path / "bad.npy")
    assert str(caught.value) == (
        f"{tmp_path}/bad.npy: row 3 (and 1 more rows): holds NaN or infinite values: encode it again, or drop the pair"
    )
    with pytest.raises(InputError) as caught:
        evaluate_similarity(pairs, vectors=[a, b], fit=[np.zeros((4, 3))])
    assert str(caught.value) == "<array>: has 3 dimensions, and the vectors of the pairs have 12"


def test_rows_in_another_order_are_noticed(tmp_path):
    path = tmp_path / "p.tsv"
    path.write_text("甲\t乙\t1\n乙\t丙\t2\n丙\t甲\t3\n丁\t甲\t4\n", encoding="utf-8")
    task = read_pairs(path)
    interleaved = Model(2).encode([sentence for pair in zip(task.first, task.second, strict=True) for sentence in pair])
    assert evaluate_similarity(path, vectors=interleaved)["messages"][0] == (
        "rows 1 and 4 of the vectors are of the same sentence and differ: are the rows all first sentences, then all "
        "second sentences?"
    )


def test_fewer_sentences_than_dimensions(pairs):
    found = evaluate_similarity(pairs, model=Model(100), dims=["full", 80, 10])
    # Whitening in all dimensions that n sentences span puts them all at the same angle, -1/(n - 1).
    assert found["messages"] == [
        "STS: the 70 vectors of the fit span 69 of 100 dimensions, and settings with γ above 0 keep no more; "
        "whitening all of them makes all angles equal: add sentences with --fit, or keep fewer",
        "STS: all cosines are equal under full, 80: no correlation is defined",
    ]
    assert [row["tasks"]["STS"]["dim"] for row in found["rows"]] == [100, 69, 69, 10]
    assert [math.isfinite(row["average"]["spearman"]) for row in found["rows"]] == [True, False, False, True]


def test_equal_cosines_have_no_correlation(pairs):
    class Constant:
        def encode(self, sentences):
            return np.full((len(sentences), 2), 1.5) * np.arange(1, len(sentences) + 1)[:, None]

    found = evaluate_similarity(pairs, model=Constant(), betas=[0], gammas=[0])
    assert math.isnan(found["rows"][0]["average"]["spearman"])
    assert (
        "STS: all cosines are equal under raw, beta=0,gamma=0,dim=full: no correlation is defined" in found["messages"]
    )


# Protocols


def fit_sentences(tasks, protocol, fit=()):
    read, model = read_tasks(tasks), Model()
    fits = Fits(read, encoded(read, [read_fit_file(path) for path in fit], model, Progress()), protocol, None)
    return ["".join(model.calls[0][row] for row in fits.rows(index)) for index in range(len(read))]


def test_which_rows_a_fit_takes(tmp_path):
    files = {
        "A.valid.tsv": "a\tb\t1\nb\tc\t2\na\tc\t3\n",
        "A.test.tsv": "a\td\t1\nd\te\t2\na\te\t3\n",
        "B.tsv": "f\tg\t1\ng\ta\t2\nf\ta\t3\n",
        "A.train.tsv": "h\ta\nh\ti\n",
        "more.txt": "j\na\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    tasks = [tmp_path / name for name in ("A.valid.tsv", "A.test.tsv", "B.tsv")]
    assert fit_sentences(tasks, "unique") == ["abc", "ade", "fga"]
    assert fit_sentences(tasks, "su2021") == ["ababccadadee", "ababccadadee", "fgfgaa"]
    fit = [tmp_path / "A.train.tsv", tmp_path / "more.txt"]
    assert fit_sentences(tasks, "unique", fit) == ["abchij", "adehij", "fgaj"]
    assert fit_sentences(tasks, "su2021", fit) == ["ababccadadeehhaija", "ababccadadeehhaija", "fgfgaaja"]
    assert fit_sentences(tasks[2:], "unique", fit) == ["fgahij"]  # a single task takes every file
    with pytest.raises(UsageError) as caught:
        fit_sentences(tasks, "all")
    assert str(caught.value) == "--protocol 'all' is unknown: choose unique, su2021"


def test_the_published_protocol(tmp_path):
    """Fitted on the sentences of all splits as they come, repeats kept."""
    lines = PAIRS.splitlines(keepends=True)
    valid, test = tmp_path / "A.valid.tsv", tmp_path / "A.test.tsv"
    valid.write_text("".join(lines[:20] * 2), encoding="utf-8")
    test.write_text("".join(lines[20:]), encoding="utf-8")
    model = Model(6)
    found = evaluate_similarity([valid, test], model=model, protocol="su2021", dims=[3])
    tasks = [read_pairs(valid), read_pairs(test)]
    fit = model.encode([sentence for task in tasks for sentence in (*task.first, *task.second)])
    for name, task in zip(("A.valid", "A.test"), tasks, strict=True):
        pairs = zip(model.encode(task.first), model.encode(task.second), strict=True)
        expected = 100 * naive.spearman(task.scores, np.round(naive.whitened_cosines(fit, pairs, 1, 1, 3), 6).tolist())
        assert found["rows"][1]["tasks"][name]["spearman"] == pytest.approx(expected, abs=0.05)
    assert found["signature"].endswith("|fit-on:su2021")


def test_vectors_join_a_fit(pairs, tmp_path):
    model, task = Model(), read_pairs(pairs)
    vectors = [model.encode(task.first), model.encode(task.second)]
    further = tmp_path / "further.npy"
    np.save(further, np.concatenate([vectors[0][:5], model.encode(["新", "句", "新"])]))
    found = evaluate_similarity(pairs, vectors=vectors, fit=[further])
    assert found["tasks"][0]["fit_rows"] == 72
    assert "|fit:further.npy#" in found["signature"]
    same = evaluate_similarity(pairs, model=model, fit=[_text(tmp_path, "句子1\n新\n句\n新\n")])
    assert same["tasks"][0]["fit_rows"] == 72
    assert same["rows"][2]["average"]["spearman"] == pytest.approx(found["rows"][2]["average"]["spearman"], abs=1e-6)


def _text(folder, text):
    path = folder / "further.txt"
    path.write_text(text, encoding="utf-8")
    return path


# Tuning


def test_the_best_setting_wins_and_ties_go_to_the_smallest():
    tried = grid(["full", 8], [0, 1], [0, 1])
    scores = dict.fromkeys(tried, Scores(10, 0))
    assert tried[tuned("dev", Scores(5, 0), tried, list(scores.values()), [16, 8] * 4).best] == Setting(
        "beta=0,gamma=0,dim=8", 0, 0, 8
    )
    scores[tried[6]] = Scores(10.01, 0)
    found = tuned("dev", Scores(10.02, 0), tried, list(scores.values()), [16, 8] * 4)
    assert (found.best, found.gain) == (6, pytest.approx(-0.01))
    scores[tried[3]] = Scores(math.nan, 0)
    assert tuned("dev", Scores(5, 0), tried, list(scores.values()), [16, 8] * 4).best == 6


def test_what_tuning_says():
    tried = [Setting("full", 1, 1, None), Setting("x", 0, 0.5, 8)]
    scores = [Scores(20, 0), Scores(30, 0)]
    assert tuned("dev", Scores(25, 0), tried, scores, [16, 8]).messages() == [
        "best on dev: β=0, γ=0.5, 8 dimensions: Spearman 30.00, raw 25.00",
        "full whitening (β=γ=1) lowers dev from 25.00 to 20.00",
    ]
    assert tuned("dev", Scores(40, 0), tried, scores, [16, 8]).messages()[0] == (
        "the raw vectors are better on dev: Spearman 40.00; the best that was tried, β=0, γ=0.5, 8 dimensions: 30.00"
    )
    assert tuned("dev", Scores(30, 0), tried, scores, [16, 8]).messages()[0] == (
        "nothing tried beats the raw vectors on dev (Spearman 30.00); as good: β=0, γ=0.5, 8 dimensions"
    )


def test_tuning_against_every_setting(pairs, tmp_path):
    dev = tmp_path / "dev.tsv"
    dev.write_text("".join(PAIRS.splitlines(keepends=True)[5:35]), encoding="utf-8")
    model, saved = Model(), tmp_path / "map.safetensors"
    options = {"dims": ["full", 6, 3], "betas": [0, 1], "gammas": [0, 0.5, 1]}
    found = evaluate_similarity(pairs, model=model, tune=dev, save_map=saved, **options)
    every = evaluate_similarity(dev, model=model, **options)["rows"]
    tried = found["tuning"]["grid"]
    assert [row["average"]["spearman"] for row in every[1:]] == [row["spearman"] for row in tried]
    assert found["tuning"]["best"]["spearman"] == max(row["spearman"] for row in tried)
    assert found["tuning"]["raw"]["spearman"] == every[0]["average"]["spearman"]
    # The map is fitted on the dev sentences, and scores the same when it is loaded.
    last = found["rows"][-1]
    assert last["setting"] == "tuned"
    loaded = evaluate_similarity(pairs, model=model, map=saved)["rows"][-1]
    assert loaded == {**last, "setting": "map"}
    best, task = found["tuning"]["best"], read_pairs(dev)
    unique = model.encode(list(dict.fromkeys([*task.first, *task.second])))
    expected = Whitening(dim=best["dim"], beta=best["beta"], gamma=best["gamma"]).fit(unique)
    assert Whitening.load(saved).transform(unique) == pytest.approx(expected.transform(unique), abs=1e-5)
    alone = evaluate_similarity(model=model, tune=dev, **options)
    assert (alone["rows"], alone["tuning"]) == ([], found["tuning"])
    with pytest.raises(InputError) as caught:
        evaluate_similarity(pairs, model=Model(5), map=saved)
    assert str(caught.value) == (
        f"{saved}: is for 12 dimensions, and the vectors have 5: pass a map that was fitted on vectors of this model"
    )


# Files


def test_reading_pairs(tmp_path):
    path = tmp_path / "STS-B.valid.tsv"
    text = 'sentence1\tsentence2\tlabel\r\n"甲"\t乙 \t1\r\n丙\t"丁\t-2.5e0\r\n戊\t己\t3\r\n\r\n'
    path.write_bytes(text.encode("utf-8-sig"))
    task = read_pairs(path)
    assert (task.name, task.has_header) == ("STS-B.valid.tsv", True)
    assert (task.first, task.second, task.scores.tolist()) == (['"甲"', "丙", "戊"], ["乙 ", '"丁', "己"], [1, -2.5, 3])
    path.write_bytes(text.encode("gb18030") * 1)
    assert read_pairs(path).second == ["乙 ", '"丁', "己"]
    assert len(read_pairs(path, limit=3)) == 3


def test_names_of_tasks(tmp_path):
    names = ["a/STS.valid.tsv", "a/STS.test.tsv", "a/BQ.valid.tsv", "a/plain", "b/plain", "a/.hidden"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a\tb\t1\nb\tc\t2\na\tc\t3\n")
    read = read_tasks([tmp_path / name for name in names])
    assert [task.name for task in read] == ["STS.valid", "STS.test", "BQ", "plain", "plain-2", ".hidden"]
    assert [task.name for task in read_tasks(str(tmp_path / "a" / "*.valid.tsv"))] == ["BQ", "STS"]


def test_tasks_in_memory(pairs):
    read = read_tasks({"mine": (["a", "b", "c"], ["d", "e", "f"], [1, 2, 3]), "file": pairs})
    assert [(task.name, len(task)) for task in read] == [("mine", 3), ("file", 40)]
    found = evaluate_similarity({"mine": (["a", "b", "c"], ["d", "e", "f"], [1, 2, 3])}, model=Model(2))
    assert "|tasks:mine*3|" in found["signature"]
    for value, message in (
        ((["a"], ["b", "c"], [1]), "task 'x': 1 and 2 sentences and 1 scores: pass as many of each"),
        ((["a"], ["b"]), "task 'x': pass a path or (sentences1, sentences2, scores)"),
    ):
        with pytest.raises(UsageError) as caught:
            read_tasks({"x": value})
        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\t1\nc\td\tx\n", ":2: the score 'x' is no number: write a number in the third field"),
        ("a\tb\t1\nc\td\tnan\n", ":2: the score 'nan' is no number: write a number in the third field"),
        ("a\tb\t1\nc\td\n", ":2: has 2 fields instead of 3: write sentence1, sentence2 and score, separated by tabs"),
        ("a,b,1\n", ":1: has 1 field instead of 3: write sentence1, sentence2 and score, separated by tabs"),
        (
            'a\t"b\tc"\t1\n',
            ":1: has 4 fields instead of 3 (quotes protect no tab): write sentence1, sentence2 and score, separated by "
            "tabs",
        ),
        (
            "a\tb\t1\n\na\tb\t1\n",
            ":2: has 1 field instead of 3: write sentence1, sentence2 and score, separated by tabs",
        ),
        ("a\t\t1\n", ":1: sentence2 is empty: fill it in, or take the pair out"),
        ("a\tb\t1\nc\td\t2\n", ": has 2 pairs, and a correlation needs 3: pass a longer file of pairs"),
        ("", ": has 0 pairs, and a correlation needs 3: pass a longer file of pairs"),
        (
            "a\tb\t2\n" * 3,
            ": every score is 2, and a correlation needs two values: check the third field",
        ),
    ],
)
def test_pairs_that_are_none(tmp_path, text, message):
    path = tmp_path / "p.tsv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_pairs(path)
    assert str(caught.value) == f"{path}{message}"


def test_files_of_a_fit(tmp_path):
    path = tmp_path / "f.tsv"
    path.write_text("s1\ts2\tscore\na\tb\t1\nc\td\n\ne\n")
    assert read_fit_file(path).sentences == ["a", "c", "e", "b", "d"]
    path.write_text("a\tb\tc\td\n")
    with pytest.raises(InputError) as caught:
        read_fit_file(path)
    assert str(caught.value) == (
        f"{path}:1: has 4 fields: write sentence1, sentence2 and score separated by tabs, or a sentence a line"
    )
    path.write_text("\n")
    with pytest.raises(InputError) as caught:
        read_fit_file(path)
    assert str(caught.value) == f"{path}: holds no sentence: check the file"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "pass either --model, which encodes the sentences, or --vectors, which holds their vectors"),
        (
            {"model": "use", "vectors": "x.npy"},
            "pass either --model, which encodes the sentences, or --vectors, which holds their vectors",
        ),
        ({"model": Model(), "save_map": "x"}, "--save-map saves what --tune finds: pass --tune FILE too"),
        (
            {"model": Model(), "presets": ["hard"]},
            "there is no preset 'hard': choose among raw-encoder, soft, tuned-encoder",
        ),
        (
            {"model": Model(), "pooling": "p1"},
            "pooling: options are for models that are named, and this one is an object",
        ),
    ],
)
def test_options_that_do_not_fit(pairs, options, message):
    with pytest.raises(UsageError) as caught:
        evaluate_similarity(pairs, **options)
    assert str(caught.value) == message
    with pytest.raises(UsageError) as caught:
        evaluate_similarity(model=Model())
    assert str(caught.value) == "no pairs: pass files of pairs, or --tune FILE"
