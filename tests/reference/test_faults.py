"""Every planned fault is committed, and the other side comes through it."""

import pytest

from tests.reference.peers import run_pair
from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.reference.faults import FAULTS, Fault, Side
from vdmabuf_inspect.reference.plan import Plan, listing

DIALECTS = {"kernel-pointer": "rfc-v1"}
"""The dialect in which a fault is tried; the specification's where none is said."""
FAMILIES = {
    **{f"VM{n}": f"VM{n}" for n in (*range(301, 312), 321)},
    **{f"VI{n}": f"VI{n}" for n in range(401, 411)},
    **{f"VL{n}": f"VL{n}" for n in range(501, 508)},
    **{f"VP{n}": f"VP{n}" for n in range(601, 612)},
    **{f"VR{n}": f"VR{n}" for n in (*range(101, 105), *range(110, 119), *range(120, 128), *range(130, 145))},
    **{f"VR{n}": f"VR{n}" for n in (150, 151, *range(160, 164), 170, 171)},
    **{f"VH{n}": f"VH{n}" for n in range(201, 211)},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_fault_is_committed_and_survived(fault: Fault) -> None:
    dialect = DIALECTS.get(fault.name, "spec")
    plans = {side: fault.name if side is fault.side else "" for side in Side}
    outcome = run_pair(
        {"dialect": dialect, "fault": plans[Side.DRIVER], "packed": "--packed" in fault.options},
        {"dialect": dialect, "fault": plans[Side.DEVICE], "in_order": "--in-order" in fault.options},
    )
    assert outcome.said(f"fault {fault.name} committed"), outcome.lines
    assert {outcome.driver, outcome.device} <= {0, 1}, outcome.lines
    assert outcome.said("driver: ")
    assert outcome.said("device: front end gone")


BOTH = [
    f.name for f in FAULTS.values() if f.step.__name__ in ("ChainStep", "UsedStep", "KickStep", "CallStep", "AskStep")
]


@pytest.mark.parametrize("name", BOTH)
def test_fault_on_a_packed_ring_is_survived(name: str) -> None:
    """What makes no sense there finds no occasion; what does leaves the other side well."""
    fault = FAULTS[name]
    plans = {side: name if side is fault.side else "" for side in Side}
    outcome = run_pair(
        {"fault": plans[Side.DRIVER], "packed": True},
        {"fault": plans[Side.DEVICE], "in_order": "--in-order" in fault.options},
    )
    assert outcome.said(f"fault {name}"), outcome.lines
    assert {outcome.driver, outcome.device} <= {0, 1}, outcome.lines
    assert outcome.said("device: front end gone")


def test_every_rule_that_a_peer_can_break_has_a_fault() -> None:
    provoked = {rule for fault in FAULTS.values() for rule in fault.rules}
    assert set(FAMILIES) <= provoked


def test_occasion_is_counted() -> None:
    outcome = run_pair({"fault": "message-short@7"}, {})
    committed = next(i for i, line in enumerate(outcome.lines) if "committed" in line)
    assert len([line for line in outcome.lines[:committed] if line.startswith("driver: export")]) == 7


def test_several_at_once() -> None:
    outcome = run_pair({"fault": "vmid-swapped@2,page-repeated@4,message-long@6"}, {"fault": "release-dirty"})
    assert len(outcome.said("committed")) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("message-shrt", "did you mean message-short"),
        ("release-twice", "is the device's to commit"),
        ("message-short@0", "after @ comes the number"),
    ],
)
def test_plan_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Plan(text, Side.DRIVER, print)


def test_listing_has_a_line_for_each() -> None:
    assert len(listing().splitlines()) == len(FAULTS)
    assert all(fault.text for fault in FAULTS.values())
