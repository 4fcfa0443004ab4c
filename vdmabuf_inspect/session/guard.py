"""What a rule or a plugin's protocol raises becomes a finding (VX910); everything else goes on."""

from pathlib import Path
from traceback import extract_tb

from vdmabuf_inspect.errors import PluginError
from vdmabuf_inspect.protocols.declared.device import DeclaredDevice
from vdmabuf_inspect.protocols.declared.protocol import Protocol
from vdmabuf_inspect.protocols.device import Device, Messages
from vdmabuf_inspect.protocols.known import DATA, bring, forcible, protocol_of
from vdmabuf_inspect.rules.registry import Rule, Standing
from vdmabuf_inspect.rules.runner import MOST_FAILURES
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.track.events import Events


class Guard:
    """Keeps a session going past the mistakes of what was plugged into it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._failures: dict[int, int] = {}

    def rule_failed(self, rule: Rule, error: Exception, row: int) -> None:
        """A rule raised: its own judgement is missing."""
        self._tell(f"rule {rule.code} failed: {_what(error)}", row if row >= 0 else len(self.session.events) - 1)

    def protocol(self, device_id: int, row: int) -> Protocol:
        """The protocol of a device that came with event `row`; that of unknown devices where its plugin fails."""
        try:
            return protocol_of(device_id)
        except PluginError as error:
            self._tell(str(error), row)
            return DATA

    def bring(self, device_id: int, row: int) -> None:
        """Have plugins loaded for the sake of such a device, which is known without them."""
        try:
            bring(device_id)
        except PluginError as error:
            self._tell(str(error), row)

    def tongue(self, name: str, row: int) -> Protocol:
        """The protocol that the user forces by name; that of unknown devices where its plugin fails."""
        try:
            return forcible().get(name, DATA)
        except PluginError as error:
            self._tell(str(error), row)
            return DATA

    def consume(self, device: Device, events: Events) -> Messages | None:
        """The messages of a batch; None where the protocol raised, which after ten times is used no more."""
        stuck_after = self.session.settings.stuck_after_ns
        if not isinstance(device, DeclaredDevice):
            return device.consume(events, stuck_after)
        try:
            return device.consume(events, stuck_after)
        except Exception as error:
            self._protocol_failed(device, error, int(events.row[0]))
            return None

    def _protocol_failed(self, device: DeclaredDevice, error: Exception, row: int) -> None:
        name, number = device.protocol.name, device.device
        self._failures[number] = self._failures.get(number, 0) + 1
        self._tell(f"protocol {name} failed: {_what(error)}", row)
        if self._failures[number] == MOST_FAILURES:
            self._tell(f"protocol {name} failed {MOST_FAILURES} times and is switched off", row)
            session = self.session
            session.devices[number] = DeclaredDevice(number, DATA, session.chains, session.objects, device.features)

    def _tell(self, text: str, row: int) -> None:
        self.session.tool.failed.append(Standing(row, -1, a=self.session.tool.note(text)))


def _what(error: Exception) -> str:
    where = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
