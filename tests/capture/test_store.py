"""A mapped file that grows while another thread asks whether it shrank."""

import os
from pathlib import Path
from typing import Any

from vdmabuf_inspect.capture.batch import Store


class _Interrupted:
    """A mapping whose size is told only after the file has grown and another thread has mapped it again."""

    def __init__(self, store: Store, path: Path) -> None:
        self._store, self._path = store, path
        self._own: Any = store._mapping

    def size(self) -> int:
        before = self._path.stat().st_size
        self._store._mapping = self._own
        with self._path.open("ab") as file:
            file.write(bytes(16))
        assert self._store.grow()
        return before


def test_what_grows_meanwhile_has_not_shrunk(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(bytes(16))
    fd = os.open(path, os.O_RDONLY)
    try:
        store = Store(fd)
        store._mapping = _Interrupted(store, path)  # type: ignore[assignment]
        assert not store.shrunk
        assert store.size == 32
        os.truncate(path, 16)
        assert store.shrunk
    finally:
        os.close(fd)
