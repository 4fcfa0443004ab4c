"""Small files made into hostile ones."""

from hypothesis import strategies as st


def mutated(data: st.DataObject, whole: bytes) -> bytes:
    """`whole` with some bytes, most of them early ones, set to awkward values, and perhaps cut."""
    raw = bytearray(whole)
    places = st.one_of(st.integers(8, min(600, len(raw)) - 1), st.integers(8, len(raw) - 1))
    for at in data.draw(st.lists(places, max_size=12)):
        raw[at] = data.draw(st.sampled_from([0, 1, 2, 0x7F, 0x80, 0xFF]))
    return bytes(raw[: data.draw(st.one_of(st.just(len(raw)), st.integers(8, len(raw))))])
