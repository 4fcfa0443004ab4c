"""Commands and states of all protocols under one numbering, so that a log's column holds them whatever the device.

vdmabuf's come first and keep their own numbers; a protocol's others follow in the order in which it was enrolled.
Number 0 is "unknown" among commands and "never seen" among states, for everybody.
"""

from collections.abc import Sequence

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.protocols.vdmabuf.lifecycle import LIFECYCLE
from vdmabuf_inspect.track.lifecycle import Lifecycle

_commands: list[str] = [op.name for op in Op]
_states: list[str] = list(LIFECYCLE.states)
_live: list[bool] = LIFECYCLE.live_mask().tolist()
_first_command: dict[tuple[str, ...], int] = {}
_first_state: dict[tuple[tuple[str, ...], frozenset[str]], int] = {}


def enrol_commands(owner: str, names: Sequence[str]) -> int:
    """Number a protocol's commands in a row, once; the number of the first."""
    key = (owner, *names)
    if key not in _first_command:
        _first_command[key] = len(_commands)
        _commands.extend(names)
    return _first_command[key]


def enrol_states(lifecycle: Lifecycle) -> Array:
    """uint8[states]: the numbers of a lifecycle's states, given once; its state 0 is everybody's.

    Lifecycles with the same states have the same numbers, however often a plugin is loaded again.
    """
    key = lifecycle.states, lifecycle.live
    if lifecycle is not LIFECYCLE and key not in _first_state:
        _first_state[key] = len(_states)
        _states.extend(lifecycle.states[1:])
        _live.extend(lifecycle.live_mask()[1:].tolist())
    first = 1 if lifecycle is LIFECYCLE else _first_state[key]
    return np.concatenate([[0], np.arange(first, first + len(lifecycle.states) - 1)]).astype(np.uint8)


def command_name(number: int) -> str:
    """A command's name."""
    return _commands[number]


def command_names() -> tuple[str, ...]:
    """All commands; a number is the place."""
    return tuple(_commands)


def state_name(number: int) -> str:
    """A state's name."""
    return _states[number]


def state_names() -> tuple[str, ...]:
    """All states; a number is the place."""
    return tuple(_states)


def live_mask() -> Array:
    """bool[states]: whether an object in this state is shared with its device."""
    return np.array(_live)
