"""Work grows with a file and not with its square: counted in calls, which no busy machine changes.

What an expression does inside of one call is not counted; `test_bombs.py` has texts for those.
"""

import sys
from types import FrameType

import pytest

from sealer.detect import scan
from tests.detect.seeds import MARKS, SEEDS

_FEW, _MANY = 60, 120
_MOST = 2.5  # what twice as much may cost
# Every reader is asked, for something that it reads stands around what is repeated.
_AROUND = "".join(
    SEEDS[name]
    for name in ("heredoc", "command", "terraform", "generator", "kubeconfig", "fence", "comment",
                 "program", "pem", "template")
)  # fmt: skip
_REPEATED = (
    *MARKS,
    "a: b\n",
    "- a\n",
    "metadata:\n",
    "apiVersion: v1\n",
    "kind: Secret\ndata:\n",
    "kind: Secret\ndata:\n\ta: b\n",
    "- kind: Secret\n  data: {a: YQ==}\n",
    "data:\n  a: b\n",
    "# kind: Secret\n# data: {a: YQ==}\n",
    "```yaml\nkind: Secret\n",
    "```\n",
    "cat <<A\nkind: Secret\n",
    "--from-literal=a=b \\\n",
    "kubectl create secret generic a ",
    'resource "kubernetes_secret" "a" {\n}\n',
    "{{- if .Values.a }}\n",
    '{{ .Values.a | default "x" }}',
    '"kind": "Secret", "data": {"a": "YQ=="}, ',
    "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n",
    "- literals: [a=b]\n",
    "# sealer:allow SH001 because\n",
)


def _calls(path: str, text: str) -> int:
    """Return how many functions are called to examine a file."""
    data = text.encode()
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        scan(path, data)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("path", ["a.yaml", "a.jsonnet"])
def test_scan_twice_as_much_takes_twice_as_long(path: str) -> None:
    """Whatever is repeated in a file, and whatever its name is."""
    scan(path, _AROUND.encode())  # imports what is imported late
    too_much = []
    for mark in _REPEATED:
        few, many = (_calls(path, mark * count + _AROUND) for count in (_FEW, _MANY))
        if many > _MOST * few:
            too_much.append((mark, few, many))
    assert too_much == []
