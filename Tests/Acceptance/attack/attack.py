"""Repeats every attack that was ever found to crash, starve, fill or fool luafunc. Started by scripts/attack."""

import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

from target import ATTACKS, Broken, Stage, open_files

GROUPS = ["scripts", "bodies", "callers", "upstreams", "folders", "pages", "lines", "functions", "files", "keys",
          "prompts", "testing", "checking", "invoking"]
NEIGHBOURS = 3  # processes that keep the machine busy


def main():
    program, *wanted = sys.argv[1:]
    open_files(4096)
    for group in GROUPS:
        importlib.import_module(group)
    broken = 0
    width = max(len(title) for title, _ in ATTACKS)
    print(f"| {'attack'.ljust(width)} | held | seen |\n|{'-' * (width + 2)}|------|------|")
    for title, body in ATTACKS:
        if wanted and not any(word in title for word in wanted):
            continue
        stage = Stage(program)
        began = time.monotonic()
        try:
            seen, held = body(stage), "yes"
        except Broken as reason:
            seen, held = str(reason), "NO"
            broken += 1
        finally:
            stage.end()
        seen = f"{seen} ({time.monotonic() - began:.1f} s)".replace("|", "/").replace("\n", " ")
        print(f"| {title.ljust(width)} | {held.ljust(4)} | {seen} |", flush=True)
    if not wanted:
        broken += chaos(program, 0) + chaos(program, NEIGHBOURS)
    print(f"\n{broken} attacks broke something" if broken else "\nnothing broke")
    sys.exit(1 if broken else 0)


def chaos(program, neighbours):
    """Runs scripts/chaos while other processes keep the machine busy. Returns 1 if a promise was broken."""
    print(f"\nscripts/chaos beside {neighbours} busy processes:\n", flush=True)
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(neighbours)]
    try:
        script = Path(__file__).parent.parent / "chaos" / "chaos.py"
        words = [sys.executable, "-B", str(script), program] + (["--busy"] if neighbours else [])
        return int(subprocess.run(words).returncode != 0)
    finally:
        for process in busy:
            process.kill()
            process.wait()


main()
