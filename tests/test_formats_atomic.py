"""Output files are whole or not there, and every refusal says what to do."""

import errno
import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from hanmine.errors import OutputError
from hanmine.formats.atomic import check_targets, open_output, output_error

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions and devices")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_the_whole_file(tmp_path):
    target = tmp_path / "out.tsv"
    with open_output(target) as stream:
        stream.write("词\n".encode())
        assert not target.exists()
    assert target.read_bytes() == "词\n".encode()
    assert names(tmp_path) == ["out.tsv"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, MemoryError])
def test_leaves_nothing_behind(tmp_path, error):
    target = tmp_path / "out.tsv"
    target.write_text("before")

    def fail_half_way():
        with open_output(target) as stream:
            stream.write(b"half")
            raise error

    with pytest.raises(error):
        fail_half_way()
    assert target.read_text() == "before"
    assert names(tmp_path) == ["out.tsv"]


@posix
def test_new_files_get_the_mode_of_any_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        with open_output(tmp_path / "out") as stream:
            stream.write(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640


@posix
def test_existing_files_keep_their_mode(tmp_path):
    target = tmp_path / "out"
    target.write_bytes(b"")
    target.chmod(0o604)
    with open_output(target) as stream:
        stream.write(b"x")
    assert stat.S_IMODE(target.stat().st_mode) == 0o604


@posix
def test_a_symbolic_link_stays(tmp_path):
    (tmp_path / "data").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "data" / "real")
    with open_output(link) as stream:
        stream.write(b"x")
    assert link.is_symlink()
    assert (tmp_path / "data" / "real").read_bytes() == b"x"
    assert names(tmp_path / "data") == ["real"]


@posix
def test_devices_and_pipes_are_written_directly(tmp_path):
    with open_output(Path(os.devnull)) as stream:
        stream.write(b"x")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    with open_output(pipe) as stream:
        stream.write(b"through")
    reader.join()
    assert got == [b"through"]
    assert names(tmp_path) == ["pipe"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_disk_full(tmp_path):
    with pytest.raises(OutputError) as caught, open_output(Path("/dev/full")) as stream:
        stream.write(b"x" * 100_000)
    assert str(caught.value) == "/dev/full: No space left on device: make room there, or write to another place"
    assert caught.value.exit_code == 4


def test_disk_full_of_a_file_leaves_nothing(tmp_path):
    with pytest.raises(OutputError, match="No space left"), open_output(tmp_path / "out"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert names(tmp_path) == []


def test_errors_of_other_files_pass(tmp_path):
    with pytest.raises(FileNotFoundError), open_output(tmp_path / "out"):
        (tmp_path / "elsewhere" / "input").read_bytes()
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="other words for the same")
def test_error_texts(tmp_path):
    assert str(output_error("a/b", FileNotFoundError())) == "a/b: the folder 'a' does not exist: create it first"
    assert str(output_error("a", PermissionError())) == "a: no permission to write there: choose another output file"
    assert str(output_error("a", OSError(errno.EIO, "Input/output error"))) == (
        "a: cannot be written: Input/output error"
    )


def refusal(*targets, **settings):
    with pytest.raises(OutputError) as caught:
        check_targets(targets, **settings)
    return str(caught.value)


def test_refusals_before_any_work(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"")
    check_targets([old, new])
    assert refusal(tmp_path / "no" / "file").endswith("no' does not exist: create it first")
    assert refusal(tmp_path) == f"{tmp_path}: is a folder: name a file"
    assert refusal(new, old, overwrite=False) == (
        f"{old}: exists already and --no-overwrite was given: choose another output file"
    )
    assert refusal(old, inputs=[old]) == f"{old}: is also an input: choose another output file"
    assert refusal(new, tmp_path / "." / "new") == f"{new}: is named for two outputs: choose two different files"
    with open(old) as stream:
        assert refusal(old, inputs=[stream.fileno()]) == f"{old}: is also an input: choose another output file"


def test_an_input_under_another_name_is_found_out(tmp_path):
    text, other = tmp_path / "text", tmp_path / "other"
    text.write_bytes(b"")
    os.link(text, other)
    assert refusal(other, inputs=[text]) == f"{other}: is also an input: choose another output file"


def test_no_permission(tmp_path, monkeypatch):
    """The system's answer is put into its mouth: root may write anywhere."""
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "locked")
    (tmp_path / "locked").mkdir()
    assert refusal(tmp_path / "locked" / "out").endswith("no permission to write there: choose another output file")
    with pytest.raises(OutputError, match="no permission to write there"), open_output(tmp_path / "out"):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@posix
def test_devices_are_never_refused():
    check_targets([Path(os.devnull), Path(os.devnull)], overwrite=False, inputs=[Path(os.devnull)])
