"""Runs hostile functions beside a small one. Shows how each ends, and how much the small function is delayed.
Started by scripts/chaos."""

import json
import math
import os
import resource
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from cases import CASES, GREEDY, STUCK, TEN_THOUSAND, TIME
from load import LOST_AFTER, RATE, Load, request, split_response

SLICE = 0.004  # seconds of CPU that an invocation runs while others wait for the thread
LATE = 0.25  # seconds by which an invocation may exceed its time limit, until its response has arrived
ROOM = 12 << 20  # how many bytes more the process may hold after a case than before
WINDOW = 1.0  # seconds that each case lasts at least: shorter invocations are repeated
ROUNDS = 5  # rounds of the small function alone and beside one greedy invocation per core; medians count
ALONE = 2.0  # seconds of the small function alone in each round
FILES = 8  # how many files more the process may have open after a case than before
SLEEPERS = 10_000
SLEEPERS_LIMIT = 5.0  # seconds within which all of them must be answered


class Broken(Exception):
    """A broken promise after which nothing more can be measured."""


class Server:
    """luafunc serving an app, on cores of its own."""

    def __init__(self, program, app, cores, log):
        self.cores = cores
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.command = [program, "serve", "--port", str(self.port), "--app", app, "--threads", str(len(cores))]
        self.log = log
        self.start()

    def start(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.command, stdout=subprocess.DEVNULL, stderr=log, env={**os.environ, "LUAFUNC_ENDLESS_CALL": "1"},
                preexec_fn=lambda: os.sched_setaffinity(0, self.cores))
        for _ in range(500):
            try:
                return self.connect().close()
            except OSError:
                self.check()
                time.sleep(0.01)
        raise Broken("luafunc does not listen")

    def check(self):
        code = self.process.poll()
        if code is not None:
            raise Broken(f"the process ended with {code}:\n{self.errors()}")

    def errors(self):
        return Path(self.log).read_text(errors="replace")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    # Memory

    def memory(self, field="VmRSS"):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1]) << 10
        raise Broken("the process has ended")

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def forget_peak(self):
        try:
            Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        except OSError:
            pass  # then the peak of all cases so far is reported


class OtherPrograms:
    """Measures how much other programs use these cores, which would distort the numbers."""

    def __init__(self, cores, own):
        self.cores = cores
        self.own = own + [os.getpid()]
        self.start = self.used()

    def used(self):
        """All ticks, those that were not idle, and those of our own processes."""
        total = busy = 0
        for line in Path("/proc/stat").read_text().splitlines():
            name, *ticks = line.split()
            if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in self.cores:
                ticks = [int(tick) for tick in ticks[:8]]
                total += sum(ticks)
                busy += sum(ticks) - ticks[3] - ticks[4]
        fields = [Path(f"/proc/{process}/stat").read_text().rsplit(")")[-1].split() for process in self.own]
        return total, busy, sum(int(f[11]) + int(f[12]) for f in fields)

    def share(self):
        total, busy, own = (now - then for now, then in zip(self.used(), self.start))
        return max(0, busy - own) / max(total, 1)


class Cells(NamedTuple):
    """The row of a case in the table, without its name."""

    ending: str
    took: float
    p99: float
    memory: tuple
    lost: int


class Table:
    columns = ["hostile function", "how it ended", "after", "p99 beside it", "MB before, peak, after", "lost"]
    widths = [37, 50, 8, 13, 22, 4]

    def heading(self):
        self.line(*self.columns)
        print("|" + "|".join("-" * (width + 2) for width in self.widths) + "|", flush=True)

    def row(self, name, ending, took, p99="", memory="", lost=""):
        if isinstance(took, float):
            took = f"{took:.2f} s" if took >= 0.1 else milliseconds(took)
        if isinstance(p99, float):
            p99 = milliseconds(p99)
        if isinstance(memory, tuple):
            memory = ", ".join(map(megabytes, memory))
        self.line(name, ending, took, p99, memory, lost)

    def line(self, *cells):
        print("| " + " | ".join(str(c).ljust(w) for c, w in zip(cells, self.widths)) + " |", flush=True)


class Chaos:
    def __init__(self, program, folder, is_busy):
        # Whether other programs keep the machine busy on purpose. Then times say nothing about luafunc.
        self.is_busy = is_busy
        cores = sorted(os.sched_getaffinity(0))
        self.server_cores, self.own_cores = (cores[:-1], cores[-1:]) if len(cores) > 1 else (cores, cores)
        self.broken = []
        self.peak_of_sleepers = 0
        self.table = Table()
        self.folder = Path(folder)
        self.write_app()
        self.server = Server(program, str(self.folder / "app"), self.server_cores, str(self.folder / "errors"))
        os.sched_setaffinity(0, self.own_cores)
        self.load = Load(self.server.port, connections=max(8, 4 * len(self.server_cores)))
        os.nice(5)  # the load generator has priority over this script
        self.mute = socket.create_server(("127.0.0.1", 0))

    # The app

    def write_app(self):
        self.write("host.json", '{ "version": "2.0" }')
        self.write_function("small", 'return string.upper("small " .. tostring(data.req.Body))', "30s")
        self.names = {}
        for number, case in enumerate([GREEDY, TEN_THOUSAND, STUCK, *CASES]):
            self.names[case.name] = f"hostile{number}"
            self.write_function(f"hostile{number}", case.code, case.time_limit)
            for path, text in case.files.items():
                self.write(path, text)

    def write_function(self, name, code, time_limit):
        bindings = [{"name": "req", "type": "httpTrigger"}, {"name": "res", "type": "http", "direction": "out"}]
        self.write(
            f"functions/{name}/function.json", json.dumps({"bindings": bindings, "lua": {"timeLimit": time_limit}}))
        self.write(f"functions/{name}/handler.lua", f"return function(data)\n  {code}\nend\n")

    def write(self, path, text):
        file = self.folder / "app" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    # One case

    def run(self):
        print(f"luafunc on core {numbers(self.server_cores)} with --threads {len(self.server_cores)}, script and load "
              f"on core {numbers(self.own_cores)}; the small function gets {RATE} requests/s\n")
        time.sleep(1)  # until the small function is loaded on each thread
        self.table.heading()
        others = OtherPrograms(set(self.server_cores + self.own_cores), [self.server.process.pid, self.load.process.pid])
        self.fairness()
        for case in CASES:
            self.table.row(case.name, *self.measure(case))
        self.table.row(TEN_THOUSAND.name, *self.measure(TEN_THOUSAND))
        self.table.row("  and once more", *self.measure(TEN_THOUSAND))
        share = others.share()
        self.load.stop()
        self.stuck()
        if not self.is_busy:
            advice = "; measure again without them" if share > 0.05 else ""
            print(f"\nother programs used {share:.0%} of these cores{advice}")

    def fairness(self):
        """Checks the promise about p99, with the medians of some rounds."""
        name = "(none: the small function alone)"
        rows = []
        for _ in range(ROUNDS):
            start = time.monotonic()
            time.sleep(ALONE)
            p99, lost = self.beside(name, start)
            rows.append((p99, lost, self.measure(GREEDY)))
        alone = statistics.median(row[0] for row in rows)
        greedy = sorted((row[2] for row in rows), key=lambda cells: cells.p99)[ROUNDS // 2]
        memory = megabytes(self.server.memory())
        self.table.row(name, "", f"{ALONE:.2f} s", milliseconds(alone), memory, sum(row[1] for row in rows))
        self.table.row(GREEDY.name, *greedy)
        if greedy.p99 > 2 * alone + SLICE and not self.is_busy:
            self.fail(f"{GREEDY.name}: p99 is {milliseconds(greedy.p99)}, more than twice that alone and one slice, "
                      f"{milliseconds(2 * alone + SLICE)}")

    def beside(self, name, start):
        """Returns the small function's p99 since `start`, and how many of its requests were lost."""
        latencies, lost = self.load.measured(start, time.monotonic())
        if lost:
            self.fail(f"{name}: {lost} requests of the small function were lost")
        return (latencies[math.ceil(0.99 * len(latencies)) - 1] if latencies else LOST_AFTER), lost

    def measure(self, case):
        before, files = self.server.memory(), self.server.open_files()
        self.server.forget_peak()
        start = time.monotonic()
        ending, longest = self.sleepers(case) if case is TEN_THOUSAND else self.repeat(case, start)
        p99, lost = self.beside(case.name, start)
        self.server.check()
        peak = self.server.memory("VmHWM")
        # luafunc keeps the memory of 10,000 connections for the next ones. A second run must not take more.
        wanted = self.peak_of_sleepers or peak if case is TEN_THOUSAND else before
        after = settled(self.server.memory, wanted + ROOM)
        if case is TEN_THOUSAND:
            self.peak_of_sleepers = wanted
        if after > wanted + ROOM:
            self.fail(f"{case.name}: {megabytes(after - before)} MB of memory did not come back")
        left = settled(self.server.open_files, files + FILES) - files
        if left > FILES:
            self.fail(f"{case.name}: {left} connections are still open")
        return Cells(ending, longest, p99, (before, peak, after), lost)

    def repeat(self, case, start):
        """Invokes the function again and again. Returns how it ended, and after how long at most."""
        # luafunc distributes connections to its event loops in turn.
        connections = [self.server.connect() for _ in range(case.on_each_loop * len(self.server_cores) or 1)]
        endings, longest = set(), 0
        while not endings or time.monotonic() < start + WINDOW:
            began = time.monotonic()
            for connection in connections:
                connection.sendall(request(self.names[case.name], self.mute.getsockname()[1]))
            endings |= {self.ending(case, *self.response(connection)) for connection in connections}
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.01)
        for connection in connections:
            connection.close()
        if case.ends is TIME and longest > float(case.time_limit[:-1]) + LATE and not self.is_busy:
            self.fail(f"{case.name}: took {longest:.2f} s, with a time limit of {case.time_limit}")
        return ", ".join(endings), longest

    def response(self, connection):
        received = b""
        try:
            while not (response := split_response(received)):
                data = connection.recv(65536)
                if not data:
                    break
                received += data
        except OSError as error:
            raise Broken(f"no answer: {error}; is the process stuck?")
        if not response:
            self.server.process.wait(1)
            self.server.check()
        return response or (0, b"")

    def ending(self, case, status, body):
        """Returns the words for the ending. Another ending than the expected one is a broken promise."""
        text = body.decode(errors="replace")
        if status == 500:
            text = json.loads(text)["detail"]
        short, expected = case.ends
        if status == (200 if case.succeeds else 500) and expected in text:
            return short
        self.fail(f"{case.name}: ended with status {status}, {text[:200]}")
        return f"NOT AS PROMISED: {status} {text[:30]}"

    def sleepers(self, case):
        connections = {}
        for _ in range(SLEEPERS):
            connection = self.server.connect()
            connections[connection.fileno()] = (connection, bytearray())
        poll = select.epoll()
        began = time.monotonic()
        for number, (connection, _) in connections.items():
            connection.sendall(request(self.names[case.name], ""))
            poll.register(number, select.EPOLLIN)
        waiting = set(connections)
        wrong = 0
        while waiting and time.monotonic() < began + 4 * SLEEPERS_LIMIT:
            for number, _ in poll.poll(0.1):
                connection, received = connections[number]
                data = connection.recv(65536)
                received += data
                response = split_response(bytes(received))
                if response or not data:
                    wrong += not response or response[0] != 200 or case.ends[1].encode() not in response[1]
                    poll.unregister(number)
                    waiting.discard(number)
        took = time.monotonic() - began
        for connection, _ in connections.values():
            connection.close()
        if waiting or wrong:
            self.fail(f"{case.name}: {len(waiting)} were not answered, {wrong} wrongly")
        if took > SLEEPERS_LIMIT and not self.is_busy:
            self.fail(f"{case.name}: all were answered only after {took:.1f} s")
        return f"{SLEEPERS - wrong - len(waiting)} answered", took

    def stuck(self):
        """Runs the endless native call, after the load has stopped, because it ends the process. The script then
        restarts luafunc as the host does."""
        name = self.names[STUCK.name]
        self.server.stop()
        self.server.start()
        began = time.monotonic()
        with self.server.connect() as connection:
            connection.sendall(request(name, "", "X-Azure-Functions-InvocationId: stuck-1\r\n"))
            try:
                code = self.server.process.wait(60)
            except subprocess.TimeoutExpired:
                raise Broken(f"{STUCK.name}: the process did not end")
        took = time.monotonic() - began
        lines = self.server.errors().splitlines()
        expected = f"luafunc: function {name}, invocation stuck-1: a native call kept running after its time limit; "
        if code != 200:
            self.fail(f"{STUCK.name}: the process ended with {code}, not 200")
        if len(lines) != 1 or not lines[0].startswith(expected):
            self.fail(f"{STUCK.name}: stderr is not the one line that names function and invocation: {lines}")
        self.table.row(STUCK.name, f"exit code {code}, {len(lines)} line on stderr", took)
        began = time.monotonic()
        self.server.start()
        with self.server.connect() as connection:
            connection.sendall(request("small", "1"))
            status, body = self.response(connection)
        if status != 200 or b"SMALL 1" not in body:
            self.fail(f"the small function does not answer after the restart: {status} {body[:200]}")
        self.table.row("  and started again", "the small function answers", time.monotonic() - began)

    # Ends

    def fail(self, sentence):
        if sentence not in self.broken:
            self.broken.append(sentence)

    def end(self):
        self.load.stop()
        self.server.stop()


def settled(measure, wanted):
    """Returns the measured value as soon as it is at most `wanted`, or after a second."""
    end = time.monotonic() + 1
    while (value := measure()) > wanted and time.monotonic() < end:
        time.sleep(0.05)
    return value


def numbers(cores):
    return ", ".join(map(str, cores))


def milliseconds(seconds):
    return f"{seconds * 1000:.1f} ms"


def megabytes(size):
    return f"{size / (1 << 20):.0f}"


def main():
    program = sys.argv[1]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < SLEEPERS + 200:
        sys.exit(f"chaos: {SLEEPERS} connections need as many open files; the limit here is {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        try:
            chaos = Chaos(program, folder, is_busy="--busy" in sys.argv)
        except Broken as reason:
            sys.exit(f"chaos: {reason}")
        try:
            chaos.run()
        except Broken as reason:
            chaos.fail(str(reason))
        finally:
            chaos.end()
    print()
    for sentence in chaos.broken:
        print(f"broken: {sentence}")
    print(f"{len(chaos.broken)} promises do not hold" if chaos.broken else "all promises hold")
    sys.exit(1 if chaos.broken else 0)


main()
