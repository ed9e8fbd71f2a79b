"""Segmentation beside simple baselines: `python benchmarks/segmentation.py RAW GOLD [RAW GOLD...] --model DIR`.

RAW is a text, GOLD the same text with spaces between words. Statistics are counted over all RAW texts given as one
corpus each together with the texts of --count; so the text that is scored was read, raw, by every row that says so.

"With a probe" is the method combined as the command runs it, models and all; no other row has a probe.

A row is a system: word F on each text (bakeoff: punctuation counts as words), with the weight or threshold found
without gold; "by hand" is the best of a list, chosen with gold. Then passes (rows) and encoder tokens a character,
special ones included, and characters a second of the masking pass. The default scheme and the schemes that need many
rows are told apart: --lines N keeps the latter short. Gap scores are kept in --cache, so that a run can be continued.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from hanmine.errors import UsageError
from hanmine.evaluate.segmentation_baselines import baselines_of
from hanmine.masking import ImpactOptions, beside_statistics, facts_of, gap_scores, load_masked_model, settled
from hanmine.newwords.lexicon import jieba_dictionary
from hanmine.segmentation import Segmentation
from hanmine.segmentation.branching import branching_statistics

WEIGHTS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)
QUANTILES = [f"q.{share}" for share in range(48, 77, 4)]
STATISTICS = {
    "nvbe, plain": {"word_length": "none", "association": 0, "rounds": 0},
    "nvbe, no round": {"rounds": 0},
    "nvbe, one round": {"rounds": 1},
    "nvbe, three rounds": {"rounds": 3},
}
SCHEMES = [
    {"scheme": "grouped"},
    {"scheme": "grouped", "group": 6},
    {"scheme": "pairs"},
    {"scheme": "full"},
    {"scheme": "grouped", "score": "logprob"},
    {"scheme": "pairs", "score": "logprob"},
    {"scheme": "pairs", "score": "dist", "layer": "last", "context": "masked"},
    {"scheme": "grouped", "context": "other"},
]
"""What is measured of each model, the default of masking first; "other" is the context that is not its default."""


class Text:
    """A text with gold: its lines, the ends of words in gold, and its statistics in a file."""

    def __init__(self, raw: Path, gold: Path, counted: list[Path], lines: int | None, folder: Path) -> None:
        self.name = raw.stem
        self.words = [line.split() for line in gold.read_text("utf-8").splitlines()][:lines]
        self.lines = ["".join(words) for words in self.words]
        if self.lines != [line.strip() for line in raw.read_text("utf-8").splitlines()][:lines]:
            raise SystemExit(f"{raw} and {gold} are not the same text")
        self.characters = sum(map(len, self.lines))
        self.offsets = np.cumsum([0, *(max(0, len(line) - 1) for line in self.lines)])
        self.folder = folder
        self.stats = folder / f"{self.name}.stats.npz"
        statistics = branching_statistics([raw, *counted])
        self.counted = statistics.characters
        statistics.save(self.stats)

    def f1(self, lines: Iterable[list[str]]) -> float:
        """F of words."""
        right = words = gold = 0
        for found, true in zip(lines, self.words, strict=True):
            one, other = set(_spans(found)), set(_spans(true))
            right, words, gold = right + len(one & other), words + len(one), gold + len(other)
        return 2 * right / (words + gold)

    def cut(self, flats: list[np.ndarray], **options) -> tuple[float, Segmentation]:
        """F of a segmentation with gap scores, and the run."""
        if flats:
            file = self.folder / f"{self.name}.gaps.npz"
            np.savez(file, scores=np.stack(flats, axis=1), offsets=self.offsets)
            options["gaps"] = file
        if options.get("method") != "masking" or "threshold" not in options:
            options["stats"] = self.stats
        with Segmentation(self.lines, margins=False, **options) as run:
            run.read()
            run.score()
            return self.f1(line.words for line in run.lines()), run


def _spans(words: list[str]) -> Iterator[tuple[int, int]]:
    return pairwise(accumulate((len(word) for word in words), initial=0))


class Gaps:
    """Gap scores of the texts by models, computed once."""

    def __init__(self, cache: Path | None, threads: int | None, precision: str) -> None:
        self.cache, self.threads, self.precision = cache, threads, precision
        self.models: dict = {}

    def model(self, name: str):
        if name not in self.models:
            self.models[name] = load_masked_model(name, threads=self.threads, precision=self.precision)
        return self.models[name]

    def of(self, name: str, text: Text, options: ImpactOptions) -> tuple[np.ndarray, dict]:
        """Flat gap scores, and what they cost."""
        texts = hashlib.sha256("\n".join(text.lines).encode()).hexdigest()
        key = json.dumps([name, self.precision, texts, facts_of(options)], sort_keys=True)
        file = self.cache and self.cache / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.npz"
        if file and file.exists():
            with np.load(file) as kept:
                return kept["scores"], json.loads(str(kept["cost"]))
        model = self.model(name)
        model.counts.clear()
        begin = time.perf_counter()
        found = np.concatenate(gap_scores(model, text.lines, options))
        cost = {name: int(model.counts[name]) for name in ("rows", "tokens")}
        cost |= {"wall": time.perf_counter() - begin, "characters": text.characters}
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(file, scores=found, cost=json.dumps(cost))
        return found, cost


def show(name: str, auto: list[str], hand: list[str], costs: list[dict], read: str) -> None:
    characters = sum(cost["characters"] for cost in costs) or 1
    shown = [f"{sum(cost[what] for cost in costs) / characters:.2f}" if costs else "" for what in ("rows", "tokens")]
    speed = f"{characters / sum(cost['wall'] for cost in costs):,.0f}" if costs else ""
    print("| " + " | ".join([name, *auto, *hand, *shown, speed, read]) + " |", flush=True)


def baselines(texts: list[Text], vocabulary: Path | None) -> None:
    if vocabulary is None:
        words = {line.split()[0] for line in jieba_dictionary().read_text("utf-8").splitlines() if line.strip()}
    else:
        words = {word for line in vocabulary.read_text("utf-8").splitlines() for word in line.split()}
    for name, cut in baselines_of(frozenset(words)).items():
        show(name, [f"{text.f1(map(cut, text.lines)):.4f}" for text in texts], [""] * len(texts), [], "no")
    for name, options in STATISTICS.items():
        scores = [f"{text.cut([], method='nvbe', **options)[0]:.4f}" for text in texts]
        show(name, scores, [""] * len(texts), [], "yes")


def masking_row(name: str, texts: list[Text], flats: list[np.ndarray], costs: list[dict]) -> None:
    auto, hand = [], []
    for text, flat in zip(texts, flats, strict=True):
        auto.append(f"{text.cut([flat], method='masking')[0]:.4f}")
        scores = [(text.cut([flat], method="masking", threshold=share)[0], share) for share in QUANTILES]
        hand.append("{:.4f} ({})".format(*max(scores)))
    show(f"masking, {name}", auto, hand, costs, "yes")


def combined_row(name: str, texts: list[Text], flats: list[list[np.ndarray]], costs: list[dict]) -> None:
    auto, hand = [], []
    for text, several in zip(texts, flats, strict=True):
        score, run = text.cut(several)
        found = [source.weight for source in run.sources]
        auto.append(f"{score:.4f} ({', '.join(f'{weight:g}' for weight in found)})")
        # Of several sources the sum of the weights is tried, in the proportion that was found.
        shares = [weight / (sum(found) or 1.0) for weight in found]
        scores = [(text.cut(several, weights=[weight * share for share in shares])[0], weight) for weight in WEIGHTS]
        hand.append("{:.4f} ({:g})".format(*max(scores)))
    show(f"combined, {name}", auto, hand, costs, "yes")


def probed_row(models: list[str], texts: list[Text], threads: int | None, precision: str) -> None:
    """The method combined with every default."""
    auto, costs = [], []
    for text in texts:
        score, run = text.cut([], models=models, threads=threads, precision=precision)
        summary = run.summary()
        auto.append(f"{score:.4f} ({', '.join(f'{source.weight:g}' for source in run.sources)})")
        cost = {"wall": sum(summary["timings"].get(phase, 0.0) for phase in ("masking", "probe"))}
        for what in ("rows", "tokens"):
            rate = sum(source[f"{what}_per_character"] for source in summary["sources"])
            cost[what] = rate * text.characters
        costs.append(cost | {"characters": text.characters})
    show(f"with a probe, {' + '.join(Path(name).name for name in models)}", auto, [""] * len(texts), costs, "yes")


def schemes_of(model, default_only: bool) -> list[dict]:
    """What is measured of a model: the default of combined first, then that of masking where it is another."""
    score = beside_statistics(ImpactOptions(), model).score
    beside = (
        [] if score == "auto" else [{"score": score}, {"score": score, "group": 6}, {"score": score, "scheme": "pairs"}]
    )
    return beside[:1] + SCHEMES[:1] if default_only else beside + SCHEMES


def options_of(model, scheme: dict) -> ImpactOptions:
    """Settled options of a scheme for a model.

    Raises
    ------
    UsageError : the model lacks what they need.
    """
    given = dict(scheme)
    if given.get("context") == "other":
        given["context"] = "unmasked" if settled(ImpactOptions(), model).context == "masked" else "masked"
    return settled(ImpactOptions(**given), model)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="RAW GOLD")
    parser.add_argument("--model", action="append", default=[], help="a folder, or e5; may be repeated")
    parser.add_argument("--count", action="append", default=[], type=Path, help="raw text that is counted, too")
    parser.add_argument("--vocabulary", type=Path, help="words of the longest match (default: those of jieba)")
    parser.add_argument("--lines", type=int, help="only the first lines of each text")
    parser.add_argument("--default-only", action="store_true", help="only the default scheme of each model")
    parser.add_argument("--cache", type=Path, help="folder in which gap scores are kept")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "int8"))
    parser.add_argument("-j", "--threads", type=int)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        pairs = zip(given.files[::2], given.files[1::2], strict=True)
        texts = [Text(raw, gold, given.count, given.lines, Path(folder)) for raw, gold in pairs]
        table(texts, given)


def table(texts: list[Text], given: argparse.Namespace) -> None:
    """Print the whole table."""
    sizes = ", ".join(f"{text.name}: {len(text.lines):,} lines, {text.characters:,} characters" for text in texts)
    print(f"{sizes}; characters counted: {', '.join(f'{text.counted:,}' for text in texts)}\n")
    names = [text.name for text in texts]
    head = ["system", *names, *(f"{name} by hand" for name in names)]
    head += ["rows a character", "tokens a character", "characters/s", "raw text read"]
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    baselines(texts, given.vocabulary)
    gaps, defaults = Gaps(given.cache, given.threads, given.precision), []
    for model in given.model:
        for number, scheme in enumerate(schemes_of(gaps.model(model), given.default_only)):
            try:
                options = options_of(gaps.model(model), scheme)
            except UsageError as error:
                print(f"| {Path(model).name}, {scheme}: {error} |")
                continue
            found = [gaps.of(model, text, options) for text in texts]
            flats, costs = [scores for scores, _ in found], [cost for _, cost in found]
            facts = [str(value) for name, value in facts_of(options).items() if name != "piece"]
            name = f"{Path(model).name} {' '.join(facts)}"
            masking_row(name, texts, flats, costs)
            combined_row(name, texts, [[flat] for flat in flats], costs)
            if not number:
                defaults.append((Path(model).name, flats))
        probed_row([model], texts, given.threads, given.precision)
    if len(defaults) > 1:
        several = [[flats[k] for _, flats in defaults] for k in range(len(texts))]
        combined_row(" + ".join(name for name, _ in defaults), texts, several, [])
        probed_row(given.model, texts, given.threads, given.precision)


if __name__ == "__main__":
    main()
