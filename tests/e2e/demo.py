# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job, step by step: demo.py BUILD-DIRECTORY

A picture viewer that was never changed for it has to ask. On a desktop you answer; without one the demonstration makes itself a screen (Xvfb) and a
window manager, and answers with a real pointer. Everything happens in a home directory of its own.
Status 0 only if every step held.
"""
import os
import sys

if len(sys.argv) > 1:
    os.environ["POSTERN_BUILD"] = os.path.abspath(sys.argv[1])

import argparse  # noqa: E402
import subprocess  # noqa: E402
import textwrap  # noqa: E402

import screen  # noqa: E402
from postern_e2e import POSTERN, harness, wait_until  # noqa: E402

SHOTS = os.path.join(harness.BUILD, "artifacts", "demo")
WIDTH = 96


class Broken(Exception):
    pass


class Story:
    def __init__(self):
        self.n = 0

    def step(self, what, why=""):
        self.n += 1
        print(f"\n{self.n}. {what}")
        if why:
            print(textwrap.fill(why, WIDTH, initial_indent="   ", subsequent_indent="   "))
        sys.stdout.flush()

    def held(self, passed, what, otherwise=""):
        print(f"   {'✓' if passed else '✗'} {what}", flush=True)
        if not passed:
            raise Broken(f"{what}: {otherwise}" if otherwise else what)

    def show(self, command, output):
        print(f"   $ {command}")
        for line in output.rstrip("\n").splitlines():
            print("     " + line)
        sys.stdout.flush()


def shown(path, home):
    return path.replace(home.home, "~")


def at_the_desk(story):
    """Without a display: the demonstration is the person too."""
    from desk import Desk
    from viewer import APP, Album

    with Desk(name="demo") as desk:
        with Album(desk) as home:
            picture = home.path("Pictures", "evening.jpg")

            def keep(what):
                desk.settle()
                print("   picture of the screen: " + os.path.relpath(desk.shot(what, SHOTS)), flush=True)

            story.step(f"Three pictures are in ~/Pictures of a new home: {', '.join(home.pictures)}.")
            story.held(os.path.getsize(picture) > 1000, f"outside of a sandbox {shown(picture, home)} is a file like any other")
            alone = dict(home.env)
            del alone["DISPLAY"]
            refused = subprocess.run([POSTERN, "run", "--app", APP, "cat", picture], env=alone, cwd=home.home, stdin=subprocess.DEVNULL,
                                     capture_output=True, timeout=20)
            story.show("postern run --app org.gnome.eog cat ~/Pictures/evening.jpg     (with nobody there to ask)",
                       refused.stderr.decode(errors="replace").replace(home.home, "~"))
            story.held(refused.returncode != 0 and refused.stdout == b"", "inside, with eog's rights, it cannot be read")
            before = home.n_asked()

            def n_asked():
                return home.n_asked() - before

            story.step("$ postern run --x11=host eog ~/Pictures/evening.jpg",
                       "eog is Debian's, unchanged. It looks into ~/Pictures, and that look waits: no rule says yet whether it may.")
            viewer = home.start_viewer()
            dialog = desk.wait_dialog()
            story.held(True, f"a dialog asks: {dialog.get_name()}")
            for line in [text for text in desk.texts(dialog) if text.startswith("It ")]:
                print("     " + line)
            story.held(screen.shows(desk.look(), home.pictures["evening.jpg"]) != "" and not screen.shows_anything_of_a_picture(desk.look()),
                       "nothing of the picture is on the screen")
            keep("question")

            story.step("A click on “Always allow”.", "The pointer moves to the button and presses it, after the 0.7 seconds in which the dialog takes nothing.")
            desk.answer("Always allow")
            why = home.wait_shown("evening.jpg")
            story.held(why == "", "the picture is on the screen, compared pixel by pixel with the file", why)
            keep("allowed")
            story.show("postern grants", home.postern("grants").stdout)
            story.held(n_asked() == 1, "there was one question")

            story.step("The next picture, with the right arrow key.", "The whole folder was granted. It is mounted in the running sandbox; Postern is out of the way.")
            desk.focus("jpg")
            desk.key("Right")
            why = home.wait_shown("harbour.jpg")
            story.held(why == "" and n_asked() == 1, "it is there, without a question", why)
            home.stop_viewer(viewer)

            story.step("eog is closed and started again.", "The answer is remembered for eog, and only for eog.")
            viewer = home.start_viewer()
            why = home.wait_shown("evening.jpg")
            story.held(why == "", "the picture is on the screen", why)
            story.held(n_asked() == 1 and desk.dialog() is None, "nothing was asked")

            story.step("$ postern revoke org.gnome.eog ~/Pictures", "eog is still running. What it shows is in its memory; what it opens next is not its any more.")
            result = home.postern("revoke", APP, home.path("Pictures"))
            story.show("postern revoke org.gnome.eog ~/Pictures", result.stdout.replace(home.home, "~"))
            story.held(result.returncode == 0, "the rule is gone, everywhere", result.stderr)
            desk.focus("jpg")
            desk.key("Right")
            desk.wait_dialog()
            story.held(True, "the right arrow key brings the question back")
            keep("revoked")
            desk.answer("Deny")
            story.held(screen.shows(desk.look(), home.pictures["harbour.jpg"]) != "", "Deny: the next picture is not shown")
            home.stop_viewer(viewer)

        with Album(desk) as home:
            story.step("Another home, and the other answer: “Deny”.")
            viewer = home.start_viewer()
            desk.answer("Deny")
            desk.wait_window("evening.jpg")
            desk.settle()
            story.held(not screen.shows_anything_of_a_picture(desk.look()), "eog says that it could not load the picture, and shows nothing of it")
            keep("denied")
            home.stop_viewer(viewer)
            story.held(home.n_asked() == 1, "it was asked once")
            wait_until(lambda: home.json("grants") == [], "something of the answer is left: " + home.postern("grants").stdout)
            story.held(True, "now that eog is closed, nothing of the answer is left")


class OwnScreen:
    """The person's own display, as viewer.Album wants a desk."""

    def __init__(self):
        wanted = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "XDG_CURRENT_DESKTOP", "LANG", "LANGUAGE", "GTK_THEME", "GDK_SCALE")
        self.env = {name: os.environ[name] for name in wanted if name in os.environ}
        self.env.setdefault("DISPLAY", "")

    def shot(self, what):
        return "in front of you"


def with_the_person(story):
    from viewer import APP, Album

    own = OwnScreen()
    flag = "--x11=host" if own.env["DISPLAY"] else "--wayland=host"
    with Album(own) as home:
        picture = home.path("Pictures", "evening.jpg")
        if flag == "--wayland=host":
            home.env["WAYLAND_DISPLAY"] = os.path.join(os.environ.get("XDG_RUNTIME_DIR", "/"), own.env["WAYLAND_DISPLAY"])

        def view():
            return subprocess.run([POSTERN, "run", flag, "eog", picture], env=home.env, cwd=home.home, stdin=subprocess.DEVNULL).returncode

        story.step(f"$ postern run {flag} eog ~/Pictures/evening.jpg", "A picture viewer, unchanged, in a home of this demonstration's own. It looks into "
                   "~/Pictures, and you are asked. Answer as you like; “Always allow” shows most. Close the viewer to go on.")
        view()
        story.held(home.n_asked() >= 1, "you were asked")
        grants = home.json("grants")
        story.show("postern grants", home.postern("grants").stdout)
        before = home.n_asked()
        if not [grant for grant in grants if grant["answer"] == "allow"]:
            story.step("No lasting answer was given: the next start would ask again.", "Start the demonstration again, and answer “Always allow”, to see the rest.")
            return
        story.step("The viewer again.", "The answer is remembered: the picture is there, and nothing is asked. Close the viewer to go on.")
        view()
        story.held(home.n_asked() == before, "nothing was asked")
        story.step("$ postern revoke org.gnome.eog --all, and the viewer once more.", "It asks again. Answer “Deny”, and see what the viewer makes of it; then close it.")
        story.held(home.postern("revoke", APP, "--all").returncode == 0, "the rule is gone")
        view()
        story.held(home.n_asked() > before, "you were asked again")


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description="The main job, on real pictures, step by step.")
    parser.add_argument("build", help=argparse.SUPPRESS)
    parser.add_argument("--headless", action="store_true", help="on a screen of its own, even where there is a desktop")
    options = parser.parse_args()
    desktop = (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and not options.headless
    story = Story()
    print("Postern: an unmodified application starts with nothing, asks, and is remembered.")
    if not desktop:
        print("There is no display: the demonstration runs on one of its own, and answers by itself.")
    try:
        if desktop:
            with_the_person(story)
        else:
            at_the_desk(story)
    except (Broken, TimeoutError, LookupError, RuntimeError, subprocess.TimeoutExpired) as error:
        print(f"\nThis did not hold: {error}", flush=True)
        return 1
    if not desktop:
        print(f"\nEvery step held. The pictures of the screen are in {os.path.relpath(SHOTS)}/")
    else:
        print("\nEvery step held.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
