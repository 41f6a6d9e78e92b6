"""One module alone speaks HTTP to the API server: rules about tokens need one place to hold."""

import ast
from pathlib import Path

import sealer_controller

PACKAGE = Path(next(iter(sealer_controller.__path__)))


def imported(path: Path) -> set[str]:
    """Return what a module imports, as dotted names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_client_side_of_aiohttp_is_used_in_one_place() -> None:
    """Our own HTTP endpoints use `aiohttp.web`; nobody else uses its client."""
    users = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] == "aiohttp" and not name.startswith("aiohttp.web")
    }
    assert users == {"kube/http.py"}
