"""How each of the compared programs is started for a workload."""

import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
LUAFUNC = os.environ["LUAFUNC"]
LIBRARIES = f"/usr/lib/{os.uname().machine}-linux-gnu"
DOCUMENTED = HERE.parent.parent / "Tests/Handlers/documentation.go"


def command(program, workload, port, scratch, options=()):
    """Returns the command and additional environment variables. `options` are for luafunc only."""
    if program == "luafunc":
        return luafunc(workload.folder / "app", port, options), {}
    if program == "go":
        return [go_handler(scratch)], {"FUNCTIONS_CUSTOMHANDLER_PORT": str(port), "GOMAXPROCS": "1"}
    (scratch / "logs").mkdir(exist_ok=True)
    words = {
        "CONNECTIONS": max(256, 2 * workload.connections), "WORKLOAD": workload.folder, "LIBRARIES": LIBRARIES,
        "PORT": port}
    configuration = (HERE / "nginx.conf").read_text()
    for word, value in words.items():
        configuration = configuration.replace(word, str(value))
    # Several nginx processes may run at once, so each has its own file.
    path = scratch / f"nginx-{port}.conf"
    path.write_text(configuration)
    return ["nginx", "-p", scratch, "-c", path, "-e", "stderr"], {}


def luafunc(app, port, options=()):
    return [LUAFUNC, "serve", "--port", str(port), "--threads", "1", "--app", str(app), *options]


def go_handler(scratch):
    """Builds the Go handler of Azure's documentation once, and returns its path."""
    program = scratch / "go-handler"
    if not program.exists():
        subprocess.run(["go", "build", "-o", program, DOCUMENTED], check=True)
    return program
