"""Options that commands share, and what they mean to the engine."""

from argparse import ArgumentParser, Namespace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.extensions import open_door
from vdmabuf_inspect.cli.quantity import nanoseconds
from vdmabuf_inspect.errors import UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.session.session import Settings
    from vdmabuf_inspect.sources.options import SourceOptions


def add_source(parser: ArgumentParser, many: bool = False) -> None:
    """SOURCE, and what a source cannot know by itself."""
    if many:
        parser.add_argument("sources", metavar="SOURCE", nargs="+", help="a path, - or a URI")
    else:
        parser.add_argument("source", metavar="SOURCE", help="a path, - or a URI")
    group = parser.add_argument_group("source")
    add = group.add_argument
    add("--queue", action="append", default=[], metavar="NAME=DESC,AVAIL,USED,SIZE[,packed]",
        help="a ring of a memory snapshot, guest-physical addresses; repeatable (else looked for)")  # fmt: skip
    add("--rings", metavar="FILE",
        help="where the rings of a memory snapshot are, saved from the guest as it was dumped: "
             "vdmabuf-inspect rings qemu:SOCKET --format json > FILE; or QEMU's x-query-virtio-* answers")  # fmt: skip
    add("--memory", metavar="DUMP",
        help="the guest's memory, dumped as a recording ended: an ELF core or another dump, raw:FILE@GPA")  # fmt: skip
    add("--device", metavar="ID|NAME", help="the device's virtio type: vdmabuf, gpu, 37")
    add("--features", metavar="BITS", help="feature bits that the driver acknowledged")
    add("--dialect", metavar="NAME", help="the wire dialect, instead of detecting it; see 'dialects'")
    add("--snaplen", metavar="BYTES", help="bytes kept of each part of a chain (default 64K)")
    add("--poll", metavar="RATE",
        help="looks a second at the rings of a live source, or 'max' (default: by what happens)")  # fmt: skip
    add("--duration", metavar="TIME", help="end a live source after so long")
    add("--follow", action="store_true",
        help="wait for more at the end of a capture as long as some process has it open for writing")  # fmt: skip


def add_judging(parser: ArgumentParser) -> None:
    """What the rules are told."""
    group = parser.add_argument_group("rules")
    add = group.add_argument
    add("--select", action="append", default=[], metavar="CODES", help="only these rules: VL5*,VM301")
    add("--ignore", action="append", default=[], metavar="CODES", help="not these rules")
    add("--stuck-after", metavar="TIME", help="a chain that waits so long is stuck (default 1s)")
    add("--leak-window", metavar="TIME", help="time over which a rising number of buffers is a leak (default 10s)")


def source_options(args: Namespace) -> "SourceOptions":
    """What the options say to the source. Raises UsageError."""
    from vdmabuf_inspect.sources.options import SourceOptions, parse_queue_option

    _check_dialect(args)
    snaplen = number("--snaplen", args.snaplen)
    return SourceOptions(
        queues=tuple(parse_queue_option(text) for text in args.queue),
        rings=args.rings,
        memory=args.memory,
        device=args.device,
        features=number("--features", args.features),
        dialect=args.dialect,
        snaplen=SourceOptions.snaplen if snaplen is None else snaplen,
        poll=_poll(args.poll),
        follow=args.follow,
    )


def settings(args: Namespace) -> "Settings":
    """What the options say to the session. Raises UsageError."""
    from vdmabuf_inspect.session.session import Settings
    from vdmabuf_inspect.sources.devices import device_id

    chosen = {
        "stuck_after_ns": _duration("--stuck-after", args.stuck_after),
        "leak_window_ns": _duration("--leak-window", args.leak_window),
        "rules": selected_rules(args.select, args.ignore),
    }
    return Settings(
        dialect=args.dialect,
        device_id=device_id(args.device) or None,
        features=number("--features", args.features),
        messages=getattr(args, "messages", True),
        **{name: value for name, value in chosen.items() if value is not None},  # type: ignore[arg-type]
    )


def _poll(text: str | None) -> float | None:
    from vdmabuf_inspect.sources.options import parse_poll

    try:
        return None if text is None else parse_poll(text)
    except UsageError as error:
        raise UsageError(f"--poll {error}") from None


def duration_ns(args: Namespace) -> int | None:
    """`--duration` in nanoseconds. Raises UsageError."""
    return _duration("--duration", args.duration)


def selected_rules(select: list[str], ignore: list[str]) -> frozenset[str] | None:
    """Codes of the rules to run, None for all. Raises UsageError for a pattern that no rule has."""
    if not select and not ignore:
        return None
    chosen = _matching("--select", select) if select else _matching("--select", ["*"])
    return frozenset(chosen - _matching("--ignore", ignore))


def _matching(option: str, patterns: list[str]) -> set[str]:
    from vdmabuf_inspect.rules.registry import RULES
    from vdmabuf_inspect.session import catalogue

    assert catalogue
    found: set[str] = set()
    for pattern in (part.strip() for text in patterns for part in text.split(",")):
        hits = {r.code for r in RULES.values() if fnmatchcase(r.code, pattern.upper()) or fnmatchcase(r.slug, pattern)}
        if not hits:
            raise UsageError(f"{option} {pattern}: no rule is called so; 'vdmabuf-inspect rules' lists them")
        found |= hits
    return found


def _check_dialect(args: Namespace) -> None:
    from vdmabuf_inspect.protocols.known import forcible
    from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS

    if args.dialect is None or args.dialect in DIALECTS:
        return
    open_door(args)
    others = forcible()
    if args.dialect not in others and args.dialect not in DIALECTS:
        raise UsageError(f"--dialect {args.dialect}: no such dialect; there are {', '.join([*DIALECTS, *others])}")


def _duration(option: str, text: str | None) -> int | None:
    try:
        return None if text is None else nanoseconds(text)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from None


def number(option: str, text: str | None) -> int | None:
    """An option's number, hex or decimal, K M G; None where not given. Raises UsageError."""
    from vdmabuf_inspect.sources.number import parse_number

    try:
        return None if text is None else parse_number(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
