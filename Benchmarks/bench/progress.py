"""Shows progress on stderr: on a terminal in one line that changes, elsewhere one line per step."""

import shutil
import sys
import time

begin = time.monotonic()


def say(words):
    line = f"{time.monotonic() - begin:5.0f} s  {words}"
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\033[K{line[:width]}", end="", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


def clear():
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
