# SPDX-License-Identifier: GPL-3.0-or-later
"""Postern in German: the command line, the launcher and what is confined of it, and the dialog. What programs read, and the key
words that a person types, stay as they are."""
import os
import re
import sys

from desk import Desk
from postern_e2e import Home, run_tests
from viewer import APP, Album

# C.UTF-8 is on every system, and glibc looks into LANGUAGE for every locale but “C” itself.
GERMAN = {"LANG": "C.UTF-8", "LANGUAGE": "de"}
ENGLISH = {"LANG": "C.UTF-8"}
NONE = {"LC_ALL": "C", "LANGUAGE": "de"}


def say(home, language, *arguments):
    return home.postern(*arguments, env={**{name: value for name, value in home.env.items() if name != "LANGUAGE"}, **language})


def test_help(tap, desk):
    with Home() as home:
        german, english, none = (say(home, language, "--help").stdout for language in (GERMAN, ENGLISH, NONE))
        tap.ok(german.startswith("Aufruf: postern BEFEHL") and "die laufenden Sandboxen" in german, "postern --help is German", german)
        tap.ok(english.startswith("Usage: postern COMMAND"), "the control: without LANGUAGE it is English", english)
        tap.ok(none.startswith("Usage: postern COMMAND"), "so it is in the C locale, whatever LANGUAGE says", none)
        key_words = re.compile(r"^  postern (\w+)", re.M)
        tap.ok(len(key_words.findall(english)) > 15 and key_words.findall(german) == key_words.findall(english), "the commands are called the same", german)
        run = say(home, GERMAN, "run", "--help").stdout
        tap.ok("Aufruf: postern run" in run and "--wayland=host" in run and "Der Rückgabewert" in run, "so is postern run --help", run)
        for command in key_words.findall(english):
            if command == "run":
                continue
            text = say(home, GERMAN, command, "--help").stdout
            tap.ok("Diese Hilfe zeigen" in text and "Show" not in text, f"so is postern {command} --help", text)


def test_errors(tap, desk):
    with Home() as home:
        missing = say(home, GERMAN, "run", "no-such-program")
        tap.ok(missing.returncode == 127 and "dieses Programm gibt es nicht in PATH" in missing.stderr, "postern run of what is not there", missing.stderr)
        option = say(home, GERMAN, "run", "--no-such-option", "true")
        tap.ok(option.returncode == 2 and "unbekannte Option --no-such-option" in option.stderr and "siehe postern run --help" in option.stderr,
               "an option that there is not", option.stderr)
        app = say(home, GERMAN, "grants", "no-such-application")
        tap.ok(app.returncode == 1 and "es gibt keine Anwendung „no-such-application“" in app.stderr, "an application that there is not", app.stderr)
        for text, words in (("[Files]\nxdg:PICTURES=fly\n", ("Zeile 2", "etwas anderes als view")), ("[Wants]\nsession:org.example.Mail=view\n", ("Zeile 2", "ist ein Dienst")),
                            ("[Sandbox]\n", ("Zeile 1", "es gibt keinen Abschnitt"))):
            profile = home.write("bad.profile", text)
            german, english = (say(home, language, "run", "--profile", profile, "true").stderr for language in (GERMAN, ENGLISH))
            tap.ok(all(word in german for word in words), f"what is wrong with a profile: {words[1]}", german)
            tap.ok("line" in english and "Zeile" not in english, "the control: in English", english)
        english = say(home, ENGLISH, "run", "no-such-program")
        tap.ok("there is no such program in PATH" in english.stderr, "the control: in English", english.stderr)


def test_confined(tap, desk):
    """The first process of the sandbox has no host any more when it finds that the program cannot be run."""
    with Home() as home:
        program = home.write("Pictures/broken", "#!/no/such/interpreter\n", mode=0o700)
        say(home, GERMAN, "grant", APP, home.path("Pictures"), "--access", "view")
        german = say(home, GERMAN, "run", "--app", APP, program)
        tap.ok(german.returncode == 127 and "broken kann nicht ausgeführt werden" in german.stderr, "what is said behind the confinement is German", german.stderr)
        english = say(home, ENGLISH, "run", "--app", APP, program)
        tap.ok(english.returncode == 127 and "broken cannot be executed" in english.stderr, "the control: in English", english.stderr)
        fine = say(home, GERMAN, "run", "true")
        tap.ok(fine.returncode == 0 and fine.stderr == "", "a program that can be run is", fine.stderr)


def test_tables(tap, desk):
    with Home() as home:
        grant = say(home, GERMAN, "grant", APP, home.path("Pictures"), "--access", "view")
        tap.ok(grant.returncode == 0, "postern grant takes the same key words", grant.stderr)
        german, english = (say(home, language, "grants").stdout.splitlines() for language in (GERMAN, ENGLISH))
        tap.ok(german[0].split() == ["ANWENDUNG", "ANTWORT", "ZUGRIFF", "ORT", "DAUER", "VON"], "the heading of postern grants is German", german[0])
        tap.ok(english[0].split() == ["APPLICATION", "ANSWER", "ACCESS", "RESOURCE", "LIFETIME", "FROM"], "the control: in English", english[0])
        tap.ok(german[1].split() == ["org.gnome.eog", "allow", "view", "~/Pictures/", "immer", "user"], "the key words in it are those that are typed", german[1])
        json = [say(home, language, "grants", "--json").stdout for language in (GERMAN, ENGLISH)]
        tap.ok('"lifetime": "always"' in json[0] and json[0] == json[1], "JSON is the same in every language", json[0])
        again = say(home, GERMAN, "revoke", APP, "--all").stdout
        tap.ok("Entzogen: 1 Regel." in again, "one rule is revoked", again)
        doctor = say(home, GERMAN, "doctor").stdout
        tap.ok("Kernel" in doctor and "Postern kann" in doctor, "postern doctor is German", doctor)
        # What is called something in words is not called so on the disk.
        names = sorted(os.listdir(os.path.join(home.runtime, "postern")))
        tap.ok(set(names) <= {"broker", "broker.log", "start.lock"} and "broker" in names, "the broker's socket is where it always is", str(names))


def test_dialog(tap, desk):
    with Album(desk) as album:
        album.env.update(GERMAN)
        viewer = album.start_viewer()
        said = desk.answer("Dieses Mal erlauben", shot="asks")
        tap.ok(said[0].startswith("Erlaubnis für ") or said[0].startswith("Darf „"), "the dialog's title is German", str(said))
        tap.ok(any(text.startswith("Darf „") and "ansehen" in text for text in said), "so is the question", str(said))
        tap.ok("Ablehnen" in [text.replace("_", "") for text in said], "so are the answers", str(said))
        tap.ok(album.wait_shown("evening.jpg") == "", "and its answer means the same")
        album.stop_viewer(viewer)


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
