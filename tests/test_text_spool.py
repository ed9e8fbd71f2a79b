"""The spool of ids: memory and file behave alike."""

from __future__ import annotations

import errno

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.errors import OutputError
from hanmine.text import spool as spool_module
from hanmine.text.spool import Spool


@given(st.lists(st.lists(st.integers(0, 65535), max_size=9), max_size=9), st.integers(0, 20), st.data())
def test_any_stretch_can_be_read(parts, memory_limit, data):
    flat = [value for part in parts for value in part]
    with Spool(memory_limit=memory_limit) as spool:
        for part in parts:
            spool.append(np.array(part, np.uint16))
            spool.read(0, 3)
        assert spool.length == len(flat)
        start = data.draw(st.integers(-5, len(flat) + 5))
        stop = data.draw(st.integers(start, len(flat) + 9))
        expected = [flat[i] if 0 <= i < len(flat) else 0 for i in range(start, stop)]
        assert spool.read(start, stop).tolist() == expected


def test_a_full_temporary_folder(monkeypatch, tmp_path):
    class Full:
        def seek(self, place, whence):
            pass

        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(spool_module.tempfile, "TemporaryFile", lambda **_: Full())
    with Spool(tmp_path, memory_limit=1) as spool, pytest.raises(OutputError) as caught:
        spool.append(np.ones(2, np.uint16))
    assert str(caught.value) == (
        f"{tmp_path}: cannot keep the decoded text there (No space left on device): pass -T DIR, a folder with room"
    )


def test_nothing_is_left_behind(tmp_path):
    with Spool(tmp_path, memory_limit=1) as spool:
        spool.append(np.ones(99, np.uint16))
        assert spool.companion().length == 0
    assert list(tmp_path.iterdir()) == []
