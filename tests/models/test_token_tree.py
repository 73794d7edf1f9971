from hypothesis import given
from hypothesis import strategies as st

from emo_core.models.token_tree import TokenTree

SEQUENCES = st.lists(st.lists(st.integers(-3, 3), min_size=1, max_size=8), min_size=1, max_size=8)


@given(SEQUENCES)
def test_every_sequence_sees_itself_and_nothing_else(sequences):
    tree = TokenTree()
    paths = [tree.add(sequence) for sequence in sequences]
    seen = tree.ancestry()
    for path, sequence in zip(paths, sequences):
        assert [tree.tokens[node] for node in path] == sequence
        assert [tree.depths[node] for node in path] == list(range(len(path)))
        for length, node in enumerate(path, start=1):
            assert seen[node].nonzero()[0].tolist() == path[:length]


@given(SEQUENCES)
def test_a_node_is_a_distinct_beginning(sequences):
    tree = TokenTree()
    for sequence in sequences:
        tree.add(sequence[3:], below=tree.add(sequence[:3])[-1])
    assert len(tree) == len({tuple(sequence[:n]) for sequence in sequences for n in range(1, len(sequence) + 1)})
