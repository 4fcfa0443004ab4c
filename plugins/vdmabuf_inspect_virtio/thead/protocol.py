"""T-Head's messages: a list head, a command, six words, and as many pages as the last of them says.

Facts are from the T-Head downstream kernel. Either side may ask the other for a buffer; no page table is used.
"""

from construct import Enum, FlagsEnum, Int32ul, Int64ul, Struct

from vdmabuf_inspect import api

HEAD_SIZE, PAGE_SIZE, MOST_PAGES = 48, 24, 768
BUFFER_SIZE = HEAD_SIZE + PAGE_SIZE * MOST_PAGES
"""Bytes of a receive buffer that holds any message."""
COMMANDS = ("VMID_REQ", "VMID_REPLY", "IMPORT_REQ", "IMPORT_REPLY", "REL_NOTIFY")
HEAPS = ("USER", "SYSTEM", "SYSTEM_CONTIG", "CARVEOUT")
_STEPS = {"IMPORT_REQ": "ask", "IMPORT_REPLY": "share", "REL_NOTIFY": "release"}

_SOURCE = "T-Head's kernel"
_POINTER = "a kernel list pointer of the sender's, on the wire by accident; it means nothing to the other side"

HEAD = Struct(*api.explained(_SOURCE, (
    "list_next_address" / Int64ul, "list_prev_address" / Int64ul,
    "cmd" / Enum(Int32ul, **{name: number for number, name in enumerate(COMMANDS)}), "vmid" / Int32ul,
    "buf_id" / Int32ul, "heap" / Enum(Int32ul, **{name: number for number, name in enumerate(HEAPS)}),
    "carveout" / Enum(Int32ul, VI=0, VO=1, ENC=2, DEC=3, GPU=4, DPU=5),
    "flags" / FlagsEnum(Int32ul, NONCACHED=1, DMA32=4), "pages" / Int32ul, "padding" / Int32ul),
    list_next_address=_POINTER, list_prev_address=_POINTER, cmd="which message it is",
    vmid="number of the guest that it is about", buf_id="number of the buffer",
    heap="from where the buffer's memory is to come", carveout="which unit's own memory, of the heap CARVEOUT",
    flags="NONCACHED: past the caches, DMA32: below 4 GiB", pages="how many pages follow, of an answer to an import",
))  # fmt: skip
PAGE = Struct(*api.explained(
    _SOURCE, ("page_address" / Int64ul, "address" / Int64ul, "size" / Int32ul, "padding" / Int32ul),
    page_address="the sender's own name for the page, a kernel pointer", address="guest-physical address of the page",
    size=("how much of it belongs to the buffer", "bytes"),
))  # fmt: skip
PAGES = api.Entries("page", PAGE, "pages")


def _command(name: str, code: int | None) -> api.Command:
    step = _STEPS.get(name, "")
    return api.Command(
        name, code, HEAD, HEAD, entries=PAGES, answer_entries=PAGES, object="buf_id" if step else "", asked=step,
        done=step,
    )  # fmt: skip


_MESSAGES = (*(_command(name, code) for code, name in enumerate(COMMANDS)), _command("OTHER", None))


def length(m: api.Messages) -> api.Array:
    """int64[n]: bytes that each message has by its own count of pages."""
    found: api.Array = HEAD_SIZE + PAGE_SIZE * m.number(40, 4)
    return found


def looks_right(m: api.Messages) -> api.Array:
    """Mask: messages of a length and with a command that are T-Head's; only answers to an import list pages."""
    command, pages = m.number(16, 4), m.number(40, 4)
    listed = (pages == 0) | ((command == COMMANDS.index("IMPORT_REPLY")) & (pages <= MOST_PAGES))
    sized = (m.size == length(m)) | (m.from_device & (m.size == BUFFER_SIZE))
    right: api.Array = (command >= 0) & (command < len(COMMANDS)) & (pages >= 0) & listed & sized
    return right


THEAD = api.protocol(
    api.Protocol(
        "thead",
        "virtio-vdmabuf as T-Head's kernels speak it",
        (),
        (
            api.QueueKind("recv", _MESSAGES, lambda index, _: index == 0, api.Place(16, 4)),
            api.QueueKind("send", _MESSAGES, lambda index, _: index == 1, api.Place(16, 4)),
        ),
        lifecycle=api.Lifecycle(
            states=("none", "asked for", "shared", "released"),
            operations=("ask", "share", "release"),
            after={
                ("none", "ask"): "asked for",
                ("released", "ask"): "asked for",
                ("none", "share"): "shared",
                ("asked for", "share"): "shared",
                ("none", "release"): "released",
                ("asked for", "release"): "released",
                ("shared", "release"): "released",
            },
            live=frozenset({"asked for", "shared"}),
        ),
        begins=frozenset({"ask"}),
        ends=frozenset({"release"}),
        nameless=None,
        object_name=lambda number: f"buffer {number}",
        tongue_of=(37,),
        fits=looks_right,
    )
)
