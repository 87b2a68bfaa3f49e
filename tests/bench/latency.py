# SPDX-License-Identifier: GPL-3.0-or-later
"""How long until something takes effect: denied opens, revoking, a killed application, a question on its way to an agent."""
import os
import time

import pst_bench as b


def denied(quick=False):
    """Opens that the ruleset refuses: one thread and the gate on one core. The broker is stopped meanwhile, so no answer can be its."""
    n, rounds = (2000, 3) if quick else (20000, 11)
    b.one_core()
    with b.Home() as home:
        closed = os.path.join(home.home, "Closed")
        os.mkdir(closed)
        with open(os.path.join(closed, "secret"), "w") as f:
            f.write("secret\n")
        home.grant(home.tree)
        home.cli("grant", b.APP, closed, "--access", "view", "--answer", "deny")
        inside = home.sandboxed()
        for label, path in (("below a denied tree", os.path.join(closed, "secret")),
                            ("absent, below a denied tree", os.path.join(closed, "a", "b", "c"))):
            inside.passes("denied", path, 100)
            home.stop_broker()
            try:
                rates = [n / inside.passes("denied", path, n) for _ in range(rounds)]
            finally:
                home.continue_broker()
            b.report("denied", "opens_per_second", label, rates, "1/s", at_least=None if quick else 25000)
        inside.close()


def revoke(quick=False):
    """From the start of `postern revoke` until an open inside fails: of a live tree, and of one in the strict gate."""
    rounds = 3 if quick else 25
    for label, strict in (("live", False), ("strict", True)):
        with b.Home() as home:
            tree = os.path.join(home.home, "Album")
            os.mkdir(tree)
            file = os.path.join(tree, "picture")
            with open(file, "w") as f:
                f.write("picture\n")
            home.grant(home.tree)
            home.grant(tree)
            # no agent: what is not granted is refused at once
            inside = home.sandboxed(home.strict_profile() if strict else None)
            effect, confirmed = [], []
            for _ in range(rounds):
                error = int(inside.ask("open", file, "r").split()[0])
                if error:
                    raise RuntimeError(f"granted, but open gave errno {error}")
                inside.send("until-denied", file)
                time.sleep(0.02)  # it is opening by now
                start = time.monotonic()
                home.cli("revoke", b.APP, tree)
                done = time.monotonic()
                error, at = inside.read().split()
                if int(error) == 0:
                    raise RuntimeError("revoked, but opens went on for 10 s")
                effect.append((float(at) - start) * 1e3)
                confirmed.append((done - start) * 1e3)
                home.grant(tree)
            b.report("revoke", "to_effect", label, effect, "ms", limit=1000)
            b.report("revoke", "to_confirmed", label, confirmed, "ms", limit=1000)
            inside.close()


def killed(quick=False):
    """An application waits in a question and gets SIGKILL: until it is gone, and until the agent is told to take the question away."""
    rounds = 3 if quick else 25
    with b.Home(display=":bench") as home:
        home.grant(home.tree)
        album = os.path.join(home.home, "Pictures")
        os.mkdir(album)
        for i in range(rounds + 1):
            open(os.path.join(album, f"p{i}"), "w").close()
        agent = b.Agent(home)
        inside = home.sandboxed()
        shown, gone, withdrawn = [], [], []
        for i in range(rounds + 1):
            start = time.monotonic()
            inside.ask("hold", os.path.join(album, f"p{i}"))
            question, at = agent.expect("show")
            took = float(inside.ask("kill"))
            end = time.monotonic()
            _, away = agent.expect("withdraw", question)
            if i == 0:
                continue
            shown.append((at - start) * 1e3)
            gone.append(took * 1e3)
            withdrawn.append((away - (end - took)) * 1e3)
        b.report("killed", "access_to_shown", "question at the agent", shown, "ms", limit=25, limit_p95=50)
        b.report("killed", "sigkill_to_gone", "process", gone, "ms", limit=100)
        b.report("killed", "sigkill_to_withdrawn", "question", withdrawn, "ms", limit=100)
        agent.close()
        inside.close()
