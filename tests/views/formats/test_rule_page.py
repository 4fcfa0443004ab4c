"""Every rule's page is whole."""

import pytest

from vdmabuf_inspect.views.formats.knowledge import all_rules
from vdmabuf_inspect.views.formats.rule_page import clause_text, rule_lines


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_rule_says_what_why_and_an_example(rule) -> None:  # type: ignore[no-untyped-def]
    lines = list(rule_lines(rule))
    for part in ("What it does", "Why it is bad", "Example"):
        assert lines[lines.index(part) + 1].startswith("  ") and rule.page[part]
    assert all(len(line) <= 120 for line in lines)


def test_clauses_are_written_out() -> None:
    assert clause_text("S Release") == "virtio-vdmabuf specification, Release"
    assert clause_text("2.7.5") == "virtio 1.2, 2.7.5"
    assert clause_text("-").startswith("none")
