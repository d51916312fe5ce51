"""The target of the attacks: an app in a folder of its own, and luafunc serving it."""

import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

PATIENCE = 120  # seconds to wait for anything that must happen
HTTP = {"bindings": [{"name": "req", "type": "httpTrigger", "authLevel": "anonymous"},
                     {"name": "res", "type": "http", "direction": "out"}]}
# A function in every app. It must answer whatever happens to the other functions.
PING = {"functions/ping/function.json": json.dumps(HTTP),
        "functions/ping/handler.lua": 'return function() return "pong" end'}


class Broken(Exception):
    """A broken promise."""


def expect(holds, sentence):
    if not holds:
        raise Broken(sentence)


def eventually(holds, sentence, patience=PATIENCE):
    """Waits until `holds()` is true."""
    end = time.monotonic() + patience
    while not holds():
        expect(time.monotonic() < end, sentence)
        time.sleep(0.02)


def queue(name):
    return {"bindings": [{"name": "msg", "type": "queueTrigger", "queueName": name, "connection": ""}]}


def function(name, body, time_limit="10s", memory_limit="64MB", bindings=HTTP):
    """The files of a function. `body` is the whole script if it returns a function, and the body of the handler
    otherwise."""
    script = body if "return function" in body else f"return function(data, metadata, context)\n{body}\nend\n"
    limits = {"lua": {"timeLimit": time_limit, "memoryLimit": memory_limit}}
    return {f"functions/{name}/function.json": json.dumps(bindings | limits), f"functions/{name}/handler.lua": script}


class Answer(NamedTuple):
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode(errors="replace")

    @property
    def reason(self):
        """Why the invocation failed, from a response to the host or to any other caller."""
        if self.headers.get("content-type", "").startswith("application/problem+json"):
            return json.loads(self.body).get("detail", "")
        return self.text


class App:
    def __init__(self, files, host=None):
        self.folder = Path(tempfile.mkdtemp(prefix="luafunc-attack-"))
        host = host or {"version": "2.0", "extensionBundle": {}}
        self.isForwarding = any(host.get("customHandler", {}).values())
        self.write({"host.json": json.dumps(host)} | PING | files)

    def write(self, files):
        for path, text in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())


class Running:
    """A process that runs `luafunc serve` or `luafunc start`."""

    def __init__(self, program, app, *arguments, command="serve", environment=None, port=0, reads=True, wrapper=(),
                 prepare=None):
        self.command = command
        # Whether callers send plain requests instead of payloads.
        self.isPlain = command == "start" or app.isForwarding
        words = [program, command, "--port", str(port), "--app", str(app.folder), *arguments] if command else [program]
        self.lines = []
        self.process = subprocess.Popen(
            [*wrapper, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=prepare,
            env={"PATH": os.environ["PATH"], "HOME": "/", **(environment or {})})
        self.port = port
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.isRead = threading.Event()
        self.listens = threading.Event()
        if not reads:
            # Only the lines up to the one with the port are read; the pipe then fills up.
            while not self.listens.is_set() and self._line(self.process.stdout.readline()):
                pass
            return
        self.isRead.set()
        self.reader.start()

    def read_on(self):
        self.isRead.set()
        self.reader.start()

    def _line(self, line):
        text = line.decode(errors="replace").rstrip("\n")
        self.lines.append(text)
        found = re.search(r"http://[^ :/]+:(\d+)", text)
        if found and not self.listens.is_set():
            self.port = int(found[1])
            self.listens.set()
        return line

    def _read(self):
        while self._line(self.process.stdout.readline()):
            pass
        self.listens.set()

    def wait(self):
        """Waits until luafunc listens."""
        expect(self.listens.wait(PATIENCE), "luafunc does not say where it listens")
        expect(self.port and self.process.poll() is None, f"luafunc ended with {self.process.poll()}: {self.tail()}")
        return self

    def said(self, text):
        return any(text in line for line in list(self.lines))

    def must_say(self, text):
        eventually(lambda: self.said(text), f"luafunc does not say {text!r}; it says: {self.tail()}")

    def tail(self):
        return " | ".join(self.lines[-6:])[-600:]

    # Requests

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def path(self, name):
        return f"/api/{name}" if self.isPlain else f"/{name}"

    def send(self, name, body=""):
        """Begins an invocation without waiting for the response. The caller must close the connection."""
        return self.send_body(name, body.encode() if self.isPlain else payload(body))

    def send_body(self, name, body):
        """Like `send`, with the request's body as bytes."""
        connection = self.connect()
        connection.sendall(self.head(self.path(name), len(body)) + body)
        return connection

    def head(self, path, length, method="POST", headers=None):
        fields = {"Host": f"127.0.0.1:{self.port}", "Content-Length": str(length)} | (headers or {})
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()

    def ask(self, path, body=b"", method="POST", headers=None):
        with self.connect() as connection:
            try:
                connection.sendall(self.head(path, len(body), method, headers) + body)
            except OSError:
                pass  # luafunc may respond before it has read everything
            return answer(connection)

    def invoke(self, name, body="", headers=None):
        """Sends a payload as the Functions host does, or a plain request if functions of this process get those."""
        return self.ask(self.path(name), body.encode() if self.isPlain else payload(body), headers=headers)

    # What must hold

    def lives(self):
        code = self.process.poll()
        expect(code is None, f"the process ended with {code}: {self.tail()}")
        reply = self.invoke("ping")
        expect(reply.status == 200 and b"pong" in reply.body, f"ping: {reply.status} {reply.text[:200]}")

    def fails(self, name, *reasons, body=""):
        """Checks that the invocation fails with one of these reasons, and that the process survives."""
        reply = self.invoke(name, body)
        expect(reply.status == 500 and any(reason in reply.reason for reason in reasons),
               f"{name}: {reply.status} {reply.reason[:300]}")
        self.lives()
        return next(reason for reason in reasons if reason in reply.reason)

    def answers(self, name, text="", body=""):
        reply = self.invoke(name, body)
        expect(reply.status == 200 and text in reply.text, f"{name}: {reply.status} {reply.reason[:300]}")
        self.lives()
        return reply

    def memory(self, field="VmRSS", process=None):
        for line in Path(f"/proc/{process or self.process.pid}/status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1]) << 10
        raise Broken("the process has ended")

    def children(self):
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(number) for number in text.split()]

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")")[-1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def cpu_exact(self):
        """CPU time of all threads in seconds, exact to the nanosecond."""
        total = 0
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            try:
                total += int(Path(f"/proc/{self.process.pid}/task/{thread}/schedstat").read_text().split()[0])
            except FileNotFoundError:
                pass  # the thread has just ended
        return total / 1e9

    def stop(self):
        if self.process.poll() is None:
            try:
                self.process.send_signal(signal.SIGCONT)
                self.process.kill()
            except ProcessLookupError:
                pass
        self.process.wait()


def payload(body):
    request = {"Method": "GET", "Url": "http://localhost/api/f", "Body": body}
    return json.dumps({"Data": {"req": request}, "Metadata": {}}).encode()


def joined(chunks):
    """The content of a complete chunked body."""
    content = b""
    while True:
        size, chunks = chunks.split(b"\r\n", 1)
        if not int(size, 16):
            return content
        content, chunks = content + chunks[:int(size, 16)], chunks[int(size, 16) + 2:]


def answer(connection):
    """Reads the next response. Raises Broken if the connection ends before it is complete."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += more(connection)
    head, body = received.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if "chunked" in headers.get("transfer-encoding", ""):
        while not body.endswith(b"0\r\n\r\n"):
            body += more(connection)
        body = joined(body)
    else:
        while len(body) < int(headers.get("content-length", 0)):
            body += more(connection)
    return Answer(int(lines[0].split()[1]), headers, body)


def more(connection):
    try:
        data = connection.recv(1 << 16)
    except OSError as error:
        raise Broken(f"no answer: {error}")
    expect(data, "the connection ended without an answer")
    return data


class Upstream:
    """A server that sends a fixed response to every request."""

    def __init__(self, respond):
        """`respond` is called with each connection after the head of its request was read."""
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.socket.getsockname()[1]
        self.respond = respond
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        try:
            with connection:
                received = b""
                while b"\r\n\r\n" not in received:
                    data = connection.recv(1 << 16)
                    if not data:
                        return
                    received += data
                self.respond(connection)
        except OSError:
            pass

    def stop(self):
        self.socket.close()


def peak_memory(process):
    """The most memory that a running process has used, in bytes; 0 if it has ended."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", text)
    return int(found[1]) << 10 if found else 0


class Ended(NamedTuple):
    """A command that has ended."""
    code: int
    out: bytes
    err: bytes
    peak: int

    @property
    def text(self):
        return (self.out + self.err).decode(errors="replace")

    def must_say(self, *texts):
        for text in texts:
            expect(text in self.text, f"it does not say {text!r}; it says: {self.text[-400:]!r}")
        return self


def run_to_end(words, codes=(0, 1), most=256 << 20, patience=PATIENCE, stdin=subprocess.DEVNULL, folder=None,
               environment=None, prepare=None):
    """Runs a program, which must end by itself with one of `codes` and use no more than `most` bytes of memory."""
    name = " ".join(str(word) for word in words[1:3])
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(words, stdin=stdin, stdout=out, stderr=err, cwd=folder, preexec_fn=prepare,
                                   env={"PATH": os.environ["PATH"], "HOME": "/", **(environment or {})})
        end = time.monotonic() + patience
        peak = 0
        while process.poll() is None:
            # The usage that the system reports at the end includes what this process had when it forked.
            peak = max(peak, peak_memory(process.pid))
            if time.monotonic() > end or peak > 2 * most:
                process.kill()
                process.wait()
                raise Broken(f"{name} does not end within {patience} s, or takes too much: {megabytes(peak)}")
            time.sleep(0.01)
        out.seek(0)
        err.seek(0)
        result = Ended(process.returncode, out.read(), err.read(), peak)
    expect(result.code in codes, f"{name} ended with {result.code}: {result.text[-400:]!r}")
    expect(result.peak < most, f"{name} took {megabytes(result.peak)}")
    return result


class Stage:
    """Creates what one attack needs, and removes it afterwards."""

    def __init__(self, program):
        self.program = program
        self.made = []

    def app(self, files, host=None):
        app = App(files, host)
        self.made.append(lambda: shutil.rmtree(app.folder, ignore_errors=True))
        return app

    def run(self, app, *arguments, **options):
        running = Running(self.program, app, *arguments, **options)
        self.made.append(running.stop)
        return running

    def serve(self, files, *arguments, host=None, **options):
        return self.run(self.app(files, host), *arguments, **options).wait()

    def start(self, files, *arguments, host=None, **options):
        return self.run(self.app(files, host), *arguments, command="start", **options).wait()

    def command(self, app, *words, **options):
        """Runs a command on the app until it ends."""
        return run_to_end([self.program, words[0], "--app", str(app.folder), *words[1:]], **options)

    def upstream(self, respond):
        server = Upstream(respond)
        self.made.append(server.stop)
        return server

    def end(self):
        for take_away in reversed(self.made):
            take_away()


ATTACKS = []


def attack(title):
    """Registers an attack: a function that gets a Stage, and returns what it saw or raises Broken."""
    def register(body):
        ATTACKS.append((title, body))
        return body
    return register


def megabytes(size):
    return f"{size / (1 << 20):.0f} MB"


def open_files(count):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def waits(server, connection):
    """Makes small calls until `connection` has its response. Returns the most CPU seconds that the process used
    meanwhile for one of them."""
    longest = 0
    answered = threading.Thread(target=answer, args=(connection,), daemon=True)
    answered.start()
    while True:
        began = server.cpu_exact()
        server.lives()
        longest = max(longest, server.cpu_exact() - began)
        if not answered.is_alive():
            return longest


def milliseconds(most):
    """The four largest values of `most` by name, in milliseconds, the largest first."""
    worst = sorted(most.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {1000 * seconds:.0f}" for name, seconds in worst[:4])
