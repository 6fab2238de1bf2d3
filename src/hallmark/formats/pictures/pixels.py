"""Pixels: pictures of one declared shape, decoded from files that nobody has checked before."""

import io
import struct
import warnings
from collections.abc import Iterable, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError
from rich.console import Console
from rich.progress import track

from hallmark.errors import InputError
from hallmark.formats import limits

_FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
_MODES = {1: "L", 3: "RGB"}  # Pillow's mode by number of channels
_EIGHT_BIT_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")  # of Pillow
# 64 megapixels of one picture: a small file can unpack into far more than the memory.
MOST_PIXELS = 2**26
_ORIENTATION_TAG = 0x0112  # of EXIF: how the camera was held; 0 and 1 are upright
_SMALLEST = 4  # pixels of a side
_LARGEST = 1024  # pixels of a side
_MANY = 2000  # pictures; more take seconds to decode and are worth a progress bar


class Named(Iterable[tuple[str, "Path | bytes"]], Sized, Protocol):
    """Pictures as pairs (name, path or encoded bytes); the name is for messages."""


@dataclass(frozen=True)
class Shape:
    """The declared shape of every picture, in pixels; `channels` is 1 (grey) or 3 (red, green, blue)."""

    height: int
    width: int
    channels: int
    convert: bool = False  # resample pictures of other sizes and colours, instead of refusing them

    def __post_init__(self) -> None:
        if self.channels not in _MODES:
            raise InputError(f"prepare.reading.channels is {self.channels}, but pictures have 1 (grey) or 3 (colour)")
        if min(self.height, self.width) < _SMALLEST or max(self.height, self.width) > _LARGEST:
            raise InputError(
                f"prepare.reading.height and width are {self.height} and {self.width}: {_SMALLEST} to {_LARGEST} "
                "pixels are read"
            )

    def __str__(self) -> str:
        return f"{self.height} by {self.width} {'grey' if self.channels == 1 else 'colour'}"


def decode_pictures(pictures: Named, shape: Shape) -> np.ndarray:
    """Return the pictures as uint8 (n, C, H, W) of `shape`.

    Raises `InputError` that names the first picture that is broken or has another shape.
    """
    count = len(pictures)
    pixels = np.empty((count, shape.channels, shape.height, shape.width), np.uint8)
    tracked = track(pictures, "reading pictures", count, console=Console(stderr=True), disable=count < _MANY)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for row, (name, content) in enumerate(tracked):
            pixels[row] = _decode(name, content, shape)
    return pixels


def to_shape(pixels: np.ndarray, shape: Shape) -> np.ndarray:
    """Return pictures, uint8 (n, h, w) or (n, h, w, channels), as uint8 (n, C, H, W) of `shape`.

    Raises `InputError` on another shape, if `shape.convert` is false.
    """
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    if pixels.shape[1:] == (shape.height, shape.width, shape.channels):
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))

    own_shape = Shape(pixels.shape[1], pixels.shape[2], pixels.shape[3])
    if not shape.convert:
        raise InputError(_shape_fault("the array's pictures", str(own_shape), shape))
    if own_shape.channels == 1:
        pixels = pixels[..., 0]
    return np.stack([_convert(Image.fromarray(picture), shape) for picture in pixels])


def _decode(name: str, content: "Path | bytes", shape: Shape) -> np.ndarray:
    """Return one picture as uint8 (C, H, W) of `shape`.

    Raises `InputError` where it is broken, has more than 8 bits, frames or transparency, or has
    another shape and `shape.convert` is false.
    """
    try:
        if isinstance(content, Path):
            limits.require_small(content, f"picture {name}")
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        with Image.open(file, formats=_FORMATS) as image:
            _require_eight_bit(image, name)
            _require_one_view(image, name, shape)
            if shape.convert:
                return _convert(ImageOps.exif_transpose(image), shape)
            _require_own_shape(image, name, shape)
            return _channels_first(np.asarray(image))
    except FileNotFoundError as error:
        raise InputError(f"picture {name} is missing") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"picture {name} unpacks into more than the {MOST_PIXELS} pixels that are read") from error
    except InputError:
        raise
    except UnidentifiedImageError as error:
        raise InputError(f"picture {name} is none of {', '.join(_FORMATS)}") from error
    except (OSError, SyntaxError, ValueError, struct.error) as error:  # what Pillow raises on broken files, by format
        raise InputError(f"picture {name} can't be decoded: {error}") from error


def _require_eight_bit(image: ImageFile.ImageFile, name: str) -> None:
    """Raise `InputError` on too many pixels, or pixels of other than 8 bits, before the file is decoded."""
    if image.width * image.height > MOST_PIXELS:
        raise InputError(f"picture {name} has {image.width} by {image.height} pixels, more than {MOST_PIXELS}")
    if image.mode not in _EIGHT_BIT_MODES:
        raise InputError(f"picture {name} has pixels of the kind {image.mode!r}; only 8-bit pictures are read")
    if _is_16_bit(image):
        raise InputError(
            f"picture {name} stores 16 bits a channel, of which the lower 8 would be lost; only 8-bit pictures "
            "are read: scale it to 8 bits"
        )


def _require_own_shape(image: Image.Image, name: str, shape: Shape) -> None:
    if (image.height, image.width, image.mode) != (shape.height, shape.width, _MODES[shape.channels]):
        own_shape = f"{image.height} by {image.width} of the kind {image.mode}"
        raise InputError(_shape_fault(f"picture {name}", own_shape, shape))


def _is_16_bit(image: ImageFile.ImageFile) -> bool:
    """Return whether a file, not decoded yet, stores 16 bits a channel.

    Pillow would drop the lower 8 bits of colours. Its raw mode then ends in 16 and the byte order,
    as RGB;16B. BGR;16 of BMP files is 16 bits a pixel, and loses nothing.
    """
    for tile in image.tile:
        for part in np.atleast_1d(np.asarray(tile[3], object)):
            raw_mode = str(part)
            if raw_mode.endswith((";16", ";16B", ";16L", ";16N")) and not raw_mode.startswith("BGR"):
                return True
    return False


def _require_one_view(image: Image.Image, name: str, shape: Shape) -> None:
    """Raise `InputError` where a viewer shows something else than the pixels.

    That is so with several frames, with transparency and, unless it is to be converted, with an
    orientation of the camera.
    """
    frames = getattr(image, "n_frames", 1) if image.format in ("PNG", "WEBP") else 1
    if frames > 1:
        raise InputError(f"picture {name} holds {frames} frames, where one picture is read: split it")
    if image.has_transparency_data:
        opacity = np.asarray(image.convert("RGBA"))[..., 3]
        if opacity.min() < 255:
            raise InputError(
                f"picture {name} has transparent pixels, whose hidden colours a network would see: put it on a "
                "background"
            )

    orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    if orientation not in (0, 1) and not shape.convert:
        raise InputError(
            f"picture {name} is stored turned (EXIF orientation {orientation}): set prepare.reading.convert to turn it"
        )


def _convert(image: Image.Image, shape: Shape) -> np.ndarray:
    """Return a picture as uint8 (C, H, W), with its colours and size converted to `shape`."""
    converted = image.convert(_MODES[shape.channels])
    resized = converted.resize((shape.width, shape.height), Image.Resampling.LANCZOS)
    return _channels_first(np.asarray(resized))


def _channels_first(pixels: np.ndarray) -> np.ndarray:
    """Return (H, W) or (H, W, 3) as (C, H, W)."""
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _shape_fault(subject: str, own_shape: str, shape: Shape) -> str:
    return f"{subject}: {own_shape} where {shape} is declared; set prepare.reading.convert to resample it"
