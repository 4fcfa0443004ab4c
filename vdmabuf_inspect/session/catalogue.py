"""The whole rule catalogue: importing this module registers every rule that ships with the program."""

from vdmabuf_inspect.session import judges
from vdmabuf_inspect.vhost_user import rules as vhost_user_rules

__all__ = ["judges", "vhost_user_rules"]
