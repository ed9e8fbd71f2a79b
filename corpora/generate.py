"""Grow the sample to a benchmark corpus of any size: synthetic Chinese text, made for speed tests and for nothing else.

    python corpora/generate.py --bytes 100M --seed 0 > big.txt

The model is small. A text is a sequence of units, drawn independently, with punctuation between some of them:

- *fragments*: substrings of two to six symbols of the sample's clauses, each occurrence equally likely, so that what is
  frequent in the sample (characters, words, collocations) stays frequent;
- *invented words* of one to four characters, drawn by a Zipf–Mandelbrot law from a quarter of a million types. Their
  characters come partly from the sample and partly from the 6,763 characters of GB 2312, so that the alphabet is as
  wide as real text's and the number of distinct n-grams keeps growing with the size.

What it is good for: throughput and memory of counting. What it is not good for: any statement about quality.

`--topics N` plants topics: each line has one, and a share of its units are words of it. The words of all topics go to
`--topics-file`, so that what a program finds in the text can be compared with what was put there. Such words occur
outside their topics, too, as often as the law above has them.

    python corpora/generate.py --bytes 2M --topics 20 --topics-file topics.tsv > planted.txt
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent

INVENTED_TYPES = 1 << 18
INVENTED_SHARE = 0.28
WORD_LENGTHS = (0.05, 0.65, 0.20, 0.10)  # of invented words: one, two, three and four characters
ZIPF_SHIFT = 2.7  # the word of rank r (from 0) is drawn with a weight of 1 / (r + ZIPF_SHIFT)
KNOTS = 1 << 16
UNITS_PER_BATCH = 1 << 17
TOPIC_WORDS = 60  # of each topic, invented words
TOPIC_SHARE = 0.15  # of a line's units
TOPIC_FROM = 200  # the most frequent invented words belong to no topic
MOST_TOPICS = 1000
SEPARATORS = (("", 0.780), ("，", 0.130), ("。", 0.050), ("、", 0.012), ("！", 0.006), ("？", 0.007), ("。\n", 0.015))


class UnitPool:
    """All strings that can be drawn, their UTF-8 bytes one after the other in `data`.

    Unit i is `data[starts[i] : starts[i] + lengths[i]]`.
    Separators come first, then the fragments from `fragments_from` on, then the invented words from `invented_from` on.
    `ranks` [shape=(KNOTS + 1,)] is the inverse of the words' cumulative distribution at the multiples of 1 / KNOTS.
    """

    def __init__(self, sample: str, rng: np.random.Generator) -> None:
        clauses = re.findall(r"[\u3400-\u9fff〇々0-9A-Za-z]+", sample)
        fragments = list(fragments_of(clauses))
        units = [text for text, _ in SEPARATORS] + fragments + invent_words("".join(clauses), rng)
        encoded = [unit.encode() for unit in units]
        self.data = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        self.lengths = np.array([len(unit) for unit in encoded], dtype=np.int64)
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.fragments_from = len(SEPARATORS)
        self.invented_from = self.fragments_from + len(fragments)
        cumulative = np.cumsum(1.0 / (np.arange(INVENTED_TYPES) + ZIPF_SHIFT))
        knots = np.arange(KNOTS + 1) / KNOTS * cumulative[-1]
        self.ranks = np.minimum(np.searchsorted(cumulative, knots), INVENTED_TYPES - 1)
        self.separator_cumulative = np.cumsum([share for _, share in SEPARATORS])

    def text_of(self, unit: int) -> str:
        """The string of a unit."""
        return self.data[self.starts[unit] : self.starts[unit] + self.lengths[unit]].tobytes().decode("utf-8")

    def draw_fragments(self, uniform: np.ndarray) -> np.ndarray:
        """Units for `uniform` numbers in [0, 1): every fragment equally likely."""
        return self.fragments_from + (uniform * (self.invented_from - self.fragments_from)).astype(np.int64)

    def draw_invented(self, uniform: np.ndarray) -> np.ndarray:
        """Units for `uniform` numbers in [0, 1) by the inverse of the distribution, linear between two knots.

        A binary search in the distribution itself would cost more than all the rest of the program.
        """
        scaled = uniform * KNOTS
        knot = scaled.astype(np.int64)
        low = self.ranks[knot]
        return self.invented_from + low + ((scaled - knot) * (self.ranks[knot + 1] - low)).astype(np.int64)


class Topics:
    """Words that belong to topics, `units` [shape=(topics, TOPIC_WORDS)], and what topic each line has.

    The random numbers are its own, so that apart from the words of topics the text is what it is without them.
    """

    def __init__(self, count: int, pool: UnitPool, seed: int) -> None:
        self.rng = np.random.Generator(np.random.PCG64([seed, count]))
        wanted, seen, units = count * TOPIC_WORDS, set(), []
        for unit in range(pool.invented_from + TOPIC_FROM, pool.invented_from + INVENTED_TYPES):
            word = pool.text_of(unit)
            if len(word) > 1 and word not in seen and len(units) < wanted:
                seen.add(word)
                units.append(unit)
        if len(units) < wanted:
            raise ValueError(f"{count} topics need {wanted} words, and there are {len(units)}: ask for fewer")
        self.units = self.rng.permutation(np.array(units, dtype=np.int64)).reshape(count, TOPIC_WORDS)

    def table(self, pool: UnitPool) -> str:
        """A line for each word: word, TAB, topic from 1."""
        rows = ((pool.text_of(unit), topic) for topic, words in enumerate(self.units.tolist(), 1) for unit in words)
        return "".join(f"{word}\t{topic}\n" for word, topic in rows)

    def plant(self, units: np.ndarray, ends_line: np.ndarray) -> np.ndarray:
        """The units of a batch with words of topics among them; `ends_line` says behind which a line ends."""
        line = np.cumsum(ends_line) - ends_line
        topic = self.rng.integers(len(self.units), size=int(line[-1]) + 1)[line]
        planted, word = self.rng.random((2, len(units)))
        # The square leans towards a topic's first words: they are the more frequent ones.
        words = self.units[topic, (word * word * TOPIC_WORDS).astype(np.int64)]
        return np.where(planted < TOPIC_SHARE, words, units)


def fragments_of(clauses: list[str]) -> Iterator[str]:
    """Substrings of two to six symbols, one for every place where one begins; a token such as 5G is not cut inside."""
    for clause in clauses:
        symbols = re.findall(r"[0-9A-Za-z]+|.", clause)
        for start in range(len(symbols) - 1):
            for length in range(2, min(6, len(symbols) - start) + 1):
                yield "".join(symbols[start : start + length])


def invent_words(sample: str, rng: np.random.Generator) -> list[str]:
    """`INVENTED_TYPES` strings of one to four Han characters, the most frequent first."""
    common = np.array(gb2312_characters(0xB0, 0xD7))
    rare = np.array(gb2312_characters(0xD8, 0xF7))
    alphabet = np.concatenate([common[np.argsort(rng.random(len(common)))], rare])
    seen = [character for character in sample if not character.isascii()]
    draws = rng.random((2, INVENTED_TYPES, 4))
    # The cube leans towards the front of the list: characters differ in frequency, and none is out of reach.
    from_alphabet = alphabet[(draws[1] * draws[1] * draws[1] * len(alphabet)).astype(np.int64)]
    from_sample = np.array(seen)[(draws[1] * len(seen)).astype(np.int64)]
    characters = np.where(draws[0] < 0.5, from_sample, from_alphabet)
    lengths = 1 + np.searchsorted(np.cumsum(WORD_LENGTHS)[:-1], rng.random(INVENTED_TYPES), side="right")
    return ["".join(row[:length]) for row, length in zip(characters.tolist(), lengths.tolist(), strict=True)]


def gb2312_characters(first_row: int, last_row: int) -> list[str]:
    """The Han characters in these rows of GB 2312: 0xB0–0xD7 hold the common ones, 0xD8–0xF7 the rare."""
    cells = (bytes((row, cell)) for row in range(first_row, last_row + 1) for cell in range(0xA1, 0xFF))
    return [character for cell in cells if (character := cell.decode("gb2312", errors="ignore"))]


def generate(size: int, seed: int, sample: str, topics: int = 0, topics_file: Path | None = None) -> Iterator[bytes]:
    """Yield UTF-8 text in pieces of a few megabytes, `size` bytes in all; the last byte is a newline.

    The same `seed`, `size`, `sample` and `topics` give the same bytes. A longer text of the same seed begins with the
    shorter one, save for the last few bytes. The words of the topics, if there are any, are written to `topics_file`.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    pool = UnitPool(sample, rng)
    planted = Topics(topics, pool, seed) if topics else None
    if planted and topics_file:
        topics_file.write_text(planted.table(pool), encoding="utf-8")
    left = size
    while left > 0:
        piece = draw_batch(pool, rng, planted)
        if len(piece) >= left:
            piece = cut_to(piece, left)
        left -= len(piece)
        yield piece


def draw_batch(pool: UnitPool, rng: np.random.Generator, topics: Topics | None = None) -> bytes:
    """`UNITS_PER_BATCH` units, each followed by its separator (which may be empty)."""
    kind, fragment_or_word, separator = rng.random((3, UNITS_PER_BATCH))
    chosen = np.empty(2 * UNITS_PER_BATCH, dtype=np.int64)
    chosen[0::2] = np.where(
        kind < INVENTED_SHARE, pool.draw_invented(fragment_or_word), pool.draw_fragments(fragment_or_word)
    )
    # Rounding may leave the last cumulative value just below 1.
    chosen[1::2] = np.minimum(np.searchsorted(pool.separator_cumulative, separator), len(SEPARATORS) - 1)
    if topics:
        chosen[0::2] = topics.plant(chosen[0::2], chosen[1::2] == len(SEPARATORS) - 1)
    lengths = pool.lengths[chosen]
    ends = np.cumsum(lengths)
    # For each byte of the output: its place within its unit, plus the place where that unit begins in the pool.
    positions = np.repeat(pool.starts[chosen] - (ends - lengths), lengths) + np.arange(ends[-1])
    return pool.data[positions].tobytes()


def cut_to(piece: bytes, size: int) -> bytes:
    """The first `size` bytes of `piece` with a newline last; what a cut character leaves is filled with full stops."""
    whole = piece[: size - 1].decode("utf-8", errors="ignore").encode()
    return whole + b"." * (size - 1 - len(whole)) + b"\n"


def parse_size(text: str) -> int:
    """`100M` → 100,000,000: digits with an optional K, M or G (powers of 1000)."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMG]?)", text.strip().upper())
    size = int(float(match[1]) * 1000 ** " KMG".index(match[2] or " ")) if match else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write bytes, or 500K, 100M, 1.5G")
    return size


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Write SYNTHETIC Chinese text to standard output, for speed and memory benchmarks only: phrases of"
        " the sample recombined at random with invented words. It means nothing and shows nothing about quality.",
        epilog="example: python corpora/generate.py --bytes 100M --seed 0 > big.txt",
    )
    parser.add_argument("--bytes", type=parse_size, required=True, metavar="SIZE", help="size to write: 500K, 100M, 1G")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same text (default 0)")
    parser.add_argument(
        "--sample", type=Path, default=HERE / "sample.txt", help="text to learn from (default: sample.txt)"
    )
    parser.add_argument("--topics", type=int, default=0, metavar="N", help="plant so many topics (default 0)")
    parser.add_argument("--topics-file", type=Path, metavar="FILE", help="where to write their words: word, TAB, topic")
    options = parser.parse_args(argv)
    if options.seed < 0:
        parser.error(f"--seed {options.seed}: must not be negative")
    if not 0 <= options.topics <= MOST_TOPICS:
        parser.error(f"--topics {options.topics}: must be from 0 to {MOST_TOPICS}")
    if bool(options.topics) != bool(options.topics_file):
        parser.error("--topics and --topics-file need each other")
    try:
        sample = options.sample.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"generate.py: cannot read {options.sample}: {error}", file=sys.stderr)
        return 3
    try:
        for piece in generate(options.bytes, options.seed, sample, options.topics, options.topics_file):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The reader has seen enough. Without this the interpreter complains once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"generate.py: cannot write: {error.strerror}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
