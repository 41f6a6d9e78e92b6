"""Write what is made of the chart: the manifests below `deploy/`. `make manifests` runs it."""

import sys

from tests.chart.manifests import DEPLOY, files

__all__ = ["main"]


def main() -> int:
    """Write all files, the same bytes every time; return 0."""
    for name, text in files().items():
        path = DEPLOY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
