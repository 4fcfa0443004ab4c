"""The recordings, made once."""

from pathlib import Path

import pytest

from tests.cli.recordings import make_all


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every source of `recordings.make_all`; not to be written to."""
    folder = tmp_path_factory.mktemp("sources")
    make_all(folder)
    return folder
