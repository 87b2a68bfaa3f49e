# SPDX-License-Identifier: GPL-3.0-or-later
"""A film, made here: pictures one after the other, as JPEGs in an AVI file, which every player knows."""

import struct

from screen import GdkPixbuf, GLib


def _jpeg(image):
    pixbuf = GdkPixbuf.Pixbuf.new_from_bytes(GLib.Bytes.new(image.data), GdkPixbuf.Colorspace.RGB, False, 8, image.width, image.height, image.width * 3)
    return pixbuf.save_to_bufferv("jpeg", ["quality"], ["90"])[1]


def _chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _list(name, *chunks):
    return _chunk(b"LIST", name + b"".join(chunks))


def save_avi(path, images, repeat=1, rate=5):
    """images: of screen.Image, of one size. Each is shown for repeat / rate seconds."""
    width, height = images[0].width, images[0].height
    frames = [_chunk(b"00dc", data) for data in map(_jpeg, images) for _ in range(repeat)]
    largest = max(map(len, frames))
    main = struct.pack("<14I", 1000000 // rate, largest * rate, 0, 0x10, len(frames), 0, 1, largest, width, height, 0, 0, 0, 0)
    stream = struct.pack("<4s4sIHHIIIIIIIIhhhh", b"vids", b"MJPG", 0, 0, 0, 0, 1, rate, 0, len(frames), largest, 0xFFFFFFFF, 0, 0, 0, width, height)
    form = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)
    header = _list(b"hdrl", _chunk(b"avih", main), _list(b"strl", _chunk(b"strh", stream), _chunk(b"strf", form)))
    index, at = b"", 4
    for frame in frames:
        index += struct.pack("<4sIII", b"00dc", 0x10, at, len(frame) - 8)
        at += len(frame)
    with open(path, "wb") as file:
        file.write(_chunk(b"RIFF", b"AVI " + header + _list(b"movi", *frames) + _chunk(b"idx1", index)))
