"""The real kubectl, and one that stands in for it where only its answers matter."""

import os
import sys
from pathlib import Path

# Speaks HTTP to the server of the kubeconfig, and words its refusals as kubectl does.
_STAND_IN = r"""#!{python} -IS
import http.client, json, os, re, sys
verb, raw, path = sys.argv[1:4]
server = re.search(r'server: "http://([^"]+)"', open(os.environ["KUBECONFIG"]).read())[1]
for context in (each[10:] for each in sys.argv if each.startswith("--context=")):
    if context != "test":
        sys.exit(f'error: context "{{context}}" does not exist')
connection = http.client.HTTPConnection(server)
try:
    if verb == "get":
        connection.request("GET", path)
    else:
        connection.request("POST", path, sys.stdin.buffer.read())
    answer = connection.getresponse()
except OSError:
    sys.exit(f"The connection to the server {{server}} was refused")
text = answer.read()
if answer.status < 300:
    sys.stdout.buffer.write(text)
    sys.exit()
reasons = {{403: "Forbidden", 404: "NotFound", 409: "AlreadyExists", 429: "TooManyRequests",
           500: "InternalError", 503: "ServiceUnavailable"}}
said = json.loads(text)["message"] if text[:1] == b"{{" else answer.reason
sys.exit(f"Error from server ({{reasons[answer.status]}}): {{said}}")
"""


def write_stand_in(folder: Path) -> Path:
    """Write a program called kubectl that does what the tests need of it; return its folder."""
    program = folder / "kubectl"
    program.write_text(_STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    return folder


def path_with(folder: Path) -> str:
    """Return a search path on which the programs of a folder come first."""
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
