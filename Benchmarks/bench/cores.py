"""One core for the program that answers, another one for who asks."""

import os
import sys
from contextlib import contextmanager

ALL = sorted(os.sched_getaffinity(0))
SERVER, LOAD = ALL[0], ALL[-1]


@contextmanager
def on_the_load_core():
    """What is started meanwhile is on it, too, unless it is given another one."""
    if SERVER == LOAD:
        sys.exit("bench: there is one core; server and load need one each")
    os.sched_setaffinity(0, {LOAD})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ALL)
