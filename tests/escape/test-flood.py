#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: exhaust: thousands of questions at once from many processes, half of them killed while they wait; in the hope that the gate or the broker runs out of memory or descriptors, that
another application's question is never shown, or that something fails open.

Known from: prompt fatigue ("MFA bombing") against every permission dialog; CVE-2020-12049 (D-Bus descriptors leaked until the daemon failed).

Must fail because: questions of one application with the same scope are one question, what waits is bounded, and a bound that is reached answers EACCES.

Control: another application's question appears while the flood goes on, and its answer takes effect.
"""

import os
import time

import harness


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0


def fusefs_of(pid):
    todo = [pid]
    while todo:
        current = todo.pop()
        for task in os.listdir(f"/proc/{current}/task"):
            with open(f"/proc/{current}/task/{task}/children", encoding="utf-8") as file:
                for word in file.read().split():
                    with open(f"/proc/{word}/comm", encoding="utf-8") as name:
                        if name.read().startswith("postern-fusefs"):
                            return int(word)
                    todo.append(int(word))
    return None


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    # What the address sanitizer keeps of freed memory, to notice its use, is no memory of the broker's.
    quarantine = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"}
    with harness.Host(more_env=quarantine) as host:
        host.write("Documents/hidden/secret", "SECRET of the host\n")
        host.write("Videos/film", "a film\n")
        inner = host.install("attack-flood")
        agent = host.agent()
        started = time.monotonic()
        flood = host.start(inner, f"closed={host.path('Documents')}", "processes=400", "names=25", "kill=yes", stdin=None)
        first = agent.next_question(10)
        tap.ok(first is not None, "control: the flood asks", "")
        gate = harness.wait_until(lambda: fusefs_of(flood.pid), "the flood's fusefs")
        # give the flood its time to pile up: until no new question or update has come for a moment
        shown = [first]
        while time.monotonic() < started + 3:
            event = agent.next_question(0.2)
            if event is not None:
                shown.append(event)
        numbers = {question["question"] for question in shown if question}
        waiting = max(len(question.get("waiting", [])) for question in shown if question)
        peak_broker, peak_gate = memory(host.broker.pid), memory(gate)
        descriptors = len(os.listdir(f"/proc/{host.broker.pid}/fd"))
        tap.note(f"{len(numbers)} questions shown, {waiting} waiting lines, {len(shown)} messages, broker {peak_broker:.0f} MiB with {descriptors} descriptors, gate {peak_gate:.0f} MiB")
        tap.ok(len(numbers) <= 1, "at most one question of the flood is on screen", f"{numbers}")
        tap.ok(waiting <= 100, "what waits behind it is bounded", waiting)
        tap.ok(peak_broker < 64 and peak_gate < 64, "memory is bounded", f"{peak_broker} {peak_gate}")
        tap.ok(descriptors < 100, "descriptors are bounded", descriptors)

        other = host.start("cat", host.path("Videos/film"), app="other", stdin=None)
        question = None
        end = time.monotonic() + 8
        while time.monotonic() < end:
            event = agent.next_question(0.5)
            if event is not None and event["app_id"] == "other":
                question = event
                break
        tap.ok(question is not None, "control: another application's question appears meanwhile")
        if question is not None:
            agent.answer(question, "allow")
            out, err = other.communicate(timeout=harness.LIMIT)
            tap.ok("a film" in out, "control: and its answer takes effect", out + err)
        else:
            other.kill()
        # now refuse the flood: after a plain deny the same scope is not asked again, so it ends soon
        asked = 0
        end = time.monotonic() + 20
        if first is not None:
            agent.answer(first, "deny", scope=0)
        while flood.poll() is None and time.monotonic() < end:
            event = agent.next_question(0.2)
            if event is not None and event["app_id"] == harness.APP:
                asked += 1
                agent.answer(event, "deny", scope=0)
        tap.note(f"{asked} more questions after the first refusal")
        ended = flood.poll() is not None
        tap.ok(ended, "after the refusal the flood ends")
        if not ended:
            flood.kill()
        out, err = flood.communicate(timeout=harness.LIMIT)
        tap.ok("SUCCEEDED" not in out, "nothing was opened", out[-500:])
        tap.ok(asked <= 3, "after the refusal at most a few more questions", asked)
        tap.ok(not [name for name in os.listdir(host.path("Documents")) if name.startswith("flood")], "nothing was made")
        tap.ok(host.broker.poll() is None and memory(host.broker.pid) < 64, "the broker lives, its memory bounded", memory(host.broker.pid))
        child = host.start("cat", host.path("Videos/film"), app="other")
        out, err = harness.finish(child, agent)
        tap.note("and serves: " + (out + err).strip())
        # no agent at all: everything is refused at once, and stays bounded
        agent.process.kill()
        agent.process.wait()
        result = host.run(inner, f"closed={host.path('Documents')}", "processes=100", "names=100", app=harness.APP, timeout=60)
        tap.ok("done" in result.stdout and "SUCCEEDED" not in result.stdout, "without an agent the flood is refused", result.stdout[-300:] + result.stderr[-300:])
        tap.ok(memory(host.broker.pid) < 64, "memory stays bounded", memory(host.broker.pid))
    tap.done()


main()
