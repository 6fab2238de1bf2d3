import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hallmark.errors import InputError
from hallmark.formats.pictures.pixels import Shape, decode_pictures, to_shape

GREY, COLOUR = Shape(6, 5, 1), Shape(6, 5, 3)


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)


def test_grey_and_colour_keep_their_pixels(tmp_path: Path) -> None:
    grey, colour = pixels(6, 5), pixels(6, 5, 3)
    (tmp_path / "a.png").write_bytes(encoded(grey))
    assert (decode_pictures([("a", tmp_path / "a.png"), ("b", encoded(grey))], GREY) == grey).all()
    found = decode_pictures([("a", encoded(colour))], COLOUR)
    assert found.shape == (1, 3, 6, 5)
    assert (found[0] == colour.transpose(2, 0, 1)).all()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"no picture", "picture a.png is none of PNG, JPEG, BMP, WEBP"),
        (b"", "picture a.png is none of"),
        (encoded(pixels(6, 5))[:-30], "picture a.png can't be decoded"),
        (encoded(pixels(6, 5), "GIF"), "picture a.png is none of"),
        (encoded(pixels(7, 5)), "picture a.png: 7 by 5 of the kind L where 6 by 5 grey is declared"),
        (encoded(pixels(6, 5, 3)), "picture a.png: 6 by 5 of the kind RGB where 6 by 5 grey is declared"),
        (encoded(pixels(6, 5).astype(np.uint16)), "picture a.png has pixels of the kind 'I;16'"),
        (encoded(np.zeros((9000, 8000), np.uint8)), "has 8000 by 9000 pixels, more than 67108864"),
        (encoded(np.zeros((10000, 9500), np.uint8)), "unpacks into more than the 67108864 pixels"),
        (encoded(np.zeros((20000, 9500), np.uint8)), "unpacks into more than the 67108864 pixels"),
    ],
)
def test_bad_pictures_are_named(content: bytes, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        decode_pictures([("good.png", encoded(pixels(6, 5))), ("a.png", content)], GREY)


def _png(samples: np.ndarray, colour_type: int, bits: int) -> bytes:
    """Return a PNG of samples (h, w, c) as the format stores them (PNG 11.2.2: big-endian, a filter byte a line)."""
    height, width = samples.shape[:2]
    lines = [b"\0" + line.astype(">u2" if bits == 16 else "u1").tobytes() for line in samples]

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    content = zlib.compress(b"".join(lines))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("colour_type", "samples"), [(0, 1), (2, 3), (4, 2), (6, 4)])
@pytest.mark.parametrize("convert", [False, True])
def test_16_bits_a_channel_are_refused_in_every_colour(colour_type: int, samples: int, convert: bool) -> None:
    stored = np.full((6, 5, samples), 65_535)
    stored[..., 0] = np.arange(30).reshape(6, 5) * 60  # 12 bits in 16, of which 8 would be 0 to 6
    shape = Shape(6, 5, 3 if samples > 2 else 1, convert)
    with pytest.raises(InputError, match=r"picture deep\.png .* only 8-bit pictures are read"):
        decode_pictures([("deep.png", _png(stored, colour_type, 16))], shape)

    eight_bit = np.minimum(stored, 255)
    read = decode_pictures([("plain.png", _png(eight_bit, colour_type, 8))], Shape(6, 5, shape.channels, convert=True))
    assert (read[0, 0] == eight_bit[..., 0]).all()


def test_a_bmp_of_16_bits_a_pixel_is_read() -> None:
    pixels_of_15_bits = np.full(8 * 8, 0b0_11111_00000_00000, "<u2").tobytes()  # red alone
    header = struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, 16, 0, 128, 0, 0, 0, 0)
    content = b"BM" + struct.pack("<IHHI", 54 + 128, 0, 0, 54) + header + pixels_of_15_bits
    assert decode_pictures([("a.bmp", content)], Shape(8, 8, 3))[0, :, 0, 0].tolist() == [255, 0, 0]


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="picture a/b.png is missing"):
        decode_pictures([("a/b.png", tmp_path / "b.png")], GREY)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "CMYK"])
@pytest.mark.parametrize("channels", [1, 3])
def test_converting_takes_any_size_and_colour(mode: str, channels: int) -> None:
    buffer = io.BytesIO()
    image = Image.new("RGB", (11, 9), (200, 200, 200)).convert(mode)
    image.save(buffer, "JPEG" if mode == "CMYK" else "PNG")
    found = decode_pictures([("a", buffer.getvalue())], Shape(6, 5, channels, convert=True))
    assert found.shape == (1, channels, 6, 5)
    assert abs(found.astype(float).mean() - 200) < (60 if mode == "1" else 4)  # one bit dithers


def test_converting_turns_photos_upright() -> None:
    image = Image.fromarray(np.vstack([np.full((8, 16), 255, np.uint8), np.zeros((8, 16), np.uint8)]))
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 3  # orientation: upside down
    image.save(buffer, "JPEG", exif=exif)
    found = decode_pictures([("a", buffer.getvalue())], Shape(8, 8, 1, convert=True))[0, 0]
    assert found[:3].mean() < 20 < 230 < found[-3:].mean()


def test_arrays_are_brought_to_the_shape() -> None:
    assert (to_shape(pixels(4, 6, 5), GREY)[:, 0] == pixels(4, 6, 5)).all()
    assert (to_shape(pixels(4, 6, 5, 3), COLOUR)[:, 2] == pixels(4, 6, 5, 3)[..., 2]).all()
    assert to_shape(pixels(4, 9, 9), Shape(6, 5, 3, convert=True)).shape == (4, 3, 6, 5)
    with pytest.raises(
        InputError, match="the array's pictures: 9 by 9 grey where 6 by 5 colour is declared; set prepare"
    ):
        to_shape(pixels(4, 9, 9), COLOUR)


@pytest.mark.parametrize(("height", "width", "channels"), [(8, 8, 2), (3, 8, 1), (8, 4096, 1)])
def test_a_shape_that_is_none_is_refused(height: int, width: int, channels: int) -> None:
    with pytest.raises(InputError, match="prepare.reading"):
        Shape(height, width, channels)


def test_hidden_colours_are_not_read() -> None:
    """A pixel that nobody sees may hold the label as its colour."""
    seen = np.dstack([pixels(6, 5, 3), np.full((6, 5), 255, np.uint8)])
    shape = Shape(6, 5, 3, convert=True)
    assert (decode_pictures([("a", encoded(seen))], shape)[0].transpose(1, 2, 0) == seen[..., :3]).all()
    seen[0, 0, 3] = 254
    palette = Image.fromarray(pixels(6, 5)).convert("P")
    buffer = io.BytesIO()
    palette.save(buffer, "PNG", transparency=int(np.asarray(palette)[0, 0]))
    for content in (encoded(seen), encoded(seen, "WEBP", lossless=True), buffer.getvalue()):
        with pytest.raises(InputError, match="picture a has transparent pixels"):
            decode_pictures([("a", content)], shape)


def test_a_picture_that_is_stored_turned_is_refused_unless_it_may_be_turned() -> None:
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels(6, 5)).save(buffer, "JPEG", exif=exif)
    with pytest.raises(InputError, match=r"picture a is stored turned \(EXIF orientation 6\): set prepare"):
        decode_pictures([("a", buffer.getvalue())], GREY)
    assert decode_pictures([("a", buffer.getvalue())], Shape(6, 5, 1, convert=True)).shape == (1, 1, 6, 5)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_of_several_frames_is_refused(kind: str) -> None:
    buffer = io.BytesIO()
    frames = [Image.fromarray(pixels(6, 5, 3)), Image.fromarray(255 - pixels(6, 5, 3))]
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match="picture a holds 2 frames"):
        decode_pictures([("a", buffer.getvalue())], COLOUR)


def test_a_file_of_too_many_bytes_is_not_opened(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as stream:
        stream.truncate(2**28 + 1)
    with pytest.raises(InputError, match="picture a.png has 268435457 bytes, more than the 268435456 that are read"):
        decode_pictures([("a.png", tmp_path / "a.png")], GREY)
