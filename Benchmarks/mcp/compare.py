"""Compares a tools/call of luafunc, of the official Python SDK and of a Go handler: CPU time and instructions of a call,
time from the start to the first list of tools, and memory. usage: compare.py LUAFUNC PYTHON"""

import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

luafunc, python = sys.argv[1:3]
here = pathlib.Path(__file__).parent.resolve()
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def post(port, method, **params):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {
        "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method,
    }
    if "name" in params:
        headers["Mcp-Name"] = params["name"]
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}
    connection.request("POST", "/mcp", json.dumps(body), headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def call(port):
    status, answer = post(port, "tools/call", name="add", arguments={"a": 2, "b": 3})
    assert status == 200 and answer["result"]["content"][0]["text"] == "5", answer


class Server:
    def __init__(self, command, environment=None, cwd=None):
        self.began = time.monotonic()
        self.port = free_port()
        self.process = subprocess.Popen(
            [word.replace("PORT", str(self.port)) for word in command], cwd=cwd,
            env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait(self, ready):
        while True:
            try:
                ready(self.port)
                return time.monotonic() - self.began
            except (ConnectionError, http.client.HTTPException):
                if self.process.poll() is not None:
                    sys.exit(f"{self.process.args} has ended")
                time.sleep(0.0005)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


def load(server, seconds):
    before = server.cpu()
    output = subprocess.run(
        ["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", str(here / "call.lua"), f"http://127.0.0.1:{server.port}/mcp"],
        capture_output=True, text=True, check=True).stdout
    requests, errors = map(int, re.search(r"requests (\d+) errors (\d+)", output).groups())
    assert errors == 0, output
    return (server.cpu() - before) / requests * 1e6, requests / seconds


def instructions(command, environment=None, cwd=None):
    """Instructions of one call more, by callgrind."""
    counts = []
    for calls in [50, 250]:
        with tempfile.TemporaryDirectory() as folder:
            server = Server(
                ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *command], environment, cwd)
            server.wait(call)
            for _ in range(calls):
                call(server.port)
            server.stop()
            counts.append(int(re.search(r"(?:totals|summary): (\d+)", pathlib.Path(f"{folder}/out").read_text())[1]))
    return (counts[1] - counts[0]) / 200


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["go", "build", "-o", f"{folder}/server", str(here / "server.go")], check=True)
        own = [luafunc, "serve", "--port", "PORT", "--app", str(here), "--no-watch", "--threads", "1"]
        servers = {
            "luafunc": (own, None), "Go": ([f"{folder}/server", "PORT"], {"GOMAXPROCS": "1"}),
            "Python SDK": ([python, str(here / "server.py"), "PORT"], None),
        }
        print("| | CPU of a call | calls a second | start to first list or call | memory |")
        print("|---|---|---|---|---|")
        for name, (command, environment) in servers.items():
            server = Server(command, environment)
            start = server.wait(call if name == "Go" else lambda port: post(port, "tools/list"))
            load(server, 1)
            cpu, rate = load(server, 5)
            print(f"| {name} | {cpu:.0f} µs | {rate:.0f} | {start * 1000:.1f} ms | {server.memory():.1f} MB |", flush=True)
            server.stop()
        print(f"\ninstructions of a call: luafunc {instructions(own):.0f}", flush=True)


main()
