# SPDX-License-Identifier: GPL-3.0-or-later
"""Can the comparison of pictures fail? What the end-to-end tests see is only worth what this says."""
import sys

from postern_e2e import Tap
import screen


def place(picture, scale, background=(46, 52, 54)):
    """The picture, scaled, somewhere on a screen."""
    width, height = 900, 600
    data = bytearray(bytes(background) * (width * height))
    w, h = int(picture.width * scale), int(picture.height * scale)
    for y in range(h):
        for x in range(w):
            i = ((y + 50) * width + x + 70) * 3
            data[i : i + 3] = bytes(picture.at(x / scale, y / scale))
    return screen.Image(width, height, bytes(data))


def main():
    tap = Tap()
    one, other = screen.paint(320, 210, 0.1), screen.paint(320, 210, 0.9)
    empty = screen.Image(900, 600, bytes((46, 52, 54)) * (900 * 600))
    for scale in (0.5, 1.0, 2.3):
        why = screen.shows(place(one, scale), one)
        tap.ok(why == "", f"a picture is found at {scale} of its size", why)
    tap.ok(screen.shows(place(other, 1.0), one) != "", "another picture is not taken for it")
    tap.ok(screen.shows(empty, one) != "", "an empty screen shows no picture")
    tap.ok(not screen.shows_anything_of_a_picture(empty), "an empty screen shows nothing of one")
    tap.ok(screen.shows_anything_of_a_picture(place(one, 0.5)), "a small picture is noticed")
    half = place(one, 1.0)
    half = half.crop(0, 0, 230, 600)
    tap.ok(screen.shows(half, one) != "", "half a picture is not the picture")
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
