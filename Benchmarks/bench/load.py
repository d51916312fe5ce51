"""Puts load on a server with wrk, on many connections."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from servers import Wrong

SCRIPT = Path(__file__).parent / "load.lua"


@dataclass(frozen=True)
class Load:
    requests: int
    p50: float  # milliseconds
    p99: float


def load(server, seconds, scratch):
    """Puts load on the server for this many seconds. Raises Wrong unless all responses are right."""
    environment = {}
    for name, content in {"REQUEST": server.workload.request, "ANSWER": server.answer}.items():
        environment[name] = str(scratch / name)
        (scratch / name).write_bytes(content)
    connections = server.workload.connections
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", SCRIPT]
    wrk = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}/"], env=os.environ | environment, capture_output=True, text=True)
    result = next((line.split(None, 6) for line in wrk.stdout.splitlines() if line.startswith("RESULT ")), None)
    if not result:
        raise Wrong(f"wrk failed beside {server}:\n{wrk.stdout}{wrk.stderr}")
    requests, wrong, lost, p50, p99 = map(int, result[1:6])
    if wrong or lost or not requests:
        raise Wrong(
            f"{server} answered {requests} requests, {wrong} of them not as the first, and lost {lost}."
            f" The last wrong answer: {''.join(result[6:]) or 'none'}. It said:\n{server.said.read_text()[-2000:]}")
    return Load(requests, p50 / 1000, p99 / 1000)
