"""The reference device: answers for the VM ID, reads the pictures, holds a few buffers and releases them in turn."""

import os
import select
import time
from collections import Counter
from collections.abc import Callable

from vdmabuf_inspect.errors import FaultError, InspectError, SourceError
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.reference.backend import BackEnd, Log
from vdmabuf_inspect.reference.endpoint import accept, connect, listen
from vdmabuf_inspect.reference.faults import Side
from vdmabuf_inspect.reference.holder import Holder
from vdmabuf_inspect.reference.options import DeviceOptions, ring_features
from vdmabuf_inspect.reference.plan import Plan
from vdmabuf_inspect.reference.steps import IdentityStep, OfferStep
from vdmabuf_inspect.vhost_user.connection import Connection


def run_device(options: DeviceOptions, log: Log) -> int:
    """Serve front ends until there are enough of them; one log line for each message.

    Answers 0 when all was well, 1 when a driver did wrong (and `any` is not set) or left messages behind,
    2 when the device could not run.
    """
    try:
        return _Service(options, log).run()
    except InspectError as error:
        log(f"device: {error}")
        return 2


class _Service:
    def __init__(self, options: DeviceOptions, log: Log) -> None:
        self._options, self._log = options, log
        self._dialect = DIALECTS[options.dialect]
        self._plan = Plan(options.fault, Side.DEVICE, log)
        self._end = time.monotonic() + options.duration if options.duration else float("inf")
        self._troubles: Counter[str] = Counter()

    def run(self) -> int:
        served = 0
        listener = listen(self._options.socket) if self._options.listen else None
        try:
            while not self._over() and (served < self._options.sessions or not self._options.sessions):
                sock = accept(listener, self._wait()) if listener else connect(self._options.socket, self._wait())
                self._session(Connection(sock))
                served += 1
        finally:
            if listener:
                listener.close()
                os.unlink(self._options.socket)  # noqa: PTH108
        for name in self._plan.uncommitted:
            self._log(f"device: fault {name} found no occasion")
        return 1 if self._troubles and not self._options.any else 0

    def _session(self, connection: Connection) -> None:
        step = IdentityStep(self._options.vmid or os.getpid())
        self._plan.meet(step)
        holder = Holder(self._dialect, self._options, step.vmid, self._plan.meet, self._say, self._trouble)
        end = BackEnd(
            connection,
            offered=self._offer(),
            config=step.vmid.to_bytes(8, "little"),
            queues=len(self._dialect.queues),
            log=self._log,
            prepared=(self._plan.meet, self._trouble, self._options.batch),
            stopped=holder.queue_stopped,
        )
        self._log(f"device: front end connected, dialect {self._dialect.name}, VM ID {step.vmid}")
        try:
            _serve(end, holder, self._over, self._trouble, self._options.tick)
        except SourceError as error:
            self._trouble(str(error))
        finally:
            end.close()
            self._log(f"device: front end gone; {holder.summary()}")

    def _offer(self) -> int:
        step = OfferStep(Feature.PROTOCOL_FEATURES | ring_features(self._options, self._dialect))
        self._plan.meet(step)
        return step.offered

    def _over(self) -> bool:
        return time.monotonic() >= self._end

    def _wait(self) -> float:
        """Seconds to wait for a front end: for the first one `timeout`, or as long as the device runs."""
        return max(0.1, min(self._end - time.monotonic(), 1e6 if self._options.duration else self._options.timeout))

    def _say(self, text: str) -> None:
        if not self._options.quiet:
            self._log(f"device: {text}")

    def _trouble(self, text: str) -> None:
        self._troubles[text] += 1
        if self._troubles[text] == 1:
            self._log(f"device: driver: {text}")


def _serve(end: BackEnd, holder: Holder, over: Callable[[], bool], trouble: Log, tick: float) -> None:
    while end.serve() and not over():
        for queue in end.queues:
            queue.drain_kicks()
        try:
            holder.work(end.queues)
        except FaultError as fault:
            trouble(f"memory taken away from a running queue: {fault}")
        _sleep(end, tick)


def _sleep(end: BackEnd, tick: float) -> None:
    poller = select.poll()
    poller.register(end.connection, select.POLLIN)
    for queue in end.queues:
        if queue.kick is not None:
            poller.register(queue.kick, select.POLLIN)
    poller.poll(tick * 1000)
