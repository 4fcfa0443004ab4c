"""What a device speaks: by its virtio ID, by what the user forced, or by what its first messages fit."""

from vdmabuf_inspect.protocols.declared.device import DeclaredDevice
from vdmabuf_inspect.protocols.declared.protocol import Protocol
from vdmabuf_inspect.protocols.device import Device
from vdmabuf_inspect.protocols.known import tongues
from vdmabuf_inspect.protocols.vdmabuf.detection import detect
from vdmabuf_inspect.protocols.vdmabuf.device import VdmabufDevice
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.protocols.vdmabuf.export import CANDIDATE_IDS
from vdmabuf_inspect.session.guard import Guard
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.track.events import Events


class Speech:
    """Makes the devices of a session."""

    def __init__(self, session: Session, guard: Guard) -> None:
        self.session = session
        self.guard = guard
        self._mute: set[int] = set()  # vdmabuf devices that speak one of its dialects

    def device(self, number: int, device_id: int, features: int) -> Device:
        """The device with this number in the session; `device_id` is virtio's, 0 unknown."""
        session, name = self.session, self.session.settings.dialect
        device_id = session.settings.device_id or device_id
        if name and name not in DIALECTS:
            return self._declared(number, self.guard.tongue(name, len(session.events)), features)
        if device_id not in CANDIDATE_IDS and not name:
            return self._declared(number, self.guard.protocol(device_id, len(session.events)), features)
        self.guard.bring(device_id, len(session.events))
        return VdmabufDevice(
            number, device_id, session.chains, session.objects, DIALECTS[name] if name else None,
            session.settings.leak_window_ns,
        )  # fmt: skip

    def heard(self, device: Device, events: Events) -> Device:
        """The device itself, or, where none of vdmabuf's dialects fits a batch but another protocol does, one of that.

        Asked until something fits.
        """
        if not isinstance(device, VdmabufDevice) or device.device in self._mute or device.forced is not None:
            return device
        verdict = detect(events, device.device_id, complete=False)
        if device.fits or (verdict is not None and verdict.fits):
            self._mute.add(device.device)
            return device
        for protocol in tongues(device.device_id):
            queues = [q for q in self.session.queues.of_device(device.device) if q.epochs]
            other = self._declared(device.device, protocol, queues[-1].epochs[-1].layout.features if queues else 0)
            if other.understands(events):
                return other
        return device

    def _declared(self, number: int, protocol: Protocol, features: int) -> DeclaredDevice:
        return DeclaredDevice(number, protocol, self.session.chains, self.session.objects, features)
