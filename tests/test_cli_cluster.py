"""`mine cluster` as a shell: formats, what a terminal shows, the options of the infomap tool, signals and errors."""

import csv
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commandline import clean_environment, command_line, heed_interrupts, mine, mine_process
from hanmine import __version__
from hanmine.cli.cluster.options import EFFORTS, FLOW_MODELS, GRAPH_INPUTS
from hanmine.cli.cluster.refused import REFUSED
from hanmine.formats.graphs import CLUSTER_FORMATS
from hanmine.formats.graphs import GRAPH_INPUTS as READ
from hanmine.infomap import cluster_graph, options

CLIQUES, SIZE = 3, 4
LINKS = [(SIZE * clique + u, SIZE * clique + v) for clique in range(CLIQUES) for v in range(SIZE) for u in range(v)] + [
    (0, SIZE),
    (SIZE + 1, 2 * SIZE),
    (2 * SIZE + 1, 1),
]
NAMES = [f"{letter}{number}" for letter in "甲乙丙" for number in range(SIZE)]
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Three cliques in a ring, by numbers from 1 and by names, and a partition that is not the best."""
    (tmp_path / "links.txt").write_text("".join(f"{u + 1} {v + 1}\n" for u, v in LINKS), encoding="utf-8")
    vertices = "".join(f'{node} "{name}"\n' for node, name in enumerate(NAMES, 1))
    edges = "".join(f"{u + 1} {v + 1}\n" for u, v in LINKS)
    (tmp_path / "graph.net").write_text(f"*Vertices {len(NAMES)}\n{vertices}*Edges\n{edges}", encoding="utf-8")
    (tmp_path / "two.clu").write_text("".join(f"{node} {1 + (node > 6)}\n" for node in range(1, 13)), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_a_tree_in_a_pipe(files):
    result = mine("cluster", "graph.net")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[:4] == [f"# hanmine {__version__}", "# mine cluster graph.net", "# trials 1", "# seed 123"]
    assert "# partitioned into 2 levels with 3 top modules" in lines
    rows = [re.fullmatch(r'(\d):(\d) (\S+) "(.+)" (\d+)', line).groups() for line in lines if not line.startswith("#")]
    assert {tuple(sorted(name for module, _, _, name, _ in rows if module == number)) for number in "123"} == {
        tuple(NAMES[start : start + SIZE]) for start in range(0, len(NAMES), SIZE)
    }


def test_every_format_by_option_and_by_extension(files):
    for format in CLUSTER_FORMATS:
        result = mine("cluster", "graph.net", "-f", format)
        assert (result.code, result.err) == (0, "")
        mine("cluster", "graph.net", "-o", f"out.{format}")
        written = (files / f"out.{format}").read_text("utf-8")
        assert written == result.out
        assert NAMES[-1] in written or format in ("clu", "nwk")
    rows = rows_of(mine("cluster", "graph.net", "-f", "tsv").out)
    assert list(rows[0]) == ["node", "name", "module", "path", "flow", "own_share"]
    assert len(rows) == len(NAMES)
    mine("cluster", "graph.net", "-o", "out.ndjson")
    assert json.loads((files / "out.ndjson").read_text("utf-8").splitlines()[0])["module"] == 1
    mine("cluster", "graph.net", "-o", "out.weird")
    assert (files / "out.weird").read_text("utf-8") == mine("cluster", "graph.net").out


def test_the_same_bytes_for_any_number_of_threads_and_any_output(files):
    options = ["cluster", "graph.net", "--num-trials", 4, "--seed", 7]
    one = mine(*options, "-j", 1)
    assert "# mine cluster graph.net --num-trials 4 --seed 7\n" in one.out
    mine(*options, "-j", 3, "-o", "three.tree", "-q")
    assert (files / "three.tree").read_text("utf-8") == one.out


def test_what_a_terminal_shows(files):
    result = mine("cluster", "graph.net", terminals=["stdout"])
    lines = result.out.splitlines()
    assert lines[0].split() == ["module", "nodes", "flow", "exit", "central", "nodes"]
    assert [line.split()[:4] for line in lines[1:4]] == [[str(k), "4", "0.3333", "0.0476"] for k in (1, 2, 3)]
    assert lines[1].endswith("甲0, 甲1, 甲2, 甲3")
    assert re.fullmatch(
        r"codelength \d\.\d{6} bits, \d+\.\d\d % less than \d\.\d{6} without modules; 2 levels, 3 modules; "
        r"12 nodes, 21 links",
        lines[4],
    )
    assert (len(lines), result.err) == (5, "")
    spoken = mine("cluster", "graph.net", "-v", terminals=["stdout"])
    assert spoken.err.splitlines()[-1].startswith(f"mine: hanmine:{__version__}|cluster|nodes:12|links:21|")


def test_many_modules_are_cut_at_a_terminal(files):
    rings = [(3 * k + a, 3 * k + b) for k in range(30) for a, b in ((0, 1), (1, 2), (2, 0))]
    (files / "many.txt").write_text("".join(f"{u} {v}\n" for u, v in rings), encoding="utf-8")
    lines = mine("cluster", "many.txt", terminals=["stdout"]).out.splitlines()
    assert (len(lines), lines[-2]) == (23, "and 10 more modules; -o FILE saves all")


def test_the_summary(files):
    mine("cluster", "graph.net", "-2", "--num-trials", 3, "-o", "out.tree", "--summary-json", "run.json")
    summary = json.loads((files / "run.json").read_text("utf-8"))
    assert (summary["levels"], summary["modules"], len(summary["codelengths"])) == (2, 3, 3)
    assert summary["codelength"] == min(summary["codelengths"])
    (written,) = re.findall(r"# codelength (\S+) bits", (files / "out.tree").read_text("utf-8"))
    assert float(written) == pytest.approx(summary["codelength"], rel=1e-11)
    assert set(summary["timings"]) == {"read", "flow", "search", "search_cpu", "write", "wall", "cpu"}
    assert summary["inputs"] == [
        {"name": "graph.net", "format": "pajek", "bytes": (files / "graph.net").stat().st_size}
    ]
    assert summary["arguments"][:2] == ["cluster", "graph.net"]
    assert summary["options"]["two_level"] is True


def test_memberships(files):
    result = mine("cluster", "graph.net", "-f", "clu", "--memberships", "shares.tsv")
    rows = rows_of((files / "shares.tsv").read_text("utf-8"))
    assert list(rows[0]) == ["node", "name", "module", "share"]
    module = {line.split()[0]: line.split()[1] for line in result.out.splitlines() if line[0] != "#"}
    shares = {}
    for row in rows:
        shares.setdefault(row["node"], []).append((row["module"], float(row["share"])))
    assert {node: found[0][0] for node, found in shares.items()} == module
    assert shares["1"][0][1] == 0.75
    assert sum(share for _, share in shares["1"]) == 1
    assert shares["4"] == [(module["4"], 1)]
    mine("cluster", "links.txt", "-f", "clu", "--memberships", "shares.jsonl")
    first = json.loads((files / "shares.jsonl").read_text("utf-8").splitlines()[0])
    assert first == {"node": 1, "module": module["1"], "share": 0.75}


def test_memberships_of_a_hierarchy_name_paths(files):
    tree = "".join(f'{1 + (k >= 8)}:{1 + k // 4 % 2}:{k % 4 + 1} 0.1 "{k + 1}" {k + 1}\n' for k in range(12))
    (files / "deep.tree").write_text(tree, encoding="utf-8")
    mine("cluster", "links.txt", "-c", "deep.tree", "--no-infomap", "-o", "out.tsv", "--memberships", "shares.csv")
    paths = {row["node"]: row["path"].rpartition(":")[0] for row in rows_of((files / "out.tsv").read_text("utf-8"))}
    rows = list(csv.DictReader((files / "shares.csv").open(encoding="utf-8")))
    assert {row["module"] for row in rows} == set(paths.values())
    assert {row["node"]: row["module"] for row in reversed(rows)} == paths


def test_a_partition_is_evaluated_or_searched_on(files):
    def codelength(*options):
        mine("cluster", "graph.net", "-f", "clu", "--summary-json", "run.json", *options)
        return json.loads((files / "run.json").read_text("utf-8"))["codelength"]

    best = codelength("-o", "best.tree")
    given = codelength("-c", "two.clu", "--no-infomap")
    assert given > best
    assert codelength("--cluster-data", "two.clu", "-N", "1") == pytest.approx(best)
    assert codelength("-c", "best.tree", "--no-infomap") == pytest.approx(best, abs=1e-12)
    result = mine("cluster", "graph.net", "-c", "two.clu", "--no-infomap")
    assert "# mine cluster graph.net --cluster-data two.clu --no-infomap\n# trials 0\n" in result.out
    assert "with 2 top modules" in result.out


def test_options_mean_what_they_mean_in_python(files):
    spelled = {
        "-d": {"directed": True},
        "--directed --to-nodes -p .3": {"directed": True, "to_nodes": True, "teleportation_probability": 0.3},
        "--directed -e": {"directed": True, "recorded_teleportation": True},
        "--flow-model rawdir": {"flow_model": "rawdir"},
        "--markov-time 2 -2 -s 5": {"markov_time": 2, "two_level": True, "seed": 5},
        "--variable-markov-time": {"variable_markov_time": True},
        "--regularized --regularization-strength .5": {"regularized": True, "regularization_strength": 0.5},
        "--preferred-number-of-modules 2": {"preferred_number_of_modules": 2},
        "--preferred-number-of-modules 0": {},
        "--entropy-corrected --entropy-correction-strength 2": {
            "entropy_corrected": True, "entropy_correction_strength": 2,
        },
        "--use-node-weights-as-flow": {"use_node_weights_as_flow": True},
        "--weight-threshold 1.5 --no-self-links": {"weight_threshold": 1.5, "no_self_links": True},
        "--trials 3 --effort thorough": {"trials": 3, "effort": "thorough"},
    }  # fmt: skip
    from hanmine.formats.graphs import read_graph
    from hanmine.infomap import Graph

    text = "".join(f"{u + 1} {v + 1} {1 + (u + v) % 3}\n" for u, v in LINKS) + "1 1 2\n"
    (files / "weighted.txt").write_text(text, encoding="utf-8")
    read = read_graph(["weighted.txt"])
    graph = Graph.from_links(read.source, read.target, read.weight, size=read.size, ids=read.ids)
    for line, keywords in spelled.items():
        mine("cluster", "weighted.txt", *line.split(), "-o", "out.tree", "--summary-json", "run.json")
        summary = json.loads((files / "run.json").read_text("utf-8"))
        expected = cluster_graph(graph, **keywords)
        assert summary["codelength"] == expected.codelength, line
        assert summary["signature"] == expected.summary["signature"], line


def test_names_and_standard_input_and_packed_files(files):
    text = "".join(f"{NAMES[u]}\t{NAMES[v]}\n" for u, v in LINKS).encode()
    (files / "names.tsv.gz").write_bytes(gzip.compress(text))
    packed = mine("cluster", "names.tsv.gz", "-f", "jsonl")
    piped = mine_process("cluster", "-", "-f", "jsonl", input=text, cwd=files)
    assert packed.out == piped.out
    assert {json.loads(line)["name"] for line in piped.out.splitlines()} == set(NAMES)
    half = len(LINKS) // 2
    for name, part in (("one.txt", LINKS[:half]), ("other.txt", LINKS[half:])):
        (files / name).write_text("".join(f"{u + 1} {v + 1}\n" for u, v in part), encoding="utf-8")
    joined = mine("cluster", "one.txt", "other.txt", "-f", "clu")
    assert joined.out.splitlines()[2:] == mine("cluster", "links.txt", "-f", "clu").out.splitlines()[2:]
    partition = (files / "two.clu").read_bytes()
    started = mine_process("cluster", "links.txt", "-c", "-", "--no-infomap", "-f", "clu", input=partition, cwd=files)
    assert "with 2 top modules" in started.out


def test_one_node_and_no_links(files):
    (files / "one.net").write_text('*Vertices 1\n1 "甲"\n', encoding="utf-8")
    result = mine("cluster", "one.net", "-f", "clu")
    assert (result.code, result.out.splitlines()[-1].split()[:2]) == (0, ["1", "1"])
    shown = mine("cluster", "one.net", terminals=["stdout"])
    assert (shown.code, shown.out.splitlines()[1].split()[::2]) == (0, ["1", "0.0000", "甲"])


def test_nodes_without_links_are_alone_in_all_that_is_written(files):
    triangle = '*Vertices 5\n1 "甲"\n2 "乙"\n3 "丙"\n4 "丁"\n5 "戊"\n*Edges\n1 2\n2 3\n3 1\n'
    (files / "one.net").write_text(triangle, encoding="utf-8")
    outputs = ("--memberships", "shares.tsv", "--modules", "modules.tsv", "--summary-json", "run.json")
    assert mine("cluster", "one.net", "-o", "out.tree", *outputs).code == 0
    lines = [line for line in (files / "out.tree").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert [line.split(" ")[0] for line in lines] == ["1:1", "1:2", "1:3", "2:1", "3:1"]
    clu = mine("cluster", "one.net", "-f", "clu").out.splitlines()
    assert [line.split(" ")[1] for line in clu if not line.startswith("#")] == ["1", "1", "1", "2", "3"]
    summary = json.loads((files / "run.json").read_text("utf-8"))
    assert (summary["modules"], summary["codelength"]) == (3, pytest.approx(1.584962500721156))
    shares = rows_of((files / "shares.tsv").read_text("utf-8"))
    assert [(row["name"], row["module"], float(row["share"])) for row in shares[3:]] == [("丁", "2", 1), ("戊", "3", 1)]
    assert [row["nodes"] for row in rows_of((files / "modules.tsv").read_text("utf-8"))] == ["3", "1", "1"]
    compared = mine("eval", "partition", "out.tree", "out.tree", "--graph", "one.net", "-f", "jsonl")
    scores = json.loads(compared.out)
    assert (scores["ami"], scores["modules_a"]) == (1, 3)
    assert scores["codelength_a"] == pytest.approx(summary["codelength"], abs=1e-5)


def test_the_catalogues_are_those_of_the_rooms():
    assert (options.FLOW_MODELS, options.EFFORTS) == (FLOW_MODELS, EFFORTS)
    assert ("auto", *READ, "vectors") == GRAPH_INPUTS


def test_every_option_of_the_infomap_tool_is_known_or_refused(capfd):
    listed = subprocess.run([sys.executable, "-m", "infomap", "-hh"], capture_output=True, text=True, check=True).stdout
    official = set(re.findall(r"^  ?(?:-\S+ )? +(--[a-z-]+)", listed, re.MULTILINE))
    assert len(official) > 60
    mine("cluster", "--help")
    ours = set(re.findall(r"(?<![\w-])--[a-z-]+", capfd.readouterr().out))
    assert official - ours - REFUSED.keys() == set()
    assert not ours & REFUSED.keys()


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        (["--multilayer-relax-rate", "0.2"], "--multilayer-relax-rate"),
        (["--multilayer-relax-rate=0.2"], "--multilayer-relax-rate"),
        (["--converge"], "--converge"),
        (["--matchable-multilayer-ids"], "--matchable-multilayer-ids"),
        (["-FF"], "-F (--fast-hierarchical-solution)"),
        (["-M5"], "-M (--core-loop-limit)"),
        (["-M", "5"], "-M (--core-loop-limit)"),
        (["--include-self-links"], "--include-self-links"),
        (["-0"], "-0 (--no-file-output)"),
    ],
)
def test_refused_by_name(files, arguments, called):
    name = called.split("(")[-1].rstrip(")")
    for line in (["cluster", "links.txt", *arguments], ["cluster", *arguments, "links.txt", "-2"]):
        result = mine(*line)
        assert (result.code, result.out) == (2, "")
        assert result.err == f"mine: error: {called} of the infomap tool is not supported: {REFUSED[name]}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing.txt"], 3, "missing.txt: no such file: check the path"),
        (["links.txt", "."], 3, ".: is a folder: name the file of a graph (the result goes to -o FILE)"),
        (["links.txt", "-o", "links.txt"], 4, "links.txt: is also an input: choose another output file"),
        (["links.txt", "-c", "two.clu", "-o", "two.clu"], 4, "two.clu: is also an input: choose another output file"),
        (["links.txt", "--memberships", "links.txt"], 4, "links.txt: is also an input: choose another output file"),
        (["links.txt", "-o", "a", "--memberships", "a"], 4, "a: is named for two outputs: choose two different files"),
        (
            ["links.txt", "-o", "two.clu", "--no-overwrite"],
            4,
            "two.clu: exists already and --no-overwrite was given: choose another output file",
        ),
        (["-", "-c", "-"], 2, "standard input (-) is named twice: it can be read only once"),
        (
            ["links.txt", "--no-infomap"],
            2,
            "--no-infomap leaves a partition to evaluate: pass --cluster-data FILE, or leave it out",
        ),
        (["links.txt", "-f", "xml"], 2, f"-f 'xml' is unknown: choose {', '.join(CLUSTER_FORMATS)}"),
        (
            ["links.txt", "-f", "undirected"],
            2,
            "-f 'undirected' is a flow model, and -f the format here: pass --flow-model undirected",
        ),
        (
            ["links.txt", "-o", "a.tree.gz"],
            2,
            "-o a.tree.gz: compressed output is not written: leave -o out and pipe into a compressor",
        ),
        (["links.txt", "--bom"], 2, "--bom is for csv, and the format is tree: pass -f csv"),
        (["links.txt", "--memberships", "-"], 2, "--memberships needs a file: standard output is for the modules"),
        (
            ["links.txt", "-d", "--flow-model", "undirected"],
            2,
            "--directed and --flow-model undirected contradict each other: pass one",
        ),
        (["links.txt", "-k"], 2, "Option '-k' requires an argument"),
        (["links.txt", "-p", "1.5"], 2, "--teleportation-probability 1.5 is not between 0 and 1: pass 0.15, say"),
        (["links.txt", "--trials", "0"], 2, "--trials 0 is less than 1: pass 1 or more"),
        (["links.txt", "-N", "2147483647"], 2, "--trials 2147483647 is more than 10,000: pass fewer"),
        (["empty"], 3, "empty: holds no links: write lines of source, target and weight"),
        (["garbage"], 3, "garbage:1: "),
        (["links.txt", "-c", "garbage"], 3, "garbage:1: "),
        (["links.txt", "-c", "other.clu"], 3, "other.clu:2: the graph has no node '99': check both files"),
        (["negative.txt"], 3, "negative.txt:2: "),
        (["links.txt", "-o", "no/where.tree"], 4, "no/where.tree: the folder 'no' does not exist: create it first"),
    ],
)  # fmt: skip
def test_errors(files, arguments, code, message):
    (files / "empty").write_bytes(b"")
    (files / "garbage").write_bytes(bytes(range(256)) * 4)
    (files / "other.clu").write_text("1 1\n99 2\n", encoding="utf-8")
    (files / "negative.txt").write_text("1 2 1\n2 3 -1\n", encoding="utf-8")
    before = sorted(path.name for path in files.iterdir())
    result = mine("cluster", *arguments)
    assert result.code == code, result.err
    assert result.out == ""
    assert result.err.startswith(f"mine: error: {message}")
    assert result.err.count("\n") == 1
    assert sorted(path.name for path in files.iterdir()) == before


def test_the_help_has_headings_and_examples_first(capfd):
    mine("cluster", "--help")
    text = capfd.readouterr().out
    headings = ["Graphs of vectors", "Graphs of words", "Labels", "How --corpus and --text are read", "Flow", "Search"]
    headings = ["  Examples:", "Arguments:", "Options:", *headings, "Output:", "Run:"]
    places = [text.index(f"\n{heading}") for heading in headings]
    assert places == sorted(places)


def test_levels_and_labels_of_a_graph_where_asked_for(files):
    tree = mine("cluster", "graph.net", "--label", 2).out
    assert "# mine cluster graph.net --label 2\n" in tree
    assert re.findall(r"# module \d: (.*)", tree) == ["甲0, 甲1", "乙0, 乙1", "丙0, 丙1"]
    assert "# module 1" not in mine("cluster", "graph.net").out
    assert "# mine cluster graph.net --two-level\n" in mine("cluster", "graph.net", "-2").out
    assert "# mine cluster graph.net --multilevel\n" in mine("cluster", "graph.net", "--multilevel").out


def test_nothing_to_read_is_the_short_help(files):
    result = mine("cluster", terminals=["stdin"])
    assert result.code == 2
    assert result.err.splitlines()[-1] == "More: mine cluster --help"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk(files):
    with Path("/dev/full").open("wb") as full:
        result = mine_process("cluster", "links.txt", stdout=full, cwd=files)
    assert result.code == 4
    assert result.err.startswith("mine: error: standard output: No space left on device")


@posix
def test_interrupted_while_it_searches(files):
    (files / "path.txt").write_text("".join(f"{node} {node + 1}\n" for node in range(3_000)), encoding="utf-8")
    command = command_line("cluster", "path.txt", "--num-trials", 10_000, "-j", 1, "-v", "-o", "out.tree")
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, env=clean_environment(), cwd=files, preexec_fn=heed_interrupts, text=True
    ) as process:
        try:
            while process.stderr.readline() != "mine: search\n":
                pass
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
            assert process.stderr.read() == "mine: interrupted\n"
        finally:
            process.kill()
    assert sorted(path.name for path in files.iterdir()) == ["graph.net", "links.txt", "path.txt", "two.clu"]


@posix
def test_a_closed_pipe(files):
    links = "".join(f"{node} {node + 1}\n" for node in range(30_000))
    (files / "path.txt").write_text(links, encoding="utf-8")
    command = command_line("cluster", "path.txt", "--effort", "fast", "-f", "jsonl")
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(), cwd=files
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == -signal.SIGPIPE


def test_variables_are_options(files, monkeypatch):
    monkeypatch.setenv("MINE_CLUSTER_SEED", "9")
    result = mine("cluster", "links.txt", "-f", "clu")
    assert "# seed 9\n" in result.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "none of the 5 nodes has a link: the modules say nothing"),
        ("*Edges\n1 2\n", "3 of 5 nodes have no links: nothing says where they belong"),
        ("*Edges\n1 2\n2 3\n", None),
    ],
)
def test_a_graph_that_says_little_is_told(tmp_path, text, message):
    path = tmp_path / "graph.net"
    path.write_text('*Vertices 5\n1 "a"\n2 "b"\n3 "c"\n4 "d"\n5 "e"\n' + text, "utf-8")
    done = mine("cluster", path, "-o", tmp_path / "out.tsv")
    assert (done.code, done.err) == (0, f"mine: {message}\n" if message else "")
    assert mine("cluster", path, "-o", tmp_path / "out.tsv", "-q").err == ""
