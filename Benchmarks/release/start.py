"""Measures the time from the start of a handler to its first response."""

import os
import random
import socket
import statistics
import time

from serving import PATIENCE, Broken


def first_answer(command, app, path, body):
    """Returns the seconds until the handler listens, and until it has answered. Starts it with no arguments, as the
    Functions host does."""
    port = free_port()
    environment = {"FUNCTIONS_CUSTOMHANDLER_PORT": str(port), "FUNCTIONS_APP_ROOT_PATH": str(app)}
    headers = f"Host: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    request = f"POST {path} HTTP/1.1\r\n{headers}\r\n\r\n".encode() + body
    silence = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_RDWR, 0) for descriptor in (0, 1, 2)]
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, environment, file_actions=silence)
    try:
        with connect(process, port) as connection:
            listening = time.perf_counter()
            connection.sendall(request)
            answer = connection.recv(1 << 16)
            answered = time.perf_counter()
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
    if b" 200 " not in answer[:16]:
        raise Broken(f"{command[0]} answered {answer[:200]!r}")
    return listening - start, answered - start


def read_anew(program):
    """Reads the whole file from the disk. How a file got into the page cache can change a measurement by a
    millisecond and 9 MB, so every file gets there in the same way."""
    with open(program, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        file.read()


def connect(process, port):
    """Connects as soon as the process listens. It retries without a pause, which would be part of the measurement."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        connection = socket.socket()
        try:
            connection.connect(("127.0.0.1", port))
            return connection
        except ConnectionRefusedError:
            connection.close()
    raise Broken(f"process {process} does not listen on port {port}")


def free_port():
    """A free port outside of the range that the system assigns to connections. Otherwise a connection attempt before
    the server listens could connect to itself."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def compare(contestants, app, path, body, starts):
    """Measures programs, given as name: command, which take turns. Yields lines of text. All others are compared
    with the last one."""
    times = {name: [] for name in contestants}
    for program, *_ in contestants.values():
        read_anew(program)
    for _ in range(starts):
        for name, command in contestants.items():
            times[name].append(first_answer(command, app, path, body))
    medians = {}
    for name, pairs in times.items():
        listening, answered = (sorted(1000 * seconds for seconds in column) for column in zip(*pairs))
        medians[name] = statistics.median(answered)
        yield (
            f"{name:8} listens {statistics.median(listening):5.2f} ms   answers: median {medians[name]:5.2f} ms"
            f"   p90 {answered[int(0.9 * starts)]:5.2f} ms   least {answered[0]:5.2f} ms")
    *others, last = medians
    for name in others:
        yield f"{name} / {last}: {medians[name] / medians[last]:.2f}"
