"""vhost-user sessions that a front end or a back end gets wrong (VH201 to VH210)."""

import os
import time
from dataclasses import replace
from functools import partial

from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.reference.control_steps import AnsweredStep, AnswerStep, EnableStep, RequestStep
from vdmabuf_inspect.reference.faults.pages import WATCHED
from vdmabuf_inspect.reference.faults.table import Side, fault
from vdmabuf_inspect.reference.steps import ExportedStep, FeaturesStep
from vdmabuf_inspect.vhost_user.connection import Fds, Message
from vdmabuf_inspect.vhost_user.payload import VringAddress, pack_u64
from vdmabuf_inspect.vhost_user.wire import Request

request = partial(fault, side=Side.DRIVER, step=RequestStep, first=1)
answer = partial(fault, side=Side.DEVICE, step=AnswerStep, first=1)
NOWHERE = 0x6000_0000_0000
MTU = 1500


@request("message-malformed-driver", rules="VH201", when=lambda s: s.request == Request.SET_VRING_ENABLE)
def _cut(step: RequestStep) -> None:
    """Sends a SET_VRING_ENABLE of four bytes ahead of a right one."""
    step.ahead.append(Message(step.request, step.payload[:4]))


@answer("message-malformed-device", rules="VH201", when=lambda s: s.request == Request.GET_QUEUE_NUM)
def _long(step: AnswerStep) -> None:
    """Answers GET_QUEUE_NUM with four bytes too many."""
    step.payload += bytes(4)


@request("descriptor-count-wrong-driver", rules="VH202", when=lambda s: s.request == Request.SET_VRING_CALL)
def _twice(step: RequestStep) -> None:
    """Sends a SET_VRING_CALL with two file descriptors ahead of a right one."""
    step.ahead.append(Message(step.request, step.payload, fds=Fds(os.dup(step.fds[0]) for _ in range(2))))


@answer("descriptor-count-wrong-device", rules="VH202", when=lambda s: s.request == Request.GET_QUEUE_NUM)
def _surplus(step: AnswerStep) -> None:
    """Answers GET_QUEUE_NUM with a file descriptor besides."""
    step.fds.add([os.eventfd(0, os.EFD_CLOEXEC)])


@request("request-not-negotiated", rules="VH203", when=lambda s: s.request == Request.SET_VRING_NUM)
def _mtu(step: RequestStep) -> None:
    """Tells an MTU, for which no protocol feature was agreed on."""
    step.ahead.append(Message(Request.NET_SET_MTU, pack_u64(MTU)))


@request("ring-set-up-incomplete", rules="VH204", when=lambda s: s.request == Request.SET_VRING_NUM)
def _hasty(step: RequestStep) -> None:
    """Starts the first ring before it has told size and addresses."""
    kick = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
    step.ahead.append(Message(Request.SET_VRING_KICK, pack_u64(0), fds=Fds([kick])))


@fault("kick-before-enable", Side.DRIVER, EnableStep, "VH205", first=1)
def _early(step: EnableStep) -> None:
    """Kicks a ring that it has not enabled yet, again and again: one that the device takes at once is not heard."""
    end = time.monotonic() + WATCHED
    while time.monotonic() < end:
        step.notify()


@fault("features-not-offered", Side.DRIVER, FeaturesStep, "VH206", first=1)
def _features(step: FeaturesStep) -> None:
    """Acknowledges feature bits that the back end did not offer."""
    step.acknowledged |= (Feature.ANY_LAYOUT | Feature.NOTIFY_ON_EMPTY) & ~step.offered


@request("address-unmapped", rules="VH207", when=lambda s: s.request == Request.SET_VRING_ADDR)
def _unmapped(step: RequestStep) -> None:
    """Puts a ring's descriptors at an address that is in no memory region."""
    address = VringAddress.parse(step.payload)
    assert address is not None
    step.payload = replace(address, desc=NOWHERE).pack()


@answer("reply-missing", rules="VH208", when=lambda s: s.request == Request.GET_VRING_BASE)
def _silent(step: AnswerStep) -> None:
    """Does not answer the first GET_VRING_BASE."""
    step.skip = True


@fault("ring-touched-while-stopped", Side.DEVICE, AnsweredStep, "VH209", when=lambda s: s.touch is not None, first=1)
def _touched(step: AnsweredStep) -> None:
    """Returns a chain after it has answered GET_VRING_BASE."""
    assert step.touch is not None
    time.sleep(WATCHED)
    step.touch()
    time.sleep(WATCHED)


@fault("memory-changed-in-flight", Side.DRIVER, ExportedStep, "VH210")
def _remapped(step: ExportedStep) -> None:
    """Takes the memory of the rings away while chains are out, and gives it back at once."""
    step.remap()
