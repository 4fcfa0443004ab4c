"""Wireshark's own programs on our files: the dissector reads what we read, and we read what they rewrite."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from capture import samples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.capture.wireshark import dissector_path
from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.protocols.vdmabuf.lifecycle import LIFECYCLE
from vdmabuf_inspect.sources.vhost_user.control import Way, boundary_record, message_record
from vdmabuf_inspect.vhost_user.connection import Message
from vdmabuf_inspect.vhost_user.wire import BackendRequest, Request

from .stories import BEGIN, PAGES, Story, life, message

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed (Debian package tshark)"),
]
SPOKEN = [name for name in DIALECTS if name != "rfc-v3"]
"""RFC v3 and v4 cannot be told apart by their bytes."""
SCRIPT = f"lua_script:{dissector_path()}"
FIELDS = ("command", "vmid", "counter", "key", "state")


def run(*command: str | Path) -> str:
    """Run a program with a clean Wireshark configuration; its standard output."""
    settings_folder = {"HOME": "/nonexistent", "WIRESHARK_CONFIG_DIR": "/nonexistent"}
    done = subprocess.run(
        [str(c) for c in command],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | settings_folder,
        check=True,
    )
    return done.stdout


def tshark(path: Path, *options: str) -> str:
    return run("tshark", "-X", SCRIPT, "-r", path, *options)


def fields(path: Path, *names: str, options: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """One tuple a packet."""
    asked = [part for name in names for part in ("-e", f"vdmabuf.{name}")]
    return [tuple(line.split("\t")) for line in tshark(path, "-T", "fields", *asked, *options).splitlines()]


def save(path: Path, records: list[Record]) -> Path:
    with CaptureWriter(path) as writer:
        writer.add_queue(0, 0, "vdmabuf0/recv")
        writer.add_queue(0, 1, "vdmabuf0/send")
        writer.write_many(records)
    return path


def load(path: Path) -> list[tuple[int, bytes, str, str]]:
    """Time, bytes, interface and note of each record."""
    rows: list[tuple[int, bytes, str, str]] = []
    with CaptureFile(path) as file:
        while batch := file.read():
            for i, (at, size) in enumerate(zip(batch.offset.tolist(), batch.size.tolist(), strict=True)):
                data = bytes(batch.store.data[at : at + size])
                name = file.interfaces[batch.interface[i]].name
                rows.append((int(batch.time_ns[i]), data, name, file.notes.get(len(rows), "")))
    return rows


@pytest.mark.parametrize("name", SPOKEN)
def test_every_dialect(tmp_path: Path, name: str) -> None:
    story = life(DIALECTS[name])
    path = save(tmp_path / "life.pcapng", story.records)
    got = fields(path, *FIELDS)
    assert got == story.expected
    assert fields(path, *FIELDS, options=("-2",)) == story.expected
    dialects = {row[0] for row in fields(path, "dialect") if row[0]}
    assert dialects == {name}


@pytest.mark.parametrize("name", DIALECTS)
def test_a_preference_forces_the_dialect(tmp_path: Path, name: str) -> None:
    story = life(DIALECTS[name], announced=False)
    path = save(tmp_path / "life.pcapng", story.records)
    force = ("-o", f"vdmabuf.dialect:{name}")
    assert fields(path, *FIELDS, options=force) == story.expected
    assert {row[0] for row in fields(path, "dialect", options=force) if row[0]} == {name}


def test_header_and_export_fields(tmp_path: Path) -> None:
    story = life(DIALECTS["rfc-v4"])
    story.add(Record(EventKind.GAP, BEGIN + 10**6, queue=1, count=0))
    path = save(tmp_path / "life.pcapng", story.records)
    ring = {EventKind.AVAILABLE, EventKind.USED}
    always = {"kind": set(EventKind), "device": set(EventKind), "queue": set(EventKind), "head": ring, "index": ring}
    always |= {"used_len": {EventKind.USED}, "count": {EventKind.GAP}, "readable": set(), "writable": set()}
    expected = [
        tuple(str(int(getattr(r, n))) if getattr(r, n) or r.kind in kinds else "" for n, kinds in always.items())
        for r in story.records
    ]
    assert fields(path, *always) == expected
    export = fields(path, "pages", "reference", "private", "desc.addr", options=("-Y", 'vdmabuf.command == "EXPORT"'))
    assert export == [(str(PAGES), "0x0000000123456000", b"XR24abcd".hex(), "0x0000000000005200")]
    assert {row[0] for row in fields(path, "queue_name")} >= {"recv", "send"}


def test_the_announced_vm_id_decides_which_half_is_whose(tmp_path: Path) -> None:
    spec = DIALECTS["spec"]
    story = life(spec)
    story.tell(
        EventKind.AVAILABLE, 1, message(spec, Op.EXPORT, 6, 77), "EXPORT", "77", "6", "0001020304050607", "exporting"
    )
    story.tell(
        EventKind.AVAILABLE, 1, message(spec, Op.EXPORT, 6, 7), "EXPORT", "6", "7", "0001020304050607", "exporting"
    )
    assert fields(save(tmp_path / "swap.pcapng", story.records), *FIELDS) == story.expected


@given(st.lists(st.tuples(st.sampled_from(["export", "export-used", "release"]), st.integers(0, 1)), max_size=25))
@settings(
    max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
def test_states_are_the_lifecycle_table(tmp_path: Path, steps: list[tuple[str, int]]) -> None:
    spec = DIALECTS["spec"]
    story, states, flying = Story(spec), ["none", "none"], set[int]()
    for what, buffer in steps:
        if what == "export-used" and buffer not in flying:
            continue
        states[buffer] = LIFECYCLE.after.get((states[buffer], what), states[buffer])
        names = ("77", str(buffer), "0001020304050607", states[buffer])
        if what == "export":
            flying.add(buffer)
            story.tell(EventKind.AVAILABLE, 1, message(spec, Op.EXPORT, 77, buffer), "EXPORT", *names, head=buffer)
        elif what == "release":
            story.tell(EventKind.USED, 0, message(spec, Op.DMABUF_REL, 77, buffer), "DMABUF_REL", *names)
        else:
            flying.discard(buffer)
            story.add(Record(EventKind.USED, BEGIN, queue=1, head=buffer), "", "", "", "", states[buffer])
    assert fields(save(tmp_path / "walk.pcapng", story.records), *FIELDS) == story.expected


def test_every_flag_and_problem_has_a_field(tmp_path: Path) -> None:
    records = [Record(EventKind.USED, BEGIN, problems=p) for p in Problem]
    records += [Record(EventKind.USED, BEGIN, flags=flag) for flag in EventFlag]
    names = [f"problem.{p.name}".lower() for p in Problem] + [f"flags.{flag.name}".lower() for flag in EventFlag]
    expected = [tuple("1" if n == row else "" for n in range(len(names))) for row in range(len(names))]
    got = fields(save(tmp_path / "bits.pcapng", records), *names)
    assert [tuple("1" if v in ("1", "True") else v for v in r) for r in got] == expected


def test_a_pause_is_shown_and_forgets_nothing(tmp_path: Path) -> None:
    records = life(DIALECTS["rfc-v4"]).records
    whole = fields(save(tmp_path / "whole.pcapng", records), *FIELDS)
    at = len(records) // 2
    starts = [r for r in records[:at] if r.kind is EventKind.START] or [Record(EventKind.START, BEGIN)]
    stop, start = (replace(starts[0], kind=k, flags=EventFlag.PAUSED) for k in (EventKind.STOP, EventKind.START))
    path = save(tmp_path / "pause.pcapng", [*records[:at], stop, start, *records[at:]])
    got = fields(path, *FIELDS)
    assert got[:at] + got[at + 2 :] == whole
    assert fields(path, "kind", "flags.paused", "flags.late")[at : at + 2] == [("7", "1", ""), ("6", "1", "")]


@given(st.lists(samples.RECORDS, min_size=1, max_size=60), st.binary(max_size=300))
@settings(
    max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
def test_arbitrary_records_do_not_break_the_dissector(tmp_path: Path, records: list[Record], noise: bytes) -> None:
    lying = [Record(r.kind, r.time_ns, r.device, r.queue, readable_bytes=noise, readable=r.readable) for r in records]
    path = save(tmp_path / "any.pcapng", records + lying)
    data = bytearray(path.read_bytes())
    for at in range(len(data) - 48):
        if data[at : at + 3] == b"\x56\x51\x01" and at % 3 == 0:
            data[at + 32 : at + 36] = b"\xff\xff\xff\x7f"  # readable_kept
            data[at + 14 : at + 16] = b"\xff\xff"  # descriptors
    path.write_bytes(data)
    text = tshark(path, "-V")
    assert "Lua Error" not in text
    assert text.count("virtqueue event: ") == len(records) * 2


def test_capinfos_counts_the_same(tmp_path: Path) -> None:
    path = save(tmp_path / "count.pcapng", life(DIALECTS["spec"]).records)
    said = dict(line.split(":", 1) for line in run("capinfos", "-M", path).splitlines() if ":" in line)
    assert int(said["Number of packets"]) == len(load(path)) == len(life(DIALECTS["spec"]).records)
    assert said["File encapsulation"].strip() == "user0"
    assert said["Number of interfaces in file"].strip() == "2"
    assert "vdmabuf-inspect/1" in run("capinfos", path)
    assert "vdmabuf0/send" in run("capinfos", path)


def test_editcap_and_mergecap_files_are_read(tmp_path: Path) -> None:
    records = life(DIALECTS["rfc-v4"]).records
    records.append(Record(EventKind.USED, BEGIN + 10**6, queue=1, comment="look here"))
    path = save(tmp_path / "own.pcapng", records)
    own = load(path)
    run("editcap", path, tmp_path / "rewritten.pcapng")
    assert load(tmp_path / "rewritten.pcapng") == own
    run("editcap", "-r", path, tmp_path / "part.pcapng", "2-3")
    assert load(tmp_path / "part.pcapng") == own[1:3]
    run("editcap", "-t", "10", path, tmp_path / "later.pcapng")
    assert [t for t, *_ in load(tmp_path / "later.pcapng")] == [t + 10**10 for t, *_ in own]
    run("mergecap", "-w", tmp_path / "merged.pcapng", path, tmp_path / "later.pcapng")
    assert load(tmp_path / "merged.pcapng") == sorted(own + load(tmp_path / "later.pcapng"), key=lambda row: row[0])
    run("editcap", "-F", "pcap", "-T", "user0", "-r", path, tmp_path / "old.pcap", "2-3")
    with pytest.raises(SourceError, match="legacy pcap"):
        load(tmp_path / "old.pcap")


def test_other_packets_of_the_same_link_type_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "hex").write_text("000000 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n")
    run("text2pcap", "-l", "147", "-n", tmp_path / "hex", tmp_path / "other.pcapng")
    assert "virtqueue" not in tshark(tmp_path / "other.pcapng", "-V")
    with pytest.raises(SourceError, match="USER0"):
        load(tmp_path / "other.pcapng")


def test_dissector_names_the_control_plane(tmp_path: Path) -> None:
    """Every request by its name, in both directions; connections as text."""
    front = [message_record(Message(r, bytes(8)), Way(), BEGIN, 64) for r in Request]
    answers = [message_record(Message(r, bytes(8), 5), Way(back_end=True), BEGIN, 64) for r in Request]
    channel = [message_record(Message(r), Way(back_end=True, channel=True), BEGIN, 64) for r in BackendRequest]
    closed = boundary_record(1, True, True, "back end closed", BEGIN)
    path = save(tmp_path / "control.pcapng", [*front, *answers, *channel, closed])
    told = fields(path, "control.name", "control.request", "control.text", "queue_name")
    names = [r.name for r in Request]
    expected = [*names, *(f"{name} reply" for name in names), *(r.name for r in BackendRequest), "CLOSED"]
    assert [line[0] for line in told] == expected
    assert [line[1] for line in told[:-1]] == [str(int(r)) for r in (*Request, *Request, *BackendRequest)]
    assert told[-1][1:] == ("", "back end closed", "vhost-user")
    shown = tshark(path, "-T", "fields", "-e", "_ws.col.Source").splitlines()
    assert shown == ["front end"] * len(front) + ["back end"] * (len(answers) + len(channel) + 1)
