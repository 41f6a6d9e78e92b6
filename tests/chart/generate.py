"""Write what is made of the chart: manifests, the words of schema and page, names for the notes.

`make manifests` runs it, and a test sees that all files are as it would write them.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.chart import manifests, reference
from tests.chart.helm import program

__all__ = ["files", "main"]


def files() -> Iterator[tuple[Path, str]]:
    """Yield the files that are made, and what they hold."""
    yield reference.SCHEMA, reference.schema()
    yield reference.NAMES, reference.names()
    yield reference.PAGE, reference.page()
    for name, text in manifests.files().items():
        yield manifests.DEPLOY / name, text


def main() -> int:
    """Write all files, the same bytes every time; return 1 where helm is missing."""
    if not program().is_file():
        sys.stderr.write(f"make manifests: there is no {program()}: run `make cluster` once\n")
        return 1
    for path, text in files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
