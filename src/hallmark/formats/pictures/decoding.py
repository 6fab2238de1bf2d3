"""Pictures in files, decoded into arrays of one declared shape. They come from anywhere, so nothing is trusted."""

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
_MODES = {1: "L", 3: "RGB"}
_EIGHT_BIT = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
MOST_PIXELS = 2**26  # 64 megapixels: a small file can unpack into far more and exhaust the memory
_ORIENTATION = 0x0112  # EXIF: how the camera was held; 1 is upright
_MANY = 2000  # pictures; more take seconds to decode and are worth a progress bar


class Named(Iterable[tuple[str, "Path | bytes"]], Sized, Protocol):
    """Pictures by a name that an error can give: (name, path or encoded bytes)."""


@dataclass(frozen=True)
class Shape:
    """What every picture has to be, in pixels; `channels` is 1 (grey) or 3 (red, green, blue)."""

    height: int
    width: int
    channels: int
    convert: bool = False  # resample and turn colours instead of refusing

    def __post_init__(self) -> None:
        if self.channels not in _MODES:
            raise InputError(f"prepare.reading.channels is {self.channels}, but pictures have 1 (grey) or 3 (colour)")
        if min(self.height, self.width) < 4 or max(self.height, self.width) > 1024:
            raise InputError(
                f"prepare.reading.height and width are {self.height} and {self.width}: 4 to 1024 pixels are read"
            )

    def __str__(self) -> str:
        return f"{self.height} by {self.width} {'grey' if self.channels == 1 else 'colour'}"


def decode(pictures: Named, shape: Shape) -> np.ndarray:
    """Return uint8 (n, C, H, W). Raises `InputError` naming the first picture that is broken or has another shape."""
    images = np.empty((len(pictures), shape.channels, shape.height, shape.width), np.uint8)
    steps = track(
        pictures, "reading pictures", len(pictures), console=Console(stderr=True), disable=len(pictures) < _MANY
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for row, (name, content) in enumerate(steps):
            images[row] = _decode(name, content, shape)
    return images


def fit(pixels: np.ndarray, shape: Shape) -> np.ndarray:
    """Return uint8 (n, C, H, W) of uint8 (n, h, w) or (n, h, w, 3). Raises `InputError` on another shape."""
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    if pixels.shape[1:] == (shape.height, shape.width, shape.channels):
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
    found = Shape(pixels.shape[1], pixels.shape[2], pixels.shape[3])
    if not shape.convert:
        raise InputError(_other_shape("the array's pictures", str(found), shape))
    flat = pixels[..., 0] if found.channels == 1 else pixels
    return np.stack([_convert(Image.fromarray(one), shape) for one in flat])


def _decode(name: str, content: "Path | bytes", shape: Shape) -> np.ndarray:
    try:
        if isinstance(content, Path):
            limits.require_small(content, f"picture {name}")
        with Image.open(io.BytesIO(content) if isinstance(content, bytes) else content, formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise InputError(f"picture {name} has {image.width} by {image.height} pixels, more than {MOST_PIXELS}")
            if image.mode not in _EIGHT_BIT:
                raise InputError(f"picture {name} has pixels of the kind {image.mode!r}; only 8-bit pictures are read")
            if _is_16_bit(image):
                raise InputError(
                    f"picture {name} stores 16 bits a channel, of which the lower 8 would be lost; only 8-bit pictures "
                    "are read: scale it to 8 bits"
                )
            _require_one_view(image, name, shape)
            if shape.convert:
                return _convert(ImageOps.exif_transpose(image), shape)
            if (image.height, image.width, image.mode) != (shape.height, shape.width, _MODES[shape.channels]):
                raise InputError(
                    _other_shape(f"picture {name}", f"{image.height} by {image.width} of the kind {image.mode}", shape)
                )
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


def _is_16_bit(image: ImageFile.ImageFile) -> bool:
    """Return whether a file that isn't loaded yet stores 16 bits a channel, of which Pillow keeps the upper 8 of
    colours: it names such bytes by their order, as in RGB;16B. (BMP's BGR;16 is 16 bits a pixel, and loses none.)
    """
    raw_modes = [str(part) for tile in image.tile for part in np.atleast_1d(np.asarray(tile[3], object))]
    return any(mode.endswith((";16", ";16B", ";16L", ";16N")) and not mode.startswith("BGR") for mode in raw_modes)


def _require_one_view(image: Image.Image, name: str, shape: Shape) -> None:
    """Raise `InputError` on what people see otherwise than the pixels are: frames, transparency, a turned camera."""
    frames = getattr(image, "n_frames", 1) if image.format in ("PNG", "WEBP") else 1
    if frames > 1:
        raise InputError(f"picture {name} holds {frames} frames, where one picture is read: split it")
    if image.has_transparency_data and np.asarray(image.convert("RGBA"))[..., 3].min() < 255:
        raise InputError(
            f"picture {name} has transparent pixels, whose hidden colours a network would see: put it on a background"
        )
    turned = image.getexif().get(_ORIENTATION, 1)
    if turned not in (0, 1) and not shape.convert:
        raise InputError(
            f"picture {name} is stored turned (EXIF orientation {turned}): set prepare.reading.convert to turn it"
        )


def _convert(image: Image.Image, shape: Shape) -> np.ndarray:
    resized = image.convert(_MODES[shape.channels]).resize((shape.width, shape.height), Image.Resampling.LANCZOS)
    return _channels_first(np.asarray(resized))


def _channels_first(pixels: np.ndarray) -> np.ndarray:
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _other_shape(what: str, found: str, shape: Shape) -> str:
    return f"{what}: {found} where {shape} is declared; set prepare.reading.convert to resample it"
