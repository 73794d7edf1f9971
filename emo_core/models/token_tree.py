"""Many token sequences that begin alike, as one tree: what they share is computed once.

A language model reads a sequence token by token, each attending to those before it. Two sequences with the same beginning have
the same hidden states there. So all sequences are laid out as one row of *nodes*, a node being a beginning that occurs, and one
pass over the row serves them all, when

- a node attends to itself and its ancestors only (`ancestry`), and
- its position is its depth (`depths`), as if its own sequence stood alone.

    >>> tree = TokenTree()
    >>> tree.add([7, 8, 1]), tree.add([7, 8, 2])
    ([0, 1, 2], [0, 1, 3])
    >>> tree.add([5], below=2)
    [4]
    >>> tree.depths
    [0, 1, 2, 2, 3]
    >>> tree.ancestry().astype(int)[3]
    array([1, 1, 0, 1, 0])
"""

from collections.abc import Iterable

import numpy as np

ROOT = -1


class TokenTree:
    """A tree of tokens. Node i has `tokens[i]`, `parents[i]` (ROOT for a first token) and `depths[i]`, from 0.

    A parent comes before its children.
    """

    def __init__(self):
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.depths: list[int] = []
        self._children: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self.tokens)

    def add(self, sequence: Iterable[int], *, below: int = ROOT) -> list[int]:
        """Lay `sequence` below a node, reusing what is there; returns the node of each of its tokens."""
        nodes = []
        for token in sequence:
            below = self._child(below, int(token))
            nodes.append(below)
        return nodes

    def _child(self, parent: int, token: int) -> int:
        node = self._children.setdefault((parent, token), len(self.tokens))
        if node == len(self.tokens):
            self.tokens.append(token)
            self.parents.append(parent)
            self.depths.append(0 if parent == ROOT else self.depths[parent] + 1)
        return node

    def ancestry(self) -> np.ndarray:
        """(nodes, nodes) bool: entry (i, j) says that j is i or one of its ancestors."""
        seen = np.eye(len(self), dtype=bool)
        for node, parent in enumerate(self.parents):
            if parent != ROOT:
                seen[node] |= seen[parent]
        return seen
