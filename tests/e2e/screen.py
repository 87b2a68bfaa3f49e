# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures: what is on a screen, what should be, and whether the two agree.

The screen is Xvfb's frame buffer, which it keeps in a file (-fbdir), so that looking costs nothing and needs no tool. The pictures that the
tests make have a patch of a colour of its own in each corner: where those four are, the picture is, at whatever size; the rest is compared there.
"""

import math
import os
import struct
import zlib

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib  # noqa: E402

# Top left, top right, bottom left, bottom right. No theme has them.
CORNERS = ((214, 40, 90), (30, 150, 70), (40, 90, 200), (240, 160, 20))
PATCH = 1 / 12  # of the picture's width and height
NEAR = 12  # JPEG, and the viewer's scaling, change colours by less


class Image:
    """Pixels, three bytes each, rows from the top."""

    def __init__(self, width, height, data):
        self.width, self.height, self.data = width, height, data

    def at(self, x, y):
        i = (int(y) * self.width + int(x)) * 3
        return self.data[i], self.data[i + 1], self.data[i + 2]

    def crop(self, x, y, width, height):
        x, y = max(0, x), max(0, y)
        width, height = min(width, self.width - x), min(height, self.height - y)
        rows = [self.data[(row * self.width + x) * 3 : (row * self.width + x + width) * 3] for row in range(y, y + height)]
        return Image(width, height, b"".join(rows))

    def save_png(self, path):
        stride = self.width * 3
        raw = b"".join(b"\0" + self.data[y * stride : (y + 1) * stride] for y in range(self.height))

        def chunk(kind, body):
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 6)) + chunk(b"IEND", b""))

    def save_jpeg(self, path):
        pixbuf = GdkPixbuf.Pixbuf.new_from_bytes(GLib.Bytes.new(self.data), GdkPixbuf.Colorspace.RGB, False, 8, self.width, self.height, self.width * 3)
        pixbuf.savev(path, "jpeg", ["quality"], ["95"])


def read_framebuffer(path):
    """An XWD file of 32 bits a pixel, as Xvfb keeps it."""
    with open(path, "rb") as file:
        raw = file.read()
    fields = struct.unpack(">25I", raw[:100])
    size, width, height, bits, stride, n_colours = fields[0], fields[4], fields[5], fields[11], fields[12], fields[19]
    if bits != 32:
        raise ValueError(f"a frame buffer of {bits} bits")
    start = size + n_colours * 12
    pixels = raw[start : start + stride * height]
    data = bytearray(width * height * 3)
    data[0::3], data[1::3], data[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
    return Image(width, height, bytes(data))


def near(a, b, tolerance=NEAR):
    return abs(a[0] - b[0]) <= tolerance and abs(a[1] - b[1]) <= tolerance and abs(a[2] - b[2]) <= tolerance


def paint(width=640, height=420, hue=0.0):
    """An evening by the sea, with a patch in each corner. hue (0 to 1) tells one evening from another."""
    data = bytearray()
    sun_x, sun_y, radius = width * (0.35 + 0.3 * hue), height * 0.42, height * 0.13
    patch_x, patch_y = width * PATCH, height * PATCH
    horizon = height * 0.62
    for y in range(height):
        ridge = [horizon - height * (0.10 * math.sin(x / width * 5 + hue * 4) + 0.05 * math.sin(x / width * 17)) for x in range(0, width, 4)]
        t = y / height
        for x in range(width):
            if (x < patch_x or x >= width - patch_x) and (y < patch_y or y >= height - patch_y):
                data += bytes(CORNERS[(x >= width / 2) + 2 * (y >= height / 2)])
                continue
            if y > horizon:
                shine = max(0.0, 1 - abs(x - sun_x) / (width * (0.04 + 0.25 * (t - 0.62)))) * (0.6 + 0.4 * math.sin(y * 1.3))
                colour = (40 + 150 * shine, 58 + 90 * shine, 88 + 30 * shine)
            elif y > ridge[x // 4]:
                colour = (66 - 20 * t, 52 - 10 * t, 84 - 10 * t)
            else:
                distance = math.hypot(x - sun_x, y - sun_y)
                if distance < radius:
                    colour = (255, 236, 176)
                else:
                    glow = math.exp(-(distance - radius) / (height * 0.28))
                    colour = (90 + 130 * t + 60 * glow, 84 + 60 * t + 70 * glow, 132 - 20 * t + 10 * glow + 30 * hue)
            data += bytes(max(0, min(255, int(c))) for c in colour)
    return Image(width, height, bytes(data))


def find_patches(screen, step=3):
    """The bounding box of each corner's colour on the screen, or None for one that is hardly there."""
    boxes = [None] * 4
    counts = [0] * 4
    for y in range(0, screen.height, step):
        row = screen.data[y * screen.width * 3 : (y + 1) * screen.width * 3]
        for x in range(0, screen.width, step):
            r, g, b = row[x * 3 : x * 3 + 3]
            for i, colour in enumerate(CORNERS):
                if abs(r - colour[0]) <= NEAR and abs(g - colour[1]) <= NEAR and abs(b - colour[2]) <= NEAR:
                    box = boxes[i]
                    boxes[i] = (x, y, x, y) if box is None else (min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y))
                    counts[i] += 1
    return [box if count >= 12 else None for box, count in zip(boxes, counts)]


def shows_anything_of_a_picture(screen):
    return any(find_patches(screen))


def shows(screen, picture):
    """Is the picture on the screen, whole, at whatever size? Returns a sentence why not, or ""."""
    patches = find_patches(screen)
    if not all(patches):
        return f"{sum(1 for p in patches if p)} of the picture's four corners are on the screen"
    left, top = patches[0][0], patches[0][1]
    right, bottom = patches[3][2] + 1, patches[3][3] + 1
    width, height = right - left, bottom - top
    if width < 60 or height < 40 or abs(width / height - picture.width / picture.height) > 0.1:
        return f"the four corners make a box of {width}×{height}, not the shape of the picture"
    differences = []
    for j in range(1, 24):
        for i in range(1, 32):
            wanted = picture.at(picture.width * i / 32, picture.height * j / 24)
            seen = screen.at(left + width * i / 32, top + height * j / 24)
            differences.append(max(abs(a - b) for a, b in zip(wanted, seen)))
    differences.sort()
    median = differences[len(differences) // 2]
    upper = differences[len(differences) * 9 // 10]
    return "" if median <= 10 and upper <= 60 else f"what is between the corners is another picture (differences: median {median}, nine tenths {upper})"
