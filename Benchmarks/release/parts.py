"""Bytes of the program by what they are part of, as far as the symbols of the program tell that was not stripped."""

import re
import subprocess
from collections import Counter

SWIFT = "Swift: runtime, standard library, concurrency, Dispatch"
# Swift modules by part.
MODULES = {
    "our own modules": "luafunc CustomHandler DevHost Lua",
    SWIFT: "_StringProcessing _RegexParser _Concurrency Synchronization Dispatch",
    "FoundationEssentials": "FoundationEssentials _FoundationCollections",
    "NIO": "NIOCore NIOPosix NIOHTTP1 NIOConcurrencyHelpers _NIOBase64 _NIODataStructures NIOEmbedded NIOTLS NIOExtras"
    " NIOHTTPCompression Atomics",
    "AsyncHTTPClient, with HTTP/2 and what only it needs": "AsyncHTTPClient NIOHTTP2 NIOHPACK NIOSOCKS Algorithms"
    " Configuration Tracing Instrumentation ServiceContextModule RealModule",
    "NIOSSL, without BoringSSL": "NIOSSL",
    "Crypto, without BoringSSL": "Crypto CryptoBoringWrapper",
    "ArgumentParser": "ArgumentParser ArgumentParserToolInfo",
    "ServiceLifecycle, with AsyncAlgorithms": "ServiceLifecycle UnixSignals AsyncAlgorithms",
    "Collections, Logging, System": "DequeModule OrderedCollections InternalCollectionsUtilities ContainersPreview"
    " BasicContainers Logging SystemPackage",
}
# A module's name in a mangled one has its length before it.
MANGLED = {f"{len(name)}{name}": part for part, names in MODULES.items() for name in names.split()}
MODULE = re.compile("|".join(sorted(MANGLED, key=len, reverse=True)))

# Symbols that are not Swift's, by how they begin.
BEGINNINGS = {
    re.compile(beginning): part
    for beginning, part in {
        "CNIOBoringSSL": "BoringSSL of NIOSSL",
        "CCryptoBoringSSL|Keccak": "BoringSSL of Crypto",
        "lua[A-Z]{0,2}_|clua_": "Lua and its shim",
        "c_nio_|catmc_|CNIO|cnioextras_|CAsyncHTTPClient": "NIO",
        "_*(swift|dispatch|Block)_|_Z.*(5swift|8Demangle|4llvm)": SWIFT,
    }.items()
}
# Sections whose symbols, if there are any, tell nothing.
SECTIONS = {
    re.compile(r"\.eh_frame|\.gcc_except_table"): "tables for unwinding",
    re.compile(r"swift5_|\.swift_modhash"): "Swift's reflection",
}
TEXTS = "texts and constants without a symbol"
UNKNOWN = "C library, libstdc++, and what cannot be told"


def part(kind, name):
    """The part a symbol belongs to; None where its neighbours must tell."""
    if "$s" in name or name.startswith("symbolic"):
        module = MODULE.search(name)
        return MANGLED[module.group()] if module else SWIFT
    known = next((part for beginning, part in BEGINNINGS.items() if beginning.match(name)), None)
    # Of C code, only what all may see has a prefix in its name.
    return known or (None if kind.islower() or "bssl" in name else UNKNOWN)


def sections(program):
    """(address, end, name) of what is loaded from the file."""
    header = re.compile(r"\s*\[\s*\d+\] (\S+)\s+(\S+)\s+([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+) \S+\s+(\w*)")
    for line in output("readelf", "-SW", program):
        fields = header.match(line)
        if fields and "A" in fields[5] and fields[2] != "NOBITS":
            yield int(fields[3], 16), int(fields[3], 16) + int(fields[4], 16), fields[1]


def symbols(program):
    """(address, end, part)"""
    for line in output("nm", "-S", "-n", "--defined-only", program):
        address, size, kind, name = (line.split(" ", 3) + [""] * 4)[:4]
        if name:
            yield int(address, 16), int(address, 16) + int(size, 16), part(kind, name)


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def sizes(program):
    """Bytes by part. The linker keeps object files together, so what tells nothing belongs to what is before it."""
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
