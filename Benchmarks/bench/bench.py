"""Measures luafunc and other programs on the same workloads. Started by scripts/bench."""

import argparse
import resource
import sys
import tempfile
from pathlib import Path

import codec
import comparison
import growth
import instructions
import lua_speed
import progress
import results
from results import Section
from servers import Wrong
from tables import table
from workloads import all_workloads

LUA = "Lua's speed with all limits on, compared with lua5.4 and with the same library without limits"
DESCRIPTION = """\
Compares luafunc with nginx + LuaJIT + lua-cjson, the Go handler of Azure's documentation and lua5.4.
Without names it measures all workloads under load, and lua, which takes about four minutes."""
EPILOG = """\
LUAFUNC=PROGRAM measures PROGRAM instead of dist/luafunc. A wrong response ends the run with exit code 1."""
JSON = "instructions of json.decode and json.encode, compared with lua-cjson, for three well-known documents"


def arguments():
    workloads = {workload.name: workload for workload in all_workloads()}
    others = {"lua": LUA, "json": JSON}
    abouts = {name: workload.about for name, workload in workloads.items()} | others
    abouts |= {name: about for name, (_, about) in growth.ALL.items()}
    parser = argparse.ArgumentParser(
        prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter, description=DESCRIPTION,
        epilog="names:\n" + "\n".join(f"  {name:12} {about}" for name, about in abouts.items()) + f"\n\n{EPILOG}")
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; the names are below")
    parser.add_argument(
        "--instructions", action="store_true",
        help="count instructions of the workloads instead of putting load on them: slow, but the figures are the same"
        " on a busy machine")
    parser.add_argument(
        "--rounds", type=positive, metavar="N",
        help="how many times each program is measured (default: 3, or 5 with --full)")
    parser.add_argument(
        "--seconds", type=positive, metavar="S",
        help="how many seconds each measurement takes (default: 2, or 3 with --full)")
    parser.add_argument(
        "--full", action="store_true",
        help="measure everything, under load and in instructions, and write Benchmarks/RESULTS.md and its charts: about"
        " 20 minutes")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in abouts]:
        parser.error(f"there is no '{unknown[0]}'; there are {', '.join(abouts)}")
    if options.full and (options.names or options.instructions):
        parser.error("--full measures everything; it takes no names and no --instructions")
    if options.full:
        options.names = list(abouts)
    elif not options.names:
        options.names = [*workloads, "json" if options.instructions else "lua"]
    options.workloads = [workloads[name] for name in options.names if name in workloads]
    options.rounds = options.rounds or (5 if options.full else 3)
    options.seconds = options.seconds or (3 if options.full else 2)
    return options


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def sections(options, scratch):
    """Measures what was asked for, and yields one section after the other."""
    if options.workloads and not options.instructions:
        found = comparison.compare(options.workloads, options.rounds, options.seconds, scratch)
        about = f"medians of {options.rounds} rounds of {options.seconds} s"
        yield Section("load", f"Under load, {about}", comparison.HEADER, list(comparison.rows(found)))
    if options.workloads and (options.instructions or options.full):
        found = instructions.count(options.workloads, scratch)
        yield Section(
            "instructions", "Instructions of a request in user space", instructions.HEADER,
            list(instructions.rows(found)))
    if "json" in options.names:
        found = codec.count(scratch)
        yield Section("json", "Instructions of the JSON codec", codec.HEADER, list(codec.rows(found)))
    if "lua" in options.names:
        found = lua_speed.compare(options.rounds, scratch)
        about = f"medians of {options.rounds} rounds"
        yield Section("lua", f"Lua's speed with all limits on, {about}", lua_speed.HEADER, list(lua_speed.rows(found)))
    for name, (run, about) in growth.ALL.items():
        if name in options.names:
            series = run(options.seconds, scratch)
            yield Section(name, f"Growth: {about}", series.header, series.rows)


def main():
    options = arguments()
    # The load generator and the servers need thousands of connections.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    measured = []
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        for section in sections(options, Path(scratch)):
            progress.clear()
            print(f"{section.title}\n\n{table(section.header, section.rows)}\n", flush=True)
            measured.append(section)
    if options.full:
        print(f"written: {results.write(measured)}")


try:
    main()
except Wrong as wrong:
    progress.clear()
    sys.exit(f"bench: {wrong}")
except KeyboardInterrupt:
    progress.clear()
    sys.exit(130)
