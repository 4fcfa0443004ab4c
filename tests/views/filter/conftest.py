from pathlib import Path

import pytest

from tests.views.filter.story import recorded
from vdmabuf_inspect.session.session import Session


@pytest.fixture(scope="package")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The story, recorded and read back."""
    path: Path = tmp_path_factory.mktemp("story") / "story.pcapng"
    return recorded(path)
