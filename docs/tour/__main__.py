"""`make tour`: plays every scene and writes the pictures into docs/, or those scenes named, or into another folder."""

import argparse
import sys
from pathlib import Path

from docs.tour.play import play
from docs.tour.steps import Scene
from docs.tour.story import SCENES
from docs.tour.terminal import ROOT, TourError
from vdmabuf_inspect.errors import InspectError


def main() -> int:
    """0 when every picture was taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", help="only scenes of these sources")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    options = parser.parse_args()
    failed = 0
    for scene in SCENES:
        if not options.sources or scene.source in options.sources:
            failed += _told(scene, options.out)
    return min(failed, 1)


def _told(scene: Scene, out: Path) -> int:
    """Play it and say what came of it; whether it failed."""
    try:
        for path in play(scene, out):
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    except (TourError, InspectError) as error:
        print(f"{scene.source}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
