"""After a mistake of ours: what is known of it goes into a file, the recording stays, and one line says where."""

import shutil
import time
import traceback
from pathlib import Path

from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.tui.remembered import state_folder


def rescue(inspection: Inspection, error: Exception) -> str:
    """The line to print. The inspection has been stopped. A live source's recording that would go is kept."""
    stem = time.strftime("crash-%Y%m%d-%H%M%S")
    said = f"internal error: {type(error).__name__}: {' '.join(str(error).split())}"
    told = _traceback(state_folder() / f"{stem}.txt", error)
    kept = _recording(inspection, state_folder() / f"{stem}.pcapng")
    return "; ".join(filter(None, (said, kept, told)))


def _traceback(path: Path, error: Exception) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return "please report it with what -vv says"
    return f"please report it with {path}"


def _recording(inspection: Inspection, path: Path) -> str:
    recorded = inspection.recording
    if recorded is None or not recorded.exists():
        return ""
    if not inspection.passing:
        return f"the recording is whole in {recorded}"
    try:
        shutil.copyfile(recorded, path)
    except OSError as error:
        return f"the recording could not be kept: {error.strerror}"
    return f"the recording is whole in {path}"
