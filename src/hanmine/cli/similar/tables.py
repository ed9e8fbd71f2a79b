"""What `mine similar` writes: neighbours or pairs as tables, a block at a time, with the sentences joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hanmine.errors import InputError
from hanmine.formats.tables import write_json, write_table

if TYPE_CHECKING:
    import numpy as np

    from hanmine.cli.environment import Environment
    from hanmine.cli.output import OutputPlan
    from hanmine.formats.tables import ByteSink, Table
    from hanmine.formats.vectors import VectorFiles
    from hanmine.progress import Progress
    from hanmine.text.options import TextOptions

ROWS_ON_TERMINAL = 40
_TABLE_ROWS = 1 << 16  # of a table that is written at once


@dataclass(frozen=True)
class Labels:
    """What is joined to rows.

    Attributes
    ----------
    vectors, queries : column name → text of every row of VECTORS and of QUERIES.
    texts : what was read, for the summary.
    """

    vectors: dict[str, np.ndarray]
    queries: dict[str, np.ndarray]
    texts: list[dict[str, Any]]


def read_labels(
    vectors: VectorFiles,
    queries: VectorFiles | None,
    paths: tuple[str | None, str | None],
    options: TextOptions,
    stdin: BinaryIO | None,
    *,
    pairs: bool,
) -> Labels:
    """The words of word2vec files and the sentences of the text files `paths` of VECTORS and QUERIES.

    Raises
    ------
    InputError : a text has not as many lines as its vectors have rows.
    """
    import numpy as np

    texts: list[dict[str, Any]] = []

    def of(files: VectorFiles, path: str | None) -> dict[str, np.ndarray]:
        found = {}
        if files.names is not None:
            found["name"] = np.array(files.names, object)
        if path is not None:
            found["text"] = _sentences(path, files, options, stdin, texts)
        return found

    first = of(vectors, paths[0])
    second = first if queries is None else of(queries, paths[1])
    left = "" if pairs else "neighbour_"
    return Labels(
        {left + name: values for name, values in first.items()},
        {"query_" + name: values for name, values in second.items()},
        texts,
    )


def _sentences(
    path: str, files: VectorFiles, options: TextOptions, stdin: BinaryIO | None, texts: list[dict[str, Any]]
) -> np.ndarray:
    """The sentences of a text as an array of `str`, one for each row of `files`; what was read goes to `texts`."""
    import numpy as np

    from hanmine.text.lines import SentenceReader

    reader = SentenceReader(Path(path), options, stdin=stdin)
    sentences = list(reader)
    texts.extend(asdict(record) for record in reader.inputs)
    if len(sentences) != files.shape[0]:
        read = ", ".join(record.name for record in reader.inputs)
        vectors = ", ".join(described["name"] for described in files.inputs)
        raise InputError(
            f"{read}: has {len(sentences):,} lines, and {vectors} {files.shape[0]:,} rows: "
            "pass the text that was encoded"
        )
    return np.array(sentences, object)


class NeighbourTables:
    """The neighbours of every query as tables.

    Attributes
    ----------
    messages : lines that a user should see.
    """

    def __init__(
        self, base: VectorFiles, queries: VectorFiles | None, labels: Labels, minimum: float | None, *,
        k: int, approximate: bool, threads: int | None, progress: Progress,
    ) -> None:  # fmt: skip
        from hanmine.provenance import Stopwatch
        from hanmine.vectors.neighbours import open_search

        self._watch = Stopwatch()
        self._inputs = [*base.inputs, *(queries.inputs if queries is not None else ())]
        self._labels, self._minimum, self._asked = labels, minimum, k
        with self._watch.phase("prepare"):
            self._search = open_search(
                base if queries is None else queries, None if queries is None else base, k,
                approximate=approximate, threads=threads, progress=progress,
            )  # fmt: skip
        self._itself, self._approximate = queries is None, approximate
        self._written = 0
        self.messages = [self._recall()] if approximate else []

    def _recall(self) -> str:
        search = self._search
        if search.method == "exact":
            return f"recall@{search.k} 1.000: with {search.base.count:,} vectors the exact search was as quick"
        return (
            f"recall@{search.k} {search.recall:.3f}: the share of the true neighbours that was found for a sample of "
            f"{search.sample} queries"
        )

    def tables(self, least: int | None = None) -> Iterator[Table]:
        """The rows in order; with `least` no more queries than give that many rows, if all neighbours are wanted."""
        import numpy as np

        stop = None if least is None or self._minimum is not None else -(-least // max(self._search.k, 1))
        with self._watch.phase("search"):
            for start, indices, similarities in self._search.blocks(stop):
                width = max(indices.shape[1], 1)
                step = max(1, _TABLE_ROWS // width)
                for first in range(0, len(indices), step):
                    part = slice(first, first + step)
                    table = self._table(start + first, indices[part], similarities[part], np)
                    self._written += len(table["query"])
                    yield table

    def _table(self, start: int, indices: np.ndarray, similarities: np.ndarray, np: Any) -> dict[str, np.ndarray]:
        queries, k = indices.shape
        table = {
            "query": np.repeat(np.arange(start, start + queries), k),
            "rank": np.tile(np.arange(1, k + 1), queries),
            "neighbour": indices.ravel(),
            "similarity": similarities.ravel(),
        }
        if self._minimum is not None:
            kept = table["similarity"] >= np.float32(self._minimum)
            table = {name: values[kept] for name, values in table.items()}
        for name, texts in self._labels.queries.items():
            table[name] = texts[table["query"]]
        for name, texts in self._labels.vectors.items():
            table[name] = texts[table["neighbour"]]
        return table

    def what_else(self, shown: int) -> str:
        """What a person who sees the first rows should know."""
        search = self._search
        return f"{search.queries.count:,} queries, the {search.k} nearest of each; shown: the first {shown} rows"

    def summary(self) -> dict[str, Any]:
        """Where the neighbours come from, ready for JSON."""
        search = self._search
        facts = {"rows": search.base.count, "queries": search.queries.count, "dimensions": search.base.dimensions}
        settings = {"k": search.k, "method": search.method}
        if self._minimum is not None:
            settings["min_similarity"] = self._minimum
        found: dict[str, Any] = {"method": search.method, "recall": search.recall}
        if search.method != "exact":
            found |= {"recall_sample": search.sample, "seed": search.seed, "breadth": search.breadth}
        return _summary(
            "similar", self._watch, self._inputs, self._labels.texts, search.runner.threads,
            options={"k": self._asked, "approximate": self._approximate, "min_similarity": self._minimum},
            facts=facts | {"self": self._itself, "k": search.k}, found=found | {"rows_written": self._written},
            signed={**facts, "self": "yes" if self._itself else "no", **settings},
        )  # fmt: skip


class PairTables:
    """The cosine of each row of two matrices, as a table; attributes as in `NeighbourTables`."""

    def __init__(
        self, base: VectorFiles, queries: VectorFiles, labels: Labels, minimum: float | None, *,
        threads: int | None, progress: Progress,
    ) -> None:  # fmt: skip
        from hanmine.provenance import Stopwatch
        from hanmine.runners import ThreadRunner
        from hanmine.vectors.similarity import pair_similarities

        self.messages: list[str] = []
        self._watch, self._threads = Stopwatch(), ThreadRunner(threads).threads
        self._inputs, self._dimensions = [*base.inputs, *queries.inputs], base.shape[1]
        self._labels, self._minimum, self._written = labels, minimum, 0
        with self._watch.phase("compare"):
            self._similarities = pair_similarities(base, queries, threads=threads, progress=progress)

    def tables(self, least: int | None = None) -> Iterator[Table]:
        """The rows in order."""
        import numpy as np

        rows = np.arange(len(self._similarities))
        if self._minimum is not None:
            rows = rows[self._similarities >= np.float32(self._minimum)]
        for start in range(0, max(len(rows), 1), _TABLE_ROWS):
            part = rows[start : start + _TABLE_ROWS]
            table = {"row": part, "similarity": self._similarities[part]}
            for name, texts in (self._labels.vectors | self._labels.queries).items():
                table[name] = texts[part]
            self._written += len(part)
            yield table

    def what_else(self, shown: int) -> str:
        """What a person who sees the first rows should know."""
        mean = float(self._similarities.mean(dtype="float64"))
        return f"{len(self._similarities):,} pairs, mean cosine {mean:.4f}; shown: the first {shown} rows"

    def summary(self) -> dict[str, Any]:
        """Where the similarities come from, ready for JSON."""
        facts = {"rows": len(self._similarities), "dimensions": self._dimensions}
        settings = {"min_similarity": self._minimum} if self._minimum is not None else {}
        return _summary(
            "similar-pairs", self._watch, self._inputs, self._labels.texts, self._threads,
            options={"min_similarity": self._minimum},
            facts=facts,
            found={"mean_similarity": float(self._similarities.mean(dtype="float64")), "rows_written": self._written},
            signed={**facts, **settings},
        )  # fmt: skip


def _summary(
    name: str, watch: Any, inputs: list[dict], texts: list[dict], threads: int, *,
    options: dict, facts: dict, found: dict, signed: dict,
) -> dict[str, Any]:  # fmt: skip
    from hanmine import __version__
    from hanmine.provenance import peak_memory, signature

    return {
        "version": __version__,
        "signature": signature(name, **signed),
        "options": options,
        "definitions": {
            "rows": "counted from 0",
            "similarity": "cosine of two rows, computed in float64; 0 where one is all zeros",
            "ties": "cosines that agree to 12 digits: the smaller row first",
        },
        "inputs": inputs,
        "texts": texts,
        **facts,
        **found,
        "threads": threads,
        "timings": watch.timings(),
        "peak_memory": peak_memory(),
    }


def show_first(run: NeighbourTables | PairTables, environment: Environment) -> None:
    """Print the first rows for a person, and say what there is besides."""
    import numpy as np

    from hanmine.formats.terminal import print_table

    shown: list[Table] = []
    for table in run.tables(ROWS_ON_TERMINAL):
        shown.append(table)
        if sum(len(next(iter(part.values()))) for part in shown) >= ROWS_ON_TERMINAL:
            break
    joined = {name: np.concatenate([part[name] for part in shown])[:ROWS_ON_TERMINAL] for name in shown[0]}
    print_table(environment.stdout, joined, styled=environment.styles_output)
    environment.say(f"{run.what_else(len(joined['similarity']))}; -o FILE saves all")


def write_all(run: NeighbourTables | PairTables, plan: OutputPlan, environment: Environment) -> None:
    """Write all rows in the format of the plan."""
    from hanmine.cli.output import write_output

    write_output(plan, environment, lambda stream: _write(stream, run.tables(), plan))


def _write(stream: ByteSink, tables: Iterator[Table], plan: OutputPlan) -> None:
    """Write tables of the same columns below each other."""
    if plan.format == "json":
        _write_json(stream, tables)
        return
    header, bom = plan.header, plan.bom
    for table in tables:
        write_table(stream, table, plan.format, header=header, bom=bom)
        header = bom = False


def _write_json(stream: ByteSink, tables: Iterator[Table]) -> None:
    """Write one array of the rows of all tables."""
    separator = b"["
    for table in tables:
        written = BytesIO()
        write_json(written, table)
        rows = written.getvalue().removeprefix(b"[").removesuffix(b"\n]\n")
        if rows:
            stream.write(separator + rows)
            separator = b","
    stream.write((b"[" if separator == b"[" else b"") + b"\n]\n")


def finish(run: NeighbourTables | PairTables, plan: OutputPlan, environment: Environment) -> None:
    """Write the summary of the run, and say its size, its time and its signature."""
    from hanmine.cli.output import write_summary_of

    summary = run.summary()
    write_summary_of(plan, environment, summary)
    environment.say_result(f"{summary['rows']:,} rows of {summary['dimensions']} dimensions in "
                           f"{summary['timings']['wall']:.1f} s")  # fmt: skip
    environment.say_result(summary["signature"])
