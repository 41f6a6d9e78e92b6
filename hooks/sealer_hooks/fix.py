"""Seals what was found, in place."""

from collections.abc import Sequence

from sealer.errors import SealerError


def fix(paths: Sequence[str]) -> int:
    """Seal what can be read in files and return the exit code."""
    raise SealerError(f"{len(paths)} files cannot be sealed in place yet")
