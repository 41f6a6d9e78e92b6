"""The detector is light: what it does not need, it does not import."""

import subprocess
import sys

import pytest

_PROGRAM = """
import sys
from sealer.detect import scan
scan("a", {data!r})
print(*sorted({{"yaml", "cryptography", "click", "git", "aiohttp"}} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("data", "loaded"),
    [
        (b"kind: Deployment\nsecretKeyRef: {name: data}\n", ""),
        (b"kind: Secret\ndata: {a: YQ==}\n", "yaml"),
        (b"kind: SealedSecret\nspec: {encryptedData: {a: YQ==}}\n", "yaml"),
        (b"kind: Secret\ndata:\n\ta: {{ x }}\n", "yaml"),
    ],
)
def test_scan_imports_no_more_than_it_needs(data: bytes, loaded: str) -> None:
    """YAML is imported only when the pre-filter asks for it; cryptography and click never."""
    program = _PROGRAM.format(data=data)
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == loaded.split()
