"""Finds the sections of a program that a start and an invocation run or write, so that the linker can put them side by
side. Otherwise they are scattered over 20 MB of code and 1 MB of variables. The kernel maps code in pieces of 64 KB and
variables in pieces of 4 KB, and each piece costs microseconds and memory.

    link_order.py PROGRAM MAP ORDER    reads lld's map of the program, and writes the order for its next link
"""

import bisect
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import serving

ORDER = Path(__file__).parent.parent / "workloads/order"
# Address, load address, size, alignment, and then, with increasing indentation: output section, input section, symbol.
MAP_LINE = re.compile(r"^ *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\d+ ( *)(.*)$", re.MULTILINE)
OUTPUT_SECTION = re.compile(r"^ *\[ *\d+\] (\S+) +(PROGBITS|NOBITS) +([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)", re.MULTILINE)
# Sections larger than this come last, because most of their code does not run.
LAST = 200_000  # bytes

BY_THE_HOST = {"FUNCTIONS_CUSTOMHANDLER_PORT": "0", "FUNCTIONS_APP_ROOT_PATH": str(ORDER / "app")}
BY_HAND = ["serve", "--port", "0", "--threads", "1", "--app", str(ORDER / "app")]


def serve(command, environment, look):
    """Starts the program, lets it answer two requests, and returns what `look` finds in the process."""
    with serving.Server(command, os.environ | environment) as server:
        for method, path, body in [("GET", "/", None), ("POST", "/order", (ORDER / "payload.json").read_bytes())]:
            status, text = server.call(method, path, body)
            if status != 200:
                raise serving.Broken(f"{method} {path} was answered with {status}: {text}")
        found = look(server.pid)
        server.process.terminate()
        server.process.wait(serving.PATIENCE)
    return found


def run_addresses(program, arguments, environment):
    """Yields the addresses of all instructions that ran, in the order of callgrind's profile. The profile gives most
    addresses as the difference from the previous one."""
    with tempfile.TemporaryDirectory() as folder:
        plain, profile = f"{folder}/program", f"{folder}/profile"
        # Valgrind cannot read the debug information of newer compilers.
        subprocess.run(["strip", "--strip-debug", "-o", plain, program], check=True)
        tool = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}", "--dump-instr=yes"]
        serve([*tool, plain, *arguments], environment, lambda pid: None)
        address = 0
        with open(profile) as lines:
            for line in lines:
                if line[0] not in "0123456789+-*":
                    continue
                place = line.split(maxsplit=1)[0]
                if place[0] in "+-":
                    address += int(place)
                elif place != "*":
                    address = int(place, 16)
                yield address


def written_addresses(program):
    """Returns the addresses of all words in the program's variables that have changed since the start."""
    layout = subprocess.run(["readelf", "-SW", program], capture_output=True, text=True, check=True).stdout
    sections = [
        (kind, *(int(number, 16) for number in numbers))
        for name, kind, *numbers in OUTPUT_SECTION.findall(layout) if name in (".data", ".bss")]

    def changes(pid):
        with open(f"/proc/{pid}/mem", "rb") as memory, open(program, "rb") as file:
            for kind, address, offset, size in sections:
                memory.seek(address)
                file.seek(offset)
                now = memory.read(size)
                before = bytes(size) if kind == "NOBITS" else file.read(size)
                yield from (address + i for i in range(0, size, 8) if now[i:i + 8] != before[i:i + 8])

    return serve([program], BY_THE_HOST, lambda pid: list(changes(pid)))


def input_sections(link_map):
    """Returns the start, the end and the first symbol of each input section, sorted by address."""
    found = []
    for address, size, indent, name in MAP_LINE.findall(Path(link_map).read_text(errors="replace")):
        if len(indent) == 8:
            found.append([int(address, 16), int(address, 16) + int(size, 16), None])
        elif len(indent) == 16 and found and found[-1][2] is None:
            found[-1][2] = name
    return sorted((start, end, symbol) for start, end, symbol in found if start and end > start and symbol)


def main(program, link_map, order):
    serving.PATIENCE = 300  # seconds; valgrind makes programs fifty times slower
    known = input_sections(link_map)
    starts = [start for start, _, _ in known]
    used = {}
    ran = [run_addresses(program, [], BY_THE_HOST), run_addresses(program, BY_HAND, {})]
    for addresses in (*ran, written_addresses(program)):
        for address in addresses:
            index = bisect.bisect_right(starts, address) - 1
            if index >= 0 and address < known[index][1]:
                used[known[index]] = None
    if len(used) < 1000:
        raise serving.Broken(f"only {len(used)} sections of {link_map} are used: is it lld's map of {program}?")
    used = sorted(used, key=lambda section: section[1] - section[0] > LAST)
    Path(order).write_text("".join(f"{symbol}\n" for _, _, symbol in used))


try:
    main(*sys.argv[1:])
except (serving.Broken, OSError, subprocess.SubprocessError) as error:
    sys.exit(f"link_order: {error}")
