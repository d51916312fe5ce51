"""Attributes the bytes of the program to its parts, by the symbols of the program before it was stripped."""

import os
import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

SWIFT = "Swift: runtime, standard library, concurrency"
# Swift modules by part.
MODULES = {
    "our own modules": "luafunc CustomHandler DevHost HTTP Lua EventLoop HTTP1 Crypto Compression Patterns Files Log",
    SWIFT: "_StringProcessing _RegexParser _Concurrency Synchronization Dispatch",
    "FoundationEssentials": "FoundationEssentials _FoundationCollections",
}
# Debian's static libraries by part: their symbols have no common beginning.
ARCHIVES = {
    "OpenSSL": ["libssl.a", "libcrypto.a"],
    "libuv": ["libuv_a.a"],
    "zlib": ["libz.a"],
    "PCRE2": ["libpcre2-8.a"],
    "Lua and its shim": ["liblua5.4.a"],
}
# In a mangled name, a module's name follows its length.
MANGLED = {f"{len(name)}{name}": part for part, names in MODULES.items() for name in names.split()}
MODULE = re.compile("|".join(sorted(MANGLED, key=len, reverse=True)))

# Symbols other than Swift's, by their beginning.
BEGINNINGS = {
    re.compile(beginning): part
    for beginning, part in {
        "clua_": "Lua and its shim",
        "_*(swift|dispatch|Block)_|_Z.*(5swift|8Demangle|4llvm)": SWIFT,
    }.items()
}
# Sections whose symbols, if there are any, say nothing about the part.
SECTIONS = {
    re.compile(r"\.eh_frame|\.gcc_except_table"): "tables for unwinding",
    re.compile(r"swift5_|\.swift_modhash"): "Swift's reflection",
}
TEXTS = "texts and constants without a symbol"
UNKNOWN = "C library, libstdc++, and what cannot be told"


@cache
def archived():
    """The part of each symbol, static ones included, that only the archives of one part define."""
    parts = {}
    for part, archives in ARCHIVES.items():
        for archive in archives:
            path = Path("/usr/lib", f"{os.uname().machine}-linux-gnu", archive)
            for line in output("nm", "--defined-only", "--quiet", path):
                name = line.rpartition(" ")[2]
                parts[name] = part if parts.get(name, part) == part else None
    return parts


def part(kind, name):
    """The part a symbol belongs to, or None if only its neighbours can tell."""
    if "$s" in name or name.startswith("symbolic"):
        module = MODULE.search(name)
        return MANGLED[module.group()] if module else SWIFT
    known = next((part for beginning, part in BEGINNINGS.items() if beginning.match(name)), None)
    # A static symbol of the C library may have any name.
    return known or archived().get(name) or (None if kind.islower() else UNKNOWN)


def sections(program):
    """Yields (address, end, name) of each section that is loaded from the file."""
    header = re.compile(r"\s*\[\s*\d+\] (\S+)\s+(\S+)\s+([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+) \S+\s+(\w*)")
    for line in output("readelf", "-SW", program):
        fields = header.match(line)
        if fields and "A" in fields[5] and fields[2] != "NOBITS":
            yield int(fields[3], 16), int(fields[3], 16) + int(fields[4], 16), fields[1]


def symbols(program):
    """Yields (address, end, part) of each symbol."""
    for line in output("nm", "-S", "-n", "--defined-only", program):
        address, size, kind, name = (line.split(" ", 3) + [""] * 4)[:4]
        if name:
            yield int(address, 16), int(address, 16) + int(size, 16), part(kind, name)


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def sizes(program):
    """Returns the bytes by part. The linker keeps object files together, so bytes without a known part belong to the
    part before them."""
    total = Counter()
    known = sorted(symbols(program), key=lambda symbol: symbol[:2])
    for start, end, section in sorted(sections(program)):
        named = next((part for name, part in SECTIONS.items() if name.match(section)), None)
        if named:
            total[named] += end - start
            continue
        covered, neighbour = start, UNKNOWN
        for first, last, part in (symbol for symbol in known if start <= symbol[0] < end):
            neighbour = part or neighbour
            gap = TEXTS if section == ".rodata" else neighbour
            total[gap] += max(0, first - covered)
            total[neighbour] += max(0, last - max(first, covered))
            covered = max(covered, last)
        total[TEXTS if section == ".rodata" else neighbour] += max(0, end - covered)
    return total


def table(program):
    total = sizes(program)
    yield "| part | MB |"
    yield "|---|---|"
    for name, size in total.most_common():
        yield f"| {name} | {size / 1e6:.2f} |"
    yield f"| all | {sum(total.values()) / 1e6:.2f} |"
