"""virtio-gpu as a protocol: its queues and commands, and the life of resources and contexts (virtio 1.2, 5.7)."""

from collections.abc import Callable

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.gpu.contents import READS, contents
from vdmabuf_inspect_virtio.gpu.contexts import Contexts
from vdmabuf_inspect_virtio.gpu.fences import Fences
from vdmabuf_inspect_virtio.gpu.layouts import ANSWERS, COMMANDS, ENTRY, FIRST_ERROR, REQUESTS, RESPONSES, message
from vdmabuf_inspect_virtio.gpu.resources import Resources

VIRGL, EDID, RESOURCE_UUID, RESOURCE_BLOB, CONTEXT_INIT = range(5)
CONTEXT = 1
"""The kind of object that a context is; resources are kind 0."""
STEPS = {
    "RESOURCE_CREATE_2D": "create", "RESOURCE_CREATE_3D": "create", "RESOURCE_CREATE_BLOB": "create",
    "CTX_CREATE": "create", "RESOURCE_ATTACH_BACKING": "attach", "RESOURCE_DETACH_BACKING": "detach",
    "TRANSFER_TO_HOST_2D": "transfer", "TRANSFER_TO_HOST_3D": "transfer", "SET_SCANOUT": "show",
    "SET_SCANOUT_BLOB": "show", "RESOURCE_FLUSH": "flush", "RESOURCE_UNREF": "unref", "CTX_DESTROY": "destroy",
}  # fmt: skip
OF_CONTEXT = ("CTX_CREATE", "CTX_DESTROY", "SUBMIT_3D")
NAMELESS = ("GET_DISPLAY_INFO", "GET_CAPSET_INFO", "GET_CAPSET", "GET_EDID")
LISTS = ("RESOURCE_ATTACH_BACKING", "RESOURCE_CREATE_BLOB")
LIVE = ("created", "backed", "detached", "transferred", "on a scanout", "flushed", "in use")
_AFTER = {"attach": "backed", "detach": "detached", "transfer": "transferred", "show": "on a scanout",
          "flush": "flushed"}  # fmt: skip
_OWN = api.Answers(api.Place(), {RESPONSES[name]: layout for name, layout in ANSWERS.items()})


def _life() -> api.Lifecycle:
    """Any step may follow any other while the object lives; whether it should is for the rules."""
    after = {(state, step): to for state in ("none", *LIVE) for step, to in _AFTER.items()}
    after |= {(state, "unref"): "unreferenced" for state in ("none", *LIVE)}
    after |= {(state, "destroy"): "destroyed" for state in ("none", *LIVE)}
    after |= {(state, "create"): "created" for state in ("none", "unreferenced", "destroyed", "refused")}
    after |= {("created", "refuse"): "refused", ("none", "use"): "in use"}
    return api.Lifecycle(
        states=("none", *LIVE, "unreferenced", "destroyed", "refused"),
        operations=("create", *_AFTER, "unref", "destroy", "refuse", "use"),
        after=after,
        live=frozenset(LIVE),
    )


def _command(name: str) -> api.Command:
    of_context = name in OF_CONTEXT
    step = STEPS.get(name, "")
    return api.Command(
        name, COMMANDS[name], REQUESTS[name], message(),
        answers=_OWN,
        entries=api.Entries("entries", ENTRY, "nr_entries") if name in LISTS else None,
        object="" if name in NAMELESS else "hdr.ctx_id" if of_context else "resource_id",
        object_kind=CONTEXT if of_context else 0,
        asked=step, failed="refuse" if step == "create" else "",
    )  # fmt: skip


def _queue(name: str, index: int, commands: tuple[str, ...]) -> api.QueueKind:
    other = api.Command("OTHER", request=message(), answer=message(), answers=_OWN)
    known = tuple(_command(each) for each in commands)
    return api.QueueKind(name, (*known, other), lambda i, _: i == index, api.Place())


def called(number: int) -> str:
    """`res 7`, or `ctx 7` for a context."""
    kind, own = divmod(number, 1 << 32)
    return f"{'ctx' if kind == CONTEXT else 'res'} {own}"


def _follower() -> Callable[[api.Messages], None]:
    """What is remembered of a device between messages."""
    followers = (Resources(), Contexts(), Fences())

    def follow(messages: api.Messages) -> None:
        for each in followers:
            each(messages)

    return follow


CURSOR = tuple(name for name in COMMANDS if name.endswith("_CURSOR"))

GPU = api.protocol(
    api.Protocol(
        "gpu",
        "graphics card",
        (16,),
        (
            _queue("control", 0, tuple(name for name in COMMANDS if name not in CURSOR)),
            _queue("cursor", 1, CURSOR),
        ),
        lifecycle=_life(),
        begins=frozenset({"create"}),
        ends=frozenset({"unref", "destroy", "refuse"}),
        use="use",
        object_name=called,
        follower=_follower,
        good=lambda messages: messages.first(4) < FIRST_ERROR,
        contents=contents,
        contents_from=READS,
        features={VIRGL: "VIRGL", EDID: "EDID", RESOURCE_UUID: "RESOURCE_UUID", RESOURCE_BLOB: "RESOURCE_BLOB",
                  CONTEXT_INIT: "CONTEXT_INIT"},
    )
)  # fmt: skip
