"""Checks the promises of the release build: one small static executable that needs nothing else. Started by
scripts/test-release."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import outside
import promises
import start
from empty_root import EmptyRoot
from serving import Broken

LIMIT = 24_000_000  # bytes
STARTS = 40  # of each program
ROOT = Path(__file__).parents[3]
ORDER = ROOT / "Benchmarks/workloads/order"
DOCUMENTED = ROOT / "Tests/Handlers/documentation.go"


class Facts:
    """Prints one line for each fact that is checked."""

    def __init__(self):
        self.failed = 0

    def say(self, sign, fact, why=""):
        print(f"{sign:7} {fact}{': ' if why else ''}{why}", flush=True)

    def skip(self, fact, why):
        self.say("skipped", fact, why)

    def check(self, fact, holds, *arguments):
        """Checks a fact. An exception is the reason why it does not hold."""
        try:
            self.need(fact, holds, *arguments)
        except Broken:
            pass

    def need(self, fact, makes, *arguments):
        """Returns what `makes` returns. Raises Broken if that fails, since later checks need it."""
        try:
            made = makes(*arguments)
        except Exception as error:
            self.failed += 1
            self.say("FAILED", fact, error)
            raise Broken from error
        self.say("ok", fact)
        return made


def read_program(option, program):
    return subprocess.run(["readelf", "-W", option, program], capture_output=True, text=True, check=True).stdout


def must_lack(text, *words):
    found = [word for word in words if word in text]
    if found:
        raise Broken(f"it has {', '.join(found)}")


def check_program(facts, program):
    facts.check("has no interpreter", lambda: must_lack(read_program("-l", program), "INTERP"))
    facts.check("needs no shared library", lambda: must_lack(read_program("-d", program), "NEEDED"))
    facts.check("is stripped", lambda: must_lack(read_program("-S", program), ".symtab", ".debug_info"))
    size = program.stat().st_size

    def small():
        if size > LIMIT:
            raise Broken(f"{size - LIMIT:,} bytes more")

    facts.check(f"has {size:,} bytes, at most {LIMIT:,} ({LIMIT // 10**6} MB of 1,000,000)", small)
    oldest = re.search(r"OS: Linux, ABI: ([\d.]+)", read_program("-n", program))
    needs = f"Linux {oldest[1]} or newer" if oldest else "a Linux it does not name"
    facts.say("", f"its C library needs {needs}; this is {os.uname().release}")


def check_empty_root(facts, program):
    print("\nin a folder with nothing but luafunc, its app, /proc, /etc/hosts and /etc/resolv.conf")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as certificates:
        outside.make_certificates(Path(certificates))
        root = facts.need("luafunc runs at all", EmptyRoot, folder, program)
        promises.check(facts, root, Path(certificates))


def report_start(program):
    print(f"\nfrom start to first answer, as the Functions host starts them, {STARTS} times, by turns (no promise)")
    with tempfile.TemporaryDirectory() as folder:
        contestants = {"luafunc": [str(program)]}
        if shutil.which("go"):
            handler = f"{folder}/handler"
            subprocess.run(["go", "build", "-o", handler, DOCUMENTED], check=True)
            contestants["go"] = [handler]
        else:
            print("without the documentation's Go handler: apt-get install golang")
        body = (ORDER / "payload.json").read_bytes()
        for line in start.compare(contestants, ORDER / "app", "/order", body, STARTS):
            print(line)


def main():
    program = Path(sys.argv[1])
    facts = Facts()
    check_program(facts, program)
    try:
        check_empty_root(facts, program)
    except Broken:
        pass  # already reported
    report_start(program)
    print(f"\n{facts.failed} of these facts do not hold" if facts.failed else "\nall of it holds")
    return 1 if facts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
