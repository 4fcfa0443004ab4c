"""One device of a declared protocol as the session follows it: its commands joined to their answers, its objects."""

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.protocols.declared.messages import Messages
from vdmabuf_inspect.protocols.declared.protocol import Command, Place, Protocol, QueueKind
from vdmabuf_inspect.protocols.numbers import enrol_states
from vdmabuf_inspect.track.events import Events, gather
from vdmabuf_inspect.track.objects import ObjectTracker, Operations

_UNKNOWN = -1


class DeclaredDevice:
    """State that outlives a batch. `device` is the session's number; `features` those that the driver acknowledged."""

    def __init__(self, device: int, protocol: Protocol, chains: Log, objects: Log, features: int = 0) -> None:
        self.device = device
        self.protocol = protocol
        self.features = features
        self.protocol_name = protocol.name
        self.steps: Operations | None = None
        self._chains = chains
        self._objects = objects
        self._flying: dict[int, tuple[int, int, bool]] = {}
        """Chain row of a request without an answer: its command, its object's number, whether it names one."""
        self._unread = False
        self._decides = np.array([bool(c.done or c.failed) for c in protocol.commands] + [True])
        """Commands whose answer says what becomes of an object; the last one is the unknown."""
        self._kinds: dict[int, int] = {}
        self._follow = protocol.follower() if protocol.follower else None
        self._tracker = ObjectTracker(protocol.lifecycle, device, objects) if protocol.lifecycle else None
        self.states: Array = enrol_states(protocol.lifecycle) if protocol.lifecycle else np.zeros(1, np.uint8)
        self._codes = [_codes(protocol, kind) for kind in protocol.queues]

    def restart(self, features: int) -> None:
        """The device was set up again: a new driver with other features, nothing outstanding, no object."""
        self.features = features
        self._follow = self.protocol.follower() if self.protocol.follower else None
        self._unread = False
        self._flying.clear()
        self._kinds.clear()
        if self.protocol.lifecycle is not None:
            self._tracker = ObjectTracker(self.protocol.lifecycle, self.device, self._objects, self._tracker)

    def consume(self, events: Events, _stuck_after_ns: int = 0) -> Messages | None:
        """Decode and track one batch of the device's events; None when it holds no message.

        Appends to the object log; `steps` holds what was done to the objects until the next batch.
        """
        self.steps = None
        messages = self._messages(events)
        if messages is None:
            return None
        if self._follow is not None:
            self._follow(messages)
        self._join(messages)
        self._doubt(messages)
        self._track(messages)
        return messages

    def understands(self, events: Events) -> bool:
        """Whether a batch holds messages, and most look like the protocol's."""
        messages = self._messages(events)
        return messages is not None and float(np.mean(self.protocol.fits(messages))) > 0.5

    def _doubt(self, messages: Messages) -> None:
        """A message that was read too late is a hole in what is known of the device, like one that was missed.

        Not so an answer that could have told nothing of an object.
        """
        counts = messages.requests | ~messages.asked | self._decides[messages.command]
        unread = np.logical_or.accumulate(messages.unread & counts) | self._unread
        messages.complete = messages.complete & ~unread
        self._unread = bool(unread[-1])

    def _messages(self, events: Events) -> Messages | None:
        asks = events.of(EventKind.AVAILABLE) & (events.readable > 0)
        tells = events.of(EventKind.USED) & (events.used_len > 0) & (events.writable > 0)
        at = np.flatnonzero(asks | tells)
        if not len(at):
            return None
        from_device = tells[at]
        start = np.where(from_device, events.tail[at], events.data[at])
        size = np.where(from_device, np.minimum(events.used_len[at], events.writable[at]), events.readable[at])
        kept = np.where(from_device, events.writable_kept[at], events.readable_kept[at])
        size, kept = size.astype(np.int64), np.minimum(kept, size).astype(np.int64)
        base = (start >> 2).astype(np.int64)
        command = self._own_commands(events, at, base, kept)
        return Messages(self.protocol, events, at, base, size, kept, from_device, command, self.features)

    def _own_commands(self, events: Events, at: Array, base: Array, kept: Array) -> Array:
        """int64[n]: the command that each message's own bytes say, -1 where they say none that is known."""
        kinds = self._kind_of(events.queue[at])
        result = np.full(len(at), _UNKNOWN, np.int64)
        for number, kind in enumerate(self.protocol.queues):
            mine = np.flatnonzero(kinds == number)
            codes, places, default = self._codes[number]
            result[mine] = default
            if kind.code is None or not len(mine):
                continue
            mine = mine[kept[mine] >= kind.code.offset + kind.code.size]
            word = _code(events, base[mine], kind.code)
            found = np.minimum(np.searchsorted(codes, word), max(len(codes) - 1, 0))
            known = codes[found] == word if len(codes) else np.zeros(len(mine), bool)
            result[mine[known]] = places[found[known]]
        return result

    def _kind_of(self, queue: Array) -> Array:
        for index in np.flatnonzero(np.bincount(queue)).tolist() if len(queue) else ():
            if index not in self._kinds:
                kind = self.protocol.kind(index, self.features)
                self._kinds[index] = self.protocol.queues.index(kind) if kind is not None else _UNKNOWN
        table = np.full(int(queue.max()) + 1 if len(queue) else 1, _UNKNOWN, np.int64)
        for index, number in self._kinds.items():
            if index < len(table):
                table[index] = number
        return np.asarray(table[queue])

    def _join(self, messages: Messages) -> None:
        """An answer is of its request's command and about its object."""
        n = len(messages)
        messages.name, messages.named = self._named(messages)
        messages.asked = np.zeros(n, bool)
        chain = messages.events.chain[messages.at]
        requests = np.flatnonzero(messages.requests)
        answers = np.flatnonzero(messages.from_device)
        asked = chain[requests]
        place = np.searchsorted(asked, chain[answers])
        here = place < len(asked)
        here[here] = asked[place[here]] == chain[answers][here]
        self._inherit(messages, answers[here], requests[place[here]])
        for i in answers[~here].tolist():
            known = self._flying.get(int(chain[i]))
            if known is not None:
                messages.command[i], messages.name[i], messages.named[i] = known
                messages.asked[i] = True
        self._remember(messages, requests, chain)

    def _inherit(self, messages: Messages, answers: Array, requests: Array) -> None:
        messages.command[answers] = messages.command[requests]
        messages.name[answers] = messages.name[requests]
        messages.named[answers] = messages.named[requests]
        messages.asked[answers] = True

    def _remember(self, messages: Messages, requests: Array, chain: Array) -> None:
        """Keep the requests that are still out; forget those that came back."""
        used = messages.events.of(EventKind.USED)
        for number in messages.events.chain[used].tolist() if self._flying else ():
            self._flying.pop(number, None)
        out = requests[self._chains.used[chain[requests]] < 0]
        columns = (messages.command, messages.name, messages.named)
        values = zip(*(column[out].tolist() for column in columns), strict=True)
        self._flying.update(zip(chain[out].tolist(), values, strict=True))

    def _named(self, messages: Messages) -> tuple[Array, Array]:
        """(uint64[n], mask): the object that each message itself names, or its follower has named."""
        n = len(messages)
        name = messages.name if len(messages.name) else np.zeros(n, np.uint64)
        named = messages.named.copy() if len(messages.named) else np.zeros(n, bool)
        for path, kind in {(command.object, command.object_kind) for command in self.protocol.commands}:
            takes = [i for i, c in enumerate(self.protocol.commands) if (c.object, c.object_kind) == (path, kind)]
            mine = messages.has(path) & np.isin(messages.command, takes)
            number = messages.column(path)
            if self.protocol.nameless is not None:
                mine &= number != self.protocol.nameless
            name[mine] = (number[mine] + (kind << 32)).astype(np.uint64)
            named |= mine
        return name, named

    def _track(self, messages: Messages) -> None:
        n = len(messages)
        messages.object = np.full(n, -1, np.int32)
        messages.before, messages.created = np.zeros(n, np.uint8), np.zeros(n, bool)
        messages.presumed = np.zeros(n, bool)
        if self._tracker is None:
            return
        operation = self._operations(messages)
        mine = np.flatnonzero((operation >= 0) & messages.named & ~messages.unread)
        ops = self._steps(messages, mine, operation[mine])
        self._tracker.apply(ops)
        self.steps = ops
        for column in ("object", "before", "created", "presumed"):
            getattr(messages, column)[mine] = getattr(ops, column)
        unseen = messages.created & _past(messages)
        self._objects.set("presumed", messages.object[unseen], True)

    def _operations(self, messages: Messages) -> Array:
        """int64[n]: the lifecycle operation that each message is, -1 for none."""
        assert self.protocol.lifecycle is not None
        rows = [_operation(command, self.protocol) for command in self.protocol.commands]
        table = np.array([*rows, (_UNKNOWN,) * 3], np.int64)
        column = np.where(messages.from_device, np.where(messages.good, 1, 2), 0)
        return np.asarray(table[messages.command, column])

    def _steps(self, messages: Messages, mine: Array, operation: Array) -> Operations:
        assert self.protocol.lifecycle is not None
        known = self.protocol.lifecycle.operations
        begins = [i for i, name in enumerate(known) if name in self.protocol.begins]
        ends = [i for i, name in enumerate(known) if name in self.protocol.ends]
        return Operations(
            row=messages.row[mine], look=messages.events.time_ns[messages.at[mine]],
            operation=operation.astype(np.uint8), name=messages.name[mine],
            key=messages.key[mine] if len(messages.key) else np.zeros(len(mine), np.uint64),
            begins=np.isin(operation, begins), ends=np.isin(operation, ends), flavour=np.zeros(len(mine), np.uint8),
        )  # fmt: skip


def _past(messages: Messages) -> Array:
    return np.asarray(messages.events.presumed[messages.at])


def _operation(command: Command, protocol: Protocol) -> tuple[int, int, int]:
    """The operations that a command's request, its good answer and its bad answer are; a mere use where not said."""
    assert protocol.lifecycle is not None
    use = protocol.use if command.object else ""
    known = protocol.lifecycle.operations
    asked = command.asked or ("" if command.done in protocol.begins else use)
    names = (asked, command.done or use, command.failed or use)
    request, good, bad = (known.index(name) if name else _UNKNOWN for name in names)
    return request, good, bad


def _code(events: Events, base: Array, place: Place) -> Array:
    """int64[n]: the command words of messages that begin at word `base`."""
    words = gather(events.words, base + place.offset // 4, 2).astype(np.int64)
    value = (words[:, 0] | words[:, 1] << 32) >> (8 * (place.offset & 3))
    return np.asarray(value & ((1 << (8 * place.size)) - 1))


def _codes(protocol: Protocol, kind: QueueKind) -> tuple[Array, Array, int]:
    """(codes ascending, the commands' places, the place of the command for all others or -1)."""
    pairs = sorted(
        (command.code, protocol.commands.index(command)) for command in kind.commands if command.code is not None
    )
    default = next((protocol.commands.index(c) for c in kind.commands if c.code is None), _UNKNOWN)
    codes, places = (np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))
    return codes, places, default
