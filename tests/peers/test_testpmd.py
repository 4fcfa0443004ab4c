"""DPDK's virtio-user and vhost through our proxy: every kind of ring, and packet counts as testpmd has them itself."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.recording import Recorder, Seen, recording, rested, wait_for
from tests.peers.testpmd import HELP, TESTPMD, Testpmd
from tests.peers.throughput import FLOOR, undisturbed
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.views.findings import FindingsView

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.skipif(not TESTPMD, reason=HELP)]
RINGS = {
    "split": "packed_vq=0,in_order=0,mrg_rxbuf=0",
    "split-in-order": "packed_vq=0,in_order=1,mrg_rxbuf=0",
    "packed": "packed_vq=1,in_order=0,mrg_rxbuf=0",
    "packed-in-order": "packed_vq=1,in_order=1,mrg_rxbuf=0",
}
RX, TX = 0, 1
RING, BURST, BURSTS = 256, 32, 20
BETWEEN_S = 0.02
"""Between bursts, of which a ring takes eight: time to look."""
ROUND = 1 << 16


@dataclass(frozen=True)
class Pair:
    """A vhost port that sends back what it gets, a virtio-user port that counts what comes, and the recording."""

    vhost: Testpmd
    virtio: Testpmd
    recorder: Recorder

    def send_slowly(self) -> None:
        """Some bursts, and the answers to them."""
        for _ in range(BURSTS):
            self.virtio.tell("start tx_first 1")
            self.virtio.tell("stop")
            time.sleep(BETWEEN_S)

    def seen(self) -> tuple[int, int, Seen, Seen]:
        """Packets sent and received by the front end, and what was seen of them on the queues that carry them.

        The front end keeps a ring full of receive buffers: as many more as it has received.
        """
        sent, received = self.virtio.packets()
        tx = rested(self.recorder.path, 0, TX, 2 * sent)
        rx = rested(self.recorder.path, 0, RX, 2 * received + RING)
        print(f"{sent} sent: {tx}; {received} received: {rx}")
        return sent, received, tx, rx


@contextmanager
def pair(folder: Path, ring: str, *options: str) -> Iterator[Pair]:
    front, back = folder / "front", folder / "back"
    with ExitStack() as stack:
        vhost = stack.enter_context(Testpmd(folder, "vhost", f"eth_vhost0,iface={back},queues=1", 0))
        vhost.tell("set fwd io")
        vhost.tell("start")
        path, source = folder / "pair.pcapng", f"vhost-user:{front},{back}"
        recorder = stack.enter_context(recording(source, path, "--device", "net", *options))
        wait_for(front.exists, 10, "the proxy")
        virtio = stack.enter_context(Testpmd(folder, "virtio", f"net_virtio_user0,path={front},{RINGS[ring]}", 1))
        yield Pair(vhost, virtio, recorder)


@pytest.mark.parametrize("ring", RINGS)
def test_slow_traffic_is_seen_packet_by_packet(tmp_path: Path, ring: str) -> None:
    with pair(tmp_path, ring, "--poll", "2000") as peers:
        peers.virtio.tell("set fwd rxonly")
        peers.send_slowly()
        sent, received, tx, rx = peers.seen()
        assert sent == received == BURSTS * BURST == peers.vhost.packets()[1]
        assert tx.entries == 2 * sent or (tx.ambiguous and tx.entries < 2 * sent)
        assert rx.entries == 2 * received + RING or (rx.ambiguous and rx.entries < 2 * received + RING)
    assert accused(peers.recorder.path) == []


@pytest.mark.parametrize("ring", RINGS)
def test_a_flood_is_counted_or_said_not_to_be(tmp_path: Path, ring: str) -> None:
    with pair(tmp_path, ring) as peers:
        peers.vhost.tell("stop")
        peers.vhost.tell("set fwd rxonly")
        peers.vhost.tell("start")
        peers.virtio.tell("set fwd txonly")
        peers.virtio.tell("start")
        time.sleep(0.5)
        peers.virtio.tell("stop")
        sent, _, tx, _ = peers.seen()
        assert sent > 10_000
        assert tx.available > 0
        assert tx.entries <= 2 * sent
        assert tx.entries == 2 * sent or tx.ambiguous
    assert accused(peers.recorder.path) == []


def accused(path: Path) -> list[tuple[object, object]]:
    """Whom findings accuse."""
    view = FindingsView(inspect(str(path)))
    rows = [view.row(i) for i in range(len(view))]
    return [(row["rule"], row["message"]) for row in rows if row["culprit"] in ("driver", "device")][:5]


def test_the_pair_is_not_slowed_down(tmp_path: Path) -> None:
    with pair(tmp_path, "split") as peers:
        peers.virtio.tell("set fwd txonly")

        def speed(watched: bool) -> float:
            peers.recorder.pause(not watched)
            peers.virtio.tell("clear port stats 0")
            peers.virtio.tell("start")
            time.sleep(0.15)
            peers.virtio.tell("stop")
            return float(peers.virtio.packets()[0])

        ratio, told = undisturbed(lambda: speed(False), lambda: speed(True))
        peers.recorder.pause(False)
        print(told)
        assert ratio >= FLOOR, told
