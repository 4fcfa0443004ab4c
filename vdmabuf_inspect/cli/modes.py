"""What each way of watching costs the guest and what it cannot see: for the help, the manual page and the README."""

from collections.abc import Iterator
from textwrap import wrap
from typing import NamedTuple

_WIDTH = 92


class Way(NamedTuple):
    """One way of watching; all of it is plain text."""

    what: str
    source: str
    costs: str
    unseen: str


WAYS = (
    Way(
        "a vhost-user proxy",
        "vhost-user:LISTEN,CONNECT",
        "set-up messages take one hop more; ring traffic and notifications do not pass through us; when we end, the "
        "session ends",
        "entries overwritten between two looks (counted as missed); notifications that came together are counted as "
        "one, those that KVM handles itself not at all; post-copy migration and IOMMU addresses are passed on unread",
    ),
    Way(
        "QEMU, shared memory",
        "qemu:SOCKET",
        "its QMP socket, which serves one client, and two short questions a device three times a second, every three "
        "seconds once it is quiet; "
        "memory is read through the backend's file",
        "kicks and calls; entries overwritten between two looks; what a device did between its reset and "
        "the next question; devices behind an IOMMU, which are named",
    ),
    Way(
        "QEMU, any memory",
        "qemu:SOCKET",
        "the same, and the right to read QEMU's memory (/proc/PID/mem); pages that QEMU never touched stay untouched",
        "the same",
    ),
    Way(
        "a capture",
        "FILE, -",
        "nothing",
        "what the recording missed, which it says, and bytes beyond its snap length, which are marked",
    ),
    Way(
        "a snapshot",
        "FILE, raw:FILE@GPA",
        "nothing, or the pause in which it was taken",
        "the past: entries still in the rings are presumed, and their bytes may be newer than they",
    ),
)
ALWAYS = (
    "Watching takes a thread of ours: under 2 % of a core on a quiet guest, up to a whole one on a busy one.",
    "Rings over 50,000 entries a second are sampled, for a twentieth of a core, unless --poll asks for more.",
    "Guest memory is never written, no notification is taken, no guest is paused.",
    "Events of one look have one time; which of two queues was first within it is inferred.",
    "Bytes are read a moment after the event: those that may be newer are marked stale and judged by no rule.",
    "Page tables of exported buffers are read too, and 16 pages of each; it takes a twentieth of a core at most.",
)


def help_lines() -> Iterator[str]:
    """As text, for an epilog."""
    yield "what watching costs the guest, and what it cannot see:"
    for way in WAYS:
        yield f"  {way.what} ({way.source})"
        yield from _hanging("    costs   ", way.costs)
        yield from _hanging("    unseen  ", way.unseen)
    yield "  always"
    for line in ALWAYS:
        yield from _hanging("    ", line)


def markdown_lines() -> Iterator[str]:
    """As a table and a list in Markdown."""
    yield from ("| watching | source | costs the guest | cannot see |", "|---|---|---|---|")
    for way in WAYS:
        yield f"| {way.what} | `{way.source}` | {way.costs} | {way.unseen} |"
    yield ""
    yield from (f"* {line}" for line in ALWAYS)


def _hanging(head: str, text: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
