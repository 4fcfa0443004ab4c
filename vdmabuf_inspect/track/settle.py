"""Operations on one object that were seen in one look on different queues: their order is inferred, not seen.

They are put into an order that the lifecycle allows where there is one. Operations of one queue keep theirs.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from vdmabuf_inspect.model.columns import Array, distinct

BEGIN, END, OTHER = 1, 2, 0


def settle(kind: Array, look: Array, opens: Array, live: Array) -> tuple[Array, Array]:
    """(order, moved): places in an order that can have happened, and which of them belong to a look set right.

    kind: uint8[n], BEGIN where an operation shares an object, END where it gives it back; look: int64[n], the time;
    both sorted by object, then event. opens: bool[n], an object's first; live: bool[n], its state before that.
    """
    n = len(kind)
    order, moved = np.arange(n), np.zeros(n, bool)
    starts = np.flatnonzero(opens | np.r_[True, look[1:] != look[:-1]])
    mixed = _any(kind == BEGIN, starts) & _any(kind == END, starts)
    if not mixed.any():
        return order, moved
    objects = np.flatnonzero(opens)
    bounds = np.r_[starts, n]
    for number in distinct(np.searchsorted(objects, starts[mixed], side="right") - 1):
        first = objects[number]
        last = objects[number + 1] if number + 1 < len(objects) else n
        inside = slice(*np.searchsorted(starts, [first, last]))
        alive = bool(live[first])
        for low, high in zip(starts[inside].tolist(), bounds[inside.start + 1 : inside.stop + 1].tolist(), strict=True):
            kinds = kind[low:high].tolist()
            if not _legal(kinds, alive):
                places = list(_merge(kinds, alive))
                order[low:high] = low + np.array(places)
                moved[low:high] = places != sorted(places)
                kinds = [kinds[p] for p in places]
            alive = _after(kinds, alive)
    return order, moved


def _any(mask: Array, starts: Array) -> Array:
    return np.asarray(np.logical_or.reduceat(mask, starts))


def _after(kinds: Sequence[int], alive: bool) -> bool:
    last = next((k for k in reversed(kinds) if k != OTHER), None)
    return alive if last is None else last == BEGIN


def _legal(kinds: Sequence[int], alive: bool) -> bool:
    for kind in kinds:
        if kind == OTHER:
            continue
        if (kind == BEGIN) == alive:
            return False
        alive = kind == BEGIN
    return True


def _merge(kinds: Sequence[int], alive: bool) -> Iterator[int]:
    """Places of the operations, ends where the object is shared and beginnings where it is not, as far as they go."""
    ends = [i for i, kind in enumerate(kinds) if kind == END]
    others = [i for i, kind in enumerate(kinds) if kind != END]
    while ends or others:
        from_others = others and (kinds[others[0]] == OTHER or not ends or not alive)
        chosen = others.pop(0) if from_others else ends.pop(0)
        if kinds[chosen] != OTHER:
            alive = kinds[chosen] == BEGIN
        yield chosen
