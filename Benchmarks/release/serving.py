"""A luafunc process that serves, and calls to it."""

import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time

PATIENCE = 20  # seconds to wait for anything that must happen


class Broken(Exception):
    """A check has failed. The text says why."""


class Server:
    """A process that is already serving. `lines` has everything that it has printed."""

    def __init__(self, command, environment):
        self.lines = []
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.port = int(self.await_line(r" serving .* on http://127\.0\.0\.1:(\d+)$")[1])

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def await_line(self, pattern):
        """Waits for a line that matches, and returns the match."""
        return until(lambda: next(filter(None, (re.search(pattern, line) for line in self.lines)), None), self.ended)

    def ended(self):
        """Returns how the process ended, or None if it still runs."""
        if self.process.poll() is None:
            return None
        self.reader.join()
        return f"it ended with {self.process.returncode}: {' / '.join(self.lines) or 'without a word'}"

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def call(self, method, path, body=None):
        """Sends a request on a new connection. Returns status and text of the response."""
        connection = self.connect()
        try:
            return answer(connection, method, path, body)
        except OSError as error:
            raise Broken(self.ended() or f"{method} {path}: {error}") from error
        finally:
            connection.close()

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.process.wait()


def answer(connection, method, path, body=None):
    connection.request(method, path, body)
    response = connection.getresponse()
    return response.status, response.read().decode()


def until(found, ended=lambda: None):
    """Returns the result of `found` as soon as it is true. Raises Broken when `ended` returns a reason, or after a
    while."""
    deadline = time.monotonic() + PATIENCE
    while True:
        # Called before `found`, because a process that has ended may have printed the awaited line last.
        why = ended()
        if result := found():
            return result
        if why:
            raise Broken(why)
        if time.monotonic() > deadline:
            raise Broken(f"it did not happen within {PATIENCE} seconds")
        time.sleep(0.005)


def payload(item):
    """The payload that the Functions host sends for a queue message."""
    return json.dumps({"Data": {"item": json.dumps(item)}, "Metadata": {}})
