"""Saves a function and a shared module again and again, under load from another process.

Prints how long it took from the end of a save until the new code ran, and what was lost. Exits with 1 if a request
failed, a response mixed two versions, memory grew, or the median is over 50 ms.
"""

import http.client
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAVES = 1000
BROKEN = 0.1  # the share of saves that are broken
GOAL = 0.050  # seconds at the median
ROOM = 8 << 20  # how many bytes more the process may hold at the end than after the first saves

FUNCTION = """{ "bindings": [ { "name": "req", "type": "httpTrigger" },
                { "name": "res", "type": "http", "direction": "out" } ] }"""
HOST = '{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": true } }'


def handler(version):
    return f'local shared = require "shared"\nreturn function() return "{version} " .. shared end\n'


def module(version):
    return f'return "{version}"\n'


def save(path, text):
    """Saves as many editors do: writes a new file beside the old one, then renames it."""
    draft = path.with_name("." + path.name + ".tmp")
    draft.write_text(text)
    draft.rename(path)


class Caller:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def call(self):
        """Returns the versions of the handler and the module that answered. Raises for any other response."""
        self.connection.request("GET", "/api/f")
        response = self.connection.getresponse()
        body = response.read().decode()
        if response.status != 200:
            raise ValueError(f"{response.status} {body[:200]}")
        return tuple(int(word) for word in body.split())


def load(port, pipe):
    """Calls the function all the time. Then reports every pair of versions seen, the number of calls, and the
    failures."""
    callers = [Caller(port) for _ in range(4)]
    seen, calls, failures = set(), 0, []
    while not pipe.poll():
        for caller in callers:
            calls += 1
            try:
                seen.add(caller.call())
            except Exception as error:  # every failure counts, whatever it is
                failures.append(repr(error))
        time.sleep(0.002)
    pipe.send((seen, calls, failures))


def memory(process):
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) << 10
    return 0


def start(program, app):
    process = subprocess.Popen(
        [program, "serve", "--port", "0", "--watch", "--app", str(app)], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    port = int(process.stdout.readline().rsplit(":", 1)[1])
    # The other lines are not needed, but they must be read so that the pipe does not fill up.
    multiprocessing.Process(target=process.stdout.read, daemon=True).start()
    return process, port


def main():
    program = sys.argv[1]
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder)
        (app / "functions/f").mkdir(parents=True)
        (app / "lib").mkdir()
        (app / "host.json").write_text(HOST)
        (app / "functions/f/function.json").write_text(FUNCTION)
        script, shared = app / "functions/f/handler.lua", app / "lib/shared.lua"
        script.write_text(handler(0))
        shared.write_text(module(0))
        process, port = start(program, app)
        try:
            return soak(process, port, script, shared)
        finally:
            process.kill()


def soak(process, port, script, shared):
    caller = Caller(port)
    caller.call()
    pipe, other = multiprocessing.Pipe()
    multiprocessing.Process(target=load, args=(port, other), daemon=True).start()
    versions, allowed, times, late = (0, 0), {(0, 0)}, [], 0
    before = 0
    for number in range(1, SAVES + 1):
        if number == SAVES // 10:
            before = memory(process)
        if random.random() < BROKEN:
            save(random.choice([script, shared]), "return function( broken\n")
            continue
        kind = random.choice(["handler", "module", "both"])
        versions = (number if kind != "module" else versions[0], number if kind != "handler" else versions[1])
        allowed.add(versions)
        # Both files are saved, which also repairs a file from a broken save.
        save(shared, module(versions[1]))
        save(script, handler(versions[0]))
        saved = time.monotonic()
        while caller.call() != versions:
            if time.monotonic() - saved > 5:
                late += 1
                break
        times.append(time.monotonic() - saved)
    pipe.send("end")
    seen, calls, failures = pipe.recv()
    grown = memory(process) - before
    times.sort()
    median, p99 = statistics.median(times), times[int(len(times) * 0.99)]
    mixed = seen - allowed
    print(f"{SAVES} saves, {SAVES - len(times)} of them broken; {calls} calls beside them")
    print(f"from save to new answer: median {median * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms, longest {times[-1] * 1000:.1f} ms")
    print(f"failed {len(failures)}, mixed versions {len(mixed)}, never seen {late}, memory {grown / 2**20:+.1f} MB")
    for failure in failures[:3]:
        print("  " + failure)
    return 1 if failures or mixed or late or grown > ROOM or median > GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
