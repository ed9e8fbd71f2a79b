"""Kernels on disk: what is damaged, stale or in the way is compiled anew, and never stops a run."""

import errno
import importlib.util
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from hanmine import jit

SOURCE = """
def total(values):
    result = values[0] * 0
    for value in values:
        result += value
    return result
"""


@pytest.fixture
def function(tmp_path, monkeypatch):
    """A function whose machine code is kept in the folder of its source, which is the test's own."""
    path = tmp_path / "source.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("source", path)
    module = importlib.util.module_from_spec(spec)
    # A kernel that is loaded looks for the module of its globals there, unless one of the same is still alive.
    monkeypatch.setitem(sys.modules, "source", module)
    spec.loader.exec_module(module)
    return module.total


def kept(tmp_path):
    return sorted(path for path in (tmp_path / "__pycache__").iterdir() if ".total-" in path.name)


def run(function, dtype=np.int64):
    """What the kernel gives in a process that begins, and whether it was found on the disk."""
    kernel = jit.kernel(function)
    values = np.arange(5).astype(dtype)
    assert kernel(values) == 10
    return bool(kernel.stats.cache_hits)


DAMAGES = {
    "empty": lambda data: b"",
    "digest alone": lambda data: data[:32],
    "cut short": lambda data: data[: len(data) // 2],
    "a byte short": lambda data: data[:-1],
    "a block of zeros": lambda data: data[:1024] + bytes(512) + data[1536:],
    "one bit": lambda data: data[:2000] + bytes([data[2000] ^ 1]) + data[2001:],
    "garbage": lambda data: bytes(range(256)) * 20,
    "more": lambda data: data + b"x",
}


def test_damaged_files_are_compiled_anew_and_replaced(function, tmp_path):
    assert [run(function), run(function)] == [False, True]
    (path,) = kept(tmp_path)
    for name, damage in DAMAGES.items():
        path.write_bytes(damage(path.read_bytes()))
        assert [run(function), run(function)] == [False, True], name
        assert kept(tmp_path) == [path]


def test_each_signature_has_a_file_of_its_own(function, tmp_path):
    """Where two signatures get mixed up, machine code reads one type as another."""
    assert [run(function, dtype) for dtype in (np.int64, np.float64)] == [False, False]
    first, second = kept(tmp_path)
    assert [run(function, dtype) for dtype in (np.int64, np.float64)] == [True, True]
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert [run(function, dtype) for dtype in (np.int64, np.float64)] == [False, False]


def test_what_cannot_be_unpickled_or_linked_is_compiled_anew(function, tmp_path, monkeypatch):
    run(function)

    def fail(self, target_context, payload):
        raise RuntimeError("of another version")

    with monkeypatch.context() as patch:
        patch.setattr(jit._KernelCache._impl_class, "rebuild", fail)
        assert run(function) is False
    assert run(function) is True


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_nothing_is_no_reason_to_fail(function, tmp_path, monkeypatch, code):
    def refuse(self, data):
        with open(self, "wb") as file:
            file.write(data[:100])
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert [run(function), run(function)] == [False, False]
    assert kept(tmp_path) == []


def test_an_interrupted_write_leaves_nothing(function, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(function)
    assert kept(tmp_path) == []


def test_what_a_killed_write_left_is_replaced(function, tmp_path):
    run(function)
    (path,) = kept(tmp_path)
    path.rename(path.with_name(path.name + ".tmp"))
    assert [run(function), run(function)] == [False, True]
    assert kept(tmp_path) == [path]


def test_a_file_as_folder_of_the_cache_is_no_reason_to_fail(function, tmp_path):
    kernel = jit.kernel(function)
    (tmp_path / "__pycache__").rename(tmp_path / "elsewhere")
    (tmp_path / "__pycache__").write_bytes(b"")
    assert kernel(np.arange(5)) == 10
    assert not kernel.stats.cache_hits
