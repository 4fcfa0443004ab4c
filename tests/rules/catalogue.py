"""The catalogue as it was agreed: code, name, severity, culprit. What is registered is compared with it."""

from dataclasses import dataclass

from vdmabuf_inspect.model.finding import Culprit, Severity

_SEVERITY = {"E": Severity.ERROR, "W": Severity.WARNING, "N": Severity.NOTE}
_CULPRIT = {
    "DRV": Culprit.DRIVER, "DEV": Culprit.DEVICE, "ANY": Culprit.EITHER, "TOOL": Culprit.TOOL,
    "FE": Culprit.FRONT_END, "BE": Culprit.BACK_END,
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue."""

    slug: str
    severity: Severity
    culprit: Culprit


_TABLE = """
VR101 queue-size-invalid E DRV
VR102 ring-misaligned E DRV
VR103 ring-outside-memory E DRV
VR104 ring-parts-overlap E DRV
VR110 available-index-went-back E DRV
VR111 available-index-jump E DRV
VR112 used-passed-available E DEV
VR113 used-index-went-back E DEV
VR114 used-id-not-outstanding E DEV
VR115 used-length-too-long E DEV
VR116 available-flags-reserved W DRV
VR117 used-flags-reserved W DEV
VR118 head-out-of-range E DRV
VR120 packed-wrap-mismatch E ANY
VR121 packed-id-reused E DRV
VR122 packed-used-id-unknown E DEV
VR123 packed-chain-bits-inconsistent E DRV
VR124 packed-first-published-early E DRV
VR125 packed-descriptor-changed-in-flight E DRV
VR126 packed-event-flags-reserved E ANY
VR127 used-out-of-order E DEV
VR130 descriptor-loop E DRV
VR131 descriptor-index-out-of-range E DRV
VR132 chain-too-long E DRV
VR133 chain-too-large E DRV
VR134 writable-before-readable E DRV
VR135 descriptor-outside-memory E DRV
VR136 descriptor-length-zero N DRV
VR137 descriptor-flags-unknown N DRV
VR138 descriptor-shared-by-chains E DRV
VR139 descriptor-changed-in-flight E DRV
VR140 indirect-not-negotiated E DRV
VR141 indirect-nested E DRV
VR142 indirect-with-next E DRV
VR143 indirect-length-invalid E DRV
VR144 indirect-outside-memory E DRV
VR150 device-wrote-readable-buffer E DEV
VR151 device-wrote-past-used-length W DEV
VR160 kick-missing E DRV
VR161 interrupt-missing E DEV
VR162 event-index-stale W DEV
VR163 kick-suppression-ignored N DRV
VR170 chain-stuck W DEV
VR171 chain-lost E DEV
VR172 ring-exhausted N DRV
VH201 message-malformed E ANY
VH202 descriptor-count-wrong E ANY
VH203 request-not-negotiated E FE
VH204 ring-set-up-incomplete E FE
VH205 kick-before-enable W FE
VH206 features-not-offered E FE
VH207 address-unmapped E FE
VH208 reply-missing E BE
VH209 ring-touched-while-stopped E BE
VH210 memory-changed-in-flight W FE
VM301 message-size-wrong E ANY
VM302 command-unknown E ANY
VM303 command-on-wrong-queue E ANY
VM304 vmid-request-not-zeroed E DRV
VM305 vmid-response-not-zeroed E DEV
VM306 release-not-zeroed W ANY
VM307 vmid-response-unasked W DEV
VM308 vmid-request-unanswered W DEV
VM309 private-size-too-large E DRV
VM310 kernel-pointer-on-the-wire W ANY
VM311 private-data-beyond-size N DRV
VM320 device-id-mismatch N DEV
VM321 feature-bits-unexpected W DEV
VI401 vmid-differs E DRV
VI402 vmid-halves-swapped N DRV
VI403 id-reused-while-live E DRV
VI404 id-reused-after-release W DRV
VI405 counter-repeated W DRV
VI406 counter-went-back N DRV
VI407 key-not-random W DRV
VI408 vmid-changed W DEV
VI409 vmid-zero W DEV
VI410 vmid-shared E DEV
VL501 export-before-vmid W DRV
VL502 release-of-unknown-id E ANY
VL503 double-release E ANY
VL504 release-before-export-used W ANY
VL505 buffer-never-released N DEV
VL506 buffer-leak-growing W DEV
VL507 recv-starved W DRV
VP601 page-count-invalid E DRV
VP602 first-offset-invalid E DRV
VP603 last-length-invalid E DRV
VP604 reference-misaligned E DRV
VP605 reference-outside-memory E DRV
VP606 page-repeated W DRV
VP607 pages-shared-by-live-buffers E DRV
VP608 pages-overlap-ring E DRV
VP609 reference-changed-while-exported E DRV
VP610 reference-words-swapped N DRV
VP611 written-while-device-owns N DRV
VX901 dialect-ambiguous W TOOL
VX902 events-missed W TOOL
VX903 read-torn N TOOL
VX904 capture-truncated W TOOL
VX910 plugin-failed W TOOL
"""

CATALOGUE = {
    code: Entry(slug, _SEVERITY[severity], _CULPRIT[culprit])
    for code, slug, severity, culprit in (line.split() for line in _TABLE.strip().splitlines())
}
