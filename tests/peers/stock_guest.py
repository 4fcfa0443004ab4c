"""A QEMU guest with the kernel's own virtio drivers that does what it is told over its serial line."""

import queue
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.peers.kernel import DRIVERS, QEMU, initramfs, kernel
from tests.peers.qmp import ask_qmp

BOOT_S = 90.0
JOB_S = 60.0


@dataclass(frozen=True)
class Done:
    """What a job did: steps (reads, writes, frames), bytes, milliseconds."""

    steps: int
    bytes: int
    milliseconds: int


class StockGuest:
    """A running guest; leaving the context ends it. `devices` are arguments to QEMU, `drivers` modules to load.

    Its memory is shared (a memfd) when `share`, ordinary otherwise. Raises AssertionError when it does not come up.
    """

    def __init__(
        self, folder: Path, devices: Sequence[str], *, share: bool = True, memory: str = "256M",
        drivers: Sequence[str] = DRIVERS,
    ) -> None:  # fmt: skip
        self.qmp_path = folder / "qmp"
        kind = (
            f"memory-backend-memfd,id=m,size={memory},share=on" if share else f"memory-backend-ram,id=m,size={memory}"
        )
        command = [
            QEMU or "", "-accel", "tcg", "-machine", "q35,memory-backend=m", "-cpu", "qemu64", "-m", memory,
            "-object", kind, "-kernel", str(kernel()), "-initrd", str(initramfs(folder, "stock", drivers)),
            "-append", "console=ttyS0 quiet panic=-1 ipv6.disable=1 net.ifnames=0",
            "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
            "-qmp", f"unix:{self.qmp_path},server=on,wait=off", *devices,
        ]  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        self._said: list[str] = []
        self._errors = (folder / "qemu.log").open("wb")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True
        )
        threading.Thread(target=self._listen, name="serial", daemon=True).start()

    @property
    def pid(self) -> int:
        """QEMU's process."""
        return self._process.pid

    def wait_ready(self) -> None:
        """Wait until all drivers are loaded."""
        assert self._answer(BOOT_S) == "ready", self.said()

    def job(self, name: str, target: str, size: int, count: int = 0, milliseconds: int = 0, depth: int = 1) -> Done:
        """Do `random`, `read`, `write`, `send`, `echo`, `talk`, `frame` or `ask`, in `depth` processes.

        Each does `count` steps, or goes on for so many `milliseconds`; 0 is no limit.
        """
        answer = self.ask(f"{name} {target} {size} {count} {milliseconds} {depth}")
        return Done(*map(int, answer.split()))

    def file(self, path: str) -> list[str]:
        """The words of a file in the guest."""
        return self.ask(f"cat {path}").split()

    def peek(self, path: str, offset: int, size: int) -> bytes:
        """`size` bytes at `offset` of a file in the guest, fewer at its end."""
        data = b""
        while len(data) < size:
            answer = self.ask(f"peek {path} {min(size - len(data), 1024)} {offset + len(data)}")
            if answer == ".":
                break
            data += bytes.fromhex(answer[1:])
        return data

    def disk_requests(self, disk: str) -> int:
        """Reads, writes, discards and flushes that its kernel has completed."""
        stat = self.file(f"/sys/block/{disk}/stat")
        return sum(int(stat[i]) for i in (0, 4, 11, 15))

    def frames(self, interface: str) -> tuple[int, int]:
        """Frames sent and received, by its kernel's count."""
        folder = f"/sys/class/net/{interface}/statistics"
        return int(self.file(f"{folder}/tx_packets")[0]), int(self.file(f"{folder}/rx_packets")[0])

    def ask(self, line: str) -> str:
        """Its answer to one line. Raises AssertionError when it failed."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        answer = self._answer(JOB_S)
        assert not answer.startswith("FAILED"), f"{line}: {answer}"
        return answer

    def qmp(self, command: str, **arguments: object) -> Any:
        """One command on a monitor connection of its own: what it returns."""
        return ask_qmp(self.qmp_path, command, **arguments)

    def said(self) -> str:
        """Everything on its serial line so far, for messages of tests."""
        return "\n".join(self._said)

    def close(self) -> None:
        """End it, in good order if it will."""
        if self._process.poll() is None and self._process.stdin is not None:
            try:
                self._process.stdin.write(b"off\n")
                self._process.stdin.flush()
                self._process.wait(5)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
        self._process.wait()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _answer(self, seconds: float) -> str:
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"the guest said nothing for {seconds} s; before:\n{self.said()}") from None

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            line = raw.decode(errors="replace").strip()
            self._said.append(line)
            if line.startswith("guest: "):
                self._lines.put(line.removeprefix("guest: "))
        self._lines.put("FAILED: the guest is gone")
