"""`python -m vdmabuf_inspect.reference driver|device`: one peer in a process of its own."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from vdmabuf_inspect.reference.device import run_device
from vdmabuf_inspect.reference.driver import run_driver
from vdmabuf_inspect.reference.options import (
    add_device_arguments,
    add_driver_arguments,
    device_options,
    driver_options,
)
from vdmabuf_inspect.reference.plan import listing


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one peer; its exit code."""
    parser = ArgumentParser(prog="python -m vdmabuf_inspect.reference")
    peers = parser.add_subparsers(dest="peer", required=True)
    add_driver_arguments(peers.add_parser("driver", help="a vhost-user front end with a vdmabuf driver"))
    add_device_arguments(peers.add_parser("device", help="a vhost-user back end with a vdmabuf device"))
    peers.add_parser("faults", help="list the faults that a peer can commit")
    given = parser.parse_args(arguments)
    try:
        if given.peer == "faults":
            _log(listing())
            return 0
        if given.peer == "driver":
            return run_driver(driver_options(given), _log)
        return run_device(device_options(given), _log)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _log(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
