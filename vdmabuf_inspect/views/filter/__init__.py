"""The filter language: one for the tables of every screen and command."""

from vdmabuf_inspect.views.filter.completion import complete, word_at
from vdmabuf_inspect.views.filter.expression import Filter, compile_filter, fields_help

__all__ = ["Filter", "compile_filter", "complete", "fields_help", "word_at"]
