"""Calls every function that a script can call, with odd arguments."""

import json
import threading
import time
from pathlib import Path

from target import HTTP, Broken, attack, expect, function, megabytes

SCRIPT = (Path(__file__).parent / "odd.lua").read_text()
SECONDS = 7  # for payloads, and again for plain requests
CALLERS = 8
BINDINGS = {"bindings": HTTP["bindings"] + [
    {"name": "message", "type": "queue", "direction": "out", "queueName": "q", "connection": ""}]}
FORWARDING = {"version": "2.0", "extensionBundle": {}, "customHandler": {"enableForwardingHttpRequest": True}}


def try_numbers(server, numbers, end, troubles, ended):
    """Invokes the script once for each number. The script derives 100 calls from the number."""
    for number in numbers:
        if time.monotonic() > end or troubles:
            return
        try:
            reply = server.invoke("odd", str(number))
            expect(200 <= reply.status < 600, f"status {reply.status}")
            if not server.isPlain and "json" in reply.headers.get("content-type", ""):
                json.loads(reply.body)
            ended.append(reply.status)
        except (Broken, ValueError) as trouble:
            # A streamed body may break off, which is no failure.
            if not server.isPlain or server.process.poll() is not None or "timed out" in str(trouble):
                troubles.append(f"number {number}: {trouble}")


def draw(stage, host, first):
    # A function that gets plain requests has HTTP outputs only.
    bindings = HTTP if host else BINDINGS
    server = stage.serve(
        function("odd", SCRIPT, "200ms", bindings=bindings), "--threads", "1", "--log-level", "error", host=host)
    troubles, ended = [], []
    end = time.monotonic() + SECONDS
    callers = [threading.Thread(
        target=try_numbers, args=(server, range(first + caller, first + 100000, CALLERS), end, troubles, ended))
        for caller in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    expect(not troubles, f"{troubles[:2]}; it says: {server.tail()}")
    server.lives()
    most = server.memory("VmHWM")
    expect(most < 512 << 20, f"it took {megabytes(most)}")
    return f"{100 * len(ended):,} calls in {len(ended):,} invocations, {ended.count(200):,} of them answered; {megabytes(most)}"


@attack("every module function with odd arguments")
def every_function(stage):
    return f"{draw(stage, None, 0)}. Plain requests: {draw(stage, FORWARDING, 100000)}"
