"""The reference driver: asks for the VM ID, exports painted buffers at a steady rate, uses them again once released."""

import socket
import time
from collections import Counter
from functools import partial
from random import Random

from vdmabuf_inspect.errors import InspectError, SourceError, UsageError
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.protocols.vdmabuf.layout import MAX_PAGES
from vdmabuf_inspect.reference.backend import Log
from vdmabuf_inspect.reference.buffers import Buffers
from vdmabuf_inspect.reference.endpoint import accept, connect, listen
from vdmabuf_inspect.reference.faults import Side
from vdmabuf_inspect.reference.frontend import ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK, FrontEnd
from vdmabuf_inspect.reference.guest import Guest, pages_of
from vdmabuf_inspect.reference.mailbox import Mailbox
from vdmabuf_inspect.reference.options import DriverOptions, ring_features
from vdmabuf_inspect.reference.pagetable import seconds_needed
from vdmabuf_inspect.reference.picture import Format
from vdmabuf_inspect.reference.plan import Plan
from vdmabuf_inspect.reference.steps import FeaturesStep
from vdmabuf_inspect.reference.traffic import Traffic
from vdmabuf_inspect.vhost_user.connection import Connection

MEMORY_LIMIT = 1 << 33
"""Bytes of pictures that a guest may have."""
RETRY = 0.05
"""Seconds between two attempts to find another device."""


def run_driver(options: DriverOptions, log: Log) -> int:
    """One session with a device; one log line for each message.

    Answers 0 when all was well, 1 when the device did wrong or something never came back, 2 when the
    driver could not run.
    """
    try:
        return _Session(options, log).run()
    except InspectError as error:
        log(f"driver: {error}")
        return 2


class _Session:
    def __init__(self, options: DriverOptions, log: Log) -> None:
        self._options, self._log = options, log
        self._dialect = DIALECTS[options.dialect]
        self._plan = Plan(options.fault, Side.DRIVER, log)
        self._rng = Random(options.seed or None)
        self._form = Format.of(options.width, options.height)
        self._troubles: Counter[str] = Counter()
        _check(options, self._form)

    def run(self) -> int:
        front = FrontEnd(Connection(_socket(self._options)), self._options.timeout, self._plan.meet)
        guest = self._guest()
        try:
            mailbox, features = self._negotiate(front, guest)
            self._drive(front, guest, mailbox, features)
        finally:
            front.connection.close()
            guest.ram.close()
        for name in self._plan.uncommitted:
            self._log(f"driver: fault {name} found no occasion")
        return 1 if self._troubles else 0

    def _negotiate(self, front: FrontEnd, guest: Guest) -> tuple[Mailbox, int]:
        options = self._options
        features, queues = front.negotiate(ring_features(options, self._dialect), options.reconnect)
        _check_size(options, features)
        if queues < len(self._dialect.queues):
            raise SourceError(f"the back end has {queues} queues, {self._dialect.name} needs {self._dialect.queues}")
        step = FeaturesStep(features, options.framing, front.offered)
        self._plan.meet(step)
        front.acknowledge(step.acknowledged)
        front.share(guest.ram)
        return Mailbox(self._dialect, guest, self._plan.meet, self._trouble, step.framing, options.tick), features

    def _drive(self, front: FrontEnd, guest: Guest, mailbox: Mailbox, features: int) -> None:
        options = self._options
        recover = partial(self._recover, front, guest, mailbox) if options.reconnect else None
        buffers = Buffers(guest, self._form, options.buffers, self._dialect, self._rng)
        traffic = Traffic(
            options, front, mailbox, buffers, guest.ram, self._plan.meet, self._say, self._trouble, recover
        )
        end = time.monotonic() + options.duration if options.duration else float("inf")
        try:
            mailbox.open(front, features)
            front.set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK)
            mailbox.post_first()
            traffic.run(end)
            mailbox.stop(front)
        except SourceError as error:
            self._trouble(str(error))
        finally:
            mailbox.close()
            self._log(f"driver: {traffic.summary()}")

    def _recover(self, front: FrontEnd, guest: Guest, mailbox: Mailbox) -> None:
        """Set everything up again with the next device that lives long enough. Raises SourceError."""
        features, deadline = front.features, time.monotonic() + self._options.timeout
        while True:
            front.connection.close()
            front.connection = Connection(_socket(self._options))
            try:
                self._resume(front, guest, mailbox, features)
                return
            except SourceError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(RETRY)

    def _resume(self, front: FrontEnd, guest: Guest, mailbox: Mailbox, features: int) -> None:
        front.negotiate(features, keep=True)
        missing = features & ~front.offered & ~Feature.PROTOCOL_FEATURES
        if missing:
            raise SourceError(f"the new back end does not offer features {missing:#x}, which are in use")
        front.acknowledge(features)
        front.share(guest.ram)
        mailbox.start(front)
        front.set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK)

    def _guest(self) -> Guest:
        options, pages = self._options, pages_of(self._form.size)
        return Guest(
            len(self._dialect.queues),
            options.queue_size,
            max(256, 4 * options.queue_size),
            options.buffers * (1 + seconds_needed(pages)),
            options.buffers * pages,
            self._rng,
        )

    def _say(self, text: str) -> None:
        if not self._options.quiet:
            self._log(f"driver: {text}")

    def _trouble(self, text: str) -> None:
        self._troubles[text] += 1
        if self._troubles[text] == 1:
            self._log(f"driver: device: {text}")


def _check(options: DriverOptions, form: Format) -> None:
    size = options.queue_size
    if not 0 < size <= 1 << 15 or (size & (size - 1) and not options.packed):
        raise UsageError(f"--queue-size {size}: a power of two up to 32768 is wanted, or any size with --packed")
    if not form.sane:
        raise UsageError(f"a picture of {form.width}x{form.height}: 32x8 to 16384x16384 is wanted")
    if pages_of(form.size) > MAX_PAGES or form.size * options.buffers > MEMORY_LIMIT:
        raise UsageError(f"{options.buffers} buffers of {form.size} bytes are too much")
    if options.buffers < 1:
        raise UsageError("--buffers: at least one is wanted")


def _check_size(options: DriverOptions, features: int) -> None:
    size = options.queue_size
    if size & (size - 1) and not features & Feature.RING_PACKED:
        raise SourceError(f"the back end has no packed rings, for which alone a queue size of {size} is valid")


def _socket(options: DriverOptions) -> socket.socket:
    if not options.listen:
        return connect(options.socket, options.timeout)
    listener = listen(options.socket)
    try:
        return accept(listener, options.timeout)
    finally:
        listener.close()
