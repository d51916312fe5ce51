"""One core for the server, another one for the load generator."""

import os
import sys
from contextlib import contextmanager

ALL = sorted(os.sched_getaffinity(0))
SERVER, LOAD = ALL[0], ALL[-1]


@contextmanager
def on_the_load_core():
    """Runs this process on the load core. Processes started meanwhile inherit that core."""
    if SERVER == LOAD:
        sys.exit("bench: there is one core; server and load need one each")
    os.sched_setaffinity(0, {LOAD})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ALL)
