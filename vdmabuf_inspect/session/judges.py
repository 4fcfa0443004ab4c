"""The rules of rings and buffers: importing this module registers them. Those of control planes come with the first."""

from vdmabuf_inspect.protocols.vdmabuf import rules as vdmabuf_rules
from vdmabuf_inspect.rules import chains, notifications, packed, rings, time, tool

__all__ = ["chains", "notifications", "packed", "rings", "time", "tool", "vdmabuf_rules"]
