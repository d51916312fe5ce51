"""A server process, and what the kernel reports about it."""

import ctypes
import http.client
import os
import socket
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import programs
from start import free_port

PATIENCE = 300  # seconds to wait for anything that must happen; valgrind makes programs fifty times slower
SIGNAL_PAUSE = 5  # seconds between two SIGTERMs


class Wrong(Exception):
    """A program did not do what the workload requires. The text says what it did instead."""


class Server:
    """A process that has answered its first request. `first_answer` is how many seconds that took."""

    def __init__(self, program, workload, scratch, core=None, under=(), options=()):
        self.program, self.workload = program, workload
        self.port = free_port()
        command, environment = programs.command(program, workload, self.port, scratch, options)
        self.said = scratch / f"said-{self.port}"
        ours = os.sched_getaffinity(0)
        with self.said.open("wb") as said:
            start = time.perf_counter()
            if core is not None:
                # The child process inherits the core.
                os.sched_setaffinity(0, {core})
            try:
                self.process = subprocess.Popen(
                    [*under, *command], env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            finally:
                os.sched_setaffinity(0, ours)
        try:
            with self.connect() as connection:
                self.answer = connection.ask()
                self.first_answer = time.perf_counter() - start
        except BaseException:
            self.end()
            raise

    def connect(self):
        until = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < until:
            try:
                return Connection(self)
            except ConnectionRefusedError:
                pass
        raise Wrong(f"{self} does not listen. It said:\n{self.said.read_text()}")

    @property
    def cpu(self):
        """CPU time of all threads so far in seconds, in user space and in the kernel."""
        clock = ctypes.c_int()
        if ctypes.CDLL(None).clock_getcpuclockid(self.process.pid, ctypes.byref(clock)):
            raise Wrong(f"{self} has ended. It said:\n{self.said.read_text()}")
        return time.clock_gettime(clock.value)

    def memory(self, kind="VmRSS"):
        """Resident memory in MB. `VmHWM` is the peak."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{kind}:")[1].split()[0]) / 1024

    def end(self):
        """Ends the process. Repeats the signal, as nginx under valgrind may miss one."""
        until = time.monotonic() + PATIENCE
        try:
            while True:
                self.process.terminate()
                try:
                    return self.process.wait(min(SIGNAL_PAUSE, max(0, until - time.monotonic())))
                except subprocess.TimeoutExpired:
                    if time.monotonic() >= until:
                        raise
        finally:
            self.process.kill()

    def __str__(self):
        return f"{self.program} ({self.workload.name})"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Connection:
    """Sends one request after the other, and checks the responses."""

    def __init__(self, server):
        self.server = server
        self.request = server.workload.request
        self.socket = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self):
        try:
            self.socket.sendall(self.request)
            response = http.client.HTTPResponse(self.socket)
            response.begin()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Wrong(f"{self.server}: {error!r}. It said:\n{self.server.said.read_text()}") from error
        try:
            is_right = response.status == 200 and self.server.workload.is_right(answer)
        except (LookupError, TypeError, ValueError):
            is_right = False
        if not is_right:
            raise Wrong(f"{self.server} answered {response.status} {answer[:1000]!r}")
        return answer

    def times(self, seconds):
        """Sends requests for this many seconds, but at least one. Returns how long each response took."""
        begin = time.perf_counter()
        ends = [begin]
        while ends[-1] - begin < seconds or len(ends) == 1:
            self.ask()
            ends.append(time.perf_counter())
        return [end - start for start, end in pairwise(ends)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
