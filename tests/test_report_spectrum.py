"""Pictures of spectra: written whole, the same bytes each time, names that are no mathematics, errors."""

import importlib.util

import numpy as np
import pytest

from hanmine.errors import MissingExtraError, OutputError, UsageError
from hanmine.report.spectrum import draw_spectrum
from hanmine.vectors.inspect import spectrum_measures

MEASURES = spectrum_measures(np.geomspace(5, 0.01, 40), 40)


@pytest.mark.parametrize("extension", ["png", "svg"])
def test_the_same_vectors_give_the_same_bytes(tmp_path, extension):
    targets = [tmp_path / f"{name}.{extension}" for name in "ab"]
    for target in targets:
        draw_spectrum(target, {"v.npy": MEASURES})
    assert targets[0].read_bytes() == targets[1].read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{extension}", f"b.{extension}"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("names", [["v$x_1$.npy"], ["句向量.npy", "b.npy"], ["a", "b", "c", "d", "e"]], ids=len)
def test_any_names_and_numbers_of_sets(tmp_path, names):
    draw_spectrum(tmp_path / "p.svg", dict.fromkeys(names, MEASURES))
    assert (tmp_path / "p.svg").stat().st_size > 10_000


@pytest.mark.filterwarnings("error")
def test_sets_without_variance_and_of_one_dimension(tmp_path):
    draw_spectrum(tmp_path / "p.png", {"flat": spectrum_measures(np.zeros(3), 0)})
    draw_spectrum(tmp_path / "p.png", {"line": spectrum_measures(np.ones(1), 1)})


def test_errors(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="pictures are png, svg or pdf"):
        draw_spectrum(tmp_path / "p.jpeg", {"v": MEASURES})
    with pytest.raises(OutputError, match="does not exist"):
        draw_spectrum(tmp_path / "missing" / "p.png", {"v": MEASURES})
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"--plot needs an optional package: pip install 'hanmine\[plot\]'"):
        draw_spectrum(tmp_path / "p.png", {"v": MEASURES})
