"""The tables that a plugin adds to. What an import added is told by comparing them before and after."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from vdmabuf_inspect.protocols.known import PROTOCOLS
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.protocols.vdmabuf.private import DECODERS
from vdmabuf_inspect.rules.registry import RULES, add_rule
from vdmabuf_inspect.sources.open import OPENERS
from vdmabuf_inspect.views.catalogue import EXPORTERS, VIEWS

Brought = dict[str, dict[str, Any]]
"""By registry: names and what they stand for."""


@dataclass(frozen=True)
class Registries:
    """All tables by what they hold; `restore` puts an entry back where that takes more than the table."""

    tables: Mapping[str, MutableMapping[str, Any]]
    restore: Mapping[str, Callable[[Any], None]]

    def held(self) -> Brought:
        """What is in every table now."""
        return {kind: dict(table) for kind, table in self.tables.items()}

    def since(self, before: Brought) -> Brought:
        """What came since `before`, empty tables left out."""
        found = {
            kind: {name: value for name, value in dict(table).items() if before[kind].get(name) is not value}
            for kind, table in self.tables.items()
        }
        return {kind: entries for kind, entries in found.items() if entries}

    def take_out(self, brought: Brought) -> None:
        """Remove entries."""
        for kind, entries in brought.items():
            for name in entries:
                self.tables[kind].pop(name, None)

    def put_back(self, brought: Brought) -> None:
        """Add entries again."""
        for kind, entries in brought.items():
            for name, value in entries.items():
                self.tables[kind][name] = value
                if kind in self.restore:
                    self.restore[kind](value)


registries = Registries(
    {
        "protocol": PROTOCOLS,
        "dialect": DIALECTS,
        "private data": DECODERS,
        "rule": RULES,
        "view": VIEWS,
        "source": OPENERS,
        "exporter": EXPORTERS,
    },
    {"rule": add_rule},
)
