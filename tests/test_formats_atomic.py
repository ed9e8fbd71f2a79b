"""Output files are whole or not there, and every refusal says what to do."""

import errno
import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from hanmine.errors import OutputError
from hanmine.formats import atomic
from hanmine.formats.atomic import check_targets, lock, open_output, open_output_folder, output_error

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


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_disk_full_of_a_file_leaves_nothing(tmp_path, monkeypatch, step):
    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(OutputError, match=r"/out: No space left"), open_output(tmp_path / "out") as stream:
        stream.write(b"x")
    assert names(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("order", [("full", "out"), ("out", "full")])
def test_of_several_outputs_the_one_that_fails_is_named(tmp_path, order):
    (tmp_path / "full").symlink_to("/dev/full")

    def write_both():
        with open_output(tmp_path / order[0]) as outer, open_output(tmp_path / order[1]) as inner:
            for stream in (outer, inner):
                stream.write(b"x" * 100_000)

    with pytest.raises(OutputError, match=f"^{tmp_path}/full: No space left"):
        write_both()
    assert names(tmp_path) == ["full"]


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, "none", "x"), OSError(errno.ENOSPC, "full")])
def test_errors_of_others_pass(tmp_path, error):
    with pytest.raises(type(error)) as caught, open_output(tmp_path / "out"):
        raise error
    assert caught.value is error
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

    def refuse(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OutputError, match="no permission to write there"), open_output(tmp_path / "out"):
        pass


@posix
def test_devices_are_never_refused():
    check_targets([Path(os.devnull), Path(os.devnull)], overwrite=False, inputs=[Path(os.devnull)])


@posix
def test_names_that_lead_nowhere(tmp_path):
    loop, other, long = tmp_path / "loop", tmp_path / "other", tmp_path / ("长" * 100)
    loop.symlink_to(other)
    other.symlink_to(loop)
    circle = f"{loop}: is a symbolic link that leads back to itself: name another file"
    too_long = f"{long}: the name is too long: choose a shorter one"
    assert (refusal(loop), refusal(long)) == (circle, too_long)
    for path, message in ((loop, circle), (long, too_long)):
        with pytest.raises(OutputError) as caught, open_output(path) as stream:
            stream.write(b"x")
        assert str(caught.value) == message
    assert loop.is_symlink()
    assert names(tmp_path) == ["loop", "other"]


# -- temporary files that nobody holds any more ----------------------------------------------------------------------


@pytest.fixture
def fresh(monkeypatch):
    """This process has looked nowhere yet."""
    monkeypatch.setattr(atomic, "_swept", set())


def abandoned(target, data=b"half"):
    """What a process that was killed while it wrote `target` has left."""
    path = atomic._temporary_path(target)
    path.write_bytes(data)
    return path


@posix
def test_the_next_run_to_the_same_target_removes_what_is_abandoned(tmp_path, fresh):
    target, other = tmp_path / "out", tmp_path / "other"
    abandoned(target)
    abandoned(target)
    folder = atomic._temporary_path(target)
    folder.mkdir()
    (folder / "config.json").write_bytes(b"{")
    elses, own = abandoned(other), tmp_path / ".mine-notes.tmp"
    own.write_bytes(b"a user's own")
    with open_output(target) as stream:
        stream.write(b"x")
        assert len(names(tmp_path)) == 3
    assert names(tmp_path) == sorted([elses.name, own.name, "out"])
    with open_output(other) as stream:
        stream.write(b"x")
    assert names(tmp_path) == sorted([own.name, "other", "out"])


@posix
def test_what_another_run_is_writing_stays(tmp_path, monkeypatch):
    target = tmp_path / "out"
    with open_output(target) as first:
        first.write(b"first")
        monkeypatch.setattr(atomic, "_swept", set())
        monkeypatch.setattr(atomic, "_unfinished", set())  # as in another process
        with open_output(target) as second:
            second.write(b"second")
        assert target.read_bytes() == b"second"
    assert target.read_bytes() == b"first"
    assert names(tmp_path) == ["out"]


@posix
def test_those_of_another_machine_wait_for_a_day(tmp_path, fresh, monkeypatch):
    """Whether a lock of another machine is seen depends on the file system."""
    target = tmp_path / "out"
    here = atomic._host()
    monkeypatch.setattr(atomic, "_host", lambda: "0" * 8)
    young, old = abandoned(target), abandoned(target)
    os.utime(old, (0, 0))
    monkeypatch.setattr(atomic, "_host", lambda: here)
    with open_output(target) as stream:
        stream.write(b"x")
    assert names(tmp_path) == sorted([young.name, "out"])


@posix
def test_without_locks_nothing_of_others_is_removed(tmp_path, fresh, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(atomic.fcntl, "flock", refuse)
    path = abandoned(tmp_path / "out")
    with open_output(tmp_path / "out") as stream:
        assert lock(1) is None
        stream.write(b"x")
    assert names(tmp_path) == sorted([path.name, "out"])


@posix
@pytest.mark.parametrize("step", ["open", "flock", "replace"])
@pytest.mark.parametrize("after", [False, True])
def test_a_signal_at_any_step_leaves_nothing(tmp_path, monkeypatch, step, after):
    """The exception of a signal comes between two steps, too: the file is there, its descriptor not yet known."""
    module = atomic.fcntl if step == "flock" else os
    real = getattr(module, step)

    def interrupted(*arguments):
        if after:
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, step, interrupted)
        with pytest.raises(KeyboardInterrupt), open_output(tmp_path / "out") as stream:
            stream.write(b"x")
    assert names(tmp_path) == (["out"] if step == "replace" and after else [])


@posix
def test_what_an_exception_left_between_two_steps_is_removed_in_the_end(tmp_path):
    manager = open_output(tmp_path / "out")
    manager.__enter__().write(b"x")
    assert len(names(tmp_path)) == 1
    atomic.remove_unfinished()
    assert names(tmp_path) == []


@posix
def test_whoever_looks_for_abandoned_files_may_come_in_between(tmp_path, monkeypatch):
    """A file that was removed, or is held, before its maker could lock it is made once more."""
    answers = iter([False, True])
    monkeypatch.setattr(atomic, "lock", lambda descriptor: next(answers))
    with open_output(tmp_path / "out") as stream:
        stream.write(b"x")
    assert names(tmp_path) == ["out"]


# -- folders -----------------------------------------------------------------------------------------------------------


def write_folder(target, content, error=None):
    with open_output_folder(target) as folder:
        with open_output(folder / "file") as stream:
            stream.write(content)
        if error is not None:
            raise error


def test_folders_are_replaced_whole(tmp_path, monkeypatch):
    target = tmp_path / "out"
    write_folder(target, b"old")
    (target / "other").write_bytes(b"")
    with pytest.raises(KeyboardInterrupt):
        write_folder(target, b"half", KeyboardInterrupt())
    assert names(target) == ["file", "other"]
    with monkeypatch.context() as patch:
        patch.setattr(atomic._Temporary, "rename", lambda self: Path("/nowhere").rename(self.path))
        with pytest.raises(OutputError):
            write_folder(target, b"never there")
    assert names(target) == ["file", "other"]
    write_folder(target, b"new")
    assert (names(tmp_path), names(target)) == (["out"], ["file"])
    assert (target / "file").read_bytes() == b"new"
