"""What the process's exit code says."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; of several sources the worst one counts, in the order of `RANK`."""

    CLEAN = 0
    FINDINGS = 1
    """Findings at or above `--fail-on`."""
    UNREADABLE = 2
    """A source could not be read, or the command line makes no sense."""
    INCOMPLETE = 3
    """Nothing worse was found, but some of the traffic was not seen."""
    NEVER_CAME = 4
    """`record --until` ended before what it waited for had come."""
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    """Whoever read our output went away; as a shell says that SIGPIPE ended a program."""
    TERMINATED = 143


RANK = (
    Exit.CLEAN,
    Exit.INCOMPLETE,
    Exit.NEVER_CAME,
    Exit.FINDINGS,
    Exit.UNREADABLE,
    Exit.INTERRUPTED,
    Exit.PIPE_CLOSED,
    Exit.TERMINATED,
)
"""From best to worst."""


def worst(codes: list[int]) -> int:
    """The code that a run over several sources ends with; CLEAN for none."""
    return max(codes, key=lambda code: RANK.index(Exit(code)), default=Exit.CLEAN)
