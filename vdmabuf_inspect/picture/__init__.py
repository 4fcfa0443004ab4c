"""Pictures in memory: DRM fourccs of linear layout become RGB, and RGB becomes a PNG or what a terminal can show."""

from vdmabuf_inspect.picture.formats import FORMATS, fourcc_name, fourcc_number
from vdmabuf_inspect.picture.picture import Layout, Picture, PictureError, picture_of
from vdmabuf_inspect.picture.png import png

__all__ = ["FORMATS", "Layout", "Picture", "PictureError", "fourcc_name", "fourcc_number", "picture_of", "png"]
