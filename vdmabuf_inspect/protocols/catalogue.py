"""The whole rule catalogue: importing this module registers every rule that ships with the program."""

from vdmabuf_inspect.protocols.vdmabuf import rules as vdmabuf_rules
from vdmabuf_inspect.rules import chains, rings, time, tool

__all__ = ["chains", "rings", "time", "tool", "vdmabuf_rules"]
