"""`mine` among other processes: closed pipes, full disks, signals, and inputs that are not what they should be."""

import contextlib
import os
import random
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from commandline import clean_environment, command_line, heed_interrupts, mine_process

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")

NEWWORDS = ("newwords", "--known", "none")
HEADER = "word\tcount\tpieces\tcohesion\tleft_entropy\tright_entropy\tknown\n"


def chinese(characters, seed=0):
    """Text of words of an invented vocabulary, in lines."""
    rng = random.Random(seed)
    letters = [chr(code) for code in range(0x4E00, 0x4E00 + 600)]
    vocabulary = ["".join(rng.choices(letters, k=rng.choice([1, 2, 2, 2, 3, 4]))) for _ in range(800)]
    parts, length = [], 0
    while length < characters:
        line = "".join(rng.choices(vocabulary, k=20)) + "。\n"
        parts.append(line)
        length += len(line)
    return "".join(parts)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "text.txt"
    path.write_text(chinese(60_000), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def found(text):
    """What `mine newwords` writes for the text."""
    result = mine_process(*NEWWORDS, text)
    assert (result.code, result.err) == (0, "")
    return result.out


@contextlib.contextmanager
def started(*arguments, **settings):
    """A process of `mine` that does not outlive the test, whatever happens."""
    if os.name == "posix":
        settings["preexec_fn"] = heed_interrupts
    process = subprocess.Popen(command_line(*arguments), stderr=subprocess.PIPE, env=clean_environment(), **settings)
    with process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def test_a_pipe_that_is_read_to_its_end(text, found):
    assert found.startswith(HEADER)
    assert found.count("\n") > 200
    assert mine_process(*NEWWORDS, "-", input=text.read_bytes()).out == found
    assert mine_process(*NEWWORDS, input=text.read_bytes()).out == found


@posix
def test_a_reader_that_goes_away(text):
    with started("ngrams", "show", text, "--min-count", "1", stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().startswith(b"ngram\t")
        process.stdout.close()
        error = process.stderr.read()
    assert error == b""
    assert process.returncode == -signal.SIGPIPE


@posix
def test_a_pipeline_with_head(text, tmp_path):
    command = subprocess.list2cmdline(command_line("ngrams", "show", "-", "--min-count", "1", "-T", str(tmp_path)))
    script = f"cat '{text}' | {command} | head -n 3; echo ${{PIPESTATUS[@]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=clean_environment(), check=True)
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 4
    assert lines[-1].split()[1:] == ["141", "0"]
    assert done.stderr == b""
    assert list(tmp_path.iterdir()) == []


@full_disk
@pytest.mark.parametrize("command", [NEWWORDS, ("ngrams", "show")], ids=["newwords", "ngrams"])
def test_standard_output_on_a_full_disk(text, command):
    with open("/dev/full", "wb") as full:
        result = mine_process(*command, text, stdout=full)
    assert result.code == 4
    assert result.err == (
        "mine: error: standard output: No space left on device: make room there, or write to another place\n"
    )


@full_disk
def test_an_output_on_a_full_disk(text):
    result = mine_process(*NEWWORDS, text, "-o", "/dev/full")
    assert result.code == 4
    assert result.err == "mine: error: /dev/full: No space left on device: make room there, or write to another place\n"


@posix
def test_standard_output_that_is_closed(text):
    script = subprocess.list2cmdline(command_line(*NEWWORDS, str(text))) + " >&-"
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=clean_environment(), check=False)
    assert done.returncode == 4
    assert done.stderr == b"mine: error: standard output: is closed: name a file with -o\n"


@posix
@pytest.mark.parametrize(
    ("number", "code", "message"),
    [(signal.SIGINT, 130, "mine: interrupted\n"), (signal.SIGTERM, 143, "mine: ended by SIGTERM\n")],
)
def test_a_signal_while_reading(tmp_path, number, code, message):
    target, spool = tmp_path / "out", tmp_path / "spool"
    target.mkdir()
    spool.mkdir()
    arguments = (*NEWWORDS, "-", "-o", target / "words.tsv", "--summary-json", target / "summary.json", "-T", spool)
    with started(*arguments, stdin=subprocess.PIPE) as process:
        # A pipe holds 64 KB: when more has gone through, the process is reading.
        process.stdin.write(chinese(300_000).encode())
        process.stdin.flush()
        process.send_signal(number)
        time.sleep(0.3)
        process.stdin.close()
        error = process.stderr.read().decode()
    assert (process.returncode, error) == (code, message)
    assert list(target.iterdir()) == []
    assert list(spool.iterdir()) == []


@posix
def test_a_signal_while_writing(text, tmp_path):
    """The output goes to a named pipe that nobody reads to its end: the process hangs in the middle of writing."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with started("ngrams", "show", text, "--min-count", "1", "-o", pipe) as process:
            assert select.select([reader], [], [], 60)[0]
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
            assert process.stderr.read() == b"mine: interrupted\n"
    finally:
        os.close(reader)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@posix
def test_a_signal_while_standard_output_is_not_read(text):
    with started("ngrams", "show", text, "--min-count", "1", stdout=subprocess.PIPE) as process:
        assert select.select([process.stdout], [], [], 60)[0]
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == b"mine: interrupted\n"


INPUTS = {
    "missing": (None, 3, "{file}: no such file: check the path"),
    "empty": (b"", 0, None),
    "ascii": (b"only ascii here\n" * 9, 0, None),
    "gbk": (chinese(2000).encode("gb18030"), 0, None),
    "binary": (bytes(range(256)) * 40 + b"\x7fELF\0\0\0\1" * 100, 3, "{file}: "),
    "truncated": (chinese(2000).encode()[:-3], 3, "{file}: "),
}


@pytest.mark.parametrize("name", INPUTS)
def test_inputs(tmp_path, name):
    content, code, message = INPUTS[name]
    file, target = tmp_path / name, tmp_path / "out" / "words.tsv"
    target.parent.mkdir()
    if content is not None:
        file.write_bytes(content)
    result = mine_process(*NEWWORDS, file, "-o", target, "-T", target.parent)
    assert result.code == code
    assert result.out == ""
    if message is None:
        assert target.read_text("utf-8").startswith(HEADER)
        assert [path.name for path in target.parent.iterdir()] == ["words.tsv"]
    else:
        assert result.err.startswith("mine: error: " + message.format(file=file))
        assert result.err.count("\n") == 1
        assert list(target.parent.iterdir()) == []


def test_a_folder(text, found):
    result = mine_process(*NEWWORDS, text.parent)
    assert result.code == 3
    assert result.err == (
        f"mine: error: {text.parent}: is a directory: pass -r/--recursive to read the files below it\n"
    )
    assert mine_process(*NEWWORDS, "-r", text.parent).out == found


def test_output_does_not_depend_on_the_locale(text, found):
    foreign = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert mine_process(*NEWWORDS, text, variables=foreign).out == found


def test_a_file_name_that_is_no_text(tmp_path):
    result = mine_process(*NEWWORDS, os.fsdecode(b"no-\xff-text"), variables={"LC_ALL": "C.UTF-8"})
    assert result.code == 3
    assert result.err.startswith("mine: error: no-")


@posix
def test_input_redirected_onto_itself(text, tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(text.read_bytes())
    with copy.open("ab") as stream:
        result = mine_process(*NEWWORDS, copy, stdout=stream)
    assert (result.code, result.err) == (4, f"mine: error: {copy}: is also standard output: write to another file\n")
    with copy.open("rb") as stream:
        result = mine_process(*NEWWORDS, "-", "-o", copy, stdin=stream)
    assert (result.code, result.err) == (4, f"mine: error: {copy}: is also an input: choose another output file\n")
    assert copy.read_bytes() == text.read_bytes()
