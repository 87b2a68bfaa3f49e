# SPDX-License-Identifier: GPL-3.0-or-later
"""Permissions that nobody has used for a long time end, with a notification that can put them back. What is old is made so in the
database; the clock stays as it is."""
import os
import sqlite3
import sys
import time

from desk import Desk
from notifications import LIMIT, Service
from postern_e2e import Home, ScriptedPerson, run_tests, wait_until

DAY = 86400


def stop_broker(home):
    for pid in home.processes("postern-broker"):
        os.kill(pid, 15)
    wait_until(lambda: not home.processes("postern-broker") and not home.processes("postern-guard"), "the broker does not end")


def make_old(home, days, where="1"):
    """The broker does not run: @days ago the rules were made, and on each day since then it ran."""
    database = sqlite3.connect(os.path.join(home.home, ".local/share/postern/grants.db"))
    then = int(time.time()) - days * DAY
    database.execute(f"UPDATE rules SET created=?, used=0 WHERE {where}", (then,))
    database.execute("UPDATE apps SET used=?", (then,))
    database.commit()
    database.close()


def set_meta(home, **values):
    database = sqlite3.connect(os.path.join(home.home, ".local/share/postern/grants.db"))
    for key, value in values.items():
        database.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (key, value))
    database.commit()
    database.close()


def resources(home):
    return sorted(os.path.basename(grant["resource"]) for grant in home.json("grants"))


def prepare(home):
    for name in ("Pictures", "Documents", "Downloads"):
        home.postern("grant", "cat", home.path(name), "--access", "view")
    home.postern("grant", "other", home.path("Pictures"), "--access", "view", "--answer", "deny")
    stop_broker(home)


def expired(home):
    wait_until(lambda: home.events("expired"), "nothing ends")
    return home.events("expired")


def test_expire(tap, _desk):
    with Home(display=None) as home:
        prepare(home)
        make_old(home, 91, "CAST(resource AS TEXT) NOT LIKE '%Downloads'")
        events = expired(home)
        tap.ok(sorted(os.path.basename(event["resource"]) for event in events) == ["Documents", "Pictures"], "what is unused for 91 days ends", events)
        tap.ok(all("not used for 90 days" in event["text"] and event["app"] == "cat" for event in events), "with a row for each", events)
        tap.ok(resources(home) == ["Downloads", "Pictures"], "what is newer stays, and what was refused", home.postern("grants").stdout)


def test_stay(tap, _desk):
    with Home(display=None) as home:
        home.write("Pictures/a", "a picture\n")
        prepare(home)
        make_old(home, 89)
        home.run("cat", home.path("Pictures/a"), app="cat")
        tap.ok(home.events("expired") == [] and len(resources(home)) == 4, "after 89 days nothing ends")
        tap.ok(len(home.events("used")) == 1, "and what is used is noted", home.postern("log").stdout)
        stop_broker(home)
        make_old(home, 200)
        set_meta(home, unused_days=0, day_believed=0)
        home.postern("apps")
        home.run("cat", home.path("Pictures/a"), app="cat")
        tap.ok(len(resources(home)) == 4, "and with unused-days 0 nothing ever does", home.postern("grants").stdout)


def test_clock(tap, _desk):
    """The broker has last run a hundred days before what the clock says now: that may be a clock that is wrong."""
    with Home(display=None) as home:
        prepare(home)
        today = int(time.time()) // DAY
        make_old(home, 110)
        set_meta(home, day_believed=today - 100)
        home.write("Pictures/a", "a picture\n")
        home.run("cat", home.path("Pictures/a"), app="cat")
        tap.ok(len(resources(home)) == 4 and home.events("expired") == [], "a leap of the clock ends nothing", home.postern("log").stdout)
        stop_broker(home)
        make_old(home, 110)
        set_meta(home, day_believed=today - 100, day_leap_last=today - 1, day_leap_days=6)
        tap.ok(len(expired(home)) == 3, "on the seventh day it is believed")


def test_notification(tap, desk):
    with Service(desk, ["actions", "body", "body-markup"]) as service, Home(desk=desk) as home:
        prepare(home)
        make_old(home, 91)
        events = expired(home)
        notice = service.shown.get(timeout=LIMIT)
        tap.ok("3 permissions" in notice["summary"] and notice["body"].count("\n") == 2 and "cat: ~/Documents" in notice["body"],
               "one notification lists them", notice)
        tap.ok("Keep" in notice["actions"].values() and service.shown.empty(), "with a button, once", notice)
        tap.ok(resources(home) == ["Pictures"], "control: they are gone", home.postern("grants").stdout)
        keep = next(key for key, label in notice["actions"].items() if label == "Keep")
        service.click(notice["id"] + 1, keep)
        # what an application would call its own button, under the number of this notification
        for key in ("keep", "keep-0", "keep-1", "nonsense"):
            service.click(notice["id"], key)
        tap.ok(resources(home) == ["Pictures"], "a click on something else puts nothing back")
        service.click(notice["id"], keep)
        wait_until(lambda: len(resources(home)) == 4, "nothing comes back")
        tap.ok(len(events) == 3, "Keep puts them back", home.postern("grants").stdout)
        stop_broker(home)
        set_meta(home, day_leap_days=0)
        home.postern("apps")
        person = ScriptedPerson(home)
        home.write("Pictures/a", "a picture\n")
        tap.ok(home.run("cat", home.path("Pictures/a"), app="cat").stdout == "a picture\n" and person.shown == [], "and counts as used now")


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
