"""The programs that answer: how each one is started for a workload."""

import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
LUAFUNC = os.environ["LUAFUNC"]
LIBRARIES = f"/usr/lib/{os.uname().machine}-linux-gnu"
DOCUMENTED = HERE.parent.parent / "Tests/Handlers/documentation.go"


def command(program, workload, port, scratch, options=()):
    """The command and what its environment has beside ours. `options` are luafunc's own."""
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
    # Several may run at once.
    path = scratch / f"nginx-{port}.conf"
    path.write_text(configuration)
    return ["nginx", "-p", scratch, "-c", path, "-e", "stderr"], {}


def luafunc(app, port, options=()):
    return [LUAFUNC, "serve", "--port", str(port), "--threads", "1", "--app", str(app), *options]


def go_handler(scratch):
    """The handler of Azure's documentation, built once."""
    program = scratch / "go-handler"
    if not program.exists():
        subprocess.run(["go", "build", "-o", program, DOCUMENTED], check=True)
    return program
