"""docs/whiten.md: its Python runs, its figures are those that the tool quotes, its options and measures exist."""

import re
from pathlib import Path

import numpy as np
import pytest

from commandline import mine
from hanmine.vectors import advice
from hanmine.vectors.presets import PRESETS

PAGE = (Path(__file__).parent.parent / "docs" / "whiten.md").read_text("utf-8")


@pytest.fixture
def vectors(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    made = (random.normal(size=(1500, 130)) * np.geomspace(3, 0.3, 130) + 1).astype(np.float32)
    np.save("vectors.npy", made)
    return made


def test_the_python_runs(vectors):
    names = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], names)
    assert names["short"].shape == (1500, 128)
    assert names["again"].dim_ == 64
    assert np.allclose(names["growing"].transform(vectors), names["week"].transform(vectors), atol=1e-3)
    assert np.allclose(vectors @ names["W"] + names["b"], names["week"].transform(vectors), atol=1e-3)


def test_the_figures_are_those_that_the_tool_quotes():
    rule = PAGE.partition("### What the tool says")[2].partition("## Commands")[0]
    assert f"below {advice.LOW_ISO_SCORE:g}" in rule
    assert f"raised the score in {advice.FULL_LOW} such sets" in rule
    assert f"it did in {advice.FULL_OTHER}, and in {advice.FULL_TUNED.better} of the {advice.FULL_TUNED.sets}" in rule
    assert f"`soft` raised it in {advice.SOFT} " in rule
    assert f"worst: −{advice.SOFT_WORST}" in rule


def test_the_presets():
    for name, (beta, gamma, dim) in PRESETS.items():
        assert f"| `{name}` | {beta:g} | {gamma:g} | {dim} |" in PAGE


def test_every_measure_is_defined(vectors):
    defined = set(re.findall(r"`([a-z_A-Z]+)\*?`", PAGE.partition("## What `inspect` measures")[2]))
    result = mine("whiten", "inspect", "vectors.npy", "--against", "vectors.npy")
    plain = {"name", "rows", "dimensions", "dtype", "outliers", "rank_a", "rank_b"}
    for line in result.out.splitlines()[1:]:
        name = line.split("\t")[0]
        general = re.sub(r"(?<=share_of_top_)\d+", "N", re.sub(r"(?<=dimensions_for_)[\d.]+", "X", name))
        general = re.sub(
            r"^(norm|neighbour_entropy)_.*",
            lambda match: {"norm": "norm_"}.get(match[1], "neighbour_entropy_value"),
            general,
        )
        assert general in defined | plain, name
