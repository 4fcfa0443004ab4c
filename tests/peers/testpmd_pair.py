"""Two testpmd with our proxy between them, and what was seen of their packets."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.peers.recording import Recorder, Seen, recording, rested, wait_for
from tests.peers.testpmd import Testpmd

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


@dataclass(frozen=True)
class Pair:
    """A vhost port that sends back what it gets, a virtio-user port that counts what comes, and the recording."""

    vhost: Testpmd
    virtio: Testpmd
    recorder: Recorder

    def send_slowly(self, bursts: int = BURSTS) -> None:
        """Some bursts, and the answers to them."""
        for _ in range(bursts):
            self.virtio.tell("start tx_first 1")
            self.virtio.tell("stop")
            time.sleep(BETWEEN_S)
        self.virtio.tell("start")
        wait_for(lambda: self.virtio.packets()[1] >= bursts * BURST, 5, "the answers to the last burst")
        self.virtio.tell("stop")

    def seen(self, seconds: float = 15.0) -> tuple[int, int, Seen, Seen]:
        """Packets sent and received by the front end, and what was seen of them on the queues that carry them.

        The front end keeps a ring full of receive buffers: as many more as it has received.
        """
        sent, received = self.virtio.packets()
        tx = rested(self.recorder.path, 0, TX, 2 * sent, seconds)
        rx = rested(self.recorder.path, 0, RX, 2 * received + RING, seconds)
        print(f"{sent} sent: {tx}; {received} received: {rx}")
        return sent, received, tx, rx


@contextmanager
def pair(folder: Path, path: Path, ring: str, *options: str) -> Iterator[Pair]:
    """Two ports on a kind of ring, their sockets in `folder`, recorded into `path` with `options`."""
    front, back = folder / "front", folder / "back"
    with ExitStack() as stack:
        vhost = stack.enter_context(Testpmd(folder, "vhost", f"eth_vhost0,iface={back},queues=1", 0))
        vhost.tell("set fwd io")
        vhost.tell("start")
        source = f"vhost-user:{front},{back}"
        recorder = stack.enter_context(recording(source, path, "--device", "net", *options))
        wait_for(front.exists, 10, "the proxy")
        virtio = stack.enter_context(Testpmd(folder, "virtio", f"net_virtio_user0,path={front},{RINGS[ring]}", 1))
        yield Pair(vhost, virtio, recorder)
