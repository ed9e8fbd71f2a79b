"""Normalised branching-entropy variation: how much like a word every short stretch of text looks.

Magistry and Sagot, "Unsupervized word segmentation: the case for Mandarin Chinese" (ACL 2012). With H→(x) the entropy
of the characters behind x, in bits, VBE→(x) = H→(x) − H→(x without its last character); for a single character the
entropy of all characters is subtracted. VBE← is the same on the other side. nVBE = (VBE − mean) / deviation over the
types (distinct strings) of the same length and side, and the autonomy of x is nVBE→(x) + nVBE←(x).

Every occurrence at the edge of a run has a neighbour of its own, unlike any other: punctuation tells nothing but that
a word may end there. A string that was not seen has H = 0.

The state is the *windows* of the text (`ngrams.windows`): 8 bytes a character, from which all follows, and which can
be merged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from hanmine.errors import UsageError
from hanmine.ngrams.repeats import CountedOnce, find_copies
from hanmine.ngrams.windows import Windows, count_windows
from hanmine.progress import Progress
from hanmine.runners import ThreadRunner
from hanmine.segmentation.branching_tables import LONGEST, BranchingTables, branching_tables
from hanmine.segmentation.kernels import score_words
from hanmine.segmentation.lines import Lines
from hanmine.text.alphabet import SKIP, UNASSIGNED, Alphabet
from hanmine.text.corpus import read_corpus
from hanmine.text.folding import Folding
from hanmine.text.options import TextOptions
from hanmine.text.reader import InputRecord


def branching_statistics(
    source, *, max_length: int = LONGEST, threads: int | None = None, tmpdir=None, progress: Progress | None = None,
    hash_inputs: bool = False, repeats: str = "once", **text_options,
) -> BranchingStatistics:  # fmt: skip
    """Branching-entropy statistics of a corpus.

    Parameters
    ----------
    source : as in `discover_words`: a path, several paths, or an iterable of strings.
    max_length : characters of the longest words, 1..4.
    threads, tmpdir, progress : resources; results do not depend on them.
    hash_inputs : put SHA-256 of the inputs into `inputs`.
    repeats : "once", or "count" for each time that a long stretch occurs, see `hanmine.ngrams.repeats`.
    **text_options : fields of `TextOptions`. Letters and digits are symbols unless `mixed` is "break". Lines that are
        looked up are read in the same spelling.

    Raises
    ------
    UsageError, InputError, DecodingError, OutputError (temporary folder full).
    """
    _check_length(max_length)
    progress, runner = progress or Progress(), ThreadRunner(threads)
    options = TextOptions(**text_options)
    text = read_corpus(source, options, runner=runner, tmpdir=tmpdir, progress=progress, hash_inputs=hash_inputs)
    messages = text.messages()
    with text.ids:
        copies = find_copies(text.ids, runner, progress) if repeats == "once" else ()
        windows = count_windows(CountedOnce(text.ids, copies) if copies else text.ids, runner, progress)
    if copies:
        messages.append(copies.message("--repeats count"))
    return BranchingStatistics(
        windows, text.alphabet, options, int(windows.unigrams.sum()), text.runs, text.inputs, messages, max_length,
        threads, progress,
    )  # fmt: skip


def _check_length(max_length: int) -> None:
    if not 1 <= max_length <= LONGEST:
        raise UsageError(f"words of at most {max_length} characters are out of range: give 1 to {LONGEST}")


@dataclass(eq=False)
class BranchingStatistics:
    """What a corpus says about the edges of short strings.

    Attributes
    ----------
    windows : the counts, see `hanmine.ngrams.windows`; they can be merged.
    alphabet : characters ↔ ids. options : how the text was read.
    characters, runs : symbols of runs that were counted, and runs of the text.
    inputs : what was read. messages : what a user should know about how.
    max_length : characters of the longest words that are scored.
    threads, progress : resources for the tables, which are made when they are first needed.
    """

    windows: Windows
    alphabet: Alphabet
    options: TextOptions
    characters: int
    runs: int
    inputs: list[InputRecord] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    max_length: int = LONGEST
    threads: int | None = None
    progress: Progress = field(default_factory=Progress)

    @cached_property
    def tables(self) -> BranchingTables:
        """Entropies of all n-grams, and the means and deviations of their variation."""
        return branching_tables(self.windows, ThreadRunner(self.threads), self.progress)

    def autonomy(self, text: str) -> np.ndarray:
        """Autonomy of every word of a text: float64[shape=(len(text), max_length)].

        That of text[i:i + l] stands at [i, l - 1]; −inf where the text ends before.
        """
        return self.autonomy_of_lines(Lines.of([text]))

    def autonomy_of_lines(self, lines: Lines) -> np.ndarray:
        """Autonomy of the words of many lines: float64[shape=(characters of all lines, max_length)]."""
        ids, found = self.look_up(lines)
        if found is not None:
            return self.score(lines.offsets, ids, found)
        # Zero-width characters are passed over: a word with some of them scores as the word without.
        kept = ids != SKIP
        before = np.concatenate([[0], np.cumsum(kept)])
        short = self.score(before[lines.offsets], ids[kept], self.match(ids[kept]))
        scores = np.full((len(ids), self.max_length), -np.inf)
        stops = np.repeat(lines.offsets[1:], np.diff(lines.offsets))
        for length in range(1, self.max_length + 1):
            begin = np.flatnonzero(np.arange(len(ids)) + length <= stops)
            size = before[begin + length] - before[begin]
            values = short[np.minimum(before[begin], len(short) - 1), size - 1] if len(short) else np.zeros(len(begin))
            scores[begin, length - 1] = np.where(size > 0, values, 0.0)
        return scores

    def look_up(self, lines: Lines) -> tuple[np.ndarray, np.ndarray | None]:
        """The ids of all characters, uint16, and the rows of the n-grams that begin at each, int32[3, characters].

        Rows are those of orders 2 to 4 in `tables.trie`, −1 for none; n-grams that reach into the next line are among
        them. Zero-width characters have the id `SKIP`, and the rows are None where there are any.
        """
        ids = self._ids(self._spelled(lines))
        return ids, None if (ids == SKIP).any() else self.match(ids)

    def match(self, ids: np.ndarray) -> np.ndarray:
        """Rows of the n-grams of orders 2 to 4 that begin at each of some ids, int32[3, characters]."""
        return self.tables.trie.match(np.concatenate([ids, np.zeros(3, np.uint16)]))

    def score(self, offsets: np.ndarray, ids: np.ndarray, found: np.ndarray) -> np.ndarray:
        """Autonomy of the words of lines that were looked up: float64[shape=(characters, max_length)]."""
        tables = self.tables
        scores = np.empty((len(ids), self.max_length))
        score_words(offsets, ids, found, tables.right, tables.left, tables.means, tables.deviations, scores)
        return scores

    def _spelled(self, lines: Lines) -> np.ndarray:
        """Code points of all characters, converted as the text was that was counted: uint32[characters]. A character
        that several stand for, or that stands for several, stays as it is."""
        if not self.options.t2s and self.options.normalize != "nfkc":
            return lines.codes  # the alphabet knows the rest
        codes, _, source = self._folding.align_lines(lines.codes, lines.offsets)
        if source is None:
            return codes
        alone = np.bincount(source, minlength=len(lines.codes))[source] == 1
        spelled = lines.codes.copy()
        spelled[source[alone]] = codes[alone]
        return spelled

    @cached_property
    def _folding(self) -> Folding:
        return Folding(self.options)

    def _ids(self, codes: np.ndarray) -> np.ndarray:
        """Ids of code points; what the alphabet does not have reads as the boundary, zero-width characters as SKIP."""
        table, extended = self.alphabet.table, self.alphabet.extended
        basic, high = codes < 0x10000, (codes >= 0x20000) & (codes < 0x40000)
        ids = table[np.where(basic, codes, 0)]
        ids[~basic] = 0
        if high.any():
            found = extended[codes[high] - 0x20000]
            ids[high] = np.where(found == UNASSIGNED, 0, found)
        if self.alphabet.skip_selectors:
            ids[(codes >= 0xE0100) & (codes <= 0xE01EF)] = SKIP
        return ids

    def merge(self, other: BranchingStatistics) -> BranchingStatistics:
        """The statistics of both texts together.

        Raises
        ------
        UsageError : the texts were read in different ways.
        """
        from hanmine.segmentation.branching_merge import merged

        return merged(self, other)

    def save(self, path: str | Path) -> None:
        """Write the statistics as .npz; see `hanmine.segmentation.branching_file`."""
        from hanmine.segmentation.branching_file import save_statistics

        save_statistics(self, Path(path))

    @classmethod
    def load(
        cls, path: str | Path, *, max_length: int | None = None, threads: int | None = None,
        progress: Progress | None = None,
    ) -> BranchingStatistics:  # fmt: skip
        """Statistics as `save` wrote them."""
        from hanmine.segmentation.branching_file import load_statistics

        return load_statistics(Path(path), max_length=max_length, threads=threads, progress=progress)
