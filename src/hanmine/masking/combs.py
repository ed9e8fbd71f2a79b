"""Impact matrices by combs: every `group`-th unit is masked at once, so that the rows of a long sentence stay few.

Comb r holds the units p ≡ r (mod `group`). A row masks one comb, and with masked context each two combs are masked
together in a row more: `group`(`group` + 1)/2 rows however long the sentence is, where all pairs take n(n + 1)/2. The
change of unit i between the rows of its own comb and of both is read as the impact of that unit of the other comb which
is nearest to i, as impact falls with distance. So f(i, j) is known for units less than half of `group` apart (at the
ends of a sentence further), and not for others; nor where two units of a comb are equally near.

A sentence of no more than `group` units has a comb for each, and these are the rows and the impact of all pairs.
"""

from __future__ import annotations

import numpy as np

from hanmine.masking.schemes import REFERENCE, Plan, plan_of


def nearest_of_combs(units: int, group: int) -> np.ndarray:
    """bool [units, units], whether f(i, j) is read: j is nearer to i than all else of its comb, which is not that of i.

    Of a comb only the first unit before i and the first one behind it can be nearest.
    """
    place = np.arange(units)
    distance = np.abs(place[:, None] - place[None, :])
    # The distance of the next unit of j's comb on the other side of i, or beyond the end of the sentence.
    other = np.where(place[None, :] > place[:, None], place[None, :] - group, place[None, :] + group)
    within = (other >= 0) & (other < units)
    across = np.abs(place[:, None] - other)
    return (distance > 0) & (distance < group) & (~within | (distance < across))


def comb_plan(context: str, units: int, group: int) -> Plan:
    """The rows of a matrix of `units` by combs, whose results stand at i·units + j; see `hanmine.masking.schemes`.

    With unmasked context row 0 masks nothing and row 1 + r comb r: 1 + `group` rows.
    """
    if units <= group:
        return plan_of("full", context, units, group)
    every = np.arange(units)
    at, of = np.nonzero(nearest_of_combs(units, group))
    results = units * units
    if context == "unmasked":
        reads = [(np.zeros(units, np.int64), every, REFERENCE), (1 + of % group, at, at * units + of)]
        return Plan(1 + group, results, lambda rows: every[None, :] % group == (rows - 1)[:, None], reads)
    first, second = np.triu_indices(group, 1)
    pair = np.zeros((group, group), np.int64)
    pair[first, second] = pair[second, first] = np.arange(len(first))
    # Of a row with a single comb both combs are the same.
    one, other = np.append(np.arange(group), first), np.append(np.arange(group), second)

    def masked(rows: np.ndarray) -> np.ndarray:
        comb = every[None, :] % group
        return (comb == one[rows][:, None]) | (comb == other[rows][:, None])

    reads = [
        (every % group, every, REFERENCE),
        (group + pair[at % group, of % group], at, at * units + of),
    ]
    return Plan(group + len(first), results, masked, reads)
