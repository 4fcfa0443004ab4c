"""Frames of a network card as an Ethernet file: tshark reads what the guest sent and received."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import spawn
from tests.plugins.test_net import ARP, TCP, UDP, header, receive, send, told

CAPTURES = Path(__file__).parents[2] / "captures"
MRG = 15

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed (apt-get install tshark)"),
]


def shown(path: Path, *fields: str) -> list[list[str]]:
    wanted = [word for field in fields for word in ("-e", field)]
    command = ["tshark", "-r", path, "-T", "fields", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_a_guests_own_frames(tmp_path: Path) -> None:
    target = tmp_path / "guest.eth.pcapng"
    done = spawn("export", CAPTURES / "guest-net.pcapng", "-o", target)
    assert done.returncode in (0, 3), done.stderr
    frames = shown(target, "frame.encap_type", "_ws.col.Protocol", "frame.interface_name")
    assert len(frames) == 40
    assert set(map(tuple, frames)) == {("1", "ARP", "net0")}


def test_frames_in_several_buffers_are_whole_again(tmp_path: Path) -> None:
    card = told(MRG)
    send(card, header() + UDP)
    receive(card, header(buffers=3) + TCP, b"first", b"second")
    receive(card, header(buffers=1) + ARP)
    source, target = card.capture(tmp_path / "card.pcapng"), tmp_path / "card.eth.pcapng"
    assert spawn("export", source, "-o", target).returncode == 0
    frames = shown(target, "frame.len", "frame.protocols")
    assert [int(size) for size, _ in frames] == [len(UDP), len(TCP) + 11, len(ARP)]
    assert [names.split(":")[-1] for _, names in frames][1:] == ["tcp", "arp"]
    assert frames[0][1].startswith("eth:ethertype:ip:udp")
    chosen = tmp_path / "chosen.eth.pcapng"
    spawn("export", source, "-o", chosen, "--filter", "cmd == ARP")
    assert len(shown(chosen, "frame.len")) == 1
