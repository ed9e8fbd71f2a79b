"""Rotary position embeddings (arXiv 2104.09864): a query or key at position p is turned by the angles p·θ_i."""

from __future__ import annotations

import numpy as np

from hanmine.encoder.graphs.writer import Graph


def rotary_tables(graph: Graph, theta: float, head: int, positions: int, *, exact: bool) -> tuple[str, str]:
    """Cosines and sines [positions, head / 2] of the angles p / theta^(2i / head).

    exact : angles in float64 (RoFormer's tables); else in float32, as models that compute them on the fly do.
    """
    dtype = np.float64 if exact else np.float32
    exponents = np.arange(0, head, 2, dtype=dtype) / dtype(head)
    angles = np.arange(positions, dtype=dtype)[:, None] * (dtype(1) / dtype(theta) ** exponents)
    names = f"rotary_cos_{theta}", f"rotary_sin_{theta}"
    return graph.table(names[0], np.cos(angles)), graph.table(names[1], np.sin(angles))


def rotate(graph: Graph, x: str, tables: tuple[str, str], heads: int, *, interleaved: bool) -> str:
    """x [batch, tokens, heads · head] turned by the position of each token.

    interleaved : the pairs are (0, 1), (2, 3), .. (RoFormer), else (i, i + head / 2) (ModernBERT).
    """
    start = graph.integers(0)
    return graph.contrib("RotaryEmbedding", x, start, *tables, interleaved=int(interleaved), num_heads=heads)
