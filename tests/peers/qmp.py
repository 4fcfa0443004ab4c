"""QEMU's monitor: one command on a connection of its own."""

import json
import socket
from pathlib import Path
from typing import Any


def ask_qmp(path: Path, command: str, /, **arguments: object) -> Any:
    """What a command returns. Raises AssertionError when QEMU refuses."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(10)
        sock.connect(str(path))
        stream = sock.makefile("rwb", buffering=0)
        stream.readline()
        for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
            stream.write(json.dumps(request).encode() + b"\n")
            reply = _reply(stream.readline)
        return reply


def _reply(readline: Any) -> Any:
    """The next line that is no event."""
    while "event" in (message := json.loads(readline())):
        pass
    assert "return" in message, message
    return message["return"]
