"""Starts Tests/Servers/everything with luafunc start, and plays clients against it.

usage: run.py LUAFUNC [--conformance]
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

luafunc = sys.argv[1]
app = pathlib.Path("Tests/Servers/everything").resolve()
here = pathlib.Path(__file__).parent


def wait_for(path, pattern, process):
    for _ in range(1200):
        found = re.search(pattern, path.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found.group(1)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit("luafunc start did not begin:\n" + path.read_text(encoding="utf-8", errors="replace"))


def conformance(url):
    """Runs the official suite. Returns whether all required scenarios of both revisions pass."""
    if not shutil.which("npx"):
        sys.exit("--conformance needs npm and Node 22")
    good = True
    for revision in ["2025-11-25", "2026-07-28"]:
        command = ["npx", "--yes", "@modelcontextprotocol/conformance@latest", "server", "--url", url, "--requirements", revision]
        good = subprocess.run(command).returncode == 0 and good
    return good


with tempfile.TemporaryDirectory() as folder:
    copy = pathlib.Path(folder) / "app"
    shutil.copytree(app, copy)
    log = pathlib.Path(folder) / "log"
    with open(log, "w", encoding="utf-8") as output:
        host = subprocess.Popen(
            [luafunc, "start", str(copy), "--port", "0"], stdout=output, stderr=subprocess.STDOUT,
            env={**os.environ, "NO_COLOR": "1"})
    try:
        url = wait_for(log, r"(http://localhost:\d+)", host)
        client = [sys.executable, "-B", str(here / "client.py"), url, str(log), luafunc, "mcp", "stdio", "--app", str(copy)]
        failed = subprocess.run(client).returncode != 0
        if "--conformance" in sys.argv:
            failed = not conformance(url + "/mcp") or failed
        if failed:
            print("the host's log ends with:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-40:]))
    finally:
        host.terminate()
        host.wait(30)
sys.exit(1 if failed else 0)
