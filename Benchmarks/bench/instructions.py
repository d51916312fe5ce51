"""Counts the instructions of a request in user space with callgrind.

It counts in two runs of different length and takes the difference, so the start and the end do not count. The figure is
the same on a busy machine.
"""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import cores
from progress import say
from servers import Server, Wrong

HEADER = ["workload", "luafunc", "nginx", "nginx / luafunc"]
CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]


def collected(said):
    """The count for all threads in callgrind's output."""
    counts = [int(count) for count in re.findall(r"Collected : (\d+)", said)]
    if not counts:
        raise Wrong(f"callgrind has counted nothing:\n{said[-2000:]}")
    return max(counts)


def of_server(program, workload, requests, scratch, options=()):
    """Instructions of a server from start to end that answers this many requests on one connection."""
    with Server(program, workload, scratch, under=CALLGRIND, options=options) as server:
        with server.connect() as connection:
            for _ in range(requests - 1):
                connection.ask()
    return collected(server.said.read_text())


def of_command(command, environment, is_right):
    """Instructions of a command that prints an answer."""
    ended = subprocess.run([*CALLGRIND, *command], env=environment, capture_output=True, text=True)
    if ended.returncode or not is_right(ended.stdout.strip()):
        raise Wrong(f"{command[0]} answered {ended.stdout[:1000]!r} and said:\n{ended.stderr[-2000:]}")
    return collected(ended.stderr)


def differences(counts):
    """Instructions of one unit of work by key. `counts` has, by key, two functions that count a few and many units,
    and how many more units the second one does."""
    with ThreadPoolExecutor(len(cores.ALL)) as pool:
        pairs = {key: (pool.submit(few), pool.submit(many), more) for key, (few, many, more) in counts.items()}
        try:
            return {key: (many.result() - few.result()) // more for key, (few, many, more) in pairs.items()}
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def count(workloads, scratch):
    """Counts the instructions of a request by workload and program."""
    def counter(program, workload, requests):
        def run():
            say(f"instructions: {workload.name}, {program}, {requests} requests")
            return of_server(program, workload, requests, scratch)
        return run

    counts = {}
    for workload in workloads:
        few, many = workload.counted
        for program in ("luafunc", "nginx"):
            key = workload.name, program
            counts[key] = counter(program, workload, few), counter(program, workload, many), many - few
    return differences(counts)


def rows(counts):
    for workload in dict.fromkeys(workload for workload, _ in counts):
        luafunc, nginx = counts[workload, "luafunc"], counts[workload, "nginx"]
        yield [workload, luafunc, nginx, nginx / luafunc]
