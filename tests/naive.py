"""Slow, obvious references, written from the definitions. Tests compare every fast path with them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter

import numpy as np

DIGITS = "0123456789"
EDGE = "\n"  # stands for the edge of a run among neighbours

_ZERO_WIDTH = {0xAD, 0x34F, 0x61C, *range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F)}
_ZERO_WIDTH |= {*range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF, *range(0xE0100, 0xE01F0)}
# Of EquivalentUnifiedIdeograph.txt, the lines that are not also compatibility decompositions: some, to compare with.
RADICALS = dict(
    zip("⻥⻓⻋⻔⻚⻛⻜⻢⻦⻨⻰⺁⺇⺕⺝⺼⻀⻊⻱⻲", "鱼长车门页风飞马鸟麦龙厂𠘨𫜹月肉艹𧾷龜亀", strict=True)
)


def is_han(character: str) -> bool:
    """Script=Han, by the character's name."""
    if character in "々〇〻":
        return True
    name = unicodedata.name(character, "")
    return name.startswith(("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "CJK RADICAL", "KANGXI", "HANGZHOU"))


def is_alnum(character: str) -> bool:
    """An ASCII digit or a Latin letter of the basic plane that is not full-width."""
    if character in DIGITS + "ªº":
        return True
    name = unicodedata.name(character, "")
    letter = unicodedata.category(character).startswith("L") and ord(character) < 0xFF00
    return letter and (name.startswith("LATIN ") or character in "KÅ")


SIGNS = ".-_@·・:∶/,&'’+#"
_WIDE_SIGNS = dict(zip("．－＿＠／，＆＋＃", ".-_@/,&+#", strict=True))


def in_token(character: str) -> bool:
    """A letter, a digit, or a sign: in runs, signs stand inside tokens alone."""
    return is_alnum(character) or character in SIGNS


def is_number(word: str) -> bool:
    """Digits, and nothing but signs with them."""
    return all(character in "0123456789" or character in SIGNS for character in word)


def signs_inside(text: str) -> list[bool]:
    """Which characters are signs inside a token, by the table of docs/segment.md; of text that was folded."""
    found = []
    kind = lambda i: "" if not 0 <= i < len(text) or not is_alnum(text[i]) else "9" if text[i] in DIGITS else "a"  # noqa: E731
    for i, sign in enumerate(text):
        before, behind = kind(i - 1), kind(i + 1)
        pair = before + behind
        if sign == "+" and (before == "a" or (text[i - 1 : i] == "+" and kind(i - 2) == "a")):
            inside = True
        elif sign == "#":
            inside = before == "a" and not behind and not kind(i - 2) and not (i > 1 and found[i - 2])
        elif sign == ",":
            inside = before == "9" and [kind(i + k) for k in (1, 2, 3)] == ["9"] * 3 and kind(i + 4) != "9"
        elif pair == "99":
            inside = sign in ".·・:∶/-_@"
        else:
            inside = len(pair) == 2 and sign in ".-_@&'’+"
        found.append(inside and sign in SIGNS)
    return found


def read(
    text: str, normalize: str = "width", mixed: str = "tokens", fold_case: bool = False, signs: bool = False
) -> list[str]:
    """The runs of a text; with `signs` those inside tokens belong to them."""
    text = "".join(folded(text, normalize)) + "\n"
    inside = signs_inside(text) if signs and mixed == "tokens" else [False] * len(text)
    runs, run = [], ""
    for character, sign in zip(text, inside, strict=True):
        if fold_case and is_alnum(character) and is_alnum(character.lower()[0]) and len(character.lower()) == 1:
            character = character.lower()
        if is_han(character) or (is_alnum(character) and mixed != "break") or sign:
            run += character
        else:
            if run:
                runs.append(run)
            run = ""
    return runs


def folded(text: str, normalize: str = "width"):
    """The characters of a text as they are read."""
    for character in text:
        code = ord(character)
        if normalize != "none":
            if code in _ZERO_WIDTH:
                continue
            if 0xFF01 <= code <= 0xFF5E and (is_alnum(chr(code - 0xFEE0)) or character in _WIDE_SIGNS):
                character = chr(code - 0xFEE0)
            elif is_han(character):
                unified = RADICALS.get(character) or unicodedata.normalize("NFKC", character)
                character = unified if len(unified) == 1 else character
        yield character


def occurrences(runs: list[str], word: str) -> list[tuple[str, str]]:
    """(left neighbour, right neighbour) of every occurrence of a word, overlapping ones included."""
    found = []
    for run in runs:
        for i in range(len(run) - len(word) + 1):
            if run[i : i + len(word)] == word:
                left = run[i - 1] if i else EDGE
                right = run[i + len(word)] if i + len(word) < len(run) else EDGE
                found.append((left, right))
    return found


def ngrams(runs: list[str], order: int) -> Counter:
    """Counts of all n-grams of one order."""
    return Counter(run[i : i + order] for run in runs for i in range(len(run) - order + 1))


def neighbours(runs: list[str], order: int) -> tuple[dict[str, Counter], dict[str, Counter]]:
    """For every n-gram of an order its left and its right neighbours."""
    left, right = {}, {}
    for run in runs:
        for i in range(len(run) - order + 1):
            word = run[i : i + order]
            left.setdefault(word, Counter())[run[i - 1] if i else EDGE] += 1
            right.setdefault(word, Counter())[run[i + order] if i + order < len(run) else EDGE] += 1
    return left, right


def entropy(counts: Counter) -> float:
    """Shannon entropy in nats."""
    total = sum(counts.values())
    return -sum(c / total * math.log(c / total) for c in counts.values())


def splits(word: str, mixed: str) -> list[int]:
    """Where a word may be split: with tokens, not between two letters or digits."""
    return [j for j in range(1, len(word)) if not (mixed == "tokens" and in_token(word[j - 1]) and in_token(word[j]))]


def cohesion(word: str, count, total: int, mixed: str = "chars") -> float:
    """Least PMI over the splits, in nats; `count` is a function of a string. Without a split: infinite."""
    values = [math.log(total * count(word) / (count(word[:j]) * count(word[j:]))) for j in splits(word, mixed)]
    return min(values, default=math.inf)


def characters(runs: list[str]) -> int:
    """Characters of all runs; signs inside tokens are none."""
    return sum(character not in SIGNS for run in runs for character in run)


def strong_set(runs: list[str], order: int, min_count: int, pmi, mixed: str) -> set[str]:
    """n-grams of 2..order characters, frequent enough, whose cohesion reaches the threshold of their order."""
    counts = Counter()
    for n in range(1, order + 1):
        counts.update(ngrams(runs, n))
    total = characters(runs)
    strong = set()
    for word, count in counts.items():
        threshold = pmi[min(len(word), len(pmi)) - 1]
        if len(word) >= 2 and count >= min_count and cohesion(word, counts.__getitem__, total, mixed) >= threshold:
            strong.add(word)
    return strong


def cut(run: str, strong: set[str], order: int, mixed: str) -> list[str]:
    """Cut a run between two characters only where no strong n-gram covers both, and never inside a token."""
    pieces, piece = [], run[0]
    for gap in range(1, len(run)):
        covered = any(
            run[start : start + n] in strong
            for n in range(2, order + 1)
            for start in range(max(gap - n + 1, 0), gap)
            if start + n <= len(run) and start < gap < start + n
        )
        inside = mixed == "tokens" and in_token(run[gap - 1]) and in_token(run[gap])
        if covered or inside:
            piece += run[gap]
        else:
            pieces.append(piece)
            piece = run[gap]
    return [*pieces, piece]


def passes(piece: str, strong: set[str], order: int, look_back) -> bool:
    """Look-back: short pieces must be strong, in longer ones every window of n (and n − 1) characters."""
    if len(piece) <= order:
        return piece in strong
    lengths = [order] + ([order - 1] if "n-1" in look_back and order > 2 else [])
    return all(piece[i : i + n] in strong for n in lengths for i in range(len(piece) - n + 1))


def aligned(runs: list[str], word: str, mixed: str) -> list[tuple[str, str]]:
    """Occurrences of a word; with tokens only those that neither begin nor end inside a token."""
    found = occurrences(runs, word)
    if mixed != "tokens":
        return found
    return [
        (left, right)
        for left, right in found
        if not (left != EDGE and in_token(left) and in_token(word[0]))
        and not (right != EDGE and in_token(right) and in_token(word[-1]))
    ]


def copied(symbols: str, length: int = 24, often: int = 5) -> list[bool]:
    """Which symbols stand in copies: in a window of `length` that has `often` equal ones without overlap and is not the
    first of them, where all digits are equal."""
    folded = re.sub("[0-9]", "0", symbols)
    places: dict[str, list[int]] = {}
    for i in range(len(folded) - length + 1):
        places.setdefault(folded[i : i + length], []).append(i)
    marks = [False] * len(symbols)
    for starts in places.values():
        apart: list[int] = []
        for start in starts:
            if not apart or start >= apart[-1] + length:
                apart.append(start)
        if len(apart) >= often:
            for start in starts[1:]:
                marks[start : start + length] = [True] * length
    return marks


def without_copies(runs: list[str]) -> tuple[list[list[bool]], list[str]]:
    """For each run which characters stand in copies, and the runs that are left with boundaries in their place."""
    marks = copied("".join(run + EDGE for run in runs))
    of_runs, left, start = [], [], 0
    for run in runs:
        of_runs.append(marks[start : start + len(run)])
        kept = "".join(EDGE if copy else character for character, copy in zip(run, of_runs[-1], strict=True))
        left += [part for part in kept.split(EDGE) if part]
        start += len(run) + 1
    return of_runs, left


def discover(
    text: str,
    *,
    order: int = 4,
    min_count: int = 5,
    pmi=(0.0, 2.0, 4.0, 6.0),
    look_back=("n",),
    mixed: str = "tokens",
    normalize: str = "width",
    fold_case: bool = False,
    repeats: str = "count",
) -> dict[str, tuple]:
    """Method su: word → (count, pieces, cohesion, left entropy, right entropy)."""
    runs = read(text, normalize, mixed, fold_case, signs=True)
    copies, once = without_copies(runs) if repeats == "once" else ([[False] * len(run) for run in runs], runs)
    total = characters(once)
    strong = strong_set(once, order, min_count, pmi, mixed)
    pieces, counted = Counter(), Counter()
    for run, marks in zip(runs, copies, strict=True):
        start = 0
        for piece in cut(run, strong, order, mixed):
            pieces[piece] += 1
            counted[piece] += not any(marks[start : start + len(piece)])
            start += len(piece)
    count = lambda word: len(occurrences(once, word))  # noqa: E731
    words = {}
    for piece, amount in pieces.items():
        if counted[piece] < min_count or len(piece) < 2 or not passes(piece, strong, order, look_back):
            continue
        if mixed == "tokens" and is_number(piece):
            continue
        held = cohesion(piece, count, total, mixed)
        if math.isinf(held):
            held = cohesion(piece, count, total, "chars")
        seen = aligned(once, piece, mixed)
        left, right = Counter(pair[0] for pair in seen), Counter(pair[1] for pair in seen)
        words[piece] = (len(aligned(runs, piece, mixed)), amount, held, entropy(left), entropy(right))
    return words


def strong_ngrams(text: str, *, min_entropy: float, order=4, min_count=5, pmi=(0.0, 2.0, 4.0, 6.0), mixed="chars"):
    """Method entropy: strong n-grams with enough freedom on both sides."""
    runs = read(text, mixed=mixed, signs=True)
    words = set()
    for word in strong_set(runs, order, min_count, pmi, mixed):
        seen = aligned(runs, word, mixed)
        sides = Counter(pair[0] for pair in seen), Counter(pair[1] for pair in seen)
        if len(seen) >= min_count and min(entropy(side) for side in sides) >= min_entropy:
            words.add(word)
    return words


def known_among(words: list[str], lines: str) -> set[str]:
    """Words with which a line begins."""
    return set(words) & {line.split()[0] for line in lines.splitlines() if line.strip()}


# Measures of vectors and distances of Gaussians, from the formulas of their papers, in float64.


def all_cosines(x):
    """The cosines of all pairs of different rows; zero rows have no direction and are left out."""
    rows = [row / math.sqrt(sum(value * value for value in row)) for row in x if any(row)]
    return [float(a @ b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j]


def vector_spectrum(x):
    """Eigenvalues of the covariance (ddof 1), falling."""
    import numpy as np

    centred = x - x.mean(0)
    return np.maximum(np.linalg.eigvalsh(centred.T @ centred / (len(x) - 1))[::-1], 0)


def effective_rank(eigenvalues):
    """Roy & Vetterli 2007, definition 1: exp of the Shannon entropy of σ / |σ|₁, the covariance being the matrix."""
    total = sum(eigenvalues)
    return math.exp(-sum(value / total * math.log(value / total) for value in eigenvalues if value > 0))


def iso_score(x):
    """Rudman et al. 2022, algorithm 1, step by step: PCA, variances normalised, defect, fraction, score."""
    import numpy as np

    n = x.shape[1]
    reoriented = (x - x.mean(0)) @ np.linalg.eigh(np.cov(x.T))[1]
    diagonal = np.diag(np.cov(reoriented.T))
    normalised = math.sqrt(n) * diagonal / np.linalg.norm(diagonal)
    defect = np.linalg.norm(normalised - np.ones(n)) / math.sqrt(2 * (n - math.sqrt(n)))
    fraction = (n - defect**2 * (n - math.sqrt(n))) ** 2 / n**2
    return (n * fraction - 1) / (n - 1)


def neighbour_entropy(x, k, dimensions):
    """Kozachenko–Leonenko with the k-th neighbour, all distances taken one by one; nats."""
    from scipy.special import digamma

    m = len(x)
    logarithms = []
    for i in range(m):
        distances = sorted(math.dist(x[i], x[j]) for j in range(m) if j != i)
        logarithms.append(math.log(distances[k - 1]))
    ball = math.pi ** (dimensions / 2) / math.gamma(dimensions / 2 + 1)
    return digamma(m) - digamma(k) + math.log(ball) + dimensions * sum(logarithms) / m


def gaussian_kl(mean_a, cov_a, mean_b, cov_b):
    """KL(A‖B) with inverses and determinants as in the formula; nats."""
    import numpy as np

    inverse, shift = np.linalg.inv(cov_b), mean_b - mean_a
    determinants = np.linalg.slogdet(cov_b)[1] - np.linalg.slogdet(cov_a)[1]
    return 0.5 * (np.trace(inverse @ cov_a) + shift @ inverse @ shift - len(mean_a) + determinants)


def gaussian_bhattacharyya(mean_a, cov_a, mean_b, cov_b):
    """⅛ Δᵀ Σ⁻¹ Δ + ½ ln(det Σ / √(det Σ_A det Σ_B)), Σ the mean of the two; nats."""
    import numpy as np

    middle, shift = (cov_a + cov_b) / 2, mean_a - mean_b
    logarithms = [np.linalg.slogdet(matrix)[1] for matrix in (middle, cov_a, cov_b)]
    return shift @ np.linalg.inv(middle) @ shift / 8 + 0.5 * (logarithms[0] - 0.5 * (logarithms[1] + logarithms[2]))


def gaussian_wasserstein(mean_a, cov_a, mean_b, cov_b):
    """The 2-Wasserstein distance by matrix roots, as in the formula."""
    import numpy as np
    from scipy.linalg import sqrtm

    root = sqrtm(cov_a)
    cross = np.real(sqrtm(root @ cov_b @ root))
    squared = np.sum((mean_a - mean_b) ** 2) + np.trace(cov_a + cov_b - 2 * cross)
    return math.sqrt(max(float(np.real(squared)), 0.0))


# Similarity of sentences against gold scores: correlations from their definitions, whitening of one pair at a time.


def average_ranks(values) -> list[float]:
    """Ranks from 1; equal values share the mean of the ranks that they take up."""
    below = [sum(other < value for other in values) for value in values]
    equal = [sum(other == value for other in values) for value in values]
    return [less + (same + 1) / 2 for less, same in zip(below, equal, strict=True)]


def pearson(a, b) -> float:
    """Pearson's r; nan where one side is constant."""
    mean_a, mean_b = math.fsum(a) / len(a), math.fsum(b) / len(b)
    product = math.fsum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    squares = math.fsum((x - mean_a) ** 2 for x in a) * math.fsum((y - mean_b) ** 2 for y in b)
    return product / math.sqrt(squares) if len(set(a)) > 1 and len(set(b)) > 1 else math.nan


def spearman(a, b) -> float:
    """Spearman's ρ: Pearson's r of the ranks."""
    return pearson(average_ranks(a), average_ranks(b))


def whitened_cosines(fit, pairs, beta, gamma, dim):
    """cos of y = (x − βμ)·U·Λ^(−γ/2), cut to `dim` columns, for pairs of vectors; μ and Σ from the rows of `fit`."""
    import numpy as np

    fit = np.asarray(fit, np.float64)
    mean = sum(fit) / len(fit)
    centred = fit - beta * mean
    eigenvalues, vectors = np.linalg.eigh(sum(np.outer(row, row) for row in centred) / (len(fit) - 1))
    order = sorted(range(len(eigenvalues)), key=lambda place: -eigenvalues[place])[:dim]
    cosines = []
    for pair in pairs:
        y, z = (
            [(np.asarray(x, np.float64) - beta * mean) @ vectors[:, j] * eigenvalues[j] ** (-gamma / 2) for j in order]
            for x in pair
        )
        cosines.append(float(np.dot(y, z) / math.sqrt(np.dot(y, y) * np.dot(z, z))))
    return cosines


# Files of vectors


def word2vec_text(data: bytes, dimensions: int) -> tuple[list[str], list[list[float]]]:
    """The words and rows of word2vec text with a header, one line after another."""
    lines = data.decode("utf-8").split("\n")
    rows = int(lines[0].split()[0])
    words, vectors = [], []
    for line in lines[1 : rows + 1]:
        fields = line.split(" ")
        words.append(" ".join(fields[:-dimensions]))
        vectors.append([float(field) for field in fields[-dimensions:]])
    return words, vectors


def word2vec_binary(data: bytes) -> tuple[list[str], list[list[float]]]:
    """The words and rows of a word2vec binary file, byte after byte."""
    import struct

    header, _, rest = data.partition(b"\n")
    rows, dimensions = map(int, header.split())
    words, vectors = [], []
    for _ in range(rows):
        word, _, rest = rest.partition(b" ")
        words.append(word.lstrip(b"\n").decode("utf-8"))
        vectors.append(list(struct.unpack(f"<{dimensions}f", rest[: 4 * dimensions])))
        rest = rest[4 * dimensions :]
    return words, vectors


# Whitening, from the formulas


def whitening_map(x, *, dim=None, beta=1.0, gamma=1.0, zca=False, remove_top=0, shrinkage=0.0):
    """(W, b, eigenvalues, rank) of y = (x − βμ) U Λ^(−γ/2), in float64 and in one go."""
    import numpy as np

    eps = float(np.finfo(x.dtype).eps)  # whose square float16 does not hold
    x = x.astype(np.float64)
    n, d = x.shape
    mean = x.mean(axis=0)
    centred = x - mean
    covariance = (centred.T @ centred + n * (1 - beta) ** 2 * np.outer(mean, mean)) / (n - 1)
    varied = np.flatnonzero((x != x[0]).any(axis=0)) if beta == 1 else np.arange(d)
    values, vectors = np.linalg.eigh(covariance[np.ix_(varied, varied)])
    values, vectors = values[::-1], vectors[:, ::-1]
    noise = eps**2 / 12 * np.mean((x[:, varied] ** 2).sum(axis=1))
    noise = max(noise, 8 * np.sqrt(len(varied)) * 2**-53 * values[0])
    rank = min(int((values > noise).sum()), n - 1 if beta == 1 else n)
    whole = np.zeros((d, len(varied)))
    whole[varied] = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), range(len(varied))])
    if gamma == 0 and beta == 1:  # a rotation can keep the constant columns
        whole = np.hstack([whole, np.eye(d)[:, [i for i in range(d) if i not in varied]]])
    room = whole.shape[1] if gamma == 0 else len(varied) if shrinkage else rank
    kept = slice(remove_top, min(room, remove_top + (dim or d)))
    shrunk = (1 - shrinkage) * values + shrinkage * values.mean()
    scales = np.array([shrunk[i] ** (-gamma / 2) if gamma else 1.0 for i in range(kept.start, kept.stop)])
    matrix = whole[:, kept] * scales
    if zca:
        matrix = matrix @ whole[:, kept].T
    return matrix, -beta * mean @ matrix, np.maximum(np.append(values, np.zeros(d - len(varied))), 0), rank


def whiten(x, **options):
    """y = x W + b, with the mean subtracted first."""
    import numpy as np

    matrix = whitening_map(x, **options)[0]
    return (x.astype(np.float64) - options.get("beta", 1.0) * x.astype(np.float64).mean(axis=0)) @ matrix


# Neighbours and similarity of vectors.


def cosine_of(x, y) -> float:
    """The cosine of two vectors, every sum rounded once; 0 where one is all zeros."""
    x, y = [float(value) for value in x], [float(value) for value in y]
    norms = math.sqrt(math.fsum(a * a for a in x)) * math.sqrt(math.fsum(b * b for b in y))
    return math.fsum(a * b for a, b in zip(x, y, strict=True)) / norms if norms else 0.0


def nearest(queries, base, k: int) -> list[list[tuple[int, float]]]:
    """(index, cosine) of the k nearest rows of `base` to each query; of `queries` without itself where base is None."""
    found = []
    for number, query in enumerate(queries):
        cosines = [(index, cosine_of(query, row)) for index, row in enumerate(queries if base is None else base)]
        if base is None:
            del cosines[number]
        # Cosines that agree to 12 digits are equal: of these the smaller index comes first.
        found.append(sorted(cosines, key=lambda pair: (-round(pair[1] * 2**40), pair[0]))[:k])
    return found


# The map equation


def dense_flow(
    n, links, *, model="undirected", recorded=False, to_nodes=False, alpha=0.15, node_weight=None, regularized=False,
    strength=1.0, self_links=True, own_flow=False, markov_time=1.0, variable=False,
):  # fmt: skip
    """Link flow [n, n], node flow, teleporting flow and where it lands, from the formulas with dense matrices.

    links : (source, target, weight) triples; weight 0 is no link.
    """
    directed = model != "undirected"
    node_weight = np.ones(n) if node_weight is None else np.asarray(node_weight, float)
    weight = np.zeros((n, n))
    for source, target, value in links:
        if source != target or self_links:
            weight[source, target] += value
            if not directed and source != target:
                weight[target, source] += value
    linked = (weight > 0).astype(float)
    nothing = np.zeros(n)
    if not weight.any():
        return weight, nothing, nothing, nothing
    if regularized:
        flow, node, teleport, land = _dense_regularized(n, weight, linked, directed, strength, self_links)
    elif model == "undirected":
        flow = weight / weight.sum()
        node, teleport, land = flow.sum(axis=1), nothing, nothing
    elif model == "directed":
        flow, node, teleport, land = _dense_directed(n, weight, alpha, recorded, to_nodes, node_weight)
    elif model == "precomputed":
        flow, node, teleport, land = weight, node_weight / node_weight.sum(), nothing, nothing
    else:
        flow = weight / weight.sum()
        node, teleport, land = flow.sum(axis=0), nothing, nothing
    if own_flow:
        node = node_weight / node_weight.sum()
    if variable:
        merged = linked if directed else np.triu(linked)
        ends = merged.sum() * 2 - np.trace(merged)
        with np.errstate(divide="ignore"):
            scale = np.log2(node * ends)
        largest = max(1.0, scale.max())
        for source in range(n):
            for target in range(n):
                at_link = scale[source] if directed else max(scale[source], scale[target])
                flow[source, target] *= largest / max(1.0, at_link)
    return flow * markov_time, node, teleport, land


def _stationary(step):
    """The distribution x = x·step of a chain, by its linear equations; `step` [n, n] has rows that sum to 1."""
    n = len(step)
    equations = np.vstack([step.T - np.eye(n), np.ones(n)])
    return np.linalg.lstsq(equations, np.append(np.zeros(n), 1.0), rcond=None)[0]


def _dense_directed(n, weight, alpha, recorded, to_nodes, node_weight):
    out = weight.sum(axis=1)
    land = node_weight if to_nodes else weight.sum(axis=0) if recorded else out
    land = land / land.sum()
    rate = np.where(out > 0, alpha, 1.0)
    step = np.divide(weight, out[:, None], out=np.zeros((n, n)), where=out[:, None] > 0)
    visits = _stationary((1 - rate)[:, None] * step + rate[:, None] * land)
    if recorded:
        return (visits * (1 - rate))[:, None] * step, visits, visits * rate, land
    flow = visits[:, None] * step / (1 - visits[out == 0].sum())
    return flow, flow.sum(axis=0), np.zeros(n), np.zeros(n)


def _dense_regularized(n, weight, linked, directed, strength, self_links):
    out, into = weight.sum(axis=1), weight.sum(axis=0)
    mean = [
        np.divide(total, degree, out=np.full(n, np.inf), where=degree > 0)
        for total, degree in ((out, linked.sum(axis=1)), (into, linked.sum(axis=0)))
    ]
    mean_out, mean_in = (np.where(np.isfinite(one), one, one.min()) for one in mean)
    land = mean_in / mean_in.sum()
    prior = np.outer(mean_out, mean_in) * strength * math.log(n) / (n if self_links else n - 1)
    prior *= linked.sum() / weight.sum()  # over the mean weight of a link
    if not self_links:
        np.fill_diagonal(prior, 0)
    joint = weight + prior
    step = joint / joint.sum(axis=1)[:, None]
    visits = _stationary(step) if directed else joint.sum(axis=1) / joint.sum()
    flow = visits[:, None] * weight / joint.sum(axis=1)[:, None]
    teleport = visits * prior.sum(axis=1) / joint.sum(axis=1)
    if not self_links:
        teleport = teleport / (1 - land)  # what would have landed where it began is not counted as leaving
    return flow, visits, teleport, land


def plogp(x):
    return x * math.log2(x) if x > 0 else 0.0


def tree_codelength(tree, flow, node, teleport, land):
    """Bits per step of a tree of nodes (nested lists of node numbers; a list of numbers alone is a leaf module)."""

    def members(part):
        return [part] if isinstance(part, (int, np.integer)) else [node for child in part for node in members(child)]

    def crossing(part):
        inside = sorted(members(part))
        outside = [node for node in range(len(flow)) if node not in set(inside)]
        exits = flow[np.ix_(inside, outside)].sum() + teleport[inside].sum() * (1 - land[inside].sum())
        enter = flow[np.ix_(outside, inside)].sum() + teleport[outside].sum() * land[inside].sum()
        return enter, exits

    def bits(part, exits):
        if all(isinstance(child, (int, np.integer)) for child in part):
            return plogp(exits + node[part].sum()) - sum(plogp(node[child]) for child in part) - plogp(exits)
        around = [crossing(child) for child in part]
        index = plogp(exits + sum(enter for enter, _ in around)) - sum(plogp(enter) for enter, _ in around)
        return index - plogp(exits) + sum(bits(child, out) for child, (_, out) in zip(part, around, strict=True))

    return bits(tree, 0.0)


def all_partitions(things):
    """Every partition of a list into non-empty lists."""
    if not things:
        yield []
        return
    first, *rest = things
    for smaller in all_partitions(rest):
        yield [[first], *smaller]
        for place in range(len(smaller)):
            yield [*smaller[:place], [first, *smaller[place]], *smaller[place + 1 :]]


def own_share(size, triples, module):
    """What of each node's link flow, given as (one end, other end, flow), stays in its module; 1 without links."""
    inside, total = [0.0] * size, [0.0] * size
    for u, v, flow in triples:
        for node in (u, v):
            total[node] += flow
            inside[node] += flow * (module[u] == module[v])
    return [a / b if b > 0 else 1.0 for a, b in zip(inside, total, strict=True)]


def shortest_two_level(n, flow, node, teleport, land):
    """The codelength of the best partition of all."""
    lengths = [tree_codelength(list(range(n)), flow, node, teleport, land)]
    for parts in all_partitions(list(range(n))):
        if len(parts) > 1:
            lengths.append(tree_codelength(parts, flow, node, teleport, land))
    return min(lengths)


# From the vectors of tokens to one of the sentence


def pooled(pooling: str, layers: list, skip: int = 0) -> list[float]:
    """The vector of a sentence whose tokens have `layers[layer][token]` (layer 0: embeddings), by definition."""

    def mean(rows) -> list[float]:
        return [sum(column) / len(rows) for column in zip(*rows, strict=True)]

    if pooling == "first-last":
        return mean([mean(layers[1]), mean(layers[-1])])
    if pooling.startswith("last-"):
        return mean([mean(layer) for layer in layers[-int(pooling[5:]) :]])
    rows = layers[-1][skip:]
    match pooling:
        case "cls":
            return list(map(float, rows[0]))
        case "lasttoken":
            return list(map(float, rows[-1]))
        case "max":
            return [float(max(column)) for column in zip(*rows, strict=True)]
        case "mean":
            return mean(rows)
        case "mean_sqrt_len_tokens":
            return [sum(column) / math.sqrt(len(rows)) for column in zip(*rows, strict=True)]
        case "weightedmean":
            weights = range(skip + 1, skip + 1 + len(rows))
            return [
                sum(w * x for w, x in zip(weights, column, strict=True)) / sum(weights)
                for column in zip(*rows, strict=True)
            ]
    raise ValueError(pooling)


# Graphs in files.


def link_list(text: str) -> list[tuple[int, int, float]]:
    """The links of a link list between numbered nodes."""
    found = []
    for line in text.splitlines():
        fields = line.split()
        if fields and not fields[0].startswith("#"):
            found.append((int(fields[0]), int(fields[1]), float(fields[2]) if len(fields) > 2 else 1.0))
    return found


def links_between_children(paths, source, target, forth, back, directed: bool) -> dict[tuple, float]:
    """Flow between the children of the lowest module that both ends of a link are in."""
    found: dict[tuple, float] = {}
    for u, v, there, here in zip(source, target, forth, back, strict=True):
        if u == v:
            continue
        depth = 0
        while paths[u][depth] == paths[v][depth]:
            depth += 1
        for a, b, flow in ((u, v, there), (v, u, here)):
            one, other = paths[a][depth], paths[b][depth]
            if not directed:
                one, other = min(one, other), max(one, other)
            if flow > 0:
                key = (paths[u][:depth], one, other)
                found[key] = found.get(key, 0.0) + flow
    return found


# Partitions against each other.


def entropy_of_labels(labels) -> float:
    """Nats of the distribution of labels."""
    counts = Counter(labels)
    return -math.fsum(count / len(labels) * math.log(count / len(labels)) for count in counts.values())


def mutual_information_of_labels(a, b) -> float:
    """Nats: sum of P(i, j) ln (P(i, j) / (P(i) P(j)))."""
    n, sizes_a, sizes_b = len(a), Counter(a), Counter(b)
    return math.fsum(
        count / n * math.log(count * n / (sizes_a[i] * sizes_b[j]))
        for (i, j), count in Counter(zip(a, b, strict=True)).items()
    )


def expected_mutual_information_of_labels(a, b) -> float:
    """The mean over all ways to deal nodes to modules of the same sizes: their overlaps are hypergeometric."""
    n, terms = len(a), []
    for size_a in Counter(a).values():
        for size_b in Counter(b).values():
            for k in range(max(1, size_a + size_b - n), min(size_a, size_b) + 1):
                chance = math.comb(size_a, k) * math.comb(n - size_a, size_b - k) / math.comb(n, size_b)
                terms.append(chance * k / n * math.log(n * k / (size_a * size_b)))
    return math.fsum(terms)


def rand_index_of_labels(a, b) -> float:
    """The adjusted Rand index, by looking at all pairs of nodes."""
    pairs = [(u, v) for v in range(len(a)) for u in range(v)]
    together_a = sum(a[u] == a[v] for u, v in pairs)
    together_b = sum(b[u] == b[v] for u, v in pairs)
    both = sum(a[u] == a[v] and b[u] == b[v] for u, v in pairs)
    expected = together_a * together_b / len(pairs)
    return (both - expected) / ((together_a + together_b) / 2 - expected)


# Segmentations against gold.


def segmentation_scores(result: list[str], gold: list[str], vocabulary: set[str] | None = None) -> dict:
    """Counts and scores of segmented lines, by the places of the words among the characters that are no space."""

    def placed(line):
        place, words = 0, []
        for word in line.split():
            words.append((place, place + len(word), word))
            place += len(word)
        return words

    lines = list(zip(map(placed, result), map(placed, gold), strict=True))
    found = [word for words, _ in lines for word in words]
    golden = [word for _, words in lines for word in words]
    right = [word for words, gold_words in lines for word in gold_words if word in words]
    scores = {"words": len(found), "gold_words": len(golden), "correct": len(right)}
    scores |= {"precision": len(right) / len(found), "recall": len(right) / len(golden)}
    scores["f1"] = 2 * len(right) / (len(found) + len(golden))
    if vocabulary is not None:
        unknown = [word for word in golden if word[2] not in vocabulary]
        unknown_right = [word for word in right if word[2] not in vocabulary]
        known, known_right = len(golden) - len(unknown), len(right) - len(unknown_right)
        scores["oov_rate"] = len(unknown) / len(golden)
        scores["oov_recall"] = len(unknown_right) / len(unknown) if unknown else math.nan
        scores["iv_recall"] = known_right / known if known else math.nan
    return scores


# Graphs of nearest neighbours, and what is near by chance.


def random_angle_rate(dimensions: float, cosine: float, steps: int = 4000) -> float:
    """The share of pairs of random directions with at least this cosine: the integral of sin^(n−2) over the angle."""
    if cosine <= -1:
        return 1.0
    if cosine >= 1:
        return 0.0

    def integral(upper: float) -> float:
        step = upper / steps
        return step * math.fsum(math.sin((i + 0.5) * step) ** (dimensions - 2) for i in range(steps))

    return integral(math.acos(cosine)) / integral(math.pi)


def low_cosine(matrix, rate: float, least_pairs: int) -> tuple[float, float, float]:
    """The mean cosine of all pairs of rows that are not zero, the cosine below which a share of them lies, the share.

    The share is `rate`, or more where that were fewer than `least_pairs`, but no more than a quarter.
    """
    rows = [row / np.linalg.norm(row) for row in matrix if np.linalg.norm(row) > 0]
    cosines = sorted(float(rows[i] @ rows[j]) for j in range(len(rows)) for i in range(j))
    share = max(rate, min(0.25, least_pairs / len(cosines)))
    return math.fsum(cosines) / len(cosines), cosines[min(int(share * len(cosines)), len(cosines) - 1)], share


# Trees out of impact matrices: dependency trees by trying all of them, constituents from the formulas.


def all_dependency_trees(words: int) -> np.ndarray:
    """int64 [trees, words]: every tree as heads (words from 1, 0 the root), with exactly one root."""
    heads = np.indices((words + 1,) * words, np.int8).reshape(words, -1).T
    heads = heads[(heads == 0).sum(axis=1) == 1]
    node = np.tile(np.arange(1, words + 1), (len(heads), 1))
    for _ in range(words):  # follow the heads from every word
        node = np.where(node == 0, 0, np.take_along_axis(heads, np.maximum(node, 1) - 1, axis=1))
    return heads[(node == 0).all(axis=1)]


def is_projective(heads) -> bool:
    """No two arcs cross, that of the root from before the sentence included."""
    arcs = [tuple(sorted((head, word))) for word, head in enumerate(heads, 1)]
    return not any(a < c < b < d for a, b in arcs for c, d in arcs)


def best_dependency_trees(scores: np.ndarray, trees: np.ndarray) -> tuple[float, np.ndarray]:
    """The largest sum of scores[head, word] among `trees`, and the trees that have it (within 1e-9)."""
    sums = scores[trees, np.arange(1, trees.shape[1] + 1)].sum(axis=1)
    return sums.max(), trees[sums >= sums.max() - 1e-9]


def row_softmax(matrix: np.ndarray) -> np.ndarray:
    return np.array([np.exp(row) / np.exp(row).sum() for row in matrix])


def mart_tree(impact: np.ndarray, words=None):
    """MART: the split that minimises the mean of S within both parts less the mean of S between them."""
    similarity = 1 - row_softmax(impact)

    def tree(begin: int, end: int):
        if end - begin == 1:
            return begin
        s = similarity[begin:end, begin:end]
        costs = [
            s[:k, :k].mean() + s[k:, k:].mean() - np.concatenate([s[:k, k:].ravel(), s[k:, :k].ravel()]).mean()
            for k in range(1, end - begin)
        ]
        k = begin + 1 + int(np.argmin(costs))
        return (tree(begin, k), tree(k, end))

    return tree(0, len(impact)) if len(impact) else ()


def su_constituents(d: np.ndarray, begin: int = 0):
    """Su Jianlin 2020: left[:k], [word k, the rest], k in 1..n-2."""
    n = len(d)
    if n < 3:
        return tuple(range(begin, begin + n)) if n != 1 else begin
    gains = [d[:k, :k].mean() + d[k:, k:].mean() - d[:k, k:].mean() - d[k:, :k].mean() for k in range(1, n - 1)]
    k = 1 + int(np.argmax(gains))
    return (su_constituents(d[:k, :k], begin), (begin + k, su_constituents(d[k + 1 :, k + 1 :], begin + k + 1)))


def bracket_spans(heads) -> set:
    """Of every word with dependents the span of what hangs on it, where that is without a gap."""
    below = {word: {word} for word in range(1, len(heads) + 1)}
    for _ in heads:
        for word, head in enumerate(heads, 1):
            if head:
                below[head] |= below[word]
    spans = {(min(words) - 1, max(words)) for words in below.values() if max(words) - min(words) + 1 == len(words)}
    return {(begin, end) for begin, end in spans if end - begin > 1}


# Words that occur together in a text, and what is typical of modules.


def fold(text: str, normalize: str = "width", fold_case: bool = False) -> str:
    """A text as it is read where every character counts: widths folded, zero-width characters left out."""
    folded = ""
    for character in text:
        code = ord(character)
        if normalize != "none":
            if code in _ZERO_WIDTH:
                continue
            if 0xFF01 <= code <= 0xFF5E:
                character = chr(code - 0xFEE0)
            elif is_han(character):
                unified = RADICALS.get(character) or unicodedata.normalize("NFKC", character)
                character = unified if len(unified) == 1 else character
        if fold_case and is_alnum(character) and len(character.lower()) == 1 and is_alnum(character.lower()):
            character = character.lower()
        folded += character
    return folded


def words_at(line: str, words: list[str], mixed: str) -> list[tuple[int, int]]:
    """(place, number) of all occurrences of the words in a line; with tokens they do not begin or end inside one."""
    if mixed == "break":
        line = "".join("\n" if is_alnum(character) else character for character in line)

    def inside(gap: int) -> bool:
        tokens = mixed == "tokens" and 0 < gap < len(line)
        return tokens and is_alnum(line[gap - 1]) and is_alnum(line[gap])

    return [
        (i, number)
        for i in range(len(line))
        for number, word in enumerate(words)
        if word and line.startswith(word, i) and not inside(i) and not inside(i + len(word))
    ]


def words_of_lines(lines: list[str], words: list[str], mixed: str = "tokens", unit: int = 1 << 20) -> list[list[int]]:
    """The words of each line, by the division that costs least; a word costs −ln of its share of all occurrences."""
    found = [words_at(line, words, mixed) for line in lines]
    counts = Counter(number for places in found for _, number in places)
    total = max(sum(counts.values()), 1)
    costs = {number: round(math.log(total / count) * unit) for number, count in counts.items()}
    other = int(math.log(2 * total) * unit) + 1
    return [_cheapest(line, places, words, costs, other, mixed) for line, places in zip(lines, found, strict=True)]


def _cheapest(line: str, places, words: list[str], costs: dict[int, int], other: int, mixed: str) -> list[int]:
    """Of divisions that cost the same the one whose last word is longest."""
    best = {0: (0, [])}
    for end in range(1, len(line) + 1):
        ways = []
        for start in range(end):
            if start not in best:
                continue
            cost, chosen = best[start]
            part = line[start:end]
            for place, number in places:
                if place == start and words[number] == part:
                    ways.append((cost + costs[number], start, [*chosen, number]))
            token = mixed == "tokens" and all(is_alnum(character) for character in part)
            whole = (
                token and not (end < len(line) and is_alnum(line[end])) and not (start and is_alnum(line[start - 1]))
            )
            if whole or (len(part) == 1 and not token):
                ways.append((cost + other, start, chosen))
        if ways:
            cost, _, chosen = min(ways, key=lambda way: way[:2])
            best[end] = cost, chosen
    return best[len(line)][1]


def pairs_of_lines(lines: list[list[int]], window: int | str) -> tuple[Counter, Counter]:
    """How often each ordered pair of words is near each other, equal ones apart; and how many words are near each."""
    pairs, partners = Counter(), Counter()
    for line in lines:
        tokens = list(dict.fromkeys(line)) if window == "line" else line
        reach = len(tokens) if window == "line" else window
        for i, word in enumerate(tokens):
            for j, other in enumerate(tokens):
                if i != j and abs(i - j) <= reach:
                    partners[word] += 1
                    if word != other:
                        pairs[word, other] += 1
    return pairs, partners


def g_squared(both: float, one: float, other: float, total: float) -> float:
    """2 Σ observed · ln(observed / expected) over the four cells, negative where `both` is less than expected."""
    table = [
        (both, one * other), (one - both, one * (total - other)), (other - both, (total - one) * other),
        (total - one - other + both, (total - one) * (total - other)),
    ]  # fmt: skip
    g = 2 * math.fsum(cell * math.log(cell / (product / total)) for cell, product in table if cell > 0)
    return -g if both * total < one * other else g


def association(weight: str, both: int, one: int, other: int, total: int, discount: float) -> float:
    """The weight of a pair of words; 0 or less for none."""
    if weight == "count":
        return float(both)
    information = math.log((both + discount) / (one * other / total + discount))
    if weight == "ppmi":
        return information
    if weight == "npmi":
        return information / -math.log(both / total)
    return g_squared(both, one, other, total) if information > 0 else 0.0


def cooccurrence_links(
    lines: list[list[int]], window, weight: str, least: int, most: int | None, discount: float = 1.0
) -> dict[tuple[int, int], tuple[float, int]]:
    """(smaller, larger word) → weight and count of the links that either end keeps among its `most` strongest."""
    pairs, partners = pairs_of_lines(lines, window)
    total = sum(partners.values())
    links, kept = {}, set()
    for (word, other), both in pairs.items():
        if both >= least and word < other:
            value = association(weight, both, partners[word], partners[other], total, discount)
            if value > 1e-12:
                links[word, other] = value, both
    for word in partners:
        own = sorted((pair for pair in links if word in pair), key=lambda pair: (-round(links[pair][0], 9), sum(pair)))
        kept.update(own[:most])
    return {pair: links[pair] for pair in kept}


def distinctive_words(sentences: list[set[str]], modules: list[int], most: int) -> list[list[tuple[str, float]]]:
    """For each module words by signed G² of the number of its sentences that hold them; best first, above 0."""
    found = []
    for module in range(1, max(modules, default=0) + 1):
        scores = []
        for word in {word for sentence in sentences for word in sentence}:
            holding = [m for sentence, m in zip(sentences, modules, strict=True) if word in sentence]
            score = g_squared(holding.count(module), len(holding), modules.count(module), len(modules))
            scores.append((word, score))
        found.append(
            sorted((pair for pair in scores if pair[1] > 1e-9), key=lambda pair: (-round(pair[1], 9), pair[0]))
        )
    return [module[:most] for module in found]


def distinctive_members(links: dict[tuple[int, int], int], modules: list[int]) -> dict[int, float]:
    """Word → signed G² of its pairs with members of its module, against all pairs; {ends of a link: pairs}."""
    ordered = Counter()
    for (word, other), count in links.items():
        ordered[word, other] += count
        ordered[other, word] += count
    scores = {}
    for word, module in enumerate(modules):
        both = sum(n for (a, b), n in ordered.items() if a == word and modules[b] == module)
        one = sum(n for (a, _), n in ordered.items() if a == word)
        other = sum(n for (_, b), n in ordered.items() if modules[b] == module)
        scores[word] = g_squared(both, one, other, sum(ordered.values()))
    return scores


# Segmentation


def variations(runs: list[str], longest: int = 4) -> dict[str, tuple[float, float]]:
    """VBE→ and VBE← of every string of up to `longest` characters, in bits; each edge is a neighbour of its own."""
    total = Counter("".join(runs))
    whole = entropy(total) / math.log(2.0) if total else 0.0
    entropies: dict[str, tuple[float, float]] = {"": (whole, whole)}
    for order in range(1, longest + 1):
        sides: dict[str, tuple[Counter, Counter]] = {}
        for number, run in enumerate(runs):
            for i in range(len(run) - order + 1):
                left, right = sides.setdefault(run[i : i + order], (Counter(), Counter()))
                right[run[i + order] if i + order < len(run) else f"end of {number}"] += 1
                left[run[i - 1] if i else f"start of {number}"] += 1
        entropies |= {x: (entropy(b) / math.log(2.0), entropy(a) / math.log(2.0)) for x, (a, b) in sides.items()}
    found = {x: (h[0] - entropies[x[:-1]][0], h[1] - entropies[x[1:]][1]) for x, h in entropies.items() if x}
    return found | {"H": entropies}


def autonomy(runs: list[str], word: str, longest: int = 4) -> float:
    """nVBE→ + nVBE←: each VBE standardised over the types of the word's length; a string not seen has H = 0."""
    found = variations(runs, longest)
    entropies = found.pop("H")
    unseen = (0.0, 0.0)
    forwards = entropies.get(word, unseen)[0] - entropies.get(word[:-1], unseen)[0]
    backwards = entropies.get(word, unseen)[1] - entropies.get(word[1:], unseen)[1]
    score = 0.0
    for side, value in enumerate((forwards, backwards)):
        of_length = [vbe[side] for x, vbe in found.items() if len(x) == len(word)]
        mean = sum(of_length) / max(len(of_length), 1)
        deviation = math.sqrt(sum((v - mean) ** 2 for v in of_length) / max(len(of_length), 1))
        score += (value - mean) / (deviation if deviation > 1e-9 else 1.0)
    return score


def segmentations(n: int) -> list[list[int]]:
    """The ends of the words in every segmentation of n characters."""
    if n == 0:
        return [[]]
    return [[*(i + 1 for i in range(n - 1) if cuts >> i & 1), n] for cuts in range(1 << (n - 1))]


def best_segmentation(scores, gaps, weights, joined, cut) -> list[int]:
    """The best segmentation by trying all; of equal ones that with the shortest last word, then last but one, …"""
    n, longest = len(scores), len(scores[0]) if len(scores) else 0
    best = None
    for ends in segmentations(n):
        if any(joined[end - 1] for end in ends[:-1]) or any(cut[i] and i + 1 not in ends for i in range(n - 1)):
            continue
        total = 0.0
        for start, end in zip([0, *ends], ends, strict=False):
            inner = range(start, end - 1)
            if end - start > longest and not all(joined[i] for i in inner):
                break
            total += (end - start) * scores[start][end - start - 1] if end - start <= longest else 0.0
            for weight, gap in zip(weights, gaps, strict=True):
                total += weight * (sum(gap[i] for i in inner) - (gap[end - 1] if end < n else 0.0))
        else:
            key = (total, [start - end for start, end in zip([0, *ends], ends, strict=False)][::-1])
            best = max(best, (key, ends)) if best else (key, ends)
    return best[1]


# Perturbed masking: one row at a time. `states(ids)` gives what the model says of one row, [tokens, width].


def masked_states(states, ids, groups, mask):
    """The states of a row in which the tokens of some groups are masked."""
    gone = {token for group in groups for token in group}
    return states([mask if token in gone else identity for token, identity in enumerate(ids)])


def movement(before, after, tokens, ids, distance: str) -> float:
    """How far the tokens of a unit moved between two rows; of several the states, or log-probabilities, averaged."""
    if distance == "logprob":
        drops = []
        for token in tokens:
            a, b = (np.asarray(rows[token], float) for rows in (before, after))
            drops.append((a[ids[token]] - np.log(np.exp(a).sum())) - (b[ids[token]] - np.log(np.exp(b).sum())))
        return sum(drops) / len(drops)
    a, b = (np.mean([np.asarray(rows[token], float) for token in tokens], axis=0) for rows in (before, after))
    if distance == "euclidean":
        return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)))
    if distance == "dot":
        return float(a @ a - a @ b)
    return 1 - float(a @ b) / math.sqrt(float(a @ a) * float(b @ b))


def impact(states, ids, units, i: int, j: int, mask, context: str, distance: str) -> float:
    """f(i, j): the change at unit i when j is masked, too; units are lists of tokens."""
    always = [units[i]] if context == "masked" else []
    before = masked_states(states, ids, always, mask)
    after = masked_states(states, ids, [*always, units[j]], mask)
    return movement(before, after, units[i], ids, distance)


def grouped_impact(states, ids, i: int, j: int, group: int, mask, context: str, distance: str) -> float:
    """The same of neighbouring tokens where every `group`-th is masked at once, counted from i, or from the left of
    both."""
    every = range(len(ids))
    if context == "masked":
        before = [[p] for p in every if p % group == i % group]
        after = [[p] for p in every if p % group == min(i, j) % group or (p and (p - 1) % group == min(i, j) % group)]
    else:
        before, after = [], [[p] for p in every if p % group == j % group]
    rows = (masked_states(states, ids, masked, mask) for masked in (before, after))
    return movement(*rows, [i], ids, distance)


def combed_impact(states, ids, units, i: int, j: int, group: int, mask, context: str, distance: str) -> float:
    """f(i, j) where every `group`-th unit is masked at once, counted from i and from j; nan where j is not nearer to i
    than all other units that are masked with it."""
    own, others = ([unit for unit in range(len(units)) if unit % group == at % group] for at in (i, j))
    if own == others or any(abs(other - i) <= abs(j - i) for other in others if other != j):
        return math.nan
    always = [units[unit] for unit in own] if context == "masked" else []
    before = masked_states(states, ids, always, mask)
    after = masked_states(states, ids, always + [units[unit] for unit in others], mask)
    return movement(before, after, units[i], ids, distance)


def relative_impact(states, ids, gap: int, group: int, mask, distance: str) -> float:
    """How far the token before a gap moves when the one behind is masked, with every `group`-th, as a multiple of what
    it moves on average when no token nearer than three (or than all rows allow) is."""
    moves, nearest = [], []
    for rest in range(min(group, len(ids))):
        masked = [p for p in range(len(ids)) if p % group == rest]
        rows = (masked_states(states, ids, tokens, mask) for tokens in ([], [[p] for p in masked]))
        moves.append(movement(*rows, [gap], ids, distance))
        nearest.append(min(abs(p - gap) for p in masked))
    least = min(3, max(nearest))
    far = [move for move, distant in zip(moves, nearest, strict=True) if distant >= least]
    return moves[(gap + 1) % group] / (sum(far) / len(far))


# Clusters against classes.


def b_cubed_of_labels(clusters, classes) -> tuple[float, float]:
    """B³ precision and recall: for every item its neighbours in the cluster and in the class, one by one."""
    n, precision, recall = len(clusters), 0.0, 0.0
    for i in range(n):
        cluster = {j for j in range(n) if clusters[j] == clusters[i]}
        own_class = {j for j in range(n) if classes[j] == classes[i]}
        precision += len(cluster & own_class) / len(cluster) / n
        recall += len(cluster & own_class) / len(own_class) / n
    return precision, recall


def purity_of_labels(clusters, classes) -> float:
    """The share of items that are of the most frequent class of their cluster."""
    return sum(
        max(Counter(k for c, k in zip(clusters, classes, strict=True) if c == cluster).values())
        for cluster in set(clusters)
    ) / len(clusters)


# The margins of cuts: what a line loses where one gap is decided the other way.


def segmentation_total(ends, scores, gaps, weights, joined) -> float | None:
    """The total of one segmentation; None where a word has more characters than there are scores for."""
    n, longest, total = len(scores), len(scores[0]), 0.0
    for start, end in zip([0, *ends], ends, strict=False):
        inner = range(start, end - 1)
        if end - start > longest and not all(joined[i] for i in inner):
            return None
        if end - start <= longest:
            total += (end - start) * scores[start][end - start - 1]
            for weight, gap in zip(weights, gaps, strict=True):
                total += weight * (sum(gap[i] for i in inner) - (gap[end - 1] if end < n else 0.0))
    return total


def cut_margins(scores, gaps, weights, joined, cut) -> list[float]:
    """For each gap the best total with a cut there minus the best without; infinite where there is no choice."""
    n = len(scores)
    totals = {}
    for ends in segmentations(n):
        allowed = not any(joined[end - 1] for end in ends[:-1]) and all(i + 1 in ends for i in range(n - 1) if cut[i])
        total = segmentation_total(ends, scores, gaps, weights, joined) if allowed else None
        if total is not None:
            totals[tuple(ends)] = total
    margins = []
    for place in range(1, n):
        with_cut = max((total for ends, total in totals.items() if place in ends), default=-math.inf)
        without = max((total for ends, total in totals.items() if place not in ends), default=-math.inf)
        margins.append(math.inf if cut[place - 1] else -math.inf if joined[place - 1] else with_cut - without)
    return margins


def weighed_by_agreement(matrix, k: int):
    """Rows whitened and turned, each direction times the correlation that the k nearest neighbours have along it."""
    centred = matrix - matrix.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / (len(centred) - 1))
    whitened = centred @ vectors / np.sqrt(values)
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    near = np.argsort(-cosines, axis=1)[:, :k]
    together = sum(np.outer(whitened[i], whitened[j]) for i in range(len(near)) for j in near[i]) / near.size
    correlations, directions = np.linalg.eigh((together + together.T) / 2)
    return whitened @ directions * np.maximum(correlations, 0)


def whitening_within(matrix, labels):
    """The covariance of rows about the means of their modules, drawn to equal spread as Ledoit and Wolf have it."""
    rows = np.array([row - matrix[labels == label].mean(axis=0) for row, label in zip(matrix, labels, strict=True)])
    count, width = rows.shape
    covariance = sum(np.outer(row, row) for row in rows) / count
    even = np.trace(covariance) / width * np.eye(width)
    error = sum(((np.outer(row, row) - covariance) ** 2).sum() for row in rows) / count**2
    share = min(error / ((covariance - even) ** 2).sum(), 1.0)
    values, vectors = np.linalg.eigh(share * even + (1 - share) * covariance)
    return share, vectors / np.sqrt(values)


def variation_of_information(one, two) -> float:
    """What each of two labellings leaves unsaid of the other, in nats: the two conditional entropies, from pairs."""
    count, together = len(one), Counter(zip(one, two, strict=True))
    first, second = Counter(one), Counter(two)
    return -sum(n / count * (math.log(n / first[a]) + math.log(n / second[b])) for (a, b), n in together.items())


def excess_of_pairs(rows, least: float) -> dict:
    """What the cosine of each pair (i, j) of rows of length 1 has above `least`, where it has."""
    pairs = {(i, j): sum(float(a) * float(b) for a, b in zip(rows[i], rows[j], strict=True))
             for j in range(len(rows)) for i in range(j)}  # fmt: skip
    return {pair: cosine - least for pair, cosine in pairs.items() if cosine > least}


def joined_modules(labels, numbers, coarse) -> list:
    """Each row's coarse module, by the majority (the first of equal ones) of its module's sampled rows, or its own."""
    votes = {label: Counter() for label in labels}
    for number, module in zip(numbers, coarse, strict=True):
        votes[labels[number]][module] += 1
    best = {label: min(found, key=lambda one: (-found[one], one)) if found else ("own", label)
            for label, found in votes.items()}  # fmt: skip
    return [best[label] for label in labels]


def same_module(labels) -> list[list[bool]]:
    """Which rows are in the same module."""
    return [[one == two for one in labels] for two in labels]


def relative_weights(links, *, directed: bool) -> list[float]:
    """The weight of each link (a, b, weight) over the root of the strengths of its ends, and of the same mean."""
    if directed:
        strengths = [
            sum(w for a, _, w in links if a == one) * sum(w for _, b, w in links if b == two) for one, two, _ in links
        ]
    else:
        strength = Counter()
        for one, two, weight in links:
            strength[one] += weight
            strength[two] += weight
        strengths = [strength[one] * strength[two] for one, two, _ in links]
    found = [weight / math.sqrt(product) for (_, _, weight), product in zip(links, strengths, strict=True)]
    return [weight * sum(w for _, _, w in links) / sum(found) for weight in found]


def first_equal(matrix) -> list[int]:
    """For each row the first one with the same numbers; rows of zeros stand for themselves."""
    rows = [tuple(float(value) for value in row) for row in matrix]
    return [rows.index(row) if any(row) else number for number, row in enumerate(rows)]


def neighbour_links(matrix, k: int, least: float, symmetric: str) -> list[tuple[int, int, float]]:
    """Links (row, row, cosine) to the k nearest other rows with a cosine above 0 and of `least` or more.

    Of equal rows only the first counts. It links to itself where it has copies and no link else.
    """
    found, first = {}, first_equal(matrix)
    kept = sorted(set(first))
    for i, neighbours in zip(kept, nearest(np.asarray(matrix, np.float64)[kept], None, k), strict=True):
        for j, cosine in neighbours:
            if cosine > 1e-12 and cosine >= least - 1e-12:
                found[i, kept[j]] = cosine
    if symmetric == "directed":
        links = [(i, j, cosine) for (i, j), cosine in found.items()]
    else:
        pairs = {(min(pair), max(pair)): cosine for pair, cosine in found.items()}
        both = symmetric == "mutual"
        links = [(i, j, cosine) for (i, j), cosine in pairs.items() if not both or {(i, j), (j, i)} <= found.keys()]
    linked = {row for i, j, _ in links for row in (i, j)}
    return links + [(row, row, 1.0) for row in kept if row not in linked and first.count(row) > 1]


# A linear probe: ridge regression of cuts on states, by least squares on all rows at once.


def probe_scores(features, cuts, penalty: float, asked) -> list[float]:
    """How surely no word ends at the gaps of `asked`, after learning from `features` and `cuts`."""
    rows = np.asarray(features, float)
    mean, deviation = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)
    target = np.where(cuts, 1.0, -1.0)
    # The penalty as rows of their own, whose answer is zero.
    pull = math.sqrt(penalty * len(rows)) * np.eye(rows.shape[1])
    answers = np.concatenate([target - target.mean(), np.zeros(rows.shape[1])])
    weights = np.linalg.lstsq(np.concatenate([(rows - mean) / deviation, pull]), answers, rcond=None)[0]
    return [-(target.mean() + float((row - mean) / deviation @ weights)) for row in np.asarray(asked, float)]
