"""Compiled kernels of the margins of cuts: how much worse a line would be cut if one gap were decided the other way."""

from __future__ import annotations

import numpy as np

from hanmine.jit import kernel


@kernel
def forward_totals(first, n, scores, gaps, joined, cut, forward):
    """The best total of the first characters of a line, float64[n + 1], written to `forward`; −inf where none ends."""
    forward[0] = 0.0
    block = 0  # where the joined characters that end here begin
    for stop in range(1, n + 1):
        last = first + stop - 1
        if stop > 1 and not joined[last - 1]:
            block = stop - 1
        forward[stop] = -np.inf
        if stop < n and joined[last]:
            continue
        end = -gaps[last] if stop < n else 0.0
        inner = 0.0
        for length in range(1, min(scores.shape[1], stop) + 1):
            start = stop - length
            if length > 1:
                if cut[first + start]:
                    break
                inner += gaps[first + start]
            total = forward[start] + (length * scores[first + start, length - 1] + (inner + end))
            if total > forward[stop]:
                forward[stop] = total
        if forward[stop] == -np.inf:
            forward[stop] = forward[block]


@kernel
def backward_totals(first, n, scores, gaps, joined, cut, forward, backward, without):
    """The same of the last characters, to `backward`, and to `without` the best total of the line whose words do not
    end at each place."""
    without[: n + 1] = -np.inf
    backward[n] = 0.0
    block = n  # where the joined characters that begin here end
    for start in range(n - 1, -1, -1):
        if start < n - 1 and not joined[first + start]:
            block = start + 1
        backward[start] = -np.inf
        if start > 0 and joined[first + start - 1]:
            continue
        inner = 0.0
        for length in range(1, min(scores.shape[1], n - start) + 1):
            stop = start + length
            if length > 1:
                if cut[first + stop - 2]:
                    break
                inner += gaps[first + stop - 2]
            end = -gaps[first + stop - 1] if stop < n else 0.0
            total = length * scores[first + start, length - 1] + (inner + end) + backward[stop]
            if total > backward[start]:
                backward[start] = total
            for inside in range(start + 1, stop):
                if forward[start] + total > without[inside]:
                    without[inside] = forward[start] + total
        if backward[start] == -np.inf:
            backward[start] = backward[block]


@kernel
def cut_margins(offsets, scores, gaps, joined, cut, forward, backward, without, margins):
    """Best total with a cut in a gap minus best total without, for every gap, by a forward and a backward pass.

    The totals are those of `kernels.best_cut`, with the same arrays: offsets int64[lines + 1], scores
    float64[characters, longest], gaps float64[characters], joined and cut bool[characters].
    forward, backward, without : float64[characters + 1], room of the longest line.
    margins : float64[characters], written: of the gap behind each character; inf and −inf where `cut` and `joined`
        leave no choice, inf behind the last character of a line.
    """
    for line in range(offsets.shape[0] - 1):
        first, n = offsets[line], offsets[line + 1] - offsets[line]
        forward_totals(first, n, scores, gaps, joined, cut, forward)
        backward_totals(first, n, scores, gaps, joined, cut, forward, backward, without)
        for stop in range(1, n + 1):
            last = first + stop - 1
            if stop == n or cut[last]:
                margins[last] = np.inf
            elif joined[last]:
                margins[last] = -np.inf
            else:
                margins[last] = forward[stop] + backward[stop] - without[stop]
