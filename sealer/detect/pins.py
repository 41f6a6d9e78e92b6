"""Sealing certificates that match no pin, and pins that change (threats.md T16).

A certificate is made by anybody who likes; what tells the right one is the fingerprint in
`.sealer.yaml`. Whoever swaps both in one change is not refused, but told.
"""

import posixpath
from collections.abc import Iterator

from sealer.detect.detectors import Page
from sealer.detect.objects import Path, pointer_to, shown_key
from sealer.detect.prefilter import POLICY
from sealer.detect.rules import CHANGED_PIN, UNPINNED_CERTIFICATE, Rule
from sealer.detect.settings import Settings
from sealer.detect.sighting import Sighting
from sealer.detect.values import Context
from sealer.detect.x509 import fingerprint_of
from sealer.documents import Document, Mapping, Node
from sealer.errors import SealerError
from sealer.policy import Cluster, Policy, read_policy


def unpinned_certificates(page: Page) -> Iterator[Sighting]:
    """Report a certificate that a policy above it names, and that matches none of the pins.

    A policy that the same change deletes counts as it was, or nobody would notice.
    """
    look_up = page.settings.lookup
    if look_up is None:
        return
    for folder in _folders_above(page.path):
        place = posixpath.join(folder, POLICY)
        policy = _policy_of(look_up(place) or _before(place, page.settings))
        for cluster in policy.clusters.values() if policy else ():
            if _path_of(cluster, folder) == posixpath.normpath(page.path):
                data = look_up(page.path) or page.text.encode(errors="replace")
                if _is_unpinned(cluster, data):
                    start = max(page.text.find("-----BEGIN CERTIFICATE-----"), page.start)
                    key = shown_key(cluster.name)
                    yield Sighting(UNPINNED_CERTIFICATE, start, key, len(data), end=page.end)


def pins_of_policy(document: Document, context: Context) -> Iterator[Sighting]:
    """Report pins of a policy that differ from those before, or from the certificate beside them.

    What is wrong with a policy that cannot be read is told elsewhere.
    """
    if document.number > 1:  # a policy is one document, and this looks at the whole text
        return
    policy = _policy_of(context.text.encode(errors="replace"))
    if policy is None or not isinstance(document.root, Mapping):
        return
    folder = posixpath.dirname(context.path)
    for cluster in policy.clusters.values():
        if cluster.certificate and context.settings.lookup is not None:
            data = context.settings.lookup(_path_of(cluster, folder))
            if data is not None and _is_unpinned(cluster, data):
                yield _sighting(UNPINNED_CERTIFICATE, document.root, cluster.name)
    for name in _changed(context.path, policy, context.settings):
        yield _sighting(CHANGED_PIN, document.root, name)


def _changed(path: str, policy: Policy, settings: Settings) -> Iterator[str]:
    """Yield the clusters whose pins were others before, or are gone; a first pin is no change."""
    before = _policy_of(_before(path, settings))
    for cluster in before.clusters.values() if before else ():
        after = policy.clusters.get(cluster.name, Cluster(cluster.name))
        if cluster.fingerprints and set(cluster.fingerprints) != set(after.fingerprints):
            yield cluster.name


def _before(path: str, settings: Settings) -> bytes | None:
    return settings.before(path) if settings.before else None


def _is_unpinned(cluster: Cluster, data: bytes) -> bool:
    return bool(cluster.fingerprints) and fingerprint_of(data) not in cluster.fingerprints


def _path_of(cluster: Cluster, folder: str) -> str:
    return posixpath.normpath(posixpath.join(folder, cluster.certificate))


def _folders_above(path: str) -> Iterator[str]:
    folder, below = posixpath.dirname(path), None
    while folder != below:  # above the uppermost, which need not be "/", stands itself
        yield folder
        folder, below = posixpath.dirname(folder), folder


def _policy_of(data: bytes | None) -> Policy | None:
    """Return a policy, or None where there is none that can be read."""
    if data is None:
        return None
    try:
        return read_policy(data)
    except SealerError:
        return None


def _sighting(rule: Rule, root: Mapping, name: str) -> Sighting:
    """Return a sighting at a cluster's pins, or at the nearest thing around what is gone."""
    found: Node = root
    path: Path = None
    for key in ("clusters", name, "fingerprint"):
        inner = found.get(key) if isinstance(found, Mapping) else None
        if inner is None:
            break
        found, path = inner, (key, path)
    pointer = pointer_to(path)
    return Sighting(rule, found.start, shown_key(name), 0, pointer=pointer, end=found.end)
