"""Measures Lua's speed with all limits on. Compares luafunc with the stock lua5.4, and with the library that is in
luafunc without any limit (plain). All run the same file, workloads/lua/app/lib/work.lua, which measures its own CPU
time. The programs take turns, and each runs in a new process every round."""

import os
import re
import subprocess
from statistics import median

import cores
import payloads
from progress import say
from servers import Server, Wrong
from workloads import FOLDER, Workload

HEADER = ["part", "program", "CPU seconds", "least-most", "luafunc's / its"]
WORKLOAD = Workload(
    "lua", "", FOLDER / "lua", "/work", payloads.request(""), lambda answer: bool(times(answer.decode())), ())


def times(answer):
    """The seconds by part, from the printed line."""
    return {part: float(seconds) for part, seconds in re.findall(r"(fib|tables) ([0-9.]+)", answer)}


def compare(rounds, scratch):
    """Measures all rounds, and returns the seconds by part and program."""
    plain = scratch / "plain"
    source = FOLDER / "lua/plain.c"
    subprocess.run(["gcc", "-O2", "-o", plain, source, "-l:liblua5.4.a", "-lm", "-ldl"], check=True)
    programs = {
        "luafunc": lambda: by_luafunc(scratch),
        "lua5.4": lambda: by_command(["lua5.4", "-e", "print(require 'work' ())"]),
        "plain": lambda: by_command([plain]),
    }
    results = {(part, program): [] for part in ("fib", "tables") for program in programs}
    for number in range(rounds):
        for program, run in programs.items():
            say(f"round {number + 1} of {rounds}: lua, {program}")
            for part, seconds in run().items():
                results[part, program].append(seconds)
    return results


def by_luafunc(scratch):
    """luafunc runs with its default limits: 64 MB, and the time that host.json allows."""
    with Server("luafunc", WORKLOAD, scratch, cores.SERVER) as server:
        return times(server.answer.decode())


def by_command(command):
    pinned = ["taskset", "-c", str(cores.SERVER), *command]
    ended = subprocess.run(
        pinned, env=os.environ | {"LUA_PATH": f"{FOLDER}/lua/app/lib/?.lua"}, capture_output=True, text=True)
    found = times(ended.stdout)
    if ended.returncode or not found:
        raise Wrong(f"{command[0]} answered {ended.stdout!r} and said:\n{ended.stderr}")
    return found


def rows(results):
    for part, program in results:
        seconds = results[part, program]
        ratio = "" if program == "luafunc" else median(results[part, "luafunc"]) / median(seconds)
        yield [part, program, f"{median(seconds):.3f}", f"{min(seconds):.3f}-{max(seconds):.3f}", ratio]
