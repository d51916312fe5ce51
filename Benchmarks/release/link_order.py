"""The sections of a program that a start and an invocation run, for the linker to put side by side. Without it they lie
scattered over 20 MB: the kernel maps a file in pieces of 64 KB, and each takes microseconds and memory.

    link_order.py PROGRAM MAP ORDER    reads the linker's map of the program, writes what its next link goes by
"""

import bisect
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import serving

ORDER = Path(__file__).parent.parent / "order"
# " .text.name  0xaddress  0xsize  file"; a long name has a line of its own.
INPUT_SECTION = re.compile(r"^ (\.text\.\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) ", re.MULTILINE)


def trace(program, folder):
    """Runs it under callgrind, as the Functions host would; the profile has every instruction that ran."""
    plain, profile = f"{folder}/program", f"{folder}/profile"
    # Valgrind cannot read what newer compilers write for debuggers.
    subprocess.run(["strip", "--strip-debug", "-o", plain, program], check=True)
    command = [
        "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}", "--dump-instr=yes", plain]
    app = {"FUNCTIONS_CUSTOMHANDLER_PORT": "0", "FUNCTIONS_APP_ROOT_PATH": str(ORDER / "app")}
    serving.PATIENCE = 300  # seconds: under valgrind all is fifty times slower
    with serving.Server(command, os.environ | app) as server:
        for method, path, body in [("GET", "/", None), ("POST", "/order", (ORDER / "payload.json").read_bytes())]:
            status, text = server.call(method, path, body)
            if status != 200:
                raise serving.Broken(f"{method} {path} was answered with {status}: {text}")
        server.process.terminate()
        server.process.wait(serving.PATIENCE)
    return profile


def instructions(profile):
    """Addresses, in the order of the profile. Most are written as what they differ by from the last."""
    address = 0
    seen = {}
    with open(profile) as lines:
        for line in lines:
            if line[0] not in "0123456789+-*":
                continue
            place = line.split(maxsplit=1)[0]
            if place[0] in "+-":
                address += int(place)
            elif place != "*":
                address = int(place, 16)
            seen[address] = None
    return seen


def sections(link_map):
    """Start, end and name of each, by address."""
    text = Path(link_map).read_text(errors="replace")
    found = ((int(start, 16), int(size, 16), name) for name, start, size in INPUT_SECTION.findall(text))
    return sorted((start, start + size, name) for start, size, name in found if start and size)


def main(program, link_map, order):
    with tempfile.TemporaryDirectory() as folder:
        ran = instructions(trace(program, folder))
    known = sections(link_map)
    starts = [start for start, _, _ in known]
    names = {}
    for address in ran:
        index = bisect.bisect_right(starts, address) - 1
        if index >= 0 and address < known[index][1]:
            names[known[index][2]] = None
    if len(names) < 1000:
        raise serving.Broken(f"only {len(names)} sections of {link_map} ran: is it gold's map of {program}?")
    Path(order).write_text("".join(f"{name}\n" for name in names))


try:
    main(*sys.argv[1:])
except (serving.Broken, OSError, subprocess.SubprocessError) as error:
    sys.exit(f"link_order: {error}")
