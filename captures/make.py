"""Makes the recordings in this folder again, each with its page: `make captures`, or with names only those."""

import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from captures.peers import PEER_PLANS, PeerPlan, record_peers
from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.reference.pair import Pair
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.spool import run_into
from vdmabuf_inspect.sources.base import Producer
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.page_walk import PageWalk
from vdmabuf_inspect.views.findings import FindingsView
from vdmabuf_inspect.views.stats import StatsView

HERE = Path(__file__).parent
VMID = 7
TRIES = 5
"""A busy machine can make the observer miss something; a recording that did is made again."""


@dataclass(frozen=True)
class Plan:
    """One recording. `rules` are those that it must show, `clean` that nothing is worse than a note."""

    name: str
    shows: str
    driver: tuple[str, ...] = ()
    device: tuple[str, ...] = ()
    device_id: int = 37
    rules: tuple[str, ...] = ()
    clean: bool = False
    after: float = 0.0
    seconds: float = 60.0
    missed: bool = False
    torn: bool = False
    late: bool = False

    @property
    def made(self) -> tuple[str, ...]:
        """How, for its page."""
        device = " ".join((*self.device, "--vmid", str(VMID)))
        late = (f"the observer began {self.after} s after the front end came",) if self.after else ()
        return ("the reference pair over a vhost-user socket", f"driver: `{' '.join(self.driver)}`",
                f"device: `{device}`", *late)  # fmt: skip


def clean(dialect: str, device_id: int, shows: str) -> Plan:
    """A session without a fault in one dialect."""
    choice = ("--dialect", dialect)
    driver = (*choice, "--count", "24", "--rate", "60", "--width", "64", "--height", "48")
    return Plan(f"clean-{dialect}", shows, driver, choice, device_id, clean=True)


FAULTS_DRIVER = "id-reused-after-release@4,counter-repeated@9,key-zero@14,first-offset@10,private-beyond@12"
FAULTS_DEVICE = "vmid-response-dirty,release-dirty@3,release-twice@6,release-unknown@8,used-length-too-long@5"
PAGE_FAULTS = "page-outside@4,page-repeated@7,pages-shared@10,page-in-ring@13,table-changed@16,written-while-owned@19"
SESSION_DRIVER = (
    "message-malformed-driver,descriptor-count-wrong-driver,request-not-negotiated,ring-set-up-incomplete,"
    "kick-before-enable,memory-changed-in-flight@9"
)
SMALL = ("--width", "64", "--height", "48")

PLANS = (
    clean("spec", 36, "The specification's own message: 260 bytes, the VM half of an ID first in memory."),
    clean("rfc-v1", 30, "RFC v1 and v2: one queue, requests and answers in the same device-writable buffers."),
    clean("rfc-v3", 40, "RFC v3: a kernel list head ahead of the command, one receive buffer a message."),
    clean("rfc-v4", 37, "RFC v4 and the QEMU RFC: as v3, but the same ID is exported again for every frame."),
    clean("intel", 37, "Intel's kernels: the VM ID comes from the configuration space."),
    clean("mtk", 37, "MediaTek: commands 0x10 to 0x12 mean something else, one receive buffer in all."),
    Plan(
        "faults", "A driver and a device that break one rule after the other, and go on.",
        ("--count", "30", "--rate", "40", *SMALL, "--fault", FAULTS_DRIVER), ("--fault", FAULTS_DEVICE),
        rules=("VI404", "VI405", "VI407", "VP602", "VM311", "VM305", "VM306", "VL503", "VL502", "VR115"),
    ),
    Plan(
        "leak", "A device that stops releasing: live buffers grow and never fall.",
        ("--count", "64", "--rate", "4", "--buffers", "96", "--queue-size", "256", *SMALL),
        ("--fault", "release-nothing@3"),
        rules=("VL505", "VL506"),
    ),
    Plan(
        "stuck", "A device that keeps one request for a second and a half, and never answers another.",
        ("--count", "24", "--rate", "40", *SMALL), ("--fault", "chain-stuck@5,chain-lost@12"),
        rules=("VR170", "VR171"),
    ),
    Plan(
        "wrap", "Rings of eight entries that wrap again and again, with messages in several descriptors.",
        ("--count", "64", "--rate", "60", "--queue-size", "8", "--framing", "mixed", *SMALL), ("--hold", "1"),
        clean=True,
    ),
    Plan(
        "late-attach", "An observer that begins in the middle: what was before is presumed, not known.",
        ("--count", "60", "--rate", "40", "--dialect", "rfc-v4", *SMALL), ("--dialect", "rfc-v4"),
        rules=("VX902",), after=0.6,
    ),
    Plan(
        "pages", "Exports whose page lists, or pages, are not what they should be.",
        ("--count", "24", "--rate", "30", *SMALL, "--fault", PAGE_FAULTS),
        rules=("VP605", "VP606", "VP607", "VP608", "VP609", "VP611"),
    ),
    Plan(
        "session", "A front end and a back end that break the vhost-user protocol, message after message.",
        ("--count", "16", "--rate", "30", *SMALL, "--fault", SESSION_DRIVER),
        ("--fault", "message-malformed-device,ring-touched-while-stopped"),
        rules=("VH201", "VH202", "VH203", "VH204", "VH205", "VH209", "VH210"),
    ),
)  # fmt: skip


ALL: tuple[Plan | PeerPlan, ...] = (*PLANS, *PEER_PLANS)


def record(plan: Plan | PeerPlan, path: Path) -> None:
    """Run both sides and write what is seen of them."""
    if isinstance(plan, PeerPlan):
        return record_peers(plan, path)
    return _record_pair(plan, path)


def _record_pair(plan: Plan, path: Path) -> None:
    """Run the pair with the proxy between them and write what it sees."""
    options = SourceOptions(device=plan.device_id)
    device = (*plan.device, "--vmid", str(VMID))
    with tempfile.TemporaryDirectory() as folder, Pair(Path(folder)) as pair:
        pair.start_device(*device)
        source = open_source(pair.source + (f"?after={plan.after}" if plan.after else ""), options)
        assert not hasattr(source, "follow")
        _watch(source, pair, plan, path)  # type: ignore[arg-type]


def _watch(source: Producer, pair: Pair, plan: Plan, path: Path) -> None:
    with CaptureWriter(path) as writer:
        watching = threading.Thread(target=run_into, args=(PageWalk(source), writer))
        watching.start()
        pair.start_driver(*plan.driver)
        pair.wait(plan.seconds)
        time.sleep(0.2)
        source.stop()
        watching.join()


def verdict(plan: Plan | PeerPlan, session: Session) -> str:
    """What is wrong with a recording, empty when it shows what it must."""
    view = FindingsView(session)
    rows = [view.row(i) for i in range(len(view))]
    codes = {row["rule"] for row in rows}
    missing = [code for code in plan.rules if code not in codes]
    missed = plan.after == 0 and not plan.missed and bool((session.events.kind == EventKind.GAP).any())
    known = {"VX902"} if plan.missed or plan.late else set()
    bad = [row["rule"] for row in rows if row["severity"] != "note" and row["rule"] not in known] if plan.clean else []
    torn = "VX903" in codes and not plan.torn
    parts = ("missing " + " ".join(missing)) if missing else "", "events missed" if missed else ""
    return "; ".join(p for p in (*parts, "bytes torn" if torn else "", f"not clean: {bad}" if bad else "") if p)


def page(plan: Plan | PeerPlan, session: Session) -> str:
    """The recording's page."""
    stats = {row["name"]: row["value"] for row in (StatsView(session).row(i) for i in range(len(StatsView(session))))}
    view = FindingsView(session)
    rules = sorted({(row["rule"], row["slug"], row["severity"]) for row in (view.row(i) for i in range(len(view)))})
    found = [f"| {code} | {slug} | {severity} |" for code, slug, severity in rules]
    return "\n".join([
        f"# {plan.name}", "", plan.shows, "", f"Made by `make captures` from a real session of {plan.made[0]}:", "",
        *(f"* {line}" for line in plan.made[1:]), "",
        f"{stats['events']} events, {stats['messages']} messages, {stats['buffers']} buffers.", "",
        *(["| rule | name | severity |", "|---|---|---|", *found] if found else ["No findings."]), "",
    ])  # fmt: skip


def make(plan: Plan | PeerPlan) -> str:
    """Make one recording, again if it missed something; what is wrong with the last try."""
    path = HERE / f"{plan.name}.pcapng"
    trial = path.with_suffix(".new")
    wrong = ""
    for _ in range(TRIES):
        record(plan, trial)
        session = inspect(str(trial))
        wrong = verdict(plan, session)
        if not wrong:
            trial.replace(path)
            path.with_suffix(".md").write_text(page(plan, session))
            return ""
        print(f"{plan.name}: {wrong}; again", file=sys.stderr)
    trial.unlink()
    return f"{plan.name}: {wrong}; kept the old one"


def main(names: Sequence[str]) -> int:
    """Make all recordings, or those named; the protocols that come with the program judge them."""
    failures = []
    Door(user=False).open()
    for plan in ALL:
        if not names or plan.name in names:
            lacks = plan.lacks() if isinstance(plan, PeerPlan) else ""
            if lacks:
                print(f"{plan.name}: left as it is: {lacks}")
                continue
            failure = make(plan)
            print(failure or f"{plan.name}: {plan.shows}")
            failures.append(failure)
    return int(any(failures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
