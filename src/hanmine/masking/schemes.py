"""Which symbols are masked together, and what is read of each row: the schemes of Perturbed Masking.

A row is one pass of a sentence through the model with some of its units (characters, or words) masked. The state of
unit i is read from a reference row and from rows in which j is masked, too; their difference is f(i, j), the impact of
j on i (Wu et al., "Perturbed Masking", ACL 2020, section 2).

Every scheme has its reference reads in the rows before those that are compared with them, or in the same ones. In the
flat array of results, f(g, g + 1) of neighbours stands at 2g and f(g + 1, g) at 2g + 1; of the full scheme f(i, j) at
i·n + j. Where every unit is read in every row, the change of unit i in the row that masks all positions p ≡ r (mod
`group`) stands at i·group + r.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

REFERENCE = -1  # the slot of a read that is compared with, not a result


@dataclass(frozen=True)
class RowBlock:
    """Some rows of a sentence.

    Attributes
    ----------
    masked : bool [rows, units].
    row, unit : int64 [reads], which unit is read in which row of the block.
    slot : int64 [reads], where the impact is written, or REFERENCE.
    """

    masked: np.ndarray
    row: np.ndarray
    unit: np.ndarray
    slot: np.ndarray


class Plan:
    """All rows of a sentence of some units.

    masked : a function of the numbers of some rows, bool [rows, units].
    reads : row, unit and slot of each read; sorted by row here.
    """

    def __init__(
        self,
        rows: int,
        results: int,
        masked: Callable[[np.ndarray], np.ndarray],
        reads: list[tuple[np.ndarray, np.ndarray, np.ndarray | int]],
    ) -> None:
        self.rows, self.results, self._masked = rows, results, masked
        columns = [
            np.concatenate([np.broadcast_to(read[part], len(read[0])) for read in reads] or [np.zeros(0, np.int64)])
            for part in range(3)
        ]
        order = np.argsort(columns[0], kind="stable")
        self._row, self._unit, self._slot = (column[order].astype(np.int64) for column in columns)

    def blocks(self, most: int) -> Iterator[RowBlock]:
        """The rows in order, at most so many at once."""
        for start in range(0, self.rows, most):
            stop = min(start + most, self.rows)
            begin, end = np.searchsorted(self._row, (start, stop))
            yield RowBlock(
                self._masked(np.arange(start, stop)),
                self._row[begin:end] - start,
                self._unit[begin:end],
                self._slot[begin:end],
            )


def plan_of(scheme: str, context: str, units: int, group: int, *, everywhere: bool = False) -> Plan:
    """The rows that a scheme runs for a sentence of `units`; none for fewer than two.

    everywhere : of unmasked context: read every unit in every row, not the neighbours of masked ones alone.
    """
    if units < 2:
        return Plan(0, units * units if scheme == "full" else 0, _nothing(units), [])
    # Of pairs the groups are so wide that nothing shares a row.
    group = min(group, units) if scheme == "grouped" else units
    if context == "masked":
        return _full(units) if scheme == "full" else _grouped(units, group)
    return _everywhere(units, group) if everywhere or scheme == "full" else _grouped_unmasked(units, group)


def _grouped(units: int, group: int) -> Plan:
    """Rows 0.. mask the positions p ≡ r (mod `group`), the rows after them these and p + 1.

    With `group` = `units` these are the single masks and neighbouring pairs of Su Jianlin (2020).
    """
    every, left = np.arange(units), np.arange(units - 1)
    pair_rows = min(group, units - 1)

    def masked(rows: np.ndarray) -> np.ndarray:
        single = every[None, :] % group == np.where(rows < group, rows, rows - group)[:, None]
        following = np.zeros_like(single)
        following[:, 1:] = single[:, :-1]
        return single | (following & (rows >= group)[:, None])

    reads = [
        (every % group, every, REFERENCE),
        (group + left % group, left, 2 * left),
        (group + left % group, left + 1, 2 * left + 1),
    ]
    return Plan(group + pair_rows, 2 * (units - 1), masked, reads)


def _grouped_unmasked(units: int, group: int) -> Plan:
    """Row 0 masks nothing, row 1 + r the positions p ≡ r (mod `group`), whose neighbours are read."""
    every, left = np.arange(units), np.arange(units - 1)

    def masked(rows: np.ndarray) -> np.ndarray:
        return every[None, :] % group == (rows - 1)[:, None]

    reads = [
        (np.zeros(units, np.int64), every, REFERENCE),
        (1 + (left + 1) % group, left, 2 * left),
        (1 + left % group, left + 1, 2 * left + 1),
    ]
    return Plan(1 + group, 2 * (units - 1), masked, reads)


def _full(units: int) -> Plan:
    """Each unit masked alone, and each pair; a pair's row is read at both of its units."""
    first, second = np.triu_indices(units, 1)
    every, pair = np.arange(units), np.arange(len(first))

    def masked(rows: np.ndarray) -> np.ndarray:
        single = rows < units
        found = np.zeros((len(rows), units), bool)
        at, number = np.arange(len(rows)), np.where(single, 0, rows - units)
        found[at, np.where(single, rows, first[number])] = True
        found[at, np.where(single, rows, second[number])] = True
        return found

    reads = [
        (every, every, REFERENCE),
        (units + pair, first, first * units + second),
        (units + pair, second, second * units + first),
    ]
    return Plan(units + len(first), units * units, masked, reads)


def _everywhere(units: int, group: int) -> Plan:
    """Row 0 masks nothing, row 1 + r the positions p ≡ r (mod `group`); every other unit is read."""
    every = np.arange(units)
    unit, rest = np.nonzero(every[:, None] % group != np.arange(group)[None, :])

    def masked(rows: np.ndarray) -> np.ndarray:
        return every[None, :] % group == (rows - 1)[:, None]

    reads = [
        (np.zeros(units, np.int64), every, REFERENCE),
        (1 + rest, unit, unit * group + rest),
    ]
    return Plan(1 + group, units * group, masked, reads)


def unmasked_plan(units: int) -> Plan:
    """One row that masks nothing, in which every unit is read."""
    every = np.arange(units)
    return Plan(1, 0, _nothing(units), [(np.zeros(units, np.int64), every, REFERENCE)])


def _nothing(units: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda rows: np.zeros((len(rows), units), bool)
