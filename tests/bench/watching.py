"""What watching a live guest costs, and how often it can look: `record` on the idle reference pair."""

import time
from collections.abc import Iterator
from pathlib import Path

from tests.sources.quiet import SETTLED, recording, rings, spend

from .bar import Bar

RATE = 10_000
SECONDS = 5.0


def watching(folder: Path) -> Iterator[Bar]:
    """By the processor time of the recording process, and by the counts in what it recorded."""
    (folder / "quiet").mkdir()
    with recording(folder / "quiet") as child:
        time.sleep(SETTLED)
        spent, lasted = spend(child, SECONDS)
    share = spent / lasted
    yield Bar("watching a quiet guest", f"{share:.1%} of a core", "under 2 % of a core", share < 0.02)
    (folder / "often").mkdir()
    with recording(folder / "often", "--poll", "max") as child:
        begun = time.monotonic()
        spent, lasted = spend(child, SECONDS)
    watched = time.monotonic() - begun
    polls = [int(str(ring["polls"])) for ring in rings(folder / "often" / "r.pcapng")]
    rate = min(polls) / watched
    how = f"{len(polls)} queues, {spent / lasted:.0%} of a core"
    yield Bar("looks a second at each queue", f"{rate:,.0f}", f"{RATE:,} or more", rate >= RATE, how)
