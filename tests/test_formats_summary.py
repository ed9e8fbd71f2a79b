"""Summaries are JSON whatever the run put into them."""

import json
from pathlib import Path

import numpy as np

from hanmine.formats.summary import write_summary


def test_plain_json(tmp_path):
    target = tmp_path / "summary.json"
    write_summary(
        target,
        {
            "名": "语料",
            "numbers": (np.int64(3), np.float64(0.5), float("inf"), float("nan")),
            "array": np.arange(2),
            "path": Path("a"),
            "yes": True,
        },
    )
    text = target.read_text("utf-8")
    assert "语料" in text
    assert json.loads(text) == {
        "名": "语料",
        "numbers": [3, 0.5, None, None],
        "array": [0, 1],
        "path": "a",
        "yes": True,
    }
