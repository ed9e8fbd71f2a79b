"""The whitening map: against its naive twin, identities, options, rows at a time, scikit-learn's conventions."""

import copy
import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
import traps
from hanmine.errors import InputError, UsageError
from hanmine.vectors import PRESETS, Moments, Whitening, moments_of
from hanmine.vectors import moments as module
from hanmine.vectors.presets import resolve


def vectors(n=600, d=12, dtype=np.float32, mean=2.0):
    return (traps.anisotropic(n, d, 100, seed=n) + mean * np.linspace(-1, 1, d)).astype(dtype)


X = vectors()


def close(a, b, tolerance):
    return np.shape(a) == np.shape(b) and np.abs(np.asarray(a, np.float64) - b).max() <= tolerance


def cosines(x):
    x = x.astype(np.float64)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    return x @ x.T


OPTIONS = st.fixed_dictionaries(
    {
        "dim": st.sampled_from([None, 1, 5, 11]),
        "beta": st.sampled_from([0.0, 0.5, 1.0]),
        "gamma": st.sampled_from([0.0, 0.5, 1.0]),
        "remove_top": st.integers(0, 2),
        "shrinkage": st.sampled_from([0.0, 0.1, 1.0]),
    }
)


@settings(max_examples=60, deadline=None)
@given(OPTIONS, st.sampled_from(["f2", "f4", "f8"]), st.booleans())
def test_the_map_is_the_naive_one(options, dtype, constant):
    x = X.astype(dtype)
    if constant:
        x[:, 3] = 0.7
    fitted = Whitening(**options).fit(x)
    matrix, bias, eigenvalues, rank = naive.whitening_map(x, **options)
    scale = np.abs(matrix).max()
    assert close(fitted.matrix_, matrix, 1e-8 * scale)
    assert close(fitted.bias_, bias, 1e-8 * max(scale, np.abs(bias).max()))
    assert close(fitted.eigenvalues_, eigenvalues, 1e-10)
    assert (fitted.rank_, fitted.dim_) == (rank, matrix.shape[1])
    y = fitted.transform(x)
    assert y.dtype == (np.float64 if dtype == "f8" else np.float32)
    assert close(y, x.astype(float) @ matrix + bias, 1e-8 if dtype == "f8" else 3e-5)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 2))
def test_zca_is_the_naive_one(beta, gamma, remove_top):
    options = {"beta": beta, "gamma": gamma, "remove_top": remove_top}
    fitted = Whitening(zca=True, **options).fit(X)
    assert close(fitted.matrix_, naive.whitening_map(X, zca=True, **options)[0], 1e-8)
    assert fitted.dim_ == 12
    assert close(cosines(fitted.transform(X)), cosines(Whitening(**options).fit_transform(X)), 1e-5)


def test_the_covariance_of_the_output():
    y = Whitening().fit_transform(X.astype(np.float64))
    assert close(y.mean(axis=0), np.zeros(12), 1e-9)
    assert close(np.cov(y.T), np.eye(12), 1e-9)
    assert close(np.cov(Whitening(dim=5).fit_transform(X).T), np.eye(5), 1e-5)
    assert close(np.cov(Whitening(zca=True).fit_transform(X).T), np.eye(12), 1e-5)
    soft = Whitening(gamma=0.5).fit(X)
    assert close(np.cov(soft.transform(X).T), np.diag(soft.eigenvalues_**0.5), 1e-5)
    assert close(np.cov(Whitening(gamma=0).fit_transform(X).T), np.diag(soft.eigenvalues_), 1e-5)


@pytest.mark.parametrize("x", [X, X[:8], np.hstack([X, X]), np.hstack([X, np.full((600, 1), 3, np.float32)])])
def test_a_rotation_keeps_all_cosines(x):
    fitted = Whitening(beta=0, gamma=0).fit(x)
    new = vectors(50, x.shape[1])
    assert fitted.dim_ == x.shape[1]
    assert fitted.messages_ == [line for line in fitted.messages_ if line.startswith("no more rows")]
    for rows in (x, new):
        assert close(cosines(fitted.transform(rows)), cosines(rows), 1e-6)


def test_signs():
    fitted = Whitening().fit(X)
    largest = np.abs(fitted.components_).argmax(axis=1)
    assert (fitted.components_[np.arange(12), largest] > 0).all()
    assert close(fitted.components_ @ fitted.components_.T, np.eye(12), 1e-6)
    assert close(Whitening().fit_transform(X[::-1])[::-1], fitted.transform(X), 1e-4)


def test_all_but_the_top():
    direction = np.linalg.eigh(np.cov(X.T.astype(float)))[1][:, -2:]
    centred = X - X.mean(axis=0, dtype=np.float64)
    expected = centred - centred @ direction @ direction.T
    assert close(Whitening(gamma=0, zca=True, remove_top=2).fit_transform(X), expected, 1e-5)


def test_normalized_rows():
    y = Whitening(normalize=True).fit_transform(X)
    assert close(np.linalg.norm(y, axis=1), np.ones(600), 1e-6)
    fitted = Whitening(normalize=True).fit(np.float64([[1, 1], [1, 3], [2, 2], [0, 2]]))
    assert fitted.transform([[1.0, 2.0]]).tolist() == [[0, 0]]


def test_types_of_the_output():
    assert Whitening(dtype="float16").fit_transform(X).dtype == np.float16
    assert Whitening(dtype=np.float64).fit_transform(X).dtype == np.float64
    assert Whitening(dtype="float32").fit_transform(X.astype(np.float64)).dtype == np.float32
    assert Whitening().fit_transform(X.astype(np.float16)).dtype == np.float32
    with pytest.raises(InputError) as caught:
        Whitening(gamma=0, dtype="float16").fit_transform(X * 1e6)
    assert str(caught.value) == ("row 0: the result is too large for float16: choose a wider dtype, or normalize")


@cache
def trap_table(n: int) -> dict:
    return traps.trap_table(n, 64)


@pytest.mark.parametrize("name", traps.trap_table(10, 8))
@pytest.mark.parametrize(("cheap", "n"), [(module.CHEAP, 3000), (0, 8000)])
def test_traps(name, cheap, n, monkeypatch):
    monkeypatch.setattr(module, "CHEAP", cheap)
    x = trap_table(n)[name]
    if name == "NaN and inf":
        with pytest.raises(InputError, match=rf"2 rows hold NaN or inf \(row 5, row {n // 2}\)"):
            Whitening().fit(x)
        clean = np.delete(x, [5, n // 2], axis=0)
        y = Whitening(bad="drop").fit_transform(x)
        assert traps.max_cosine_deviation(y, naive.whiten(clean)) <= 1e-5
    elif name == "all rows equal":
        with pytest.raises(InputError, match=f"all {n:,} rows are equal"):
            Whitening().fit(x)
    else:
        y = Whitening().fit_transform(x)
        expected = naive.whiten(x)
        assert y.shape == expected.shape
        assert np.isfinite(y).all()
        assert traps.max_cosine_deviation(y, expected) <= 1e-5


def test_messages():
    x = vectors(600, 12)
    x[:, 8] = x[:, 0] + x[:, 1]
    x[100] *= 1000
    x[:, [2, 7]] = 1
    x[5, 5] = np.nan
    fitted = Whitening(dim=11, bad="drop").fit(x)
    assert fitted.messages_ == [
        "1 row with NaN or inf left out: row 5",
        "1 row more than 30 times farther from the middle than half of the rows: row 100; they weigh heavily in the "
        "covariance: check them",
        "2 constant columns dropped: 2, 7",
        "the rank is 9 of 12: kept 9 dimensions, not 11",
    ]
    assert fitted.bad_rows_.tolist() == [5]
    assert fitted.constant_columns_.tolist() == [2, 7]
    assert Whitening(dim=11).fit(X).messages_ == []
    assert Whitening(dim=99).fit(X).messages_ == ["dim is 99, and the vectors have 12 dimensions: kept 12"]
    assert Whitening().fit(X[:9]).messages_ == [
        "the rank is 8 of 12: kept 8 dimensions",
        "no more rows (9) than dimensions (12): the map fits these rows and may not suit others; more rows, fewer "
        "dimensions or shrinkage help",
    ]


def test_a_state_in_float32_says_so_when_more_is_asked_of_it(monkeypatch):
    monkeypatch.setattr(module, "CHEAP", 0)
    fitted = Whitening(dim=3).fit(traps.anisotropic(3000, 16, 1e5).astype(np.float32))
    assert fitted.messages_ == []
    assert fitted.with_options(dim=None).messages_ == [
        "the state was gathered in float32, for fewer dimensions: fit again with these options for full accuracy"
    ]


@settings(max_examples=15, deadline=None)
@given(OPTIONS)
def test_with_options_is_a_fresh_fit(options):
    old = Whitening(dim=3, gamma=0.5).fit(X)
    new, fresh = old.with_options(**options), Whitening(**options).fit(X)
    assert new.matrix_.tobytes() == fresh.matrix_.tobytes()
    assert new.transform(X).tobytes() == fresh.transform(X).tobytes()
    assert old.dim_ == 3


def test_partial_fit_and_merge_are_one_fit():
    whole = Whitening().fit(X)
    parts = Whitening()
    for begin in (0, 1, 100, 350):
        parts.partial_fit(X[begin : {0: 1, 1: 100, 100: 350, 350: 600}[begin]])
    merged = Whitening().fit(X[:200]).merge(Whitening().fit(X[200:]))
    empty_first = Whitening().merge(whole)
    for other in (parts, merged, empty_first):
        assert other.n_samples_seen_ == 600
        assert close(other.matrix_, whole.matrix_, 1e-9)
        assert close(other.transform(X), whole.transform(X), 1e-5)
    assert Whitening.from_moments(moments_of(X)).matrix_.tobytes() == whole.matrix_.tobytes()


@pytest.mark.parametrize("rows", [1, 64, 65, 2048, 2049])
def test_rows_at_a_time(rows):
    x = vectors(5000)
    fitted = Whitening().fit(x)
    y = fitted.transform(x)
    assert close(fitted.transform(x[-rows:]), y[-rows:], 1e-5)
    assert np.array_equal(np.concatenate(list(fitted.transform_blocks(x))), y)


def test_threads_change_no_bit():
    x = vectors(70_000)
    one, two = (Whitening(threads=n).fit(x) for n in (1, 2))
    assert one.transform(x).tobytes() == two.transform(x).tobytes()


def test_bad_rows_in_transform():
    x = vectors(5000)
    fitted = Whitening().fit(x)
    x[2100, 1], x[4000, 2] = np.nan, np.inf
    with pytest.raises(InputError) as caught:
        fitted.transform(x)
    assert str(caught.value) == (
        "2 rows hold NaN or inf (row 2100, row 4000): drop them (--bad drop), or mend the vectors"
    )
    clean = np.delete(x, [2100, 4000], axis=0)
    dropped = fitted.with_options(bad="drop").transform(x)
    assert close(dropped, fitted.transform(clean), 1e-5)
    skipped = np.concatenate(list(fitted.transform_blocks(x, skip=[2100, 4000])))
    assert close(skipped, dropped, 1e-5)  # a row may stand at another place of its block, where BLAS adds otherwise
    assert Whitening(bad="drop").fit_transform(x).shape == (4998, 12)


def test_presets():
    assert resolve() == (None, 1.0, 1.0)
    assert resolve("soft") == (128, 1.0, 0.5)
    assert resolve("tuned-encoder", dim=64, beta=1) == (64, 1, 0.0)
    assert resolve("raw-encoder", dim="full", gamma=0.25) == (None, 1.0, 0.25)
    assert list(PRESETS) == ["raw-encoder", "soft", "tuned-encoder"]
    with pytest.raises(UsageError) as caught:
        resolve("hard")
    assert str(caught.value) == "there is no preset 'hard': choose one of raw-encoder, soft, tuned-encoder"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": 1.5}, "beta is 1.5: choose a number from 0 to 1"),
        ({"gamma": "1"}, "gamma is '1': choose a number from 0 to 1"),
        ({"shrinkage": -0.1}, "shrinkage is -0.1: choose a number from 0 to 1"),
        ({"dim": 0}, "dim is 0: choose a whole number from 1"),
        ({"remove_top": -1}, "remove_top is -1: choose a whole number from 0"),
        ({"remove_top": 12}, "remove_top is 12, and there are 12 components: remove fewer"),
        ({"fit_rows": 1}, "fit_rows is 1: choose a whole number from 2"),
        ({"bad": "keep"}, "bad is 'keep': choose 'raise' or 'drop'"),
        ({"dtype": "int8"}, "dtype is 'int8': choose float16, float32 or float64"),
        ({"dtype": "float7"}, "dtype is 'float7': choose float16, float32 or float64"),
        ({"zca": True, "dim": 5}, "zca keeps every dimension, and dim is 5 of 12: leave out one of the two"),
    ],
)
def test_usage(options, message):
    with pytest.raises(UsageError) as caught:
        Whitening(**options).fit(X)
    assert str(caught.value) == message


def test_what_cannot_be_done():
    with pytest.raises(UsageError, match="this Whitening was not fitted"):
        Whitening().transform(X)
    fitted = Whitening().fit(X)
    with pytest.raises(UsageError, match="dedupe decides which rows are read: fit again to change it"):
        fitted.with_options(dedupe=True)
    with pytest.raises(UsageError, match="Whitening has no option 'alpha'"):
        fitted.with_options(alpha=1)
    with pytest.raises(InputError, match="the vectors have 5 dimensions and the map takes 12"):
        fitted.transform(X[:, :5])
    with pytest.raises(InputError, match="moments of 12 and of 5 dimensions cannot be merged"):
        fitted.merge(Whitening().fit(X[:, :5]))
    with pytest.raises(AttributeError):
        Whitening().matrix_  # noqa: B018


def test_conventions_of_scikit_learn():
    from sklearn.base import clone
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.utils.validation import check_is_fitted

    changed = Whitening(dim=4, gamma=0.5)
    assert clone(changed).get_params() == changed.get_params()
    assert repr(clone(changed)) == "Whitening(dim=4, gamma=0.5)"
    pipeline = make_pipeline(changed, LogisticRegression())
    labels = X[:, 0] > X[:, 0].mean()
    assert pipeline.fit(X, labels).score(X, labels) > 0.6
    pipeline.set_params(whitening__dim=12).fit(X, labels)
    assert pipeline[0].dim_ == 12
    check_is_fitted(pipeline[0])
    assert changed.get_feature_names_out().tolist()[:2] == ["whitening0", "whitening1"]
    theirs = PCA(whiten=True).fit_transform(X.astype(np.float64))
    assert close(np.abs(Whitening().fit_transform(X)), np.abs(theirs), 1e-4)


def test_copies():
    fitted = Whitening().partial_fit(X)
    for other in (copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        assert other.transform(X).tobytes() == fitted.transform(X).tobytes()
    assert isinstance(fitted.moments_, Moments)
