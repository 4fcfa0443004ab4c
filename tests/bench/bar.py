"""One line of the benchmark's table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """What was measured, what it must be, and whether it is; `how` says where a number was not measured whole."""

    what: str
    measured: str
    wanted: str
    met: bool | None
    how: str = ""

    def line(self) -> str:
        """For the terminal."""
        mark = {True: "met", False: "MISSED", None: "not measured"}[self.met]
        return f"{self.what:<44} {self.measured:>30}   {self.wanted:<34} {mark}" + (
            f"  ({self.how})" if self.how else ""
        )


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
