"""What a protocol says of itself: its queues, the commands on each, their layouts, the objects they name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.declared.contents import Contents, Told
from vdmabuf_inspect.protocols.numbers import enrol_commands
from vdmabuf_inspect.track.lifecycle import Lifecycle

if TYPE_CHECKING:
    from vdmabuf_inspect.protocols.declared.messages import Messages


@dataclass(frozen=True)
class Place:
    """Where a command's number stands in a message: `size` bytes, little-endian, at byte `offset`."""

    offset: int = 0
    size: int = 4


@dataclass(frozen=True, eq=False)
class Entries:
    """What follows a layout: `layout` repeated as often as the field `count` says, or (empty) to the end.

    `name` is the list's name among the fields; with none there is one, whose fields stand among the others.
    """

    name: str
    layout: Any
    count: str = ""
    more: int = 0
    """Added to what the field says: of a mask, 1."""
    tail: str = ""
    """The entry's field that says how many bytes follow its layout, which are called `data`."""
    data: str = "data"
    text: bool = False
    """They are text."""
    whole: bool = False
    """The field counts the layout, too."""
    kinds: Mapping[str, Any] = field(default_factory=dict)
    """Layouts of those bytes by what the entry's field `kind` says."""
    kind: str = "type"
    align: int = 1
    """Each entry begins at a multiple of so many bytes from the list's beginning."""
    then: "Entries | None" = None
    """What follows the list."""

    def __iter__(self) -> "Iterator[Entries]":
        """It and what follows it."""
        yield self
        if self.then is not None:
            yield from self.then


@dataclass(frozen=True, eq=False)
class Answers:
    """Layouts of an answer that says itself which it is, by the number at `place`."""

    place: Place
    layouts: Mapping[int, Any]

    def layout(self, data: bytes) -> Any:
        """The layout of these bytes, None where the number has none of its own."""
        at, size = self.place.offset, self.place.size
        return self.layouts.get(int.from_bytes(data[at : at + size], "little")) if len(data) >= at + size else None


@dataclass(frozen=True, eq=False)
class Command:
    """One command and its answer.

    Layouts are construct `Struct`s of fixed size; what follows them is payload and stays bytes. `code` is the
    command's number at the queue's `Place`, None for whatever has no entry of its own.
    """

    name: str
    code: int | None = None
    request: Any = None
    answer: Any = None
    trailer: Any = None
    """The answer's last bytes (a status behind the data)."""
    entries: Entries | None = None
    """What the request's layout is followed by."""
    answer_entries: Entries | None = None
    answers: Answers | None = None
    """Where the answer's layout depends on what it says; `answer` is that of all others."""
    text: bool = False
    """The payload is text."""
    payload: str = "payload"
    """What the payload is called among the fields; under a name of its own it is shown in lists, too.

    Texts that end in zero bytes each have a name of their own: `old new`; what follows them is the last one's."""
    object: str = ""
    """The request's field that names the object that the command is about."""
    object_kind: int = 0
    """Objects of different kinds may have equal numbers: the kind stands above the 32 bits of an object's number."""
    asked: str = ""
    """The lifecycle operation that the request is."""
    done: str = ""
    """The lifecycle operation that a good answer is; for a queue without requests, what a message is."""
    failed: str = ""
    """The lifecycle operation that another answer is."""


def always(_index: int, _features: int) -> bool:
    """A queue kind of devices that have no other."""
    return True


@dataclass(frozen=True, eq=False)
class QueueKind:
    """Queues of one kind: which they are, by index and acknowledged features, and what is said on them."""

    name: str
    commands: tuple[Command, ...]
    is_mine: Callable[[int, int], bool] = always
    code: Place | None = None
    """Where requests, or messages that nobody asked for, say which command they are; None: there is one command."""


def all_good(messages: "Messages") -> Array:
    """Mask of the good answers where a protocol has no bad ones."""
    return messages.from_device


Follower = Callable[["Messages"], None]
"""Given every batch of a device's messages before they are tracked; remembers what one message says of another.

It may change `command`, and `name`, `key` and `named`, and leave columns for the rules in `notes`."""


@dataclass(frozen=True, eq=False)
class Protocol:
    """A device type: virtio device IDs, its kinds of queues, the life of its objects."""

    name: str
    title: str
    device_ids: tuple[int, ...]
    queues: tuple[QueueKind, ...]
    lifecycle: Lifecycle | None = None
    begins: frozenset[str] = frozenset()
    """Lifecycle operations that make an object, and those that end it."""
    ends: frozenset[str] = frozenset()
    use: str = ""
    """The lifecycle operation of a command that names an object and says no other."""
    nameless: int | None = 0
    """The number that stands for no object, None where there is no such number."""
    object_name: Callable[[int], str] = str
    """How an object is called, from its number."""
    key_name: Callable[[int, int], str] | None = None
    """The same where a follower gives objects a second number, `key`."""
    follower: Callable[[], Follower] | None = None
    """Makes what remembers across batches, anew for each set-up of a device."""
    good: Callable[["Messages"], Array] = all_good
    tongue_of: tuple[int, ...] = ()
    """IDs of virtio-vdmabuf that the protocol speaks where `fits` holds, or where `--dialect` forces it by its name."""
    fits: Callable[["Messages"], Array] = all_good
    """Mask of the messages that look like this protocol's."""
    contents: Callable[[Sequence[Told]], Contents] | None = None
    """What an object holds in guest memory, from the requests about it in order."""
    contents_from: frozenset[str] = frozenset()
    """The commands whose requests `contents` reads; empty: all."""
    features: Mapping[int, str] = field(default_factory=dict)
    """The device type's own feature bits by name."""

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """All commands; the number of each is `first` and its place in this tuple."""
        return tuple(command for kind in self.queues for command in kind.commands)

    @cached_property
    def first(self) -> int:
        """The first command's number among those of all protocols."""
        return enrol_commands(self.name, [command.name for command in self.commands])

    def called(self, number: int, key: int = 0) -> str:
        """An object's name; its number where the protocol's own function fails."""
        try:
            return str(self.key_name(number, key) if self.key_name else self.object_name(number))
        except Exception:
            return str(number)

    def command(self, op: int) -> Command | None:
        """The command behind a number of the message log, None for one that is not known."""
        place = op - self.first
        return self.commands[place] if 0 <= place < len(self.commands) else None

    def place(self, command: Command) -> int:
        """What the column `command` of messages says for this command."""
        return self.commands.index(command)

    def kind(self, index: int, features: int) -> QueueKind | None:
        """What kind of queue this is."""
        return next((kind for kind in self.queues if kind.is_mine(index, features)), None)
