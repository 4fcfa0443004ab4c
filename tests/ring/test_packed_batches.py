"""Packed rings of a device that promised to keep the order: used descriptors of batches that laps overwrote."""

from tests.ring.test_packed import AVAILABLE, GAP, PACKED, USED, Sides, begun, entries, ring
from vdmabuf_inspect.model.features import Feature


def test_a_batch_behind_one_that_was_overwritten_ends_where_its_last_chain_does() -> None:
    """The device goes on behind that chain, not so many slots behind the used descriptor as are out in all."""
    sides = Sides(ring(8, PACKED | int(Feature.IN_ORDER)), (1,), in_order=True)
    watcher = begun(sides)
    for _ in range(8):
        sides.offer(0)
    sides.look(watcher, 1)
    sides.batch(3)
    sides.batch(3)
    for _ in range(2):
        sides.offer(0)
    records = sides.look(watcher, 2)
    assert GAP in [r.kind for r in records]
    sides.done.clear()
    sides.batch(4)
    sides.offer(0)
    told = entries(sides.look(watcher, 3))
    assert [head for kind, head in told if kind is USED] == [head for kind, head in sides.done if kind is USED]
    assert [head for kind, head in told if kind is AVAILABLE] == [head for kind, head in sides.done[-1:]]
