"""The few errors that a caller may catch. Each message is one line: what is wrong, where, what to do next."""


class InspectError(Exception):
    """The tool could not do what was asked; `str(error)` is one line for the user."""


class SourceError(InspectError):
    """A source could not be opened or read."""


class UsageError(InspectError):
    """An option, expression or argument that makes no sense."""


class PluginError(InspectError):
    """A plugin that cannot be used: written for another version, or declaring what makes no sense."""


class FilterError(UsageError):
    """A filter expression that does not parse or names an unknown field; `column` counts from 1."""

    def __init__(self, message: str, text: str, column: int) -> None:
        super().__init__(f"{message} (column {column})")
        self.message = message
        self.text = text
        self.column = column


class FaultError(InspectError):
    """Guest memory that is not there; `address` is guest-physical."""

    def __init__(self, address: int, size: int) -> None:
        super().__init__(f"{size} bytes at {address:#x} are not in guest memory")
        self.address = address
        self.size = size
