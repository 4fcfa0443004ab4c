"""Notifications that a driver or a device does not send, or sends though nobody asked (VR160 to VR163)."""

from vdmabuf_inspect.reference.faults.table import Side, fault
from vdmabuf_inspect.reference.steps import AskStep, CallStep, KickStep

TIMES = 4
"""So often that no later notification wakes the other side at once."""


@fault("kick-skipped", Side.DRIVER, KickStep, "VR160", when=lambda s: s.wanted, times=TIMES, options="device --tick 2")
def _kick(step: KickStep) -> None:
    """Does not notify the device although it asked for that, four times."""
    step.skip = True


@fault("call-skipped", Side.DEVICE, CallStep, "VR161", first=12, times=0, options="driver --tick 2")
def _call(step: CallStep) -> None:
    """Does not notify the driver any more although it asks for that, after a time in which calls can be heard."""
    step.skip = True


@fault("event-index-stale", Side.DEVICE, AskStep, "VR162", when=lambda s: s.event_idx, times=TIMES, options="--tick 2")
def _stale(step: AskStep) -> None:
    """Goes to sleep without asking for the next kick, four times."""
    step.skip = True


@fault("kick-suppression-ignored", Side.DRIVER, KickStep, "VR163", when=lambda s: not s.wanted, times=100 * TIMES)
def _ignored(step: KickStep) -> None:
    """Notifies the device although it asked not to be, every time."""
    step.force = True
