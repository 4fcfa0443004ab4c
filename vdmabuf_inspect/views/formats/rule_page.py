"""One rule's page."""

import textwrap
from collections.abc import Iterator

from vdmabuf_inspect.rules.registry import Rule
from vdmabuf_inspect.views.formats.layout import facts

_WIDTH = 80
_TEXTS = {"S": "virtio-vdmabuf", "U": "vhost-user protocol"}


def rule_lines(rule: Rule) -> Iterator[str]:
    """A rule's page."""
    yield f"{rule.code} {rule.slug}"
    yield from facts((rule_facts(rule) | {"clause": clause_text(rule.clause)}).items())
    for part, text in rule.page.items():
        yield ""
        yield part
        yield from textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def rule_facts(rule: Rule) -> dict[str, str]:
    """What is known of a rule beside its page."""
    return {
        "severity": rule.severity.name.lower(),
        "culprit": rule.culprit.value,
        "clause": rule.clause,
        "protocol": rule.protocol or "any virtqueue",
        "reads": rule.on.value,
        "told": f"once per {rule.per.value}",
        "evidence": rule.history.value,
    }


def clause_text(clause: str) -> str:
    """A clause in full: `S Release` is the vdmabuf specification's, `U Ring states` vhost-user's, `2.7.5` virtio 1.2's,
    `-` nobody's.
    """
    if clause == "-":
        return "none; known from practice"
    text, _, section = clause.partition(" ")
    if text in _TEXTS:
        return f"{_TEXTS[text]} specification{', ' if section else ''}{section}"
    return f"virtio 1.2, {clause}"
