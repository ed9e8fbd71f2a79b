"""`mine whiten` in one go and as a group: options, targets, streams, terminals, messages and errors."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import naive
from commandline import clean_environment, command_line, heed_interrupts, mine, mine_process
from hanmine import __version__
from hanmine.cli.whiten.options import PRESETS as NAMES
from hanmine.vectors import Whitening
from hanmine.vectors.presets import PRESETS

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")


def vectors(rows=400, dimensions=16, seed=0, dtype=np.float32):
    """Anisotropic vectors with a mean."""
    random = np.random.default_rng(seed)
    rotation = np.linalg.qr(random.normal(size=(dimensions, dimensions)))[0]
    made = random.normal(size=(rows, dimensions)) * np.geomspace(3, 0.1, dimensions) @ rotation + 2
    return made.astype(dtype)


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "v.npy", vectors())
    return tmp_path / "v.npy"


def whitened(*arguments, **settings):
    """The matrix that a run in this process writes with -o, and the run."""
    target = Path(arguments[0]).parent / "out.npy"
    result = mine("whiten", *arguments, "-o", target, **settings)
    assert result.code == 0, result.err
    return np.load(target, allow_pickle=False), result


def covariance(matrix):
    return np.cov(matrix.astype(np.float64).T)


def test_the_classic_map_by_default(file):
    out, result = whitened(file)
    assert (out.dtype, out.shape) == (np.float32, (400, 16))
    assert np.abs(covariance(out) - np.eye(16)).max() < 1e-4
    assert np.abs(out.mean(0)).max() < 1e-5
    assert result.out == ""


OPTIONS = [
    (["--dim", "4"], {"dim": 4}),
    (["--dim", "full"], {"dim": None}),
    (["--beta", "0.5"], {"beta": 0.5}),
    (["--gamma", "0"], {"gamma": 0.0}),
    (["--zca"], {"zca": True}),
    (["--remove-top", "2"], {"remove_top": 2}),
    (["--shrinkage", "0.25"], {"shrinkage": 0.25}),
    (["--dedupe"], {"dedupe": True}),
    (["--fit-rows", "100"], {"fit_rows": 100}),
    (["--fit-rows", "all"], {"fit_rows": None}),
    (["--normalize"], {"normalize": True}),
    (["--bad", "drop"], {"bad": "drop"}),
    (["--dtype", "float16"], {"dtype": "float16"}),
    (["--preset", "tuned-encoder"], {"beta": 0, "gamma": 0, "dim": 256}),
    (["--preset", "soft", "--dim", "8"], {"beta": 1, "gamma": 0.5, "dim": 8}),
    (["--preset", "raw-encoder", "--gamma", "0.25", "--dim", "full"], {"beta": 1, "gamma": 0.25, "dim": None}),
    (["-j", "1", "--dim", "4", "--gamma", "0.5", "--normalize"], {"dim": 4, "gamma": 0.5, "normalize": True}),
]


@pytest.mark.parametrize(
    ("arguments", "settings"), OPTIONS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_options_are_those_of_the_class(file, arguments, settings):
    out, _ = whitened(file, *arguments)
    expected = Whitening(**settings, threads=1).fit_transform(np.load(file))
    assert out.dtype == expected.dtype
    assert np.array_equal(out, expected)


def test_the_names_of_the_presets():
    assert tuple(PRESETS) == NAMES


def test_environment_variables(file, monkeypatch):
    monkeypatch.setenv("MINE_WHITEN_DIM", "3")
    assert whitened(file)[0].shape == (400, 3)
    assert whitened(file, "--dim", "4")[0].shape == (400, 4)
    # Those of the group's own command are not those of the commands below it.
    monkeypatch.setenv("MINE_WHITEN_DIM", "nonsense")
    monkeypatch.setenv("MINE_WHITEN_INSPECT_FORMAT", "json")
    result = mine("whiten", "inspect", file)
    assert json.loads(result.out)["vectors"]["rows"] == 400


@pytest.mark.parametrize(
    ("given", "arguments", "expected"),
    [
        (np.float16, [], np.float32),
        (np.float64, [], np.float64),
        (np.float64, ["--dtype", "float32"], np.float32),
        (np.float32, ["--dtype", "float64"], np.float64),
        (np.int8, [], np.float32),
    ],
)
def test_types_of_numbers(tmp_path, given, arguments, expected):
    np.save(tmp_path / "v.npy", (vectors() * 10).astype(given))
    assert whitened(tmp_path / "v.npy", *arguments)[0].dtype == expected


def test_several_files_and_patterns_are_one_matrix(file, tmp_path):
    whole = whitened(file)[0]
    np.save(tmp_path / "part-1.npy", vectors()[:150])
    np.savez(tmp_path / "part-2.npz", x=vectors()[150:])
    assert np.array_equal(whitened(tmp_path / "part-1.npy", tmp_path / "part-2.npz")[0], whole)
    assert np.array_equal(whitened(tmp_path / "part-*")[0], whole)


def test_the_array_of_a_file_with_several(tmp_path):
    np.savez(tmp_path / "v.npz", a=vectors(), b=vectors(seed=1))
    assert np.array_equal(whitened(tmp_path / "v.npz", "--array", "b")[0], Whitening().fit_transform(vectors(seed=1)))
    result = mine("whiten", tmp_path / "v.npz", "-o", tmp_path / "out.npy")
    assert result.code == 2
    assert "--array" in result.err


def test_words_keep_their_vectors(tmp_path):
    x = vectors(30, 5)
    lines = [f"词{row} " + " ".join(map(repr, x[row].tolist())) for row in range(30)]
    (tmp_path / "v.vec").write_text("30 5\n" + "\n".join(lines) + "\n", encoding="utf-8")
    result = mine("whiten", tmp_path / "v.vec", "-o", tmp_path / "w.vec", "--dim", "2")
    assert result.code == 0
    written = (tmp_path / "w.vec").read_text("utf-8").splitlines()
    assert written[0] == "30 2"
    assert [line.split()[0] for line in written[1:]] == [f"词{row}" for row in range(30)]
    numbers = np.array([list(map(float, line.split()[1:])) for line in written[1:]], np.float32)
    assert np.array_equal(numbers, Whitening(dim=2).fit_transform(x))
    mine("whiten", tmp_path / "v.vec", "-o", tmp_path / "w.txt", "-f", "word2vec-binary")
    assert (tmp_path / "w.txt").read_bytes().startswith("30 5\n词0 ".encode())


def parquet(path, x):
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "id": list(range(len(x))),
        "vector": [row.tolist() for row in x],
        "text": [f"句{row}" for row in range(len(x))],
    }
    pq.write_table(
        pa.table(
            columns, schema=pa.schema([("id", pa.int64()), ("vector", pa.list_(pa.float32())), ("text", pa.string())])
        ),
        path,
    )


def test_dropped_rows_take_names_and_columns_with_them(tmp_path):
    import pyarrow.parquet as pq

    x = vectors(40, 6)
    x[3, 1], x[17] = np.nan, np.inf
    parquet(tmp_path / "v.parquet", x)
    result = mine("whiten", tmp_path / "v.parquet", "--bad", "drop", "-o", tmp_path / "w.parquet", "--dim", "2")
    assert result.code == 0
    assert "2 rows with NaN or inf left out" in result.err
    assert f"{tmp_path / 'v.parquet'}: row 3" in result.err
    table = pq.read_table(tmp_path / "w.parquet").to_pydict()
    good = [row for row in range(40) if row not in (3, 17)]
    assert table["id"] == good
    assert table["text"] == [f"句{row}" for row in good]
    assert np.array_equal(np.array(table["vector"], np.float32), Whitening(dim=2).fit_transform(x[good]))


@pytest.mark.parametrize("more", [[], ["--fit-rows", "20"], ["--dedupe"]], ids=" ".join)
def test_bad_rows_are_named_or_dropped(tmp_path, more):
    x = vectors(40, 6)
    x[21, 1] = np.nan
    np.save(tmp_path / "v.npy", x)
    result = mine("whiten", tmp_path / "v.npy", "-o", tmp_path / "out.npy", *more)
    assert result.code == 3
    assert result.err.startswith("mine: error: ")
    assert f"{tmp_path / 'v.npy'}: row 21" in result.err
    assert not (tmp_path / "out.npy").exists()
    out, result = whitened(tmp_path / "v.npy", "--bad", "drop", *more)
    assert out.shape == (39, 6)
    assert "left out" in result.err
    assert "row 21" in result.err


def test_bad_rows_beyond_the_fitted_ones_stop_a_stream_before_it_begins(tmp_path):
    x = vectors(40, 6)
    x[21, 1] = np.nan
    np.save(tmp_path / "v.npy", x)
    with (tmp_path / "out.npy").open("wb") as stream:
        result = mine_process("whiten", tmp_path / "v.npy", "--fit-rows", "20", stdout=stream)
    assert result.code == 3
    assert (tmp_path / "out.npy").read_bytes() == b""


# Where the output goes


def test_a_pipe_and_a_redirection(file, tmp_path):
    expected = whitened(file)[0]
    script = f"cat '{file}' | {subprocess.list2cmdline(command_line('whiten', '-'))} > '{tmp_path / 'w.npy'}'"
    done = subprocess.run(["sh", "-c", script], capture_output=True, env=clean_environment(), check=True)
    assert np.array_equal(np.load(tmp_path / "w.npy"), expected)
    assert b"mean cosine" in done.stderr
    with (tmp_path / "x.npy").open("wb") as stream:
        mine_process("whiten", "-q", input=file.read_bytes(), stdout=stream)
    assert np.array_equal(np.load(tmp_path / "x.npy"), expected)


def test_on_a_terminal_the_output_lies_beside_the_input(file):
    target = file.with_name("v.whitened.npy")
    result = mine("whiten", file, "--dim", "3", terminals=["stdout", "stderr"])
    assert (result.code, result.out) == (0, "")
    assert np.load(target).shape == (400, 3)
    assert f"mine: written to {target}\n" in result.err
    result = mine("whiten", file, terminals=["stdout"])
    assert result.code == 4
    assert result.err == (
        f"mine: error: {target}: exists already: pass --force to replace it, or name another file with -o\n"
    )
    assert np.load(target).shape == (400, 3)
    assert mine("whiten", file, "--force", terminals=["stdout"]).code == 0
    assert np.load(target).shape == (400, 16)
    mine("whiten", file, "-f", "word2vec", terminals=["stdout"])
    assert file.with_name("v.whitened.vec").read_text("utf-8").startswith("400 16\n0 ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-"], "standard input and a terminal to write to: name a file with -o"),
        (["{file}", "{file}"], "several inputs and a terminal to write to: name a file with -o"),
        (["{file}", "-o", "-"], "standard output is a terminal, which shows no npy: name a file with -o"),
    ],
)
def test_on_a_terminal_without_a_place_to_write(file, arguments, message):
    result = mine("whiten", *(part.format(file=file) for part in arguments), terminals=["stdout"])
    assert (result.code, result.err) == (2, f"mine: error: {message}\n")


def test_without_arguments_at_a_terminal_the_short_help():
    result = mine("whiten", terminals=["stdin"])
    assert result.code == 2
    assert result.err == (
        "Usage: mine whiten [OPTIONS] [FILE]... | COMMAND [ARGS]...\n"
        "Make vectors isotropic and short by a linear map: BERT-whitening.\n"
        "More: mine whiten --help\n"
    )


def test_targets_are_checked_before_any_work(file, tmp_path):
    def error(*arguments):
        result = mine("whiten", *arguments)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["v.npy"]
        return result.code, result.err.removeprefix("mine: error: ").rstrip("\n")

    missing = tmp_path / "missing" / "x"
    assert error(file, "-o", file) == (4, f"{file}: is also an input: choose another output file")
    assert error(file, "-o", missing)[0] == 4
    for option in ("--save-map", "--summary-json"):
        assert error(file, "-o", tmp_path / "out.npy", option, missing)[0] == 4
        assert error(file, "-o", tmp_path / "out.npy", option, file)[0] == 4
        assert error(file, "-o", tmp_path / "out.npy", option, "-")[0] == 2
    for export in (f"dense:{missing / 'y'}", f"npz:{missing}", f"faiss:{missing}", f"dense:{file}"):
        assert error(file, "-o", tmp_path / "out.npy", "--export", export)[0] == 4
    assert error(file, "-o", tmp_path / "x", "--save-map", tmp_path / "x")[0] == 4
    assert error(file, "-o", tmp_path / "x.npy.gz")[0] == 2


def test_no_overwrite(file, tmp_path):
    (tmp_path / "m").write_text("old")
    result = mine("whiten", file, "-o", tmp_path / "out.npy", "--save-map", tmp_path / "m", "--no-overwrite")
    assert result.code == 4
    assert (
        result.err
        == f"mine: error: {tmp_path / 'm'}: exists already and --no-overwrite was given: choose another output file\n"
    )
    assert not (tmp_path / "out.npy").exists()
    result = mine("whiten", file, "--no-overwrite", "--force", "-o", tmp_path / "out.npy")
    assert result.code == 2


def test_a_redirection_onto_the_input(file):
    before = file.read_bytes()
    with file.open("ab") as stream:
        result = mine_process("whiten", file, stdout=stream)
    assert (result.code, result.err) == (4, f"mine: error: {file}: is also standard output: write to another file\n")
    assert file.read_bytes() == before


@posix
def test_a_reader_that_goes_away(tmp_path):
    np.save(tmp_path / "v.npy", vectors(20000, 16))
    command = subprocess.list2cmdline(command_line("whiten", tmp_path / "v.npy"))
    script = f"{command} | head -c 100 > /dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=clean_environment(), check=True)
    assert (done.stdout, done.stderr) == (b"141\n", b"")


@full_disk
def test_a_full_disk(file):
    result = mine_process("whiten", file, "-q", "-o", "/dev/full")
    assert (result.code, result.err) == (
        4, "mine: error: /dev/full: No space left on device: make room there, or write to another place\n"
    )  # fmt: skip
    with open("/dev/full", "wb") as full:
        result = mine_process("whiten", file, stdout=full)
    assert (result.code, result.err) == (
        4, "mine: error: standard output: No space left on device: make room there, or write to another place\n"
    )  # fmt: skip


@posix
def test_an_interrupt_leaves_nothing(tmp_path):
    target, spool = tmp_path / "out", tmp_path / "spool"
    target.mkdir()
    spool.mkdir()
    np.save(tmp_path / "v.npy", vectors(5000, 32))
    content = (tmp_path / "v.npy").read_bytes()
    arguments = (
        "whiten",
        "-",
        "-o",
        target / "w.npy",
        "--save-map",
        target / "m",
        "--export",
        f"dense:{target / 'd'}",
        "-T",
        spool,
    )
    process = subprocess.Popen(
        command_line(*arguments), stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(),
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    with process:
        process.stdin.write(content[: len(content) // 2])  # more than a pipe holds: the process is reading
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        error = process.stderr.read().decode()
    assert (process.returncode, error) == (130, "mine: interrupted\n")
    assert list(target.iterdir()) == list(spool.iterdir()) == []


# What is told


def test_the_table_on_standard_error(file):
    _, result = whitened(file, "--dim", "4")
    lines = [line.split() for line in result.err.splitlines()]
    assert lines[0] == ["before", "after"]
    assert lines[1] == ["rows", "400", "400"]
    assert lines[2] == ["dimensions", "16", "4"]
    assert lines[4][:2] == ["effective", "rank"]
    assert lines[4][3] == "4.0"
    assert lines[5] == ["IsoScore", lines[5][1], "1.0000"]
    assert lines[7][-1] == "100.0"
    assert whitened(file, "-q")[1].err == ""


def test_the_table_stands_below_the_progress(file):
    result = mine("whiten", file, "-o", file.with_name("o.npy"), terminals=["stderr"], variables={"TERM": "xterm"})
    assert "writing" in result.err
    assert result.err.rindex("writing") < result.err.index("before")


def test_the_summary(file, tmp_path):
    whitened(file, "--preset", "soft", "--summary-json", tmp_path / "s.json")
    summary = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert summary["version"] == __version__
    assert summary["arguments"][:2] == ["whiten", str(file)]
    assert summary["signature"].startswith(f"hanmine:{__version__}|whiten-fit-apply|dim:128|beta:1|gamma:0.5|")
    assert (summary["options"]["dim"], summary["options"]["gamma"]) == (128, 0.5)
    assert summary["inputs"][0] == {
        "name": str(file), "format": "npy", "rows": 400, "dimensions": 16, "dtype": "float32",
        "bytes": file.stat().st_size,
    }  # fmt: skip
    assert (summary["fit"]["rows"], summary["fit"]["rank"], summary["fit"]["constant_columns"]) == (400, 16, [])
    assert summary["output"] == {
        "rows": 400, "dimensions": 16, "dtype": "float32", "format": "npy", "dropped_rows": [], "notes": [],
    }  # fmt: skip
    assert summary["change"]["before"]["dimensions"] == summary["change"]["after"]["dimensions"] == 16
    assert summary["change"]["advice"]["lines"]
    assert {"fit", "transform", "wall", "cpu"} <= set(summary["timings"])
    assert summary["peak_memory"] > 0


@pytest.mark.parametrize(
    "arguments", [["--dim", "3"], ["--zca"], ["--beta", "0"], ["--gamma", "0.5", "--shrinkage", "0.3"]]
)
def test_the_table_measures_the_output(file, tmp_path, arguments):
    out, _ = whitened(file, *arguments, "--summary-json", tmp_path / "s.json")
    change = json.loads((tmp_path / "s.json").read_text("utf-8"))["change"]
    for side, matrix in (("before", np.load(file)), ("after", out)):
        eigenvalues = naive.vector_spectrum(matrix.astype(np.float64))
        assert change[side]["effective_rank"] == pytest.approx(naive.effective_rank(eigenvalues), rel=1e-4)
        assert change[side]["mean_cosine"] == pytest.approx(
            np.mean(naive.all_cosines(matrix.astype(np.float64))), abs=1e-5
        )
        assert change[side]["top_shares"]["1"] == pytest.approx(eigenvalues[0] / eigenvalues.sum(), rel=1e-4)


def test_the_signature_is_told_with_v(file):
    assert f"mine: hanmine:{__version__}|whiten-fit-apply|" in whitened(file, "-v")[1].err


def test_more_dimensions_than_the_rank(tmp_path):
    x = vectors(50, 8, dtype=np.float64)
    x[:, 7] = x[:, 0] - x[:, 1]
    np.save(tmp_path / "v.npy", x)
    out, result = whitened(tmp_path / "v.npy", "--dim", "8")
    assert out.shape == (50, 7)
    assert "mine: the rank is 7 of 8: kept 7 dimensions, not 8\n" in result.err


def test_constant_columns_are_dropped_and_told(tmp_path):
    x = vectors(50, 8)
    x[:, 2] = 7
    np.save(tmp_path / "v.npy", x)
    out, result = whitened(tmp_path / "v.npy")
    assert out.shape == (50, 7)
    assert "mine: 1 constant column dropped: 2\n" in result.err


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((9, 4)), "all 9 rows are equal"),
        (np.ones((1, 4)), "there is 1 row"),
        (np.empty((0, 4)), "has no rows"),
        (np.full((3, 4), np.nan), "NaN or inf"),
        (np.ones(4), "has shape (4,)"),
    ],
)
def test_what_cannot_be_whitened(tmp_path, matrix, message):
    np.save(tmp_path / "v.npy", matrix)
    result = mine("whiten", tmp_path / "v.npy", "-o", tmp_path / "out.npy")
    assert result.code == 3
    assert message in result.err
    assert result.err.count("\n") == 1
    assert not (tmp_path / "out.npy").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dim", "0"], "--dim '0' is neither full nor a number from 1: write --dim 256"),
        (["--dim", "many"], "--dim 'many' is neither full nor a number from 1: write --dim 256"),
        (["--fit-rows", "-3"], "--fit-rows '-3' is neither all nor a number from 1: write --fit-rows 256"),
        (["--beta", "2"], "Invalid value for '--beta': 2.0 is not in the range 0<=x<=1 (see 'mine whiten --help')"),
        (["--export", "onnx:x"], "--export 'onnx:x' is none of dense:DIR, faiss:FILE and npz:FILE: write one of them"),
        (["--export", "npz:"], "--export 'npz:' is none of dense:DIR, faiss:FILE and npz:FILE: write one of them"),
        (["-f", "csv"], "-f 'csv' is unknown: choose npy, npz, safetensors, parquet, word2vec, word2vec-binary"),
        (
            ["-f", "word2vec-binary", "--dtype", "float16"],
            "--dtype float16: word2vec-binary holds float32 alone: leave --dtype out, or write npy",
        ),
        (["--zca", "--dim", "3"], "zca keeps every dimension, and dim is 3 of 16: leave out one of the two"),
    ],
)
def test_options_that_are_wrong(file, tmp_path, arguments, message):
    result = mine("whiten", file, "-o", tmp_path / "out.npy", *arguments)
    assert (result.code, result.err) == (2, f"mine: error: {message}\n")


def test_missing_files(tmp_path):
    missing = tmp_path / "missing.npy"
    result = mine("whiten", missing, "-o", tmp_path / "out.npy")
    assert (result.code, result.err) == (3, f"mine: error: {missing}: no such file: check the path\n")


def test_the_same_bytes_for_any_number_of_threads(tmp_path):
    np.save(tmp_path / "v.npy", vectors(40000, 6))
    outputs = []
    for threads in (1, 2):
        run = [
            "whiten",
            tmp_path / "v.npy",
            "-q",
            "-j",
            threads,
            "-o",
            tmp_path / "o.npy",
            "--save-map",
            tmp_path / "m",
        ]
        assert mine(*run).code == 0
        outputs.append((tmp_path / "o.npy").read_bytes() + (tmp_path / "m").read_bytes())
    assert outputs[0] == outputs[1]


# The group


def test_a_file_that_is_named_like_a_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open("fit", "wb") as stream:
        np.save(stream, vectors())
    assert mine("whiten", "./fit", "-o", "out.npy").code == 0
    assert mine("whiten", "-o", "other.npy", "fit").code == 0
    assert mine("whiten", "fit", terminals=["stdin"]).err.startswith("Usage: mine whiten fit [OPTIONS] [FILE]...\n")


def test_help_of_the_group_is_that_of_its_own_command():
    result = mine_process("whiten", "--help")
    assert result.code == 0
    assert "--save-map FILE" in result.out
    for name in ("fit", "apply", "merge", "inspect"):
        assert f"\n  {name} " in result.out
    assert mine_process("whiten", "fit", "--help").out.startswith("Usage: mine whiten fit [OPTIONS] [FILE]...\n")


def test_completion():
    def complete(*words):
        variables = {
            "_MINE_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(words),
            "COMP_CWORD": str(len(words) - 1),
        }
        return mine_process(variables=variables).out.split()

    assert complete("mine", "whiten", "in") == ["inspect"]
    assert complete("mine", "whiten", "--preset", "s") == ["soft"]
    assert complete("mine", "whiten", "apply", "--ma") == ["--map"]
    assert complete("mine", "whiten", "v.npy", "in") == []
