"""Segmentation from end to end: read a text, count it, ask the models, calibrate, cut, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from hanmine.errors import UsageError
from hanmine.progress import Progress
from hanmine.provenance import Stopwatch
from hanmine.runners import ThreadRunner
from hanmine.segmentation import report
from hanmine.segmentation.calibrate import (
    Calibration,
    calibrate_threshold,
    calibrate_weights,
    quantile_of_scores,
    sample,
    scale_words,
    score_again,
)
from hanmine.segmentation.combine import CutLines, Cutter, GapSource, ScoredLines
from hanmine.segmentation.gap_sources import load_models, name_of, score_gaps, share_weights, sources_of_files
from hanmine.segmentation.gaps_file import names_of_sources, write_gaps
from hanmine.segmentation.learned_gaps import TOO_SHORT, learned_gaps, probed_models
from hanmine.segmentation.line_spool import LONGEST, LineBlock, LineSpool
from hanmine.segmentation.method import Choice, choose
from hanmine.segmentation.options import SegmentOptions, settle_options, weights_for
from hanmine.segmentation.segmented import Segmented
from hanmine.segmentation.user_words import UserWords
from hanmine.segmentation.word_statistics import word_statistics
from hanmine.text.folding import Folding
from hanmine.text.lines import SentenceReader
from hanmine.text.options import TextOptions
from hanmine.text.sources import STRINGS_NAME, TextsInMemory, corpus_sources, paths_or_texts
from hanmine.text.word_lists import read_words

if TYPE_CHECKING:
    from hanmine.masking import MaskedModel
    from hanmine.ngrams.repeats import Copies
    from hanmine.segmentation.branching import BranchingStatistics
    from hanmine.segmentation.word_scores import WordScores

READING_OPTIONS = ("encoding", "errors", "input_format", "column", "recursive")
SPELLING_OPTIONS = ("normalize", "fold_case", "t2s")


class Segmentation:
    """A segmentation in three steps, `read`, `score` and `lines`; to be used once, as a context.

    Parameters
    ----------
    source : as in `segment`.
    method : "nvbe" (word scores by branching entropy alone), "masking" (gap scores of a model against a threshold),
        "combined" (both in one dynamic program) or "auto", see `hanmine.segmentation.method`.
    models : directories, names in the local Hugging Face cache, or "e5"; several make several sources.
    gaps : files of gap scores made by others, see `hanmine.segmentation.gaps_file`.
    score, layer, distance, scheme, group, context, batch_tokens : see `hanmine.masking.ImpactOptions`.
    backend, precision : see `hanmine.masking.load_masked_model`.
    threshold : of masking: a number, "q.60" (a quantile), or "auto", by which the words agree best with nvbe.
    weights : λ of each source: models, files, the probe; a number, or "auto" (default), found without gold.
    probe : learn from the states of the models where words end, see `hanmine.segmentation.probe`; of combined, None:
        where there are a model and enough text.
    preset : "su2020".
    corpus : files from which word scores are learned instead of the text; corpus_add : files besides the text.
    stats, save_stats : files of statistics, read instead of counting, or written. save_gaps : file of gap scores.
    repeats : "once" (default): of long stretches that occur often, words are learned as of one; "count": as of all.
    rounds : times that the words found score the words anew (default 1; 0 for a text of less than 5,000 characters).
    word_length : mean length of words of ideographs, or "none"; association : weight of mutual information, see
        `hanmine.segmentation.word_scores`.
    digits, latin, dates, punctuation : rules, see `hanmine.segmentation.rules`.
    user_dict : lists of words, see `hanmine.text.word_lists`, that are kept whole wherever they stand.
    normalize, fold_case, t2s : as in `TextOptions`: the spelling in which the text is counted, and in which words of
        `user_dict` are looked for. The words of a line are in its own characters.
    margins : compute the scores of boundaries (default True).
    threads, tmpdir, progress, hash_inputs, stdin : resources; results do not depend on them.
    encoding, errors, input_format, column, recursive : as in `TextOptions`, for files.

    Attributes
    ----------
    choice : the method that is used, and why; known after `read`.
    sources : of gap scores, with their weights; statistics : of words, or None; known after `score`.
    counts : lines, characters and words so far. messages : lines that a user should see.

    Raises
    ------
    UsageError, MissingExtraError, InputError, DecodingError, OutputError (temporary folder full).
    """

    def __init__(
        self, source: Any, *, margins: bool = True, threads: int | None = None, tmpdir: str | Path | None = None,
        progress: Progress | None = None, hash_inputs: bool = False, stdin: BinaryIO | None = None, **options: Any,
    ) -> None:  # fmt: skip
        given = {name: options.pop(name) for name in READING_OPTIONS if name in options}
        spelling = {name: options.pop(name) for name in SPELLING_OPTIONS if name in options}
        self.reading = TextOptions(**given, **spelling)
        self._folding = Folding(self.reading)
        self.options: SegmentOptions = settle_options(**options)
        self.watch, self.runner = Stopwatch(), ThreadRunner(threads)
        self.choice: Choice | None = None
        self.calibration = Calibration()
        self.sources: list[GapSource] = []
        self.statistics: BranchingStatistics | None = None
        self.words: UserWords | None = None
        self.counts = {"lines": 0, "characters": 0, "words": 0}
        self.reader: SentenceReader | None = None
        self._margins, self._tmpdir, self._threads, self._hash_inputs = margins, tmpdir, threads, hash_inputs
        self._progress = progress or Progress()
        self._texts = self._open(source, bool(given), stdin)
        self._models: list[MaskedModel] = []
        self._probed: list[MaskedModel] = []
        self._weights: tuple[float | None, ...] = ()
        self._named: list[str] = []  # sources of gap scores in files
        self._cutter: Cutter | None = None
        self._stack = ExitStack()
        self._spool = self._stack.enter_context(LineSpool(tmpdir))

    def __enter__(self) -> Segmentation:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _open(self, source: Any, reading: bool, stdin: BinaryIO | None) -> SentenceReader | TextsInMemory:
        """The lines of `source`, to be iterated once."""
        paths, texts = paths_or_texts(source, self.reading.column)
        if texts is None:
            paths = [Path(path) for path in paths]
            self.reader = SentenceReader(paths, self.reading, hash_inputs=self._hash_inputs, stdin=stdin)
            return self.reader
        if reading and self.reading != TextOptions(column=self.reading.column):
            raise UsageError("encoding, errors, input_format and recursive are for files: pass paths")
        return TextsInMemory(texts, keep_missing=True)

    def read(self) -> None:
        """Load the models that were named, read the text, and choose the method."""
        options, progress = self.options, self._progress
        self._check_files()
        with self.watch.phase("load"):
            self._models = load_models(options, options.models, self._threads)
        with self.watch.phase("read"):
            progress.phase("reading", None if self.reader is None else self.reader.total_bytes, "B")
            seen = 0
            if self.reader is None:
                for line in self._texts:
                    self._spool.append(line)
            else:
                for piece, continued in self.reader.pieces(LONGEST):
                    self._spool.append_piece(piece, continued=continued)
                    progress.advance(self.reader.bytes_read - seen)
                    seen = self.reader.bytes_read
            self._spool.finish()
        self.counts |= {"lines": self._spool.lines, "characters": self._spool.characters}
        self.choice = choose(options, self._spool.characters)
        if self.choice.method == "nvbe" and options.save_gaps is not None:
            raise UsageError(f"--save-gaps: there are no gap scores ({self.choice.reason}): pass --model or --gaps")
        if self.choice.models != options.models:
            with self.watch.phase("load"):
                self._models = load_models(options, self.choice.models, self._threads)
        names = [*map(name_of, self._models), *self._named]
        if self.choice.method == "combined" and options.may_probe(len(names)):
            self._probed = probed_models(self._models)
        self._weights = weights_for(options.weights, names, probe=bool(self._probed))

    def description(self) -> str:
        """Which method is used, and why; known after `read`."""
        return report.description(self)

    def summary(self) -> dict[str, Any]:
        """Where the words come from, ready for JSON; known when all lines were cut."""
        return report.summary(self)

    def _check_files(self) -> None:
        """Find out before any work that a file is missing or damaged."""
        self._named = [name for path in self.options.gaps for name in names_of_sources(path)]
        corpus_sources([Path(path) for path in self.options.corpus], self.reading.recursive)
        if self.options.user_dict:
            lists = [read_words(path, needed=False) for path in self.options.user_dict]
            self.words = UserWords((word for one in lists for word in one.words), self._folding)

    def score(self) -> None:
        """Count, ask the models, and find weights and threshold."""
        options, choice = self.options, self.choice
        if choice.needs_statistics and options.repeats == "once":
            with self.watch.phase("repeats"):
                self._spool.find_copies(self.runner, self._progress)
        if choice.needs_statistics:
            with self.watch.phase("statistics"):
                self.statistics = word_statistics(
                    options, self._spool, self.reading, threads=self._threads, tmpdir=self._tmpdir,
                    progress=self._progress, hash_inputs=self._hash_inputs,
                )  # fmt: skip
                self.statistics.tables  # noqa: B018 (made here, by one thread, and not by all of the next step)
                if options.save_stats is not None:
                    self.statistics.save(options.save_stats)
        for model in self._models:
            with self.watch.phase("masking"):
                source = score_gaps(
                    model, options.impact, self._spool, self._tmpdir, self._progress,
                    statistics=choice.method == "combined",
                )  # fmt: skip
            self._stack.callback(source.store.close)
            self.sources.append(source)
        share_weights(self.sources)
        for source in sources_of_files(options.gaps, self._spool, self._tmpdir):
            self._stack.callback(source.store.close)
            self.sources.append(source)
        self._save_gaps()
        self._cutter = Cutter(options.rules, self.words, sources=self.sources, masking=choice.method == "masking")
        with self.watch.phase("calibrate"):
            self._calibrate()
        if self._probed:
            self._learn()
        self._cutter.margins = self._margins

    def _save_gaps(self) -> None:
        if self.options.save_gaps is not None:
            stores, shares = zip(*((source.store, source.share) for source in self.sources), strict=True)
            write_gaps(self.options.save_gaps, self._spool, stores, shares)

    def _calibrate(self) -> None:
        """Give the cutter its scores of words, its weights and its threshold."""
        options, cutter = self.options, self._cutter
        weights = self._weights[: len(self.sources)]
        if self.statistics is not None:
            blocks = sample(cutter, self._spool)
            cutter.scores = scale_words(cutter, blocks, self.statistics, gaps=False, **options.word_scores)
            if self.choice.method == "combined":
                self.calibration = calibrate_weights(cutter, blocks, weights)
                cutter.scores = scale_words(cutter, blocks, self.statistics, gaps=True, **options.word_scores)
        if not cutter.masking:
            cutter.scores = score_again(cutter, self._spool, options.rounds_for(self._spool.characters))
            return
        for source, weight in zip(self.sources, weights, strict=True):
            source.weight = 1.0 if weight is None else weight
        if options.threshold.kind == "auto":
            self.calibration = calibrate_threshold(cutter, blocks)
        elif options.threshold.kind == "quantile":
            cutter.threshold = quantile_of_scores(cutter, self._spool, options.threshold.value)
        else:
            cutter.threshold = options.threshold.value

    def _learn(self) -> None:
        """Let a probe of the models learn from the words that are found so far, and weigh what it says of all gaps."""
        with self.watch.phase("probe"):
            source = learned_gaps(
                self._probed, self._cutter, self._spool, self.options.impact, self._tmpdir, self._progress
            )
        if source is None:
            if self.options.probe:
                self.calibration.messages.append(TOO_SHORT)
            return
        self._stack.callback(source.store.close)
        self.sources.append(source)
        self._save_gaps()
        with self.watch.phase("calibrate"):
            self._calibrate()

    @property
    def threshold(self) -> float | None:
        """That of the method masking, known after `score`; None for the others."""
        return self._cutter.threshold if self._cutter is not None and self._cutter.masking else None

    @property
    def copies(self) -> Copies | None:
        """Stretches of the text that were left out of counting, known after `score`."""
        return self._spool.copies

    @property
    def scores(self) -> WordScores | None:
        """The scores of words, known after `score`."""
        return None if self._cutter is None else self._cutter.scores

    def lines(self) -> Iterator[Segmented]:
        """The lines with their words, in the order of the text."""
        for line, _ in self._segmented(_WholeLines(joined=True)):
            yield line

    def pieces(self) -> Iterator[tuple[Segmented, bool]]:
        """The same, but long lines in pieces, as they are held, each with whether its line goes on in the next one.
        Between two pieces a word ends."""
        return self._segmented(_WholeLines(joined=False))

    def _segmented(self, whole: _WholeLines) -> Iterator[tuple[Segmented, bool]]:
        progress = self._progress
        progress.phase("segmenting", self._spool.characters, "characters")
        prepared = ((block, self._cutter.scored(block)) for block in self._spool.blocks())
        for block, found in self.runner.map(self._cut, prepared):
            for line, continued in whole.of(block, found):
                self.counts["words"] += len(line.ends)
                yield line, continued
            progress.advance(block.characters)

    def _cut(self, item: tuple[LineBlock, ScoredLines]) -> tuple[LineBlock, CutLines]:
        block, scored = item
        return block, self._cutter.cut(scored)

    def messages(self) -> list[str]:
        """What a user should know about how the text was read."""
        lines = (self.reader or self._texts).messages()
        if self.words is not None and self.words.parted:
            words = "words hold" if self.words.parted > 1 else "word holds"
            lines.append(f"--user-dict: {self.words.parted:,} {words} white space, which parts words: passed over")
        for model in self._models:
            lines += model.messages()
        if self._spool.copies:
            lines.append(self._spool.copies.message("--repeats count"))
        if self.statistics is not None:
            lines += self.statistics.messages
        return lines + self.calibration.messages

    def inputs(self) -> list[dict[str, Any]]:
        """What was read, for the summary."""
        if self.reader is None:
            return [{"name": STRINGS_NAME, "lines": self._spool.lines}]
        return [asdict(record) for record in self.reader.inputs]


class _WholeLines:
    """Puts the pieces of long lines together again, if they are to be `joined`."""

    def __init__(self, *, joined: bool) -> None:
        self._joined = joined
        self._texts: list[str] = []
        self._ends: list[np.ndarray] = []
        self._margins: list[np.ndarray] = []
        self._length = 0

    def of(self, block: LineBlock, found: CutLines) -> Iterator[tuple[Segmented, bool]]:
        """The lines that end in this block, or its pieces, each with whether its line goes on."""
        places = np.flatnonzero(found.ends)
        stops = np.cumsum([len(piece) for piece in block.pieces])
        lasts = np.searchsorted(places, stops)  # of each piece, the number of ends before the next one
        begin = first = 0
        for piece, continued, stop, last in zip(
            block.pieces, block.continued, stops.tolist(), lasts.tolist(), strict=True
        ):
            here = places[first:last]
            self._texts.append(piece)
            self._ends.append(here + (1 - begin + self._length))
            if found.margins is not None:
                self._margins.append(found.margins[here])
            self._length += len(piece)
            begin, first = stop, last
            if not (continued and self._joined):
                yield self._finished(found.margins is not None), continued

    def _finished(self, margins: bool) -> Segmented:
        single = len(self._texts) == 1
        text = self._texts[0] if single else "".join(self._texts)
        ends = self._ends[0] if single else np.concatenate(self._ends)
        scores = (self._margins[0] if single else np.concatenate(self._margins))[:-1] if margins else None
        self._texts, self._ends, self._margins, self._length = [], [], [], 0
        return Segmented(text, ends, scores)
