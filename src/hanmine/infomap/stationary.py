"""Kernel of the stationary flow of a random walk."""

from __future__ import annotations

import numpy as np

from hanmine.jit import kernel

PATIENCE = 10  # sweeps in a row that change no less than one before


@kernel
def stationary_flow(begin, source, share, rate, land, flow, tolerance, max_sweeps):
    """Solve x_v = land_v Σ_u rate_u x_u + Σ_u share_uv x_u, Σ x = 1, by Gauss–Seidel sweeps over `flow` in place.

    begin int64 [n + 1], source int32 [m], share float64 [m] : links by their target, and what of the flow of a source
        goes along each.
    rate, land float64 [n] : what of a node's flow teleports, and where that lands (sums to 1).
    Ends when a sweep changes less than `tolerance`, or when rounding keeps it from changing less than those before.
    Returns the number of sweeps.
    """
    n = flow.size
    least, idle = np.inf, 0
    for sweep in range(max_sweeps):
        # Σ rate·x is kept up to date while the sweep goes on, and computed anew each time against rounding.
        teleporting = 0.0
        for u in range(n):
            teleporting += rate[u] * flow[u]
        change, total = 0.0, 0.0
        for v in range(n):
            staying = rate[v] * land[v]
            arriving = (teleporting - rate[v] * flow[v]) * land[v]
            for e in range(begin[v], begin[v + 1]):
                u = source[e]
                if u == v:
                    staying += share[e]
                else:
                    arriving += share[e] * flow[u]
            # A node that nothing leaves, not even by teleportation, keeps what it has.
            x = arriving / (1.0 - staying) if staying < 1.0 - 1e-12 else flow[v]
            teleporting += rate[v] * (x - flow[v])
            change += abs(x - flow[v])
            flow[v] = x
            total += x
        for v in range(n):
            flow[v] /= total
        if change < least:
            least, idle = change, 0
        else:
            idle += 1
        if change <= tolerance * total or idle == PATIENCE:
            return sweep + 1
    return max_sweeps
