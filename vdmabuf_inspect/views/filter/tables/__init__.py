"""Every table's fields, each declared once."""

from vdmabuf_inspect.views.filter.fields import Table
from vdmabuf_inspect.views.filter.tables.buffers import BUFFERS
from vdmabuf_inspect.views.filter.tables.chains import CHAINS
from vdmabuf_inspect.views.filter.tables.control import CONTROL
from vdmabuf_inspect.views.filter.tables.findings import FINDINGS
from vdmabuf_inspect.views.filter.tables.messages import MESSAGES
from vdmabuf_inspect.views.filter.tables.rings import RINGS

TABLES: dict[str, Table] = {t.name: t for t in (MESSAGES, CHAINS, BUFFERS, RINGS, CONTROL, FINDINGS)}
"""The tables that can be filtered, by name."""
