"""The hash index against a dictionary, with keys that collide, and growing while it is used."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.track.index import RowIndex, mix

U64 = np.uint64


class Keys:
    """Rows with a key each, as a log has them."""

    def __init__(self, spread: bool) -> None:
        self.of_row = np.zeros(0, U64)
        self.index = RowIndex()
        self.spread = spread

    def hash(self, keys: Array) -> Array:
        return mix(keys) if self.spread else keys & U64(3)

    def find(self, keys: Array) -> Array:
        return self.index.find(self.hash(keys), lambda rows, which: self.of_row[rows] == keys[which])

    def put(self, keys: Array) -> None:
        rows = np.arange(len(self.of_row), len(self.of_row) + len(keys), dtype=np.int32)
        known = self.find(keys)
        self.of_row = np.concatenate([self.of_row, keys])
        self.index.put(self.hash(keys), rows, known, lambda r: self.hash(self.of_row[r]))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(st.sets(st.integers(0, 40) | st.integers(2**63, 2**63 + 9), max_size=12), max_size=8), st.booleans())
def test_index_is_a_dictionary(batches: list[set[int]], spread: bool) -> None:
    keys, oracle, row = Keys(spread), {}, 0
    for batch in batches:
        given_keys = np.array(sorted(batch), U64)
        keys.put(given_keys)
        for key in given_keys.tolist():
            oracle[key], row = row, row + 1
        asked = np.array([*range(45), 2**63, 2**63 + 5], U64)
        assert keys.find(asked).tolist() == [oracle.get(int(k), -1) for k in asked]


def test_index_grows() -> None:
    keys = Keys(spread=True)
    many = np.random.default_rng(1).permutation(60_000).astype(U64)
    for part in np.array_split(many, 7):
        keys.put(part)
    assert keys.find(many).tolist() == list(range(len(many)))
    assert (keys.find(many + U64(10**6)) == -1).all()
    keys.put(many[::-1].copy())
    assert keys.find(many).tolist() == list(range(2 * len(many) - 1, len(many) - 1, -1))


def test_mix_spreads_keys_that_count() -> None:
    low = mix(np.arange(1 << 14, dtype=U64)) & U64((1 << 14) - 1)
    assert len(np.unique(low)) > 0.6 * (1 << 14)
    assert len(np.unique(mix(np.zeros(4, U64), np.arange(4, dtype=U64)))) == 4
