"""The tour: what is opened, which keys are pressed, which pictures are taken."""

from docs.tour.steps import Press, Scene, Shot, Wait, Write

LIVE = Scene(
    "live",
    (
        Wait(("● live", "DMABUF_REL 7:4"), 2.0, "a driver and a device over a vhost-user socket, watched live"),
        Wait(("VL503",), 1.5, "a rule is broken"),
        Press("finding.previous", rest_s=2.0),
        Shot("live", "A live session at the message that broke a rule", ("● live", "✖ VL503", "released already")),
        Press("rules", rest_s=2.5),
        Press("broken.close"),
        Press("stage.ladder", rest_s=2.0),
        Press("buffer.previous", 2, "the events of this buffer only", rest_s=1.0),
        Press("stage.lanes", rest_s=2.0),
        Press("stage.ring", rest_s=1.5),
        Press("follow", rest_s=2.0),
        Press("buffer.page"),
        Press("page.follow", said="a buffer's page: its life, its pages, its picture", rest_s=2.5),
        Press("page.close"),
        Press("stage.messages", said="back at the list: the recording went on all the while", rest_s=1.0),
    ),
    (116, 34),
    "tour",
    "A tour of vdmabuf-inspect on a live session",
)
PICTURE = Scene(
    "live",
    (
        Wait(("DMABUF_REL 7:4",)),
        Press("buffer.page"),
        Press("page.follow", rest_s=1.0),
        Press("page.pause", rest_s=1.2),
        Shot("buffer", "A live buffer: its life, its pages and its picture", ("page map", "320 × 200", "EXPORT")),
    ),
)
FAULTS = Scene(
    "faults",
    (
        Wait(("event 198 of 198", "VI407")),
        Press("finding.previous", 3),
        Press("stage.ladder"),
        Shot("ladder", "Driver and device, and what passed between them", ("EXPORT", "kick", "DMABUF_REL", "◀", "▶")),
        Press("rules", rest_s=0.5),
        Shot("findings", "What the rules found, each with its page", ("10 findings by rule", "Why it is bad")),
        Press("broken.close"),
        Press("goto"),
        Write("81"),
        Press("stage.ring"),
        Shot("ring", "A queue's ring, slot by slot", ("available ring", "used ring", "descriptor table")),
        Press("follow"),
        Press("stage.lanes"),
        Press("zoom"),
        Shot("lanes", "Every buffer's life as a lane", ("lanes 31", "released", "VL503")),
    ),
)
GUEST = Scene(
    "guest-gpu",
    (
        Wait(("event 38 of 38", "RESOURCE_FLUSH")),
        Press("goto"),
        Write("9"),
        Press("stage.ladder"),
        Shot(
            "gpu", "A guest's virtio-gpu: its first frames", ("gpu0/controlq", "RESOURCE_ATTACH_BACKING", "SET_SCANOUT")
        ),
    ),
)
SNAPSHOT = Scene(
    "hung",
    (
        Wait(("◆ snapshot", "vdmabuf0/recv"), 1.0),
        Shot("snapshot", "The memory of a guest that hangs", ("◆ snapshot", "hung-guest.elf", "EXPORT", "● exported")),
    ),
)
SCENES = (LIVE, PICTURE, FAULTS, GUEST, SNAPSHOT)
