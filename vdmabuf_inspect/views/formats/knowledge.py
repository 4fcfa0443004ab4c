"""What the inspector knows, as tables: rules, wire dialects, plugins."""

from collections.abc import Iterable

from vdmabuf_inspect import __version__
from vdmabuf_inspect.protocols.declared.protocol import Protocol
from vdmabuf_inspect.protocols.known import forcible
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS, Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.rules.registry import RULES, Rule
from vdmabuf_inspect.session import catalogue
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.formats.rule_page import rule_facts
from vdmabuf_inspect.views.formats.table import Listing

assert catalogue


def rule_table(rules: Iterable[Rule]) -> Listing:
    """A row a rule; `page` holds the parts of its page."""
    columns = (
        Column("rule", "rule", 5),
        Column("slug", "name", 26),
        Column("severity", "severity", 8),
        Column("culprit", "culprit", 9),
        Column("clause", "clause", 12),
        *(Column(name, name, 8, shown=False) for name in ("protocol", "reads", "told", "evidence", "page")),
    )
    rows = [{"rule": r.code, "slug": r.slug, **rule_facts(r), "page": r.page} for r in rules]
    return Listing("rules", columns, rows)


def all_rules() -> list[Rule]:
    """Every rule that ships, by code."""
    return sorted(RULES.values(), key=lambda rule: rule.code)


def dialect_table() -> Listing:
    """A row a dialect; command numbers are hex, `-` where it has none."""
    columns = (
        Column("name", "name", 7),
        Column("title", "what it is", 40),
        Column("device_ids", "device id", 9),
        Column("size", "bytes", 5, right=True),
        *(Column(op.name.lower(), op.name, 10, text=_number) for op in Op if op),
        Column("queues", "queues", 9),
        Column("vm_half", "VM half", 7),
        Column("posting", "receive buffers", 40, shown=False),
    )
    rows = [*map(_dialect, DIALECTS.values()), *map(_tongue, forcible().values())]
    return Listing("dialects", columns, rows)


def plugin_table(rows: Iterable[Row]) -> Listing:
    """What is built in, and a row a plugin."""
    columns = (
        Column("name", "name", 12),
        Column("origin", "from", 16),
        Column("version", "version", 8),
        Column("state", "state", 9),
        Column("device_ids", "device id", 12),
        Column("brings", "brings", 40),
        Column("error", "why it failed", 40),
        Column("rules", "rules", 5, shown=False),
        Column("dialects", "dialects", 40, shown=False),
    )
    return Listing("plugins", columns, [_built_in(""), _built_in("vdmabuf"), *rows])


def _dialect(dialect: Dialect) -> Row:
    numbers = {command.op: number for number, command in dialect.commands.items()}
    return {
        "name": dialect.name,
        "title": dialect.title,
        "device_ids": list(dialect.device_ids),
        "size": dialect.size,
        **{op.name.lower(): numbers.get(op) for op in Op if op},
        "queues": list(dialect.queues),
        "vm_half": "first" if dialect.vm_half_first else "last",
        "posting": dialect.posting.value,
    }


def _tongue(protocol: Protocol) -> Row:
    """A protocol that is no variant of the specification's messages, but may be forced like one."""
    return {
        "name": protocol.name,
        "title": protocol.title,
        "device_ids": list(protocol.tongue_of),
        "size": None,
        **{op.name.lower(): None for op in Op if op},
        "queues": [kind.name for kind in protocol.queues],
        "vm_half": "",
        "posting": "",
    }


def _built_in(name: str) -> Row:
    ids = sorted({number for dialect in DIALECTS.values() for number in dialect.device_ids}) if name else []
    rules = sum(rule.protocol == name for rule in RULES.values())
    return {
        "name": name or "virtqueue",
        "origin": "built in",
        "version": __version__,
        "state": "loaded",
        "device_ids": ids or ["any"],
        "brings": f"{rules} rules",
        "error": "",
        "rules": rules,
        "dialects": list(DIALECTS) if name else [],
    }


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:#04x}"
