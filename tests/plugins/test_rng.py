"""virtio-rng: what comes back, and each rule."""

from pathlib import Path

from vdmabuf_inspect.testing import Exchange

RANDOM = bytes(range(7, 71))


def test_random_bytes(tmp_path: Path) -> None:
    told = Exchange(4, "rng0")
    for _ in range(20):
        told.tell(told.ask(room=64), RANDOM)
    seen = told.inspect(tmp_path)
    assert seen.commands == ["RANDOM"] * 20
    assert not seen.findings


def test_rules(tmp_path: Path) -> None:
    told = Exchange(4, "rng0")
    told.tell(told.ask(b"please", 64), RANDOM)
    told.tell(told.ask(room=64), bytes(64))
    assert told.inspect(tmp_path).findings == ["VE801", "VE802"]
