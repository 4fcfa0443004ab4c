"""The whole rule catalogue: importing this module registers every rule that ships with the program."""

from vdmabuf_inspect.protocols.vdmabuf import rules as vdmabuf_rules
from vdmabuf_inspect.rules import chains, notifications, packed, rings, time, tool
from vdmabuf_inspect.vhost_user import rules as vhost_user_rules

__all__ = ["chains", "notifications", "packed", "rings", "time", "tool", "vdmabuf_rules", "vhost_user_rules"]
