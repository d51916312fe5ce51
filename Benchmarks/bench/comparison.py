"""Measures each workload under load for each program. The programs take turns, round after round."""

from dataclasses import dataclass
from statistics import median

import cores
from load import load
from progress import say
from servers import Server

HEADER = [
    "workload", "program", "CPU µs a request", "least-most", "its CPU / luafunc's", "p50 ms", "p99 ms",
    "requests a second", "memory MB", "start to first answer ms"]


@dataclass(frozen=True)
class Round:
    cpu: float  # microseconds a request
    p50: float
    p99: float
    rate: float
    memory: float
    first_answer: float  # milliseconds


def measure(program, workload, seconds, scratch):
    with Server(program, workload, scratch, cores.SERVER) as server:
        load(server, 1, scratch)
        before = server.cpu
        result = load(server, seconds, scratch)
        cpu = (server.cpu - before) / result.requests * 1e6
        rate = result.requests / seconds
        return Round(cpu, result.p50, result.p99, rate, server.memory(), server.first_answer * 1000)


def compare(workloads, rounds, seconds, scratch):
    """Measures all rounds, and returns them by workload and program."""
    results = {(workload.name, program): [] for workload in workloads for program in workload.programs}
    with cores.on_the_load_core():
        for number in range(rounds):
            for workload in workloads:
                turn = number % len(workload.programs)
                for program in workload.programs[turn:] + workload.programs[:turn]:
                    say(f"round {number + 1} of {rounds}: {workload.name}, {program}")
                    results[workload.name, program].append(measure(program, workload, seconds, scratch))
    return results


def of(results, workload, program, column="cpu"):
    """The median of all rounds."""
    return float(median(getattr(result, column) for result in results[workload, program]))


def rows(results):
    for workload, program in results:
        cpu = of(results, workload, program)
        costs = [result.cpu for result in results[workload, program]]
        ratio = "" if program == "luafunc" else cpu / of(results, workload, "luafunc")
        others = [of(results, workload, program, column) for column in ("p50", "p99", "rate", "memory", "first_answer")]
        yield [workload, program, cpu, f"{min(costs):.1f}-{max(costs):.1f}", ratio, *others]
