"""Measures how cost grows with the size of a body, the number of functions and the number of connections."""

import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cores
import footprint
import programs
import workloads
from comparison import measure
from progress import say
from servers import Server
from start import first_answer

BODIES = [1 << 10, 16 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20]
FUNCTIONS = [1, 10, 50, 100, 1000, 10_000]
CONNECTIONS = [1, 10, 100, 1000, 5000]


@dataclass(frozen=True)
class Series:
    header: list
    rows: list


def bodies(seconds, scratch):
    """Sends one request after the other, so that large requests do not overlap."""
    rows = []
    with cores.on_the_load_core():
        for size in BODIES:
            workload = workloads.field(size)
            for program in workload.programs:
                say(f"body: {workloads.unit(size, ' ')}, {program}")
                # With the default memory limit of 64 MB, luafunc refuses bodies above some 20 MB.
                with Server(program, workload, scratch, cores.SERVER, options=["--memory-limit", "1GB"]) as server:
                    with server.connect() as connection:
                        if server.first_answer < seconds:
                            connection.times(seconds / 2)
                        before = server.cpu
                        times = connection.times(seconds)
                        cpu = (server.cpu - before) / len(times)
                    memory, most = server.memory(), server.memory("VmHWM")
                rows.append([size, program, cpu * 1000, median(times) * 1000, memory, most])
    return Series(["body bytes", "program", "CPU ms a request", "median ms", "memory MB", "most MB"], rows)


def functions(seconds, scratch):
    rows = []
    for count in FUNCTIONS:
        say(f"functions: {count:,}")
        with tempfile.TemporaryDirectory() as folder:
            app = Path(folder)
            footprint.make_app(app, count)
            started, called = footprint.measured(programs.LUAFUNC, app, count, 1)
            starts = max(3, footprint.STARTS * 100 // (100 + count))
            command = [programs.LUAFUNC, "--threads", "1"]
            body = footprint.ORDER.encode()
            first = [first_answer(command, app, f"/order{count}", body)[1] * 1000 for _ in range(starts)]
        rows.append([count, median(first), started.cpu, started.resident, called.resident])
    return Series(
        ["functions", "start to first answer ms", "CPU ms to load all", "memory MB, all loaded",
         "memory MB, each called"], rows)


def connections(seconds, scratch):
    rows = []
    order = next(workload for workload in workloads.all_workloads() if workload.name == "order")
    with cores.on_the_load_core():
        for count in CONNECTIONS:
            workload = dataclasses.replace(order, connections=count, peers=("nginx",))
            for program in workload.programs:
                say(f"connections: {count:,}, {program}")
                result = measure(program, workload, seconds, scratch)
                rows.append([count, program, result.cpu, result.p50, result.p99, result.memory])
    return Series(["connections", "program", "CPU µs a request", "p50 ms", "p99 ms", "memory MB"], rows)


ALL = {
    "body": (bodies, "a payload of 1 KB to 64 MB of which the function reads one field"),
    "functions": (functions, "an app of 1 to 10,000 functions: start and memory"),
    "connections": (connections, "the workload order on 1 to 5,000 connections"),
}
