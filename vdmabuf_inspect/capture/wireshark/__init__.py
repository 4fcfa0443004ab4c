"""The Wireshark dissector that ships with the package."""

from pathlib import Path


def dissector_path() -> Path:
    """The Lua script, for `tshark -X lua_script:PATH` or a copy in Wireshark's personal plugin folder."""
    return Path(__file__).with_name("vdmabuf.lua")
