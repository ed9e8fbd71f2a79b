"""Whitening of sentence vectors: fit, transform, merge, save; scikit-learn's conventions without scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hanmine.errors import InputError, UsageError
from hanmine.runners import ThreadRunner
from hanmine.vectors.blas import one_blas_thread
from hanmine.vectors.eigen import Spectrum, constant_columns, spectrum_of, whole_spectrum
from hanmine.vectors.messages import messages_of
from hanmine.vectors.moments import Moments, bad_rows_error, moments_of
from hanmine.vectors.projection import Projection, Projector, available, project
from hanmine.vectors.rows import Rows, as_rows, blocks, place_of
from hanmine.vectors.state import SHOWN_PLACES, check_room

_SETTLED = (
    "mean_", "matrix_", "bias_", "components_", "eigenvalues_", "rank_", "dim_", "n_features_in_", "n_samples_seen_",
    "constant_columns_", "messages_",
)  # fmt: skip
_NEED_DATA = ("dedupe", "fit_rows")
_FEW_ROWS = 64  # so many are mapped in the caller's thread, without setting anything up


class Whitening:
    """y = (x − βμ) · U · Λ^(−γ/2), the first k columns, where Σ = U Λ Uᵀ is the covariance about βμ.

    Su, Cao, Liu, Ou: Whitening Sentence Representations for Better Semantics and Faster Retrieval (arXiv 2103.15316).
    β = γ = 1 is whitening; γ = 0 a rotation that can be cut short with little loss; γ between them is soft. Vectors may
    be larger than memory: anything with `shape`, `dtype` and `rows(start, stop)` is read in blocks.

    Parameters
    ----------
    dim : k, the components kept (None: all of them). More than the rank are cut to it, with a message.
    beta, gamma : β and γ, 0..1.
    zca : rotate back, y = (x − βμ) U Λ^(−γ/2) Uᵀ: as near to x as can be, and as wide, so that `dim` is not for it.
    remove_top : leave out so many of the largest components (with γ = 0 and `zca`: "all but the top").
    shrinkage : X in 0..1: (1 − X)Λ + X · mean(Λ) for Λ.
    normalize : divide rows of the output by their length, or by 1e-8 if that is larger.
    dedupe : fit on rows that differ in their bytes. Needs about 40 bytes a row.
    fit_rows : fit on so many rows, evenly spread (chosen before `dedupe`).
    bad : rows with NaN or inf: "raise" (the error names them) or "drop" (they are left out of fit and output).
    dtype : of the output; None: float32, and float64 for float64 input.
    threads : None: one for every processor. Results do not depend on it.
    progress : a `hanmine.progress.Progress`.

    Attributes
    ----------
    mean_ : μ [shape=(d,)] float64.
    matrix_, bias_ : W [shape=(d, k)] and b [shape=(k,)] float64, y = x W + b (before `normalize`).
    components_ : [shape=(k, d)] float64, the eigenvectors kept; the first of the largest entries of each is positive.
    eigenvalues_ : Λ [shape=(d,)] float64, falling, before shrinkage.
    rank_ : eigenvalues above the noise of storage (eps²/12 · mean |x|²) and of the arithmetic.
    dim_ : number of columns of the output.
    n_features_in_, n_samples_seen_ : d and n.
    bad_rows_ : indices of the rows with NaN or inf in the last input that was fitted (of those read, with `fit_rows`).
    constant_columns_ : indices of the columns that do not vary.
    moments_ : the state (n, μ, M2; of fewer rows than dimensions a factor of M2, see `Moments`).
    messages_ : lines that a user should see.

    Notes
    -----
    `partial_fit` and `merge` only add to the state; the map is computed when it is next needed. `partial_fit` computes
    in float64 throughout, since its rows cannot be read again; `dedupe` and `fit_rows` then concern one call alone.

    Of n rows in d > n dimensions an n × n problem is solved, and no d × d matrix is made, unless the map keeps more
    than their rank (γ = 0 or shrinkage without a small `dim`) or turns back (`zca`).

    The file of `save` is in the safetensors format. Tensors, all float64: `mean` [d], `scatter` [d, d] (M2), `matrix`
    [d, k] (W), `bias` [k] (b), `eigenvalues` [d]; of fewer rows than dimensions `factor` [r, d] with M2 = FᵀF stands in
    the place of `scatter`. Metadata, all strings: `format` "hanmine-whitening", `format_version` "1" (with `factor`:
    "2"), `hanmine_version`, and, as JSON, `options` (the parameters) and `state` (n, rank, dtypes, and what the
    messages say). W is float64 because rows of a badly conditioned map are multiplied in float64. The same state and
    options give the same bytes.
    """

    def __init__(
        self, *, dim=None, beta=1.0, gamma=1.0, zca=False, remove_top=0, shrinkage=0.0, normalize=False, dedupe=False,
        fit_rows=None, bad="raise", dtype=None, threads=None, progress=None,
    ) -> None:  # fmt: skip
        self.dim = dim
        self.beta = beta
        self.gamma = gamma
        self.zca = zca
        self.remove_top = remove_top
        self.shrinkage = shrinkage
        self.normalize = normalize
        self.dedupe = dedupe
        self.fit_rows = fit_rows
        self.bad = bad
        self.dtype = dtype
        self.threads = threads
        self.progress = progress

    # Fitting

    def fit(self, X, y=None) -> Whitening:  # noqa: N803 (scikit-learn's name)
        """Read the moments of X and settle the map. `y` is ignored.

        Raises
        ------
        UsageError : an option out of its range.
        InputError : rows with NaN or inf (unless bad="drop"), fewer than two rows, all rows equal.
        """
        self._check_options()
        moments = moments_of(
            X, fit_rows=self.fit_rows, dedupe=self.dedupe, bad=self.bad, dim=self._reach(), beta=self.beta,
            runner=ThreadRunner(self.threads), progress=self.progress,
        )  # fmt: skip
        self._take(moments)
        self._settle()
        return self

    def partial_fit(self, X, y=None) -> Whitening:  # noqa: N803
        """Add the rows of X to the state; the same as one `fit` on all rows, up to rounding."""
        self._check_options()
        moments = moments_of(
            X, fit_rows=self.fit_rows, dedupe=self.dedupe, bad=self.bad, arithmetic="float64",
            runner=ThreadRunner(self.threads), progress=self.progress,
        )  # fmt: skip
        before = self.__dict__.get("moments_")
        self._take(before.merge(moments) if before else moments, moments.bad_rows)
        return self

    def merge(self, other: Whitening) -> Whitening:
        """Add the state of another fitted map to this one; the options stay.

        Raises
        ------
        InputError : the two are of different widths.
        """
        other._check_fitted()
        before = self.__dict__.get("moments_")
        self._take(before.merge(other.moments_) if before else other.moments_)
        return self

    @classmethod
    def from_moments(cls, moments: Moments, **options) -> Whitening:
        """The map of a state that was gathered before."""
        made = cls(**options)
        made._check_options()
        made._take(moments)
        made._settle()
        return made

    def with_options(self, **changes) -> Whitening:
        """A map with other options from the same state: no data is read.

        Raises
        ------
        UsageError : `dedupe` or `fit_rows`, which decide what is read; an unknown option; one out of its range.
        """
        self._check_fitted()
        for name in changes:
            if name in _NEED_DATA and changes[name] != getattr(self, name):
                raise UsageError(f"{name} decides which rows are read: fit again to change it")
        made = type(self)(**self.get_params()).set_params(**changes)
        made._check_options()
        made._take(self.moments_, self.bad_rows_)
        made._settle()
        return made

    # Transforming

    def transform(self, X) -> np.ndarray:  # noqa: N803
        """The rows of X mapped [shape=(n, k)]; with bad="drop" without those that hold NaN or inf.

        Raises
        ------
        InputError : another width than the map's, rows with NaN or inf, numbers that the output dtype cannot hold.
        """
        rows = self._rows(X)
        if rows.shape[0] <= _FEW_ROWS:
            return self._block_mapper(rows)((0, rows.shape[0]))
        result = np.empty((rows.shape[0], self.dim_), self._output(rows))
        filled = 0
        for block in self._mapped(rows, None):
            result[filled : filled + len(block)] = block
            filled += len(block)
        return result if filled == len(result) else result[:filled].copy()

    def fit_transform(self, X, y=None) -> np.ndarray:  # noqa: N803
        """`fit` and `transform` of the same rows."""
        return self.fit(X).transform(X)

    def transform_blocks(self, X, skip=None) -> Iterator[np.ndarray]:  # noqa: N803
        """Blocks of the rows of X mapped, in order; only a few are in memory at once.

        `skip` : rising indices of rows to leave out (such as `bad_rows_`). BLAS is held to one thread until the last
        block was taken. Errors as in `transform`.
        """
        yield from self._mapped(self._rows(X), skip)

    def _mapped(self, rows: Rows, skip) -> Iterator[np.ndarray]:
        mapper = self._block_mapper(rows, skip)
        with one_blas_thread():
            yield from ThreadRunner(self.threads).map(mapper, blocks(rows))

    def _block_mapper(self, rows: Rows, skip=None):
        """A function from a range of rows to those rows mapped."""
        projector, drop = self._projector(rows), self.bad == "drop"
        skip = None if skip is None else np.asarray(skip, np.int64)

        def mapped(span: tuple[int, int]) -> np.ndarray:
            start, stop = span
            index = np.arange(start, stop)
            raw = rows.rows(start, stop)
            if skip is not None:
                left_out = skip[np.searchsorted(skip, start) : np.searchsorted(skip, stop)] - start
                raw, index = np.delete(raw, left_out, axis=0), np.delete(index, left_out)
            y = projector(raw)
            return y if np.isfinite(y).all() else _mended(rows, raw, index, y, drop)

        return mapped

    def _projector(self, rows: Rows) -> Projector:
        """Made once for every dtype of input: a single row costs no more than its product."""
        key = rows.dtype.name
        if key not in self._projectors:
            self._projectors[key] = Projector(self.projection_, rows.dtype, self._output(rows), self.normalize)
        return self._projectors[key]

    def _output(self, rows: Rows) -> np.dtype:
        if self.dtype is not None:
            return np.dtype(self.dtype)
        return np.dtype(np.float64 if rows.dtype == np.float64 else np.float32)

    def _rows(self, vectors) -> Rows:
        self._check_fitted()
        rows = as_rows(vectors)
        if rows.shape[1] != self.n_features_in_:
            raise InputError(
                f"the vectors have {rows.shape[1]} dimensions and the map takes {self.n_features_in_}: "
                "pass vectors of the encoder that the map was fitted on"
            )
        return rows

    # Files

    def save(self, path: str | Path) -> None:
        """Write the map to a file, whole or not at all (format: see the notes of the class)."""
        from hanmine.vectors.map_file import save_map

        self._check_fitted()
        save_map(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Whitening:
        """Read a map that `save` wrote.

        Raises
        ------
        InputError : no such file, no map of this kind, of a later version, or damaged.
        """
        from hanmine.vectors.map_file import load_map

        return load_map(cls, Path(path))

    # Settling: state and options → map

    def _take(self, moments: Moments, bad_rows: np.ndarray | None = None) -> None:
        """Forget the map and hold a new state."""
        for name in (*_SETTLED, "projection_"):
            self.__dict__.pop(name, None)
        self.moments_ = moments
        self.bad_rows_ = moments.bad_rows if bad_rows is None else bad_rows
        self._projectors: dict[str, Projector] = {}

    def spectrum(self, beta: float | None = None) -> Spectrum:
        """The eigendecomposition of the state about βμ (None: the β in force), computed once for every β."""
        self._check_fitted()
        return spectrum_of(self.moments_, self.beta if beta is None else beta)

    def _reaching_spectrum(self) -> Spectrum:
        """The spectrum about the β in force, with at least those eigenvectors that the map keeps."""
        spectrum = self.spectrum()
        if self._kept(spectrum).stop > spectrum.vectors.shape[1]:
            return whole_spectrum(self.moments_, self.beta)
        return spectrum

    def _settle(self) -> None:
        if self.zca:
            check_room(self.moments_.dimensions)
        moments, spectrum = self.moments_, self._reaching_spectrum()
        self.projection_ = project(
            spectrum, moments.mean, dim=self.dim, beta=self.beta, gamma=self.gamma, zca=self.zca,
            remove_top=self.remove_top, shrinkage=self.shrinkage,
        )  # fmt: skip
        self._describe(self.projection_, spectrum.eigenvalues, spectrum.rank)

    def _describe(self, projection: Projection, eigenvalues: np.ndarray, rank: int) -> None:
        """Set what is known of the map without its eigenvectors."""
        self.projection_ = projection
        self.mean_, self.matrix_, self.bias_ = self.moments_.mean, projection.matrix, projection.bias
        self.eigenvalues_, self.rank_, self.dim_ = eigenvalues, rank, projection.matrix.shape[1]
        self.n_features_in_, self.n_samples_seen_ = self.moments_.dimensions, self.moments_.count
        self.constant_columns_ = constant_columns(self.moments_)

    def _kept(self, spectrum: Spectrum) -> slice:
        room = available(spectrum, self.gamma, self.shrinkage)
        return slice(self.remove_top, min(self.remove_top + (self.dim or room), room))

    def __getattr__(self, name: str):
        """What the state implies is computed when it is asked for after `partial_fit`, `merge` or `load`."""
        if name not in (*_SETTLED, "projection_") or "moments_" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name == "components_":
            spectrum = self._reaching_spectrum()
            self.components_ = np.ascontiguousarray(spectrum.vectors[:, self._kept(spectrum)].T)
        elif name == "messages_":
            spectrum = self.spectrum()
            self.messages_ = messages_of(self.moments_, spectrum, self._kept(spectrum), self.dim, self.gamma)
        else:
            self._settle()
        return self.__dict__[name]

    def _reach(self) -> int | None:
        """Components down to the last one that the map needs."""
        return None if self.dim is None else self.dim + self.remove_top

    # Options, as scikit-learn asks for them

    def get_params(self, deep: bool = True) -> dict:
        return {name: getattr(self, name) for name in _PARAMETERS}

    def set_params(self, **params) -> Whitening:
        for name, value in params.items():
            if name not in _PARAMETERS:
                raise UsageError(f"Whitening has no option {name!r}: it has {', '.join(_PARAMETERS)}")
            setattr(self, name, value)
        return self

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        return np.array([f"whitening{column}" for column in range(self.dim_)], object)

    def __sklearn_is_fitted__(self) -> bool:
        return "moments_" in self.__dict__

    def __sklearn_tags__(self):
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type="transformer", target_tags=TargetTags(required=False), transformer_tags=TransformerTags(),
            input_tags=InputTags(allow_nan=self.bad == "drop"),
        )  # fmt: skip

    def __repr__(self) -> str:
        plain = Whitening().get_params()
        changed = {name: value for name, value in self.get_params().items() if value != plain[name]}
        return f"Whitening({', '.join(f'{name}={value!r}' for name, value in changed.items())})"

    def _check_fitted(self) -> None:
        if "moments_" not in self.__dict__:
            raise UsageError("this Whitening was not fitted: call fit, partial_fit or load first")

    def _check_options(self) -> None:
        for name in ("beta", "gamma", "shrinkage"):
            value = getattr(self, name)
            if not isinstance(value, (int, float, np.number)) or not 0 <= value <= 1:
                raise UsageError(f"{name} is {value!r}: choose a number from 0 to 1")
        for name, least in (("dim", 1), ("remove_top", 0), ("fit_rows", 2)):
            value = getattr(self, name)
            if value is None and name != "remove_top":
                continue
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
                raise UsageError(f"{name} is {value!r}: choose a whole number from {least}")
        if self.bad not in ("raise", "drop"):
            raise UsageError(f"bad is {self.bad!r}: choose 'raise' or 'drop'")
        try:
            known = self.dtype is None or np.dtype(self.dtype).name in ("float16", "float32", "float64")
        except TypeError:
            known = False
        if not known:
            raise UsageError(f"dtype is {self.dtype!r}: choose float16, float32 or float64")


_PARAMETERS = tuple(Whitening.__init__.__kwdefaults__)


def _mended(rows: Rows, raw: np.ndarray, index: np.ndarray, y: np.ndarray, drop: bool) -> np.ndarray:
    """What can be made of a block that came out with NaN or inf: bad rows dropped or named, overflows refused."""
    finite = np.isfinite(raw).all(axis=1)
    if not drop and not finite.all():
        bad = index[~finite]
        raise bad_rows_error(tuple(place_of(rows, int(row)) for row in bad[:SHOWN_PLACES]), len(bad))
    y, index = y[finite], index[finite]
    over = ~np.isfinite(y).all(axis=1)
    if over.any():
        place = place_of(rows, int(index[over][0]))
        raise InputError(f"{place}: the result is too large for {y.dtype}: choose a wider dtype, or normalize")
    return y
