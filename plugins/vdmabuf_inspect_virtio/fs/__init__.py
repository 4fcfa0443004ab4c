"""virtio-fs: FUSE requests by name with their arguments and answers (virtio 1.2, 5.11; Linux fuse.h, FUSE 7.38)."""

import vdmabuf_inspect_virtio.fs.answer_rules
import vdmabuf_inspect_virtio.fs.request_rules  # noqa: F401
from vdmabuf_inspect import api

api.requires(1)
