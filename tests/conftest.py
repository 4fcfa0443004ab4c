"""What all tests share."""

import signal
from collections.abc import Iterator

import pytest

from vdmabuf_inspect.cli import extensions
from vdmabuf_inspect.session import catalogue

assert catalogue  # every rule is there, whichever test comes first


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is there now as what is expected")


def pytest_configure() -> None:
    """What runs in the background may begin with Ctrl-C ignored; programs that tests interrupt would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether expected files are to be written anew."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(autouse=True)
def plugins_taken_out() -> Iterator[None]:
    """Plugins that a command loaded in this process are none of the next test's."""
    yield
    for _, door in extensions._open:
        door.close()
    extensions._open.clear()
