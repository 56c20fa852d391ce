"""The graph of who rated what: its connected components, and the single ratings on which a connection hangs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True)
class Component:
    """Applications and reviewers that can be compared with each other, through however many steps."""

    applications: list[int]
    reviewers: list[int]

    def to_json(self) -> dict[str, Any]:
        return {"applications": self.applications, "reviewers": self.reviewers}


def components_of(application: np.ndarray, reviewer: np.ndarray, n_applications: int) -> list[Component]:
    """Return the connected components of rated applications and rating reviewers, the largest first."""
    if not len(application):
        return []
    ends = reviewer + n_applications
    size = int(ends.max()) + 1
    graph = coo_array((np.ones(len(ends)), (application, ends)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    nodes = np.unique(np.concatenate([application, ends]))
    parts: dict[int, Component] = {}
    for node in nodes.tolist():
        part = parts.setdefault(int(label[node]), Component([], []))
        if node < n_applications:
            part.applications.append(node)
        else:
            part.reviewers.append(node - n_applications)
    return sorted(parts.values(), key=lambda part: (-len(part.applications), part.applications))


def weak_links_of(application: np.ndarray, reviewer: np.ndarray, n_applications: int) -> list[list[int]]:
    """Return the ratings ``[application, reviewer]`` without which a component would fall in two real halves.

    Bridges of the graph (Tarjan 1974) with both an application and a reviewer on either side; a single rating at the
    rim of the graph is no link between halves.
    """
    neighbours: dict[int, set[int]] = {}
    for left, right in {(a, r + n_applications) for a, r in zip(application.tolist(), reviewer.tolist(), strict=True)}:
        neighbours.setdefault(left, set()).add(right)
        neighbours.setdefault(right, set()).add(left)
    order: dict[int, int] = {}
    links = []
    for root in sorted(neighbours):
        if root not in order:
            links += _bridges(root, neighbours, order)
    real = [link for link in links if len(neighbours[link[0]]) > 1 and len(neighbours[link[1]]) > 1]
    return sorted([min(link), max(link) - n_applications] for link in real)


def _bridges(root: int, neighbours: dict[int, set[int]], order: dict[int, int]) -> list[tuple[int, int]]:
    """Depth-first search without recursion; a tree edge is a bridge if nothing below it reaches above it."""
    low: dict[int, int] = {}
    order[root] = low[root] = len(order)
    stack: list[tuple[int, int | None, Iterator[int]]] = [(root, None, iter(sorted(neighbours[root])))]
    bridges: list[tuple[int, int]] = []
    while stack:
        node, parent, rest = stack[-1]
        for other in rest:
            if other == parent:
                continue
            if other in order:
                low[node] = min(low[node], order[other])
                continue
            order[other] = low[other] = len(order)
            stack.append((other, node, iter(sorted(neighbours[other]))))
            break
        else:
            stack.pop()
            if parent is not None:
                low[parent] = min(low[parent], low[node])
                if low[node] > order[parent]:
                    bridges.append((parent, node))
    return bridges
