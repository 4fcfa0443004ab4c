"""`python -m vdmabuf_inspect` is the command line."""

from vdmabuf_inspect.cli.main import entry

if __name__ == "__main__":
    entry()
