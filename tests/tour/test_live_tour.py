"""The tour from end to end: every picture is taken, and shows what it is there to show."""

from pathlib import Path

import pytest

from docs.tour.play import play
from docs.tour.steps import Scene
from docs.tour.story import SCENES

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.mark.parametrize("number", range(len(SCENES)), ids=lambda number: f"{number}-{SCENES[number].source}")
def test_scene(number: int, tmp_path: Path) -> None:
    scene: Scene = SCENES[number]
    made = {path.name for path in play(scene, tmp_path)}
    films = {f"{scene.film}.svg", f"{scene.film}.cast"} if scene.film else set()
    assert made == {f"{shot.name}.svg" for shot in scene.shots} | films
