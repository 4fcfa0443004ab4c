"""A session in which anything may happen, decided by a seed: conforming steps, faults, gaps, restarts."""

from collections.abc import Callable
from random import Random

from tests.stories.guest import BEGIN, RAM_SIZE, Guest
from tests.stories.story import Story
from vdmabuf_inspect.protocols.vdmabuf.layout import Op

_ROOM = 3


class Wanderer:
    """Takes `steps` steps with one device; what it may not do just now it leaves."""

    def __init__(self, story: Story, rng: Random) -> None:
        self.story, self.rng = story, rng
        self.counter = 0
        self.known: list[int] = []
        self.out: list[int] = []

    def walk(self, steps: int) -> None:
        choices: list[tuple[Callable[[], None], int]] = [
            (self.export, 30), (self.release, 25), (self.again, 4), (self.release_any, 4), (self.ask, 3),
            (self.hold, 6), (self.hand_back, 8), (self.noise, 2), (self.lap, 1), (self.wait, 1), (self.post, 6),
        ]  # fmt: skip
        for _ in range(steps):
            step = self.rng.choices([c for c, _ in choices], [w for _, w in choices])[0]
            step()

    def can_send(self) -> bool:
        return len(self.story._free) > _ROOM

    def can_answer(self) -> bool:
        return bool(self.out) if self.story.dialect.in_place else bool(self.story._waiting)

    def export(self) -> None:
        if self.can_send():
            self.counter += 1
            self.known.append(self.counter)
            self._export(self.counter)

    def again(self) -> None:
        if self.can_send() and self.known:
            self._export(self.rng.choice(self.known))

    def _export(self, counter: int) -> None:
        head = self.story.export(counter, pages=self.rng.choice([0, 1, 3, 700]))
        if self.story.dialect.in_place:
            self.out.append(head)

    def hold(self) -> None:
        if self.can_send() and not self.story.dialect.in_place:
            self.counter += 1
            self.known.append(self.counter)
            self.out.append(self.story.export(self.counter, back=False))

    def hand_back(self) -> None:
        if self.out and not self.story.dialect.in_place:
            self.story.take_back(self.out.pop(self.rng.randrange(len(self.out))))

    def release(self) -> None:
        if self.known:
            self._answer(self.story.named(Op.DMABUF_REL, self.rng.choice(self.known)))

    def release_any(self) -> None:
        self._answer(self.story.named(Op.DMABUF_REL, 900 + self.rng.randrange(9), self.rng.choice([b"", b"x"])))

    def _answer(self, data: bytes) -> None:
        if self.can_answer():
            self.story.answer(data, head=self.out.pop(0) if self.story.dialect.in_place else None)

    def ask(self) -> None:
        if self.can_send() and (self.story.dialect.in_place or self.can_answer()):
            self.story.ask()

    def noise(self) -> None:
        if self.can_send():
            head = self.story.request(self.rng.randbytes(self.rng.choice([100, self.story.dialect.size])))
            if self.story.dialect.in_place:
                self.out.append(head)

    def lap(self) -> None:
        """More than a ring's worth between two looks."""
        if len(self.story._free) < self.story.send.layout.size:
            return
        for _ in range(self.story.send.layout.size + self.rng.randrange(1, 30)):
            self.story.send.describe(0, self.story.slot(1, 0), self.story.dialect.size)
            self.story.send.offer(0)
            self.story.send.give_back(0)
        self.story.look()

    def wait(self) -> None:
        self.story.look(self.rng.choice([100, 1500]))

    def post(self) -> None:
        if len(self.story._waiting) < self.story.recv.layout.size - _ROOM:
            self.story.post()


def wander(seed: int, dialect: str = "spec", steps: int = 60, *, lives: int = 2) -> Guest:
    """Records of a device that is set up `lives` times, with `steps` steps each."""
    rng = Random(seed)
    records, now = [], BEGIN
    names: dict[tuple[int, int], str] = {}
    for _ in range(lives):
        guest = Guest(bytearray(RAM_SIZE), now)
        story = Story(dialect, guest=guest, vmid=rng.randrange(1, 99))
        if rng.random() < 0.8:
            story.ask()
        Wanderer(story, rng).walk(steps)
        story.stop(closed=rng.random() < 0.5)
        records += guest.records
        names, now = guest.names, guest.now
    return Guest(now=now, records=records, names=names)
