"""The vdmabuf rules: messages (VM), identity (VI), lifecycle (VL), pages (VP)."""

from vdmabuf_inspect.protocols.vdmabuf.rules import identity, lifecycle, messages, page_lists, pages

__all__ = ["identity", "lifecycle", "messages", "page_lists", "pages"]
