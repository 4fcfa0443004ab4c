"""The state of every buffer at any moment of a large recording."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.moment import at

from .bar import Bar, percentile


def moments(capture: Path, tries: int = 300) -> Iterator[Bar]:
    """Ask at random places."""
    session = inspect(str(capture))
    draw = random.Random(7)
    times = []
    for _ in range(tries):
        seq = draw.randint(1, session.seq)
        begun = time.perf_counter()
        states = at(session, seq).states
        times.append(time.perf_counter() - begun)
        assert len(states) == len(session.objects)
    p95 = percentile(times, 0.95)
    what = f"state of {len(session.objects):,} incarnations at any moment"
    how = f"{len(session.messages):,} messages, median {percentile(times, 0.5) * 1000:.1f} ms"
    yield Bar(what, f"{p95 * 1000:.1f} ms at p95", "under 16 ms", p95 < 0.016, how)
