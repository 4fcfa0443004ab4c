"""In which order the entries of both sides of one ring can have happened."""


def merge(
    available: list[tuple[int, int]], used: list[tuple[int, int, int]], outstanding: set[int], unknown: int = 0
) -> list[int]:
    """An order in which the entries can have happened: 0 takes the next available entry, 1 the next used one.

    A head cannot be made available again before it was used, nor used before it was made available;
    where that leaves a choice, available entries come first. So many as are `unknown` are out besides, after a gap:
    those are the first to come back.
    """
    order: list[int] = []
    held = set(outstanding)
    a = u = 0
    while a < len(available) or u < len(used):
        if unknown > 0 and u < len(used) and used[u][1] not in held:
            unknown, u = unknown - 1, u + 1
            order.append(1)
            continue
        take_available = a < len(available) and (
            available[a][1] not in held or u >= len(used) or used[u][1] not in held
        )
        if take_available:
            held.add(available[a][1])
            a += 1
        else:
            held.discard(used[u][1])
            u += 1
        order.append(0 if take_available else 1)
    return order
