"""Moments: against numpy, any split against the whole, threads, arithmetic, what is dropped or refused."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traps
from hanmine.errors import InputError, UsageError
from hanmine.runners import ThreadRunner
from hanmine.vectors import moments as module
from hanmine.vectors.eigen import constant_columns, spectrum_of
from hanmine.vectors.moments import Moments, moments_of

EMPTY = Moments(0, np.zeros(4), np.zeros((4, 4)))


def same(a: Moments, b: Moments, tolerance: float) -> bool:
    scale = np.sqrt(np.outer(np.diagonal(b.scatter), np.diagonal(b.scatter)))
    spread = np.sqrt(np.diagonal(b.scatter) / b.count)
    return (
        a.count == b.count
        and (np.abs(a.mean - b.mean) <= tolerance * spread + 1e-15 * np.abs(b.mean)).all()
        and (np.abs(a.scatter - b.scatter) <= tolerance * scale).all()
    )


def by_numpy(x) -> Moments:
    x = x.astype(np.float64)
    centred = x - x.mean(axis=0)
    return Moments(len(x), x.mean(axis=0), centred.T @ centred)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("arithmetic", [None, "float32"])
def test_moments_are_numpys(dtype, arithmetic):
    x = (traps.anisotropic(70_000, 8, 10) + 3).astype(dtype)
    found = moments_of(x, arithmetic=arithmetic)
    assert same(found, by_numpy(x), 3e-7 if arithmetic else 1e-12)
    assert found.storage == x.dtype.name
    assert np.array_equal(found.scatter, found.scatter.T)
    assert found.mean_squares() == pytest.approx((x.astype(float) ** 2).mean(axis=0), rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 5000), max_size=5),
    st.sampled_from([0.0, 10.0, 1000.0]),
    st.sampled_from(["float32", "float64"]),
)
def test_any_split_is_the_whole(cuts, mean, arithmetic):
    x = (traps.anisotropic(5000, 4, 100) + mean).astype(np.float32)
    whole = by_numpy(x)
    bounds = [0, *sorted(cuts), 5000]
    parts = [moments_of(x[a:b], arithmetic=arithmetic) if b > a else EMPTY for a, b in pairwise(bounds)]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    assert same(merged, whole, 1e-6)
    backwards = parts[-1]
    for part in parts[-2::-1]:
        backwards = backwards.merge(part)
    assert same(backwards, whole, 1e-6)


@pytest.mark.parametrize("arithmetic", ["float32", "float64"])
def test_threads_change_no_bit(arithmetic):
    x = (traps.anisotropic(100_000, 8, 100) + 1).astype(np.float32)
    one, two = (moments_of(x, arithmetic=arithmetic, runner=ThreadRunner(n)) for n in (1, 2))
    assert one.mean.tobytes() == two.mean.tobytes()
    assert one.scatter.tobytes() == two.scatter.tobytes()


def test_order_in_memory_changes_no_bit():
    x = traps.anisotropic(5000, 8, 100).astype(np.float32)
    assert moments_of(x).scatter.tobytes() == moments_of(np.asfortranarray(x)).scatter.tobytes()


def test_float64_where_the_spectrum_asks_for_it(monkeypatch):
    monkeypatch.setattr(module, "CHEAP", 0)
    easy = traps.anisotropic(3000, 16, 100).astype(np.float32)
    hard = traps.anisotropic(3000, 16, 1e6).astype(np.float32)
    assert moments_of(easy).arithmetic == "float32"
    assert moments_of(hard).arithmetic == "float64"
    assert moments_of(hard, dim=4).arithmetic == "float32"
    assert moments_of(easy * np.float32(1e-20)).arithmetic == "float64"
    assert moments_of(easy * np.float32(1e19)).arithmetic == "float64"
    outlier = easy.copy()
    outlier[1000] *= np.float32(1e25)
    assert moments_of(outlier).arithmetic == "float64"
    assert moments_of(easy.astype(np.float64)).arithmetic == "float64"
    monkeypatch.undo()
    assert moments_of(easy).arithmetic == "float64"


def test_state_of_two_arithmetics_is_the_coarser():
    x = traps.anisotropic(100, 4, 10)
    merged = moments_of(x.astype(np.float16), arithmetic="float32").merge(moments_of(x))
    assert (merged.arithmetic, merged.storage) == ("float32", "float16")


def test_bad_rows_are_named_or_dropped():
    x = traps.anisotropic(5000, 4, 10).astype(np.float32)
    clean = np.delete(x, [7, 8, 2500, 4999], axis=0)
    x[7, 0], x[8, 1], x[2500, 2], x[4999] = np.nan, np.inf, -np.inf, np.nan
    with pytest.raises(InputError) as caught:
        moments_of(x)
    assert str(caught.value) == (
        "4 rows hold NaN or inf (row 7, row 8, row 2500 and 1 more): drop them (--bad drop), or mend the vectors"
    )
    found = moments_of(x, bad="drop")
    assert found.bad_rows.tolist() == [7, 8, 2500, 4999]
    assert (found.dropped, found.dropped_places) == (4, ("row 7", "row 8", "row 2500"))
    assert same(found, by_numpy(clean), 1e-9)


def test_bad_rows_keep_their_places_when_rows_are_chosen():
    x = traps.anisotropic(3000, 4, 10).astype(np.float32)
    x[1] = x[0]
    x[1000, 0] = x[1001, 0] = np.nan
    assert moments_of(x, bad="drop", dedupe=True).bad_rows.tolist() == [1000, 1001]
    assert moments_of(x, bad="drop", fit_rows=300).bad_rows.tolist() == [1000]
    both = moments_of(x, bad="drop", fit_rows=1500, dedupe=True)
    assert (both.bad_rows.tolist(), both.dropped_places) == ([1000], ("row 1000",))


def test_only_bad_rows():
    found = moments_of(np.full((3, 2), np.nan), bad="drop")
    assert (found.count, found.dropped) == (0, 3)
    with pytest.raises(InputError, match="there are no rows"):
        spectrum_of(found)


def test_outliers_are_counted():
    x = traps.anisotropic(5000, 16, 10).astype(np.float32)
    x[[3, 4000]] *= 1000
    found = moments_of(x)
    assert (found.outliers, found.outlier_places) == (2, ("row 3", "row 4000"))


def test_fit_rows_and_dedupe():
    x = traps.anisotropic(3000, 4, 10).astype(np.float32)
    assert same(moments_of(x, fit_rows=300), by_numpy(x[::10]), 1e-9)
    repeated = np.concatenate([x, x[:1000], x[5:6]])
    assert same(moments_of(repeated, dedupe=True), by_numpy(x), 1e-9)
    both = repeated[np.arange(500) * len(repeated) // 500]
    assert same(moments_of(repeated, fit_rows=500, dedupe=True), by_numpy(np.unique(both, axis=0)), 1e-9)


def test_columns_that_do_not_vary():
    x = traps.anisotropic(3000, 5, 10).astype(np.float32)
    x[:, 1], x[:, 4] = 0, 0.1
    found = moments_of(x[:1000]).merge(moments_of(x[1000:]))
    assert constant_columns(found).tolist() == [1, 4]
    spectrum = spectrum_of(found)
    assert (spectrum.rank, spectrum.columns) == (3, 3)
    assert spectrum.vectors.T @ spectrum.vectors == pytest.approx(np.eye(5))
    assert not spectrum.vectors[[1, 4], :3].any()


def test_rank_is_cut_at_the_noise_of_storage():
    x = traps.anisotropic(3000, 12, 10).astype(np.float32)
    x[:, 6:] = x[:, :6] + 5
    assert spectrum_of(moments_of(x)).rank == 6
    assert spectrum_of(moments_of(x.astype(np.float16))).rank == 6
    assert spectrum_of(moments_of(x[:4])).rank == 3
    assert spectrum_of(moments_of(x[:4]), beta=0).rank == 4
    assert spectrum_of(moments_of(x.astype(np.float64))).rank == 12  # what float32 rounded off is there in float64


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            np.ones((0, 3)),
            "there are no rows: whitening needs two different rows at least, and many more than dimensions",
        ),
        (np.ones((1, 3)), "there is 1 row: whitening needs two different rows at least"),
        (np.full((1234, 3), 0.1, np.float32), "all 1,234 rows are equal: there is no variance to whiten"),
        (np.float64([[1e200, 0], [-1e200, 1]]), "row 0: the squares of its numbers are too large"),
        (np.float32([[1e8, 1e8]] * 20 + [[1e8 + 8, 1e8]]), "the rows differ by no more than the rounding of float32"),
    ],
)
def test_what_has_no_spectrum(x, message):
    with pytest.raises(InputError) as caught:
        spectrum_of(moments_of(x))
    assert str(caught.value).startswith(message)


def test_usage():
    with pytest.raises(UsageError, match="bad is 'keep': choose 'raise' or 'drop'"):
        moments_of(np.ones((2, 2)), bad="keep")
    with pytest.raises(UsageError, match="fit_rows is 1: fit on 2 rows at least"):
        moments_of(np.ones((2, 2)), fit_rows=1)
    with pytest.raises(InputError, match="moments of 4 and of 2 dimensions cannot be merged"):
        EMPTY.merge(moments_of(np.eye(2)))
