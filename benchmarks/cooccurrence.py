"""Which graph of words has the clearest modules: `python benchmarks/cooccurrence.py TITLES.tsv [TEXT]`.

TITLES.tsv holds sentences with their classes, `sentence TAB class` a line. Words are labelled by it: a word that at
least five sentences have, 60 % of them of one class, is of this class. Three tables are printed, of graphs made of

- the titles themselves, with the words that `mine newwords` finds in them;
- TEXT, a large text of any kind, with the most frequent words that are found there (`--words`), followed by its largest
  modules to be read by eye;
- text made by corpora/generate.py with planted topics, with its words and as many again that belong to no topic.

A row is one way to make the graph; modules are those of two levels where nothing else is said. Given are means over
seeds: AMI of modules and labels over the labelled words (a word alone is a module of its own), purity (the share of
labelled words whose class is the most frequent one of their module), AMI of the titles when each takes the module
that its words have most in common with (by the sum of their ln(titles / titles with the word)), the number of modules
of two words and more, the share of words and of flow that the largest has, links, and CPU seconds for links and search.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score

from hanmine import cluster_graph, discover_words
from hanmine.graphs.association import Association
from hanmine.graphs.cooccurrence import CooccurrenceGraph, cooccurrence_graph
from hanmine.graphs.cooccurrence_counts import Window, count_pairs
from hanmine.graphs.cooccurrence_text import FoundWords, Lexicon, find_words
from hanmine.graphs.labels import distinctive_members
from hanmine.infomap import Graph
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.text.options import TextOptions

LEAST_TITLES, LEAST_SHARE = 5, 0.6
HEAD = (
    "| window | weight | discount | least | neighbours | levels | AMI words | purity | AMI titles | modules | "
    "largest, words | largest, flow | links | links CPU s | search CPU s |"
)


@dataclass(frozen=True)
class Way:
    """A way to make the graph and to divide it."""

    window: int | str = "line"
    weight: str = "ppmi"
    discount: float = 1.0
    least: int = 1
    neighbours: int | None = 50
    levels: str = "two"

    def cells(self) -> list[str]:
        discount = f"{self.discount:g}" if self.weight in ("ppmi", "npmi") else ""
        return [str(self.window), self.weight, discount, str(self.least), str(self.neighbours or "all"), self.levels]


DEFAULT = Way()
WAYS = [
    DEFAULT,
    *(replace(DEFAULT, neighbours=most) for most in (10, 20, 30, 100, None)),
    *(replace(DEFAULT, window=window) for window in (2, 5, 10, 20)),
    *(replace(DEFAULT, discount=discount) for discount in (0.0, 0.3, 3.0)),
    *(replace(DEFAULT, least=least) for least in (2, 3, 5)),
    *(replace(DEFAULT, discount=0.0, least=least) for least in (2, 3, 5)),
    *(replace(DEFAULT, weight=weight, neighbours=most) for weight in ("npmi", "g2", "count") for most in (50, 20)),
    replace(DEFAULT, window=5, discount=0.0, least=3),
    replace(DEFAULT, levels="any"),
    replace(DEFAULT, levels="any", neighbours=10),
    replace(DEFAULT, levels="any", neighbours=20),
]


class Titles:
    """Sentences with classes, and what words they have."""

    def __init__(self, path: Path) -> None:
        rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
        self.sentences = [row[0] for row in rows]
        _, self.classes = np.unique([row[1] for row in rows], return_inverse=True)

    def words(self, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """(title, word), each pair once."""
        found = find(words, self.sentences)
        with found.tokens:
            tokens = found.read(0, len(found))
        pairs = np.cumsum(tokens < 0)[tokens >= 0] * len(words) + tokens[tokens >= 0]
        return np.divmod(np.unique(pairs), len(words))


class Judge:
    """Scores modules of words by the classes of titles."""

    def __init__(self, titles: Titles, words: list[str]) -> None:
        self.titles = titles
        self.title, self.word = titles.words(words)
        table = np.zeros((len(words), titles.classes.max() + 1))
        np.add.at(table, (self.word, titles.classes[self.title]), 1)
        frequency = table.sum(1)
        self.labelled = np.flatnonzero((frequency >= LEAST_TITLES) & (table.max(1) >= LEAST_SHARE * frequency))
        self.labels = table[self.labelled].argmax(1)
        self.weight = np.log(len(titles.sentences) / np.maximum(frequency, 1))

    def scores(self, modules: np.ndarray) -> tuple[float, float, float]:
        """AMI of words, purity, AMI of titles."""
        alone = np.bincount(modules)[modules] < 2
        modules = np.where(alone, modules.max() + 1 + np.arange(len(modules)), modules)
        own = modules[self.labelled]
        _, place = np.unique(own, return_inverse=True)
        table = np.zeros((place.max() + 1, self.labels.max() + 1))
        np.add.at(table, (place, self.labels), 1)
        return (
            adjusted_mutual_info_score(self.labels, own),
            table.max(1).sum() / len(own),
            adjusted_mutual_info_score(self.titles.classes, self._of_titles(modules, alone)),
        )

    def _of_titles(self, modules: np.ndarray, alone: np.ndarray) -> np.ndarray:
        """The module of each title; −1 for those without a word that has company."""
        there = ~alone[self.word]
        title, word = self.title[there], self.word[there]
        pairs, place = np.unique(title * (modules.max() + 1) + modules[word], return_inverse=True)
        weight = np.bincount(place, self.weight[word])
        title, module = np.divmod(pairs, modules.max() + 1)
        order = np.lexsort((module, -weight, title))
        first = np.flatnonzero(np.diff(title[order], prepend=-1))
        found = np.full(len(self.titles.sentences), -1)
        found[title[order[first]]] = module[order[first]]
        return found


def find(words: list[str], corpus) -> FoundWords:
    options = TextOptions()
    return find_words(Lexicon(words, options), corpus, options, runner=ThreadRunner(1))


def graph_of(found: FoundWords, words: list[str], way: Way) -> Graph:
    """As `cooccurrence_graph` makes it, of words that are found already."""
    counted = count_pairs(
        found,
        Window.of(way.window),
        lambda partners: Association(partners, way.weight, way.discount, way.least, way.neighbours or 0),
        runner=ThreadRunner(1),
        progress=Progress(),
    )
    links = counted.links
    return Graph.from_links(links.source, links.target, links.weight, size=len(words), names=words, directed=False)


def row_of(found: FoundWords, words: list[str], way: Way, scores, seeds: int) -> str:
    """A row of the table; `scores` is a function of the modules."""
    begin = time.process_time()
    graph = graph_of(found, words, way)
    middle = time.process_time()
    numbers = []
    for seed in range(1, seeds + 1):
        result = cluster_graph(graph, two_level=way.levels == "two", seed=seed, threads=1)
        sizes = np.bincount(result.labels)
        flow = np.bincount(result.labels, result.tree.flow)
        numbers.append([*scores(result.labels), (sizes > 1).sum(), sizes.max() / graph.size, flow.max()])
    search = (time.process_time() - middle) / seeds
    mean = np.mean(numbers, 0)
    cells = [
        *way.cells(), *(f"{value:.3f}" for value in mean[:-3]), f"{mean[-3]:.0f}", f"{mean[-2]:.3f}", f"{mean[-1]:.3f}",
        f"{graph.source.size:,}", f"{middle - begin:.1f}", f"{search:.1f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def table(title: str, found: FoundWords, words: list[str], ways: list[Way], scores, seeds: int, head: str) -> None:
    print(f"\n## {title}\n\n{head}\n{'| --- ' * (head.count('|') - 1)}|")
    for way in ways:
        print(row_of(found, words, way, scores, seeds), flush=True)


def discovered(corpus, limit: int | None) -> list[str]:
    return discover_words(corpus, known="none", limit=limit)["word"].tolist()


def of_titles(path: Path, ways: list[Way], seeds: int) -> None:
    titles = Titles(path)
    words = discovered(titles.sentences, None)
    judge = Judge(titles, words)
    title = f"{len(titles.sentences):,} titles, {len(words):,} words, {len(judge.labelled):,} with a label"
    with (found := find(words, titles.sentences)).tokens:
        table(title, found, words, ways, judge.scores, seeds, HEAD)


def of_text(path: Path, text: Path, limit: int, ways: list[Way], seeds: int) -> None:
    words = discovered(str(text), limit)
    judge = Judge(Titles(path), words)
    begin = time.process_time()
    with (found := find(words, str(text))).tokens:
        used = time.process_time() - begin
        title = f"{text.name}, {len(words):,} words, {len(judge.labelled):,} with a label"
        print(f"\nwords found in {used:.1f} CPU s")
        sparse = [way for way in ways if way.neighbours]  # all links would be tens of millions
        table(title, found, words, sparse, judge.scores, seeds, HEAD)


def of_planted(size: str, topics: int, ways: list[Way], seeds: int) -> None:
    script = Path(__file__).resolve().parent.parent / "corpora" / "generate.py"
    specification = importlib.util.spec_from_file_location("generate", script)
    generate = importlib.util.module_from_spec(specification)
    sys.modules["generate"] = generate
    specification.loader.exec_module(generate)
    with tempfile.TemporaryDirectory() as folder:
        text, listed = Path(folder, "text.txt"), Path(folder, "topics.tsv")
        sample = (script.parent / "sample.txt").read_text("utf-8")
        text.write_bytes(b"".join(generate.generate(generate.parse_size(size), 0, sample, topics, listed)))
        rows = [line.split("\t") for line in listed.read_text("utf-8").splitlines()]
        planted, labels = [row[0] for row in rows], np.array([int(row[1]) for row in rows])
        others = [word for word in discovered(str(text), None) if word not in set(planted)]
        words = planted + others[: len(planted)]

        def scores(modules: np.ndarray) -> list[float]:
            return [adjusted_mutual_info_score(labels, modules[: len(planted)])]

        head = HEAD.replace(" purity | AMI titles |", "")
        with (found := find(words, str(text))).tokens:
            each, rest = len(planted) // topics, len(words) - len(planted)
            title = f"{size} of generated text, {topics} topics of {each} words, {rest:,} other words"
            table(title, found, words, ways, scores, seeds, head)


def modules_to_read(text: Path, limit: int, count: int = 20) -> None:
    """The largest modules of the defaults, by number of words: those with most flow, and the distinctive ones."""
    words = discovered(str(text), limit)
    begin = time.process_time()
    graph = cooccurrence_graph(words, str(text), threads=1)
    middle = time.process_time()
    result = cluster_graph(graph.graph, two_level=True, threads=1)
    used = time.process_time() - middle
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    sizes = np.bincount(result.labels)
    print(
        f"\n{graph.facts['occurrences']:,} words found, {graph.facts['links']:,} links in {middle - begin:.1f} CPU s; "
        f"{(sizes > 1).sum()} modules in {used:.1f} CPU s; peak memory {peak:.0f} MB"
    )
    print("\n| words | flow | most flow | distinctive |\n| --- | --- | --- | --- |")
    for cells in rows_of_modules(graph, result, sizes, count):
        print(f"| {' | '.join(cells)} |")


def rows_of_modules(graph: CooccurrenceGraph, result, sizes: np.ndarray, count: int) -> Iterator[list[str]]:
    flow, names = result.tree.flow, graph.graph.names
    typical = distinctive_members(graph, result.labels, most=10)
    for module in np.argsort(-sizes, kind="stable")[:count].tolist():
        members = np.flatnonzero(result.labels == module)
        central = members[np.argsort(-flow[members], kind="stable")][:10]
        distinctive = " ".join(word for word, _ in typical[module - 1])
        yield [f"{sizes[module]:,}", f"{flow[members].sum():.3f}", " ".join(names[n] for n in central), distinctive]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("titles", type=Path)
    parser.add_argument("text", type=Path, nargs="?")
    parser.add_argument("--words", type=int, default=30_000, help="of TEXT (default 30000)")
    parser.add_argument("--seeds", type=int, default=3, help="of the search (default 3)")
    parser.add_argument("--tables", default="titles,planted,text,modules", help="which to print")
    parser.add_argument("--ways", default=f"0:{len(WAYS)}", help="rows of the tables to print, as FIRST:STOP")
    parser.add_argument("--planted", default="1M:20,4M:20", help="size and number of topics of planted texts")
    given = parser.parse_args()
    tables, ways = given.tables.split(","), WAYS[slice(*map(int, given.ways.split(":")))]
    if "titles" in tables:
        of_titles(given.titles, ways, given.seeds)
    for planted in given.planted.split(",") if "planted" in tables else ():
        size, topics = planted.split(":")
        of_planted(size, int(topics), ways, given.seeds)
    if given.text and "text" in tables:
        of_text(given.titles, given.text, given.words, ways, given.seeds)
    if given.text and "modules" in tables:
        modules_to_read(given.text, given.words)


if __name__ == "__main__":
    main()
