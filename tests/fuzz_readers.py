"""What the campaign damages: whole files of every format that is read, and the commands that read them."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
from scipy import sparse

import fuzz_mutations as damage
from commandline import mine

TINY = Path(__file__).parent / "models" / "tiny-mlm"
CORPORA = Path(__file__).parent.parent / "corpora"
THREADS = ("-j", "1")


@dataclass(frozen=True)
class Reader:
    """A kind of input.

    Attributes
    ----------
    name : in the log. files : whole examples, in the folder of the campaign. mutate : how they are damaged.
    commands : argument lists; {} stands for the damaged file, {dir} for its folder, {out} for a file to write.
    companions : a folder whose files lie beside the damaged one.
    """

    name: str
    files: tuple[str, ...]
    mutate: damage.Mutation
    commands: tuple[str, ...]
    companions: str | None = None


def prepare(folder: Path) -> None:
    """Write the whole examples into `folder`, which must be the current one."""
    _texts(folder)
    _vectors(folder)
    _graphs(folder)
    _made_by_commands(folder)
    _models(folder)


def _texts(folder: Path) -> None:
    lines = (CORPORA / "sample.txt").read_text("utf-8").splitlines()[:60]
    (folder / "text.txt").write_text("\n".join(lines) + "\n", "utf-8")
    text = "\n".join(lines[:30]) + "\n"
    for name in ("utf-8", "gb18030", "utf-16", "utf-8-sig", "utf-32", "utf-16-be"):
        (folder / f"{name}.txt").write_bytes(text.encode(name))
    (folder / "big5.txt").write_bytes("這是一個傳統漢字的文件，用來試讀。\n我們沒有別的了。\n".encode("big5") * 20)
    for name, mark in (("csv", ","), ("tsv", "\t")):
        rows = [f'{number}{mark}"{line}"{mark}x' for number, line in enumerate(lines[:20])]
        (folder / f"table.{name}").write_text("\n".join([mark.join(("id", "text", "more")), *rows]) + "\n", "utf-8")
    records = [{"id": number, "text": line, "more": {"a": [1]}} for number, line in enumerate(lines[:20])]
    (folder / "records.jsonl").write_text(
        "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), "utf-8"
    )
    (folder / "records.json").write_text(json.dumps(records, ensure_ascii=False), "utf-8")
    words = ["我们", "没有", "一个", "图书馆", "老人", "时间", "Wi-Fi"]
    (folder / "words.txt").write_text("\n".join(words) + "\n", "utf-8")
    (folder / "jieba.txt").write_text("".join(f"{word} {5 + place} n\n" for place, word in enumerate(words)), "utf-8")
    cut = "\n".join(" ".join(line[at : at + 2] for at in range(0, len(line), 2)) for line in lines[:12]) + "\n"
    (folder / "words.seg").write_text(cut, "utf-8")
    (folder / "gold.seg").write_text(cut, "utf-8")
    neighbours = [(a[:20], b[:20]) for a, b in pairwise(lines) if a and b]
    pairs = "".join(f"{a}\t{b}\t{place % 5}\n" for place, (a, b) in enumerate(neighbours))
    (folder / "pairs.tsv").write_text(pairs, "utf-8")
    (folder / "few.txt").write_text("春风很大\n阳光很好\n图书馆\n", "utf-8")
    (folder / "labels.txt").write_text("".join(f"{row % 3}\n" for row in range(40)), "utf-8")
    (folder / "labels.tsv").write_text(
        "id\tlabel\n" + "".join(f"{row}\t{'abc'[row % 3]}\n" for row in range(40)), "utf-8"
    )
    (folder / "names.txt").write_text("".join(f"名{row}\n" for row in range(40)), "utf-8")
    columns = (("我", 2, "dep"), ("爱", 0, "root"), ("书", 2, "dep"))
    sentence = "".join(
        f"{place}\t{form}\t_\t_\t_\t_\t{head}\t{relation}\t_\tSpaceAfter=No\n"
        for place, (form, head, relation) in enumerate(columns, 1)
    )
    conllu = "".join(f"# sent_id = {place}\n# text = 我爱书\n{sentence}\n" for place in (1, 2, 3))
    (folder / "gold.conllu").write_text(conllu, "utf-8")
    (folder / "trees.conllu").write_text(conllu, "utf-8")
    (folder / "trees.brackets").write_text("((我 爱) 书)\n((我 爱) 书)\n(我 (爱 书))\n", "utf-8")
    trees = {"id": "1", "text": "我爱书", "words": ["我", "爱", "书"], "heads": [2, 0, 2], "brackets": "((我 爱) 书)"}
    (folder / "trees.jsonl").write_text((json.dumps(trees, ensure_ascii=False) + "\n") * 3, "utf-8")


def _vectors(folder: Path) -> None:
    from safetensors.numpy import save_file

    rng = np.random.default_rng(0)
    x = (rng.standard_normal((40, 6)) * [4, 3, 2, 1, 1, 1]).astype(np.float32)
    np.save(folder / "x.npy", x)
    np.save(folder / "half.npy", np.asfortranarray(x.astype(np.float16)))
    np.save(folder / "double.npy", x.astype(">f8"))
    np.save(folder / "whole.npy", np.round(x).astype(np.int32))
    np.savez(folder / "x.npz", a=x, b=np.arange(5))
    np.savez_compressed(folder / "packed.npz", a=x)
    save_file({"a": x, "b": np.arange(5)}, folder / "x.safetensors", {"format": "np"})
    (folder / "x.npy.gz").write_bytes(gzip.compress((folder / "x.npy").read_bytes()))
    for name in ("word2vec", "word2vec-binary", "parquet"):
        suffix = {"word2vec": "vec", "word2vec-binary": "bin", "parquet": "parquet"}[name]
        _run("encode", "text.txt", "--model", TINY, "-o", f"x.{suffix}", "-f", name)


def _graphs(folder: Path) -> None:
    graph = nx.karate_club_graph()
    links = "".join(f"{u} {v} {data['weight']}\n" for u, v, data in graph.edges(data=True))
    (folder / "links.txt").write_text("# karate\n" + links, "utf-8")
    (folder / "links.csv").write_text(
        "source,target,weight\n" + "".join(f"a{u},b{v},1\n" for u, v in graph.edges()), "utf-8"
    )
    (folder / "named.tsv").write_text("".join(f"节点{u}\t节点{v}\t2\n" for u, v in graph.edges()), "utf-8")
    vertices = "".join(f'{node + 1} "n{node}"\n' for node in graph)
    edges = "".join(f"{u + 1} {v + 1} 1\n" for u, v in graph.edges())
    (folder / "graph.net").write_text(f"*Vertices {len(graph)}\n{vertices}*Edges\n{edges}", "utf-8")
    nx.write_graphml(graph, folder / "graph.graphml")
    matrix = nx.to_scipy_sparse_array(graph, format="csr")
    for kind in ("csr", "csc", "coo", "bsr", "dia"):
        sparse.save_npz(folder / f"{kind}.npz", sparse.csr_matrix(matrix).asformat(kind), compressed=kind == "csc")
    np.save(folder / "dense.npy", matrix.toarray())
    source, target = np.array(list(graph.edges())).T
    names = np.array([f"n{node}" for node in graph])
    np.savez(
        folder / "arrays.npz", src=source, dst=target, w=np.ones(len(source)), n=len(graph), directed=False, names=names
    )


def _made_by_commands(folder: Path) -> None:
    for form in ("tree", "clu", "ftree", "tsv", "jsonl", "json", "csv", "gexf", "net"):
        _run("cluster", "links.txt", "-o", f"modules.{form}", *THREADS)
    _run("whiten", "fit", "x.npy", "-o", "map.safetensors", "--gamma", "0.5")
    _run("segment", "text.txt", "--method", "nvbe", "--save-stats", "stats.npz", "-o", "segmented.txt", *THREADS)
    lines = (folder / "text.txt").read_text("utf-8").splitlines()
    offsets = np.cumsum([0, *(max(0, len(line) - 1) for line in lines)])
    scores = np.random.default_rng(5).standard_normal((offsets[-1], 2))
    np.savez(folder / "gaps.npz", scores=scores, offsets=offsets, shares=np.array([1.0, 0.5]))
    np.savez(folder / "gaps1.npz", scores=scores[:, 0].astype(np.float32), offsets=offsets)
    for form in ("tsv", "jsonl", "csv", "json"):
        _run("newwords", "text.txt", "--min-count", "2", "-o", f"found.{form}", *THREADS)
    _run("segment", "text.txt", "--method", "nvbe", "-o", "segmented.jsonl", *THREADS)
    _run("segment", "text.txt", "--method", "nvbe", "-f", "bmes", "-o", "segmented.bmes", *THREADS)


def _models(folder: Path) -> None:
    from tokenizers import BertWordPieceTokenizer

    plain = folder / "plain"
    plain.mkdir()
    for name in ("config.json", "vocab.txt", "model.safetensors"):
        shutil.copyfile(TINY / name, plain / name)
    (plain / "tokenizer_config.json").write_text(
        json.dumps({"do_lower_case": True, "model_max_length": 64, "unk_token": "[UNK]"})
    )
    (plain / "special_tokens_map.json").write_text(json.dumps({"cls_token": "[CLS]", "mask_token": "[MASK]"}))
    sentence = folder / "sentence"
    shutil.copytree(plain, sentence)
    (sentence / "vocab.txt").unlink()
    BertWordPieceTokenizer(str(TINY / "vocab.txt")).save(str(sentence / "tokenizer.json"))
    modules = ("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")
    entries = [
        {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for place, (kind, path) in enumerate(modules)
    ]
    (sentence / "modules.json").write_text(json.dumps(entries))
    (sentence / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64, "do_lower_case": False}))
    (sentence / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "问："}, "default_prompt_name": "query"})
    )
    (sentence / "1_Pooling").mkdir()
    (sentence / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))


def _run(*arguments) -> None:
    done = mine(*arguments, "-q")
    assert done.code == 0, (arguments, done.err)


_TEXT_COMMANDS = ("newwords {} --min-count 2 -o {out}.tsv -j 1", "ngrams show {} -o {out}.tsv -j 1",
                  "segment {} --method nvbe -o {out}.txt -j 1")  # fmt: skip
_TABLE_COMMANDS = tuple(f"{command} --column text" for command in _TEXT_COMMANDS)
_VECTOR_COMMANDS = (
    "whiten fit {} -o {out}.safetensors", "whiten inspect {} -o {out}.json", "similar {} --self -k 2 -o {out}.tsv",
    "cluster {} --input-format vectors -k 3 -o {out}.tsv -j 1", "whiten {} -o {out}.npy --bad drop",
    "whiten apply {} --map map.safetensors -o {out}.npy",
)  # fmt: skip
_GRAPH_COMMANDS = ("cluster {} -o {out}.tree -j 1", "cluster {} -d -o {out}.gexf -j 1", "cluster {} -o {out}.net -j 1")
_PARTITION_COMMANDS = (
    "eval partition {} modules.tree -o {out}.tsv",
    "eval partition modules.tree {} -o {out}.tsv --graph links.txt",
    "cluster links.txt --cluster-data {} -o {out}.tree -j 1",
    "cluster links.txt --cluster-data {} --no-infomap -o {out}.tree -j 1",
    "eval clusters {} labels.tsv -o {out}.tsv",
)
_MODEL_COMMANDS = (
    "encode few.txt --model {dir} -o {out}.npy -j 1",
    "parse few.txt --model {dir} -o {out}.conllu -j 1",
    "segment few.txt --model {dir} -o {out}.txt -j 1",
)
_WORD_COMMANDS = (
    "newwords text.txt --min-count 2 --known {} -o {out}.tsv -j 1",
    "segment text.txt --method nvbe --user-dict {} -o {out}.txt -j 1",
    "cluster --words {} --corpus text.txt -o {out}.tsv -j 1",
    "eval words {} gold.seg -o {out}.tsv",
    "eval segmentation words.seg gold.seg --vocabulary {} --baselines -o {out}.tsv",
)
_SEGMENTED_COMMANDS = ("eval segmentation {} gold.seg -o {out}.tsv", "eval words found.tsv {} -o {out}.tsv",
                       "parse {} --words given --model plain -o {out}.conllu -j 1")  # fmt: skip
_TREE_COMMANDS = (
    "eval parse {} gold.conllu -o {out}.tsv",
    "eval parse trees.conllu {} -o {out}.tsv",
)

# What an option may be given for a number; whoever means a count hears that 1e308 is none.
NUMBERS = ("0", "1", "-1", "2", "0.5", "1e-320", "1e-9", "1e9", "1e308", "-1e308", "nan", "inf", "-inf", "100000000000",
           "9223372036854775808", "", "x")  # fmt: skip
_NUMBER_COMMANDS = (
    "newwords {} --pmi {number} -o {out}.tsv -j 1", "newwords {} --min-entropy {number} -o {out}.tsv -j 1",
    "newwords {} --min-count {number} -o {out}.tsv -j 1", "newwords {} --max-length {number} -o {out}.tsv -j 1",
    "ngrams show {} --min-count {number} -o {out}.tsv -j 1", "ngrams show {} --order {number} -o {out}.tsv -j 1",
    "segment {} --method nvbe --association {number} -o {out}.txt -j 1",
    "segment {} --method nvbe --word-length {number} -o {out}.txt -j 1",
    "segment {} --gaps gaps1.npz --lambda {number} -o {out}.txt -j 1",
    "segment {} --method masking --gaps gaps1.npz --threshold {number} -o {out}.txt -j 1",
    "whiten x.npy --beta {number} --gamma {number} -o {out}.npy", "whiten x.npy --shrinkage {number} -o {out}.npy",
    "whiten x.npy --dim {number} -o {out}.npy", "whiten x.npy --remove-top {number} -o {out}.npy",
    "whiten fit x.npy --fit-rows {number} -o {out}.safetensors",
    "similar x.npy --self -k {number} -o {out}.tsv", "similar x.npy --self --min-similarity {number} -o {out}.tsv",
    "cluster x.npy -k {number} -o {out}.tsv -j 1", "cluster x.npy -k 3 --min-similarity {number} -o {out}.tsv -j 1",
    "cluster links.txt --markov-time {number} -o {out}.tsv -j 1",
    "cluster links.txt -d -p {number} -o {out}.tsv -j 1",
    "cluster links.txt --weight-threshold {number} -o {out}.tsv -j 1",
    "cluster links.txt --regularized --regularization-strength {number} -o {out}.tsv -j 1",
    "cluster links.txt --seed {number} -o {out}.tsv -j 1", "cluster links.txt --preferred-number-of-modules {number} "
    "-o {out}.tsv -j 1",
    "cluster --words words.txt --corpus {} --window {number} -o {out}.tsv -j 1",
    "cluster --words words.txt --corpus {} --min-cooccurrence {number} -o {out}.tsv -j 1",
    "encode few.txt --model plain --max-length {number} -o {out}.npy -j 1",
    "encode few.txt --model plain --batch-tokens {number} -o {out}.npy -j 1",
    "parse few.txt --model plain --max-length {number} -o {out}.conllu -j 1",
    "eval similarity pairs.tsv --model plain --dims {number} --betas {number} -o {out}.tsv -j 1",
    "eval parse trees.conllu gold.conllu --max-words {number} --runs {number} -o {out}.tsv",
)  # fmt: skip

READERS = (
    Reader("numbers of options", ("text.txt",), lambda data, random: data, _NUMBER_COMMANDS),
    Reader("text", ("utf-8.txt", "gb18030.txt", "utf-16.txt", "utf-8-sig.txt", "utf-32.txt", "utf-16-be.txt",
                    "big5.txt"), damage.of_bytes, _TEXT_COMMANDS),
    Reader("packed text", ("utf-8.txt", "gb18030.txt"), damage.packed(damage.of_bytes), _TEXT_COMMANDS),
    Reader("csv, tsv", ("table.csv", "table.tsv"), damage.of_text, _TABLE_COMMANDS),
    Reader("jsonl, json", ("records.jsonl", "records.json"), damage.of_json, _TABLE_COMMANDS),
    Reader("npy", ("x.npy", "half.npy", "double.npy", "whole.npy"), damage.of_npy, _VECTOR_COMMANDS),
    Reader("npz", ("x.npz", "packed.npz"), damage.of_npz, tuple(f"{each} --array a" for each in _VECTOR_COMMANDS)),
    Reader("safetensors", ("x.safetensors",), damage.of_safetensors,
           tuple(f"{each} --array a" for each in _VECTOR_COMMANDS)),
    Reader("word2vec", ("x.vec",), damage.of_text, _VECTOR_COMMANDS[:5]),
    Reader("word2vec binary", ("x.bin",), damage.of_bytes, _VECTOR_COMMANDS[:5]),
    Reader("parquet", ("x.parquet",), damage.of_bytes, _VECTOR_COMMANDS[:5]),
    Reader("packed vectors", ("x.npy",), damage.packed(damage.of_npy), _VECTOR_COMMANDS),
    Reader("links", ("links.txt", "links.csv", "named.tsv"), damage.of_text, _GRAPH_COMMANDS),
    Reader("pajek", ("graph.net", "modules.net"), damage.of_text, _GRAPH_COMMANDS),
    Reader("graphml", ("graph.graphml",), damage.of_text, _GRAPH_COMMANDS),
    Reader("sparse npz", ("csr.npz", "csc.npz", "coo.npz", "bsr.npz", "dia.npz"), damage.of_npz, _GRAPH_COMMANDS),
    Reader("links npz", ("arrays.npz",), damage.of_npz, _GRAPH_COMMANDS),
    Reader("dense npy", ("dense.npy",), damage.of_npy, tuple(f"{each} --input-format npy" for each in _GRAPH_COMMANDS)),
    Reader("partition", ("modules.tree", "modules.clu", "modules.ftree", "modules.tsv", "modules.csv"), damage.of_text,
           _PARTITION_COMMANDS),
    Reader("partition json", ("modules.jsonl", "modules.json"), damage.of_json, _PARTITION_COMMANDS),
    Reader("labels, names, sentences", ("labels.txt", "labels.tsv", "names.txt"), damage.of_text, (
        "eval clusters modules.tsv {} -o {out}.tsv",
        "cluster x.npy --names {} -k 3 -o {out}.tsv -j 1",
        "similar x.npy --self --text {} -o {out}.tsv",
        "cluster x.npy --text {} --label 3 -k 3 -o {out}.jsonl -j 1")),
    Reader("whitening map", ("map.safetensors",), damage.of_safetensors, (
        "whiten apply x.npy --map {} -o {out}.npy", "whiten inspect {} -o {out}.json",
        "whiten merge {} map.safetensors --dim 3 -o {out}.safetensors",
        "whiten merge {} --gamma 1 -o {out}.safetensors --export dense:{out}")),
    Reader("gap scores", ("gaps.npz", "gaps1.npz"), damage.of_npz, (
        "segment text.txt --method masking --gaps {} -o {out}.txt -j 1",
        "segment text.txt --gaps {} -o {out}.txt -j 1")),
    Reader("statistics", ("stats.npz",), damage.of_npz, (
        "segment text.txt --method nvbe --stats {} -o {out}.txt -j 1",
        "parse few.txt --words segment --stats {} --model plain -o {out}.conllu -j 1")),
    *(Reader(f"model: {name}", (f"plain/{name}",), mutation, _MODEL_COMMANDS, "plain") for name, mutation in (
        ("config.json", damage.of_json), ("vocab.txt", damage.of_text), ("tokenizer_config.json", damage.of_json),
        ("special_tokens_map.json", damage.of_json), ("model.safetensors", damage.of_safetensors))),
    *(Reader(f"model: {name}", (f"sentence/{name}",), damage.of_json, _MODEL_COMMANDS[:1], "sentence") for name in (
        "modules.json", "tokenizer.json", "sentence_bert_config.json", "config_sentence_transformers.json",
        "1_Pooling/config.json")),
    Reader("word list", ("words.txt", "jieba.txt", "found.tsv", "found.csv"), damage.of_text, _WORD_COMMANDS),
    Reader("word list json", ("found.jsonl", "found.json"), damage.of_json, _WORD_COMMANDS),
    Reader("segmented", ("words.seg", "segmented.bmes"), damage.of_text, _SEGMENTED_COMMANDS),
    Reader("segmented jsonl", ("segmented.jsonl",), damage.of_json, _SEGMENTED_COMMANDS),
    Reader("trees", ("trees.conllu", "trees.brackets"), damage.of_text, _TREE_COMMANDS),
    Reader("trees jsonl", ("trees.jsonl",), damage.of_json, _TREE_COMMANDS),
    Reader("pairs", ("pairs.tsv",), damage.of_text, ("eval similarity {} --model plain -o {out}.tsv -j 1",)),
)  # fmt: skip
