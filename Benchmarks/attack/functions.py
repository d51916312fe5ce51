"""Every function that a script can call, with arguments that nobody would give it."""

import json
import threading
import time
from pathlib import Path

from target import HTTP, Broken, attack, expect, function, megabytes, payload

SCRIPT = (Path(__file__).parent / "odd.lua").read_text()
SECONDS = 12
CALLERS = 8
BINDINGS = {"bindings": HTTP["bindings"] + [
    {"name": "message", "type": "queue", "direction": "out", "queueName": "q", "connection": ""}]}


def try_numbers(server, numbers, end, troubles, ended):
    """Each number is an invocation that makes 100 calls; the script draws all of them from it."""
    for number in numbers:
        if time.monotonic() > end or troubles:
            return
        try:
            reply = server.ask("/odd", payload(str(number)))
            expect(reply.status in (200, 500), f"status {reply.status}")
            if reply.headers.get("content-type", "").startswith("application/json"):
                json.loads(reply.body)
            ended.append(reply.status)
        except (Broken, ValueError) as trouble:
            troubles.append(f"number {number}: {trouble}")


@attack("every module function with odd arguments")
def every_function(stage):
    server = stage.serve(function("odd", SCRIPT, "200ms", bindings=BINDINGS), "--threads", "1", "--log-level", "error")
    troubles, ended = [], []
    end = time.monotonic() + SECONDS
    callers = [threading.Thread(target=try_numbers, args=(server, range(first, 100000, CALLERS), end, troubles, ended))
               for first in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    expect(not troubles, f"{troubles[:2]}; it says: {server.tail()}")
    server.lives()
    most = server.memory("VmHWM")
    expect(most < 512 << 20, f"it took {megabytes(most)}")
    return f"{100 * len(ended):,} calls in {len(ended):,} invocations, {ended.count(200):,} of them answered; {megabytes(most)}"
