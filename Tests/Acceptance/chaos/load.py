"""Puts a steady load on the small function, from a process of its own."""

import multiprocessing
import select
import socket
import time
from collections import deque

RATE = 200  # requests a second
LOST_AFTER = 5.0  # seconds without the right answer


def request(name, body, headers=""):
    """A POST request as the Functions host sends it."""
    payload = (
        '{"Data":{"req":{"Method":"GET","Url":"http://localhost/api/%s","Body":"%s"}},"Metadata":{}}' % (name, body)
    ).encode()
    head = "POST /%s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n" % (name, headers, len(payload))
    return head.encode() + payload


def split_response(received):
    """Returns status and body, or None while part of the response is missing."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = next(
        (int(line[15:]) for line in received[:end].split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    body = received[end + 4 :]
    return (int(received[9:12]), body) if len(body) >= length else None


class Load:
    """Starts the process, and gets its measurements."""

    def __init__(self, port, connections):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=_Process(port, connections, other).run, daemon=True)
        self.process.start()

    def measured(self, start, end):
        """Returns the sorted latencies in seconds of the requests due between two times, and how many were lost."""
        self.pipe.send((start, end))
        latencies, lost = self.pipe.recv()
        return sorted(latencies), lost

    def stop(self):
        self.process.terminate()
        self.process.join()


class _Connection:
    def __init__(self):
        self.socket = None
        self.received = b""
        self.call = None  # (due, number) of the pending request


class _Process:
    """Sends each request when it is due, even if earlier ones are pending, and measures its latency from then."""

    def __init__(self, port, connections, pipe):
        self.port = port
        self.pipe = pipe
        self.connections = [_Connection() for _ in range(connections)]
        self.due = deque()
        self.ended = []  # (due, latency, or None if lost)

    def run(self):
        next_due = time.monotonic()
        number = 0
        queries = deque()
        while True:
            now = time.monotonic()
            while next_due <= now:
                self.due.append((next_due, number))
                number += 1
                next_due += 1 / RATE
            for connection in self.connections:
                if connection.call is None and self.due:
                    self._send(connection)
            self._give_up(now)
            while queries and self._is_over(queries[0][1]):
                self._answer(*queries.popleft())
            sockets = [c.socket for c in self.connections if c.call]
            readable = select.select(sockets + [self.pipe], [], [], max(0, next_due - time.monotonic()))[0]
            for connection in self.connections:
                if connection.socket in readable:
                    self._receive(connection)
            if self.pipe in readable:
                queries.append(self.pipe.recv())

    def _send(self, connection):
        due, number = connection.call = self.due.popleft()
        try:
            if connection.socket is None:
                connection.socket = socket.create_connection(("127.0.0.1", self.port), timeout=1)
                connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.socket.sendall(request("small", str(number)))
        except OSError:
            self._end(connection, right=False)

    def _receive(self, connection):
        try:
            data = connection.socket.recv(65536)
        except OSError:
            data = b""
        connection.received += data
        response = split_response(connection.received)
        if response:
            expected = b'{"Outputs":{"res":{"statusCode":200,"body":"SMALL %d"}}}' % connection.call[1]
            self._end(connection, right=response == (200, expected))
        elif not data:
            self._end(connection, right=False)

    def _end(self, connection, right):
        due = connection.call[0]
        self.ended.append((due, time.monotonic() - due if right else None))
        connection.call = None
        connection.received = b""
        if not right and connection.socket:
            connection.socket.close()
            connection.socket = None

    def _give_up(self, now):
        for connection in self.connections:
            if connection.call and now - connection.call[0] > LOST_AFTER:
                self._end(connection, right=False)

    def _is_over(self, end):
        open_calls = [c.call[0] for c in self.connections if c.call] + [due for due, _ in self.due]
        return time.monotonic() > end and all(due > end for due in open_calls)

    def _answer(self, start, end):
        latencies = [latency for due, latency in self.ended if start <= due < end]
        self.ended = [call for call in self.ended if call[0] >= end]
        self.pipe.send(([latency for latency in latencies if latency is not None], latencies.count(None)))
