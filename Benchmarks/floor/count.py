#!/usr/bin/env python3
"""Counts what a request costs before any function runs: the instructions in user space of a fixed response to a POST of
1,400 bytes, through EventLoop, HTTP1 and HTTP. Exits with 1 if they exceed the limit.

    Benchmarks/floor/count.py [BINARY]     without BINARY it builds the one of Benchmarks/floor as releases are built

Callgrind counts in two runs of different length. The difference excludes the start and the end, and is the same on a
busy machine.
"""

import pathlib
import re
import socket
import subprocess
import sys

LIMIT = 4500
ROOT = pathlib.Path(__file__).resolve().parents[2]
BODY = b"x" * 1400
REQUEST = (
    b"POST /order HTTP/1.1\r\nHost: 127.0.0.1:9\r\nX-Azure-Functions-HostVersion: 4.1037.0.0\r\n"
    b"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


def build():
    folder = ROOT / ".build-floor"
    subprocess.run(
        ["swift", "build", "-c", "release", "--product", "floor", "--scratch-path", folder, "--static-swift-stdlib",
         "-Xswiftc", "-static-executable", "-Xswiftc", "-enforce-exclusivity=unchecked"],
        cwd=ROOT, stdout=sys.stderr, check=True)
    return folder / "release" / "floor"


def instructions(binary, requests):
    """Instructions of a server from start to end that answers this many requests on one connection."""
    with subprocess.Popen(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as server:
        try:
            port = server.stdout.readline()
            if not port:
                sys.exit(f"the server has not started:\n{server.stderr.read()}")
            with socket.create_connection(("127.0.0.1", int(port)), timeout=300) as connection:
                for _ in range(requests):
                    connection.sendall(REQUEST)
                    answer = b""
                    while len(answer) < len(ANSWER):
                        answer += connection.recv(65536) or sys.exit("the server has closed the connection")
                    if answer != ANSWER:
                        sys.exit(f"the server answered {answer!r}")
        finally:
            server.terminate()
            said = server.stderr.read()
    total = re.search(r"Collected : (\d+)", said)
    return int(total[1]) if total else sys.exit(f"callgrind has counted nothing:\n{said}")


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else build()
    few, many = 300, 1300
    try:
        count = (instructions(binary, many) - instructions(binary, few)) // (many - few)
    except FileNotFoundError as missing:
        sys.exit(f"{missing.filename} is missing: apt-get install valgrind")
    print(f"{count:,} instructions for a request with a fixed answer (at most {LIMIT:,})")
    sys.exit(count > LIMIT)


main()
