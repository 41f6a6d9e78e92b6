"""Say what a release is made of: a CycloneDX document of every package that the lock file names.

    SOURCE_DATE_EPOCH=0 python requirements/sbom.py -d FOLDER [FILE...]

writes `FOLDER/sealer-VERSION.cdx.json`. Names, versions, hashes and who needs whom come from
`requirements/controller.txt`, the licences from the packages' own metadata, and the FILEs are what
the document is about: wheel and sdist. The same input gives the same bytes, on every machine.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import tomllib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import TYPE_CHECKING

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import LicenseAcknowledgement
from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cyclonedx.model.license import License

__all__ = ["Locked", "main", "read_lock", "render"]

ROOT = Path(__file__).resolve().parent.parent
_ENTRY = re.compile(r"^([a-z0-9._-]+)==(\S+)(?: ; [^\\\n]+?)? \\\n((?:^    .*\n?)+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_NEEDED_BY = re.compile(r"^    #(?: via)? +([a-z0-9._-]+)", re.MULTILINE)
# Words of older metadata that can only mean one licence. Others, such as "BSD License", stay words.
_SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
}


@dataclass(frozen=True, slots=True)
class Locked:
    """A package of a lock file.

    Attributes:
        hashes: SHA-256 of its files, one for each platform and the sources.
        needed_by: Who brings it in; `sealer` is ourselves.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    needed_by: frozenset[str]

    @property
    def purl(self) -> PackageURL:
        """What names the package anywhere."""
        return PackageURL("pypi", name=self.name, version=self.version)


def read_lock(path: Path) -> list[Locked]:
    """Return the packages of a lock file, in its order."""
    return [
        Locked(name, version, tuple(_HASH.findall(rest)), frozenset(_NEEDED_BY.findall(rest)))
        for name, version, rest in _ENTRY.findall(path.read_text())
    ]


def render(root: Path, files: Iterable[Path], made: datetime) -> str:
    """Return the document for a release made of the tree at `root`.

    Args:
        root: Where `pyproject.toml`, the version and the lock files are.
        files: The files of the release.
        made: The time that the document bears.

    Raises:
        SystemExit: The packages installed here are not those of the lock file.
    """
    required = {each.name for each in read_lock(root / "requirements" / "core.txt")}
    locked = read_lock(root / "requirements" / "controller.txt")
    ours = _ours(root, files)
    components = {each.name: _component(each) for each in locked}
    for name, component in components.items():  # required by all, or by the controller only
        is_required = name in required
        component.scope = ComponentScope.REQUIRED if is_required else ComponentScope.OPTIONAL
    bom = Bom(components=components.values())
    bom.metadata.component = ours
    bom.metadata.timestamp = made
    bom.metadata.lifecycles.add(PredefinedLifecycle(LifecyclePhase.BUILD))
    for parent, component in {ours.name: ours, **components}.items():
        needed = [components[each.name].bom_ref for each in locked if parent in each.needed_by]
        bom.dependencies.add(Dependency(component.bom_ref, map(Dependency, needed)))
    # Every content has a number of its own, and the same one wherever it is made.
    bom.serial_number = uuid.UUID(int=0)
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, JsonV1Dot6(bom).output_as_string())
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _ours(root: Path, files: Iterable[Path]) -> Component:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    purl = PackageURL("pypi", name=project["name"], version=_version(root))
    return Component(
        name=project["name"],
        version=purl.version,
        type=ComponentType.APPLICATION,
        description=project["description"],
        licenses=[_license(project["license"])],
        purl=purl,
        bom_ref=purl.to_string(),
        external_references=[
            _distribution(file.name, [hashlib.sha256(file.read_bytes()).hexdigest()])
            for file in files
        ],
    )


def _component(package: Locked) -> Component:
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        licenses=_licenses(package),
        purl=package.purl,
        bom_ref=package.purl.to_string(),
        external_references=[_distribution(package.purl.to_string(), package.hashes)],
    )


def _distribution(place: str, digests: Iterable[str]) -> ExternalReference:
    """Return where files come from: a name, not an address, as every machine has its mirror."""
    return ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(place),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in digests],
    )


def _licenses(package: Locked) -> list[License]:
    """Return what the package says of its licence: the newer field, the older one, or words."""
    try:
        found = metadata(package.name)
    except PackageNotFoundError:
        found = None
    if found is None or found["Version"] != package.version:
        raise SystemExit(
            f"{package.name} {package.version} of the lock file is not installed here: "
            "run `make check` at this revision, which installs it"
        )
    for field in ("License-Expression", "License"):
        if (said := found.get_all(field)) and "\n" not in said[0]:
            return [_license(said[0])]
    classifiers = found.get_all("Classifier") or []
    return [
        _license(each.rpartition(" :: ")[2]) for each in classifiers if each.startswith("License")
    ]


def _license(text: str) -> License:
    return LicenseFactory().make_from_string(
        _SPDX.get(text, text), license_acknowledgement=LicenseAcknowledgement.DECLARED
    )


def _version(root: Path) -> str:
    """Return the version of the tree, without running anything of it."""
    module = (root / "sealer" / "__init__.py").read_text()
    (found,) = re.findall(r'^__version__ = "(.+)"$', module, re.MULTILINE)
    return str(found)


def main(arguments: Sequence[str]) -> None:
    """Write the document."""
    parser = argparse.ArgumentParser(prog="requirements/sbom.py")
    parser.add_argument("-d", "--directory", type=Path, required=True)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    chosen = parser.parse_args(arguments)
    if "SOURCE_DATE_EPOCH" not in os.environ:
        parser.error("SOURCE_DATE_EPOCH says how old the sources are; `make dist` sets it")
    made = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    target = chosen.directory / f"sealer-{_version(ROOT)}.cdx.json"
    target.write_text(render(ROOT, chosen.files, made))


if __name__ == "__main__":
    main(sys.argv[1:])
