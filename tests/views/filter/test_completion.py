"""Completion offers what may stand at the cursor, and nothing else."""

import pytest

from vdmabuf_inspect.views.filter import complete

CASES = {
    "pag": ["pages"],
    "private.wi": ["private.width"],
    "pages > 3 and buffer.v": ["buffer.vmid"],
    "cmd == EX": ["EXPORT"],
    "cmd in {EXPORT, NE": ["NEED_VMID"],
    "cmd in {EXPORT ": [",", "}"],
    "cmd in {EXPORT} ": ["and", "or"],
    "state == rel": ["released"],
    "culprit == fr": ["front-end"],
    "severity ": ["==", "!=", "in", "<", "<=", ">", ">=", "contains", "matches", "and", "or"],
    "cmd == EXPORT ": ["and", "or"],
    "cmd == EXPORT o": ["or"],
    "not (queu": ["queue"],
    'queue == "se': [],
    "nothing.like.this": [],
}


@pytest.mark.parametrize("text", CASES)
def test_at_the_end(text: str) -> None:
    assert complete(text, len(text), "messages") == CASES[text]


def test_every_command() -> None:
    """vdmabuf's come first; what other protocols there are depends on what was loaded."""
    offered = complete("cmd == ", 7, "messages")
    assert offered[:5] == ["UNKNOWN", "NEED_VMID", "EXPORT", "DMABUF_REL", "UNEXPORT"]


def test_rules_by_code() -> None:
    offered = complete("rule == VL50", 12, "findings")
    assert "VL503" in offered and all(code.startswith("VL50") for code in offered)


def test_before_the_end() -> None:
    assert complete("pag > 3", 3, "messages") == ["pages"]
