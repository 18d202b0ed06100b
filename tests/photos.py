"""Photos of tests: pictures with all that cameras write beside them, and a store for them."""

import hashlib
from io import BytesIO
from pathlib import Path

from obstore.store import LocalStore
from PIL import ExifTags, Image, PngImagePlugin

from api.photos.objects import Objects
from api.photos.store import PhotoStore

SECRET = "TheCameraOfSomebody"  # noqa: S105 - it opens nothing
TURNED = 6


def picture(kind: str = "JPEG", *, shade: int = 90, size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a picture with EXIF, a place in it, and comments; a JPEG lies on its side."""
    image = Image.effect_noise(size, 40).convert("RGB")
    image.paste((shade, 120, 60), (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = SECRET
    exif[ExifTags.Base.Model] = "One 5"
    exif[ExifTags.Base.Orientation] = TURNED
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:03:02 12:00:05"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = "+08:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: (30.0, 30.0, 0.0), 3: "W", 4: (4.0, 12.0, 0.0)}
    )
    more: dict[str, object] = {"exif": exif}
    if kind == "JPEG":
        more |= {"comment": SECRET, "xmp": f"<x>{SECRET}</x>".encode(), "quality": 85}
    if kind == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Author", SECRET)
        more["pnginfo"] = words
    if kind == "WEBP":
        more |= {"xmp": f"<x>{SECRET}</x>".encode(), "lossless": True}
    file = BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def name_of(photo: bytes) -> str:
    """Return under which name a photo is kept."""
    return hashlib.sha256(photo).hexdigest()


def store_in(folder: Path, *, most_bytes: int = 2_000_000) -> PhotoStore:
    """Return a store of photos in a folder."""
    folder.mkdir(exist_ok=True)
    store = PhotoStore(folder, Objects(LocalStore(folder), folder=folder), most_bytes=most_bytes)
    store.prepare()
    return store


def bring(store: PhotoStore, photo: bytes, *, by: str = "T01"):
    """Bring a photo whole, and return what is kept."""
    incoming = store.go_on(by, name_of(photo), offset=0, size=len(photo))
    assert incoming is not None
    try:
        return incoming.finish([photo])
    finally:
        incoming.close()
