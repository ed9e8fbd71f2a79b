"""Soft membership: how a node's flow is shared among the modules of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanmine.infomap.network import Network

_BLOCK = 1 << 14  # nodes


@dataclass(frozen=True)
class Memberships:
    """Rows of (node, module, share), by node and then by falling share (ties: the smaller module).

    Attributes
    ----------
    node, module : int64 [rows].
    share : float64 [rows]; those of a node sum to 1.
    """

    node: np.ndarray
    module: np.ndarray
    share: np.ndarray


def memberships(network: Network, module: np.ndarray, copy_of: np.ndarray | None = None) -> Memberships:
    """The share of each node's link flow, out and in together, that goes to and comes from each module.

    module : int [n], the module of each node. A node without links to others is all in its own.
    copy_of : int64 [n], the node by whose links each stands; None: itself.
    """
    from scipy import sparse

    n = network.size
    links = sparse.csr_matrix((network.between, network.neighbour, network.begin), (n, n))
    members = sparse.csr_matrix((np.ones(n), (np.arange(n), module)), (n, int(module.max(initial=0)) + 1))
    flow = links @ members
    flow = (flow if copy_of is None else flow[copy_of]).tocoo()
    total = np.bincount(flow.row, flow.data, n)
    lonely = np.flatnonzero(total == 0)
    kept = flow.data > 0
    node = np.concatenate([flow.row[kept], lonely]).astype(np.int64)
    modules = np.concatenate([flow.col[kept], module[lonely]]).astype(np.int64)
    share = np.concatenate([flow.data[kept] / total[flow.row[kept]], np.ones(lonely.size)])
    order = np.lexsort((modules, -np.round(share, 12), node))
    return Memberships(node[order], modules[order], share[order])


def own_share(network: Network, module: np.ndarray, copy_of: np.ndarray | None = None) -> np.ndarray:
    """float64 [n]: what of each node's link flow stays in its own module; 1 for nodes without links.

    copy_of : as of `memberships`; copies are in the module of the node that they stand by.
    """
    begin, neighbour, between = network.links
    share = np.ones(network.size)
    for first in range(0, network.size, _BLOCK):  # arrays of all links would be the most memory of a whole run
        stop = min(first + _BLOCK, network.size)
        links = slice(begin[first], begin[stop])
        source = np.repeat(np.arange(stop - first), np.diff(begin[first : stop + 1]))
        inside = between[links] * (module[first + source] == module[neighbour[links]])
        total = np.bincount(source, between[links], stop - first)
        kept = np.bincount(source, inside, stop - first)
        np.divide(kept, total, out=share[first:stop], where=total > 0)
    return share if copy_of is None else share[copy_of]
