"""Write the vectors of docs/format.md: `make vectors`. The same bytes every time."""

import argparse
import json
from itertools import chain
from pathlib import Path
from typing import Any

from tests.vectors.generate.bad import bad_cases
from tests.vectors.generate.case import IDENTITY
from tests.vectors.generate.good import good_cases
from tests.vectors.generate.place import ILLEGAL, LEGAL, Place
from tests.vectors.generate.rsa import NOTICE, VectorKey, derive_key

FOLDER = Path(__file__).parent.parent / "format"
_BITS = {"rsa2048": 2048, "stranger": 2048, "rsa3072": 3072, "rsa4096": 4096}


def write(folder: Path) -> None:
    """Write keys and vectors into a folder."""
    keys = {name: derive_key(name, bits) for name, bits in _BITS.items()}
    (folder / "keys").mkdir(parents=True, exist_ok=True)
    for key in keys.values():
        (folder / "keys" / f"{key.name}.pem").write_text(key.pem)
    text = json.dumps(_vectors(keys), indent=1)
    (folder / "vectors.json").write_text(text + "\n")


def _vectors(keys: dict[str, VectorKey]) -> dict[str, Any]:
    return {
        "about": "Vectors of docs/format.md, which explains the fields.",
        "notice": NOTICE,
        "version": 1,
        "keys": [{"id": key.name, "size": key.size} for key in keys.values()],
        "labels": [_label(name, place) for name, place in (LEGAL | ILLEGAL).items()],
        "values": [case.to_object() for case in chain(good_cases(keys), bad_cases(keys))],
    }


def _label(name: str, place: Place) -> dict[str, Any]:
    answer = {"expect": IDENTITY} if place.label is None else {"label": place.label.decode()}
    return {
        "id": name,
        "expect": "ok",
        "namespace": place.namespace,
        "name": place.name,
        "annotations": place.annotations,
    } | answer


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(prog="generate", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    write(parser.parse_args().folder)


if __name__ == "__main__":
    main()
