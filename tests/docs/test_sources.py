"""Nothing has people install sealer by its bare name: an index may give the name to anybody."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_BARE = re.compile(r"\b(?:pip|pipx|uv tool) install(?: -\S+)* ['\"]?sealer(?![^'\"\n]* @ )\b")
_READ = {".md", ".py", ".yaml", ".yml", ".toml", ".txt", ".service", ""}


@pytest.mark.parametrize("line", ["pip install sealer==0.1", "pipx install -q sealer"])
def test_bare_name_is_noticed(line: str) -> None:
    """With a version and with options, too."""
    assert _BARE.search(line)


def test_nothing_is_installed_from_an_index_by_our_name() -> None:
    """On pages, in examples, in hints: from a checkout, or from where the repository is hosted."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.split("\0") if name and name != _here()]
    files = [ROOT / name for name in names if Path(name).suffix in _READ]
    texts = {file: file.read_text(errors="replace") for file in files if file.is_file()}
    assert len(texts) > 100
    assert [file.name for file, text in texts.items() if _BARE.search(text)] == []


def _here() -> str:
    return str(Path(__file__).resolve().relative_to(ROOT))
