"""From arguments to an exit code; every error that a user can cause ends as one line on stderr."""

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.garbage import look_seldom
from vdmabuf_inspect.cli.narration import LOG, complain, narrate
from vdmabuf_inspect.cli.output import ClosedError, make_lenient
from vdmabuf_inspect.cli.parser import parse
from vdmabuf_inspect.errors import InspectError


def entry() -> None:
    """The console script. SIGTERM ends it as Ctrl-C does, so that children and temporary files go."""
    look_seldom()
    signal.signal(signal.SIGTERM, _terminate)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no linear algebra here; its threads cost start-up
    make_lenient()
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code."""
    try:
        args = parse(list(arguments))
        with narrate(args.verbose, args.log):
            return _run(args)
    except InspectError as error:
        complain(str(error))
        return Exit.UNREADABLE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except (ClosedError, BrokenPipeError):
        _silence()
        return Exit.PIPE_CLOSED


def _run(args: Namespace) -> int:
    """The command; an exception that nobody expected is told while the log is still open."""
    try:
        code = int(args.run(args))
        sys.stdout.flush()
    except (InspectError, ClosedError, BrokenPipeError):
        raise
    except Exception as error:
        return _fault(error)
    return code


def _fault(error: Exception) -> int:
    """A mistake of ours: one line, and the traceback where somebody asked for details."""
    LOG.debug("", exc_info=error)
    complain(f"internal error: {type(error).__name__}: {error}; please report it with what '-vv' says")
    return Exit.UNREADABLE


def _silence() -> None:
    """Nobody reads stdout any more: what is still buffered must not raise when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(Exit.TERMINATED)
