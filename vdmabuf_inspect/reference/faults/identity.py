"""IDs that a driver gets wrong (VI rules)."""

from functools import partial

from vdmabuf_inspect.reference.faults.table import Side, fault
from vdmabuf_inspect.reference.steps import ExportStep

export = partial(fault, side=Side.DRIVER, step=ExportStep)


def _copy_id(step: ExportStep, other: ExportStep) -> None:
    step.halves, step.key, step.counter = other.halves, other.key, other.counter


def _set_counter(step: ExportStep, counter: int) -> None:
    step.halves = tuple(counter if half == step.counter else half for half in step.halves)  # type: ignore[assignment]
    step.counter = counter


@export("vmid-wrong", rules="VI401")
def _vmid(step: ExportStep) -> None:
    """Puts another VM's number into an ID."""
    wrong = step.vmid + 1
    step.halves = (wrong, step.counter) if step.dialect.vm_half_first else (step.counter, wrong)


@export("vmid-swapped", rules="VI402")
def _swapped(step: ExportStep) -> None:
    """Exchanges the two halves of an ID."""
    step.halves = step.halves[::-1]


@export("id-reused-live", rules="VI403", when=lambda s: bool(s.live))
def _live(step: ExportStep) -> None:
    """Exports another buffer under an ID that is exported and not released."""
    _copy_id(step, step.live[-1])


@export("id-reused-after-release", rules="VI404", when=lambda s: bool(s.released))
def _released(step: ExportStep) -> None:
    """Exports another buffer under an ID that was released."""
    _copy_id(step, step.released[-1])


@export("counter-repeated", rules="VI405", when=lambda s: bool(s.live))
def _repeated(step: ExportStep) -> None:
    """Uses a counter again with another key."""
    _set_counter(step, step.live[-1].counter)


@export("counter-back", rules="VI406", when=lambda s: not s.dialect.reexports)
def _back(step: ExportStep) -> None:
    """Lets the counter leap ahead once, so that it goes back with the next buffer."""
    _set_counter(step, step.counter + 1000)


@export("key-zero", rules="VI407")
def _zero(step: ExportStep) -> None:
    """Leaves the random half of an ID zero."""
    step.key = (0, 0)


@export("key-constant", rules="VI407", first=1, times=0)
def _constant(step: ExportStep) -> None:
    """Gives every buffer the same key."""
    step.key = (0x11223344, 0x55667788)
