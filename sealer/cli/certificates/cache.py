"""Certificates that clusters gave, kept for the day on which the cluster cannot be reached.

They are public, but whoever could exchange one would read what is sealed next. So the folder and
the files have to be the user's own, an entry counts for one API server with one CA only, and a pin
binds it like every other source.
"""

import json
import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sealer.certsource import ClusterSource
from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.errors import ClusterError
from sealer.cli.files.output import Outputs
from sealer.errors import SealerError

VERSION = 1
LONGEST_AGE = timedelta(days=30)
_LARGEST = 1024 * 1024
_FOR_OWNER = 0o700
_OTHERS_WRITE = 0o022


@dataclass(frozen=True, slots=True)
class CachedCertificate:
    """A certificate of an earlier run.

    Attributes:
        data: The certificate as PEM.
        age: How long ago the cluster gave it.
    """

    data: bytes
    age: timedelta


def keep(entry: Path | None, pem: bytes, now: datetime) -> None:
    """Keep a certificate that a cluster gave; where that cannot be done, nothing happens."""
    if entry is None:
        return
    facts = {"version": VERSION, "fetched": now.isoformat(), "certificate": pem.decode()}
    # A cache that is full, read-only or someone else's is no reason to fail.
    with suppress(OSError, SealerError):
        entry.parent.mkdir(mode=_FOR_OWNER, parents=True, exist_ok=True)
        if _is_ours(entry.parent):
            with Outputs(is_private=True) as outputs:
                outputs.write(entry, json.dumps(facts, indent=2).encode() + b"\n")
                outputs.commit()


def recall(entry: Path | None, now: datetime) -> CachedCertificate | None:
    """Return what was kept of a cluster; None when there is nothing that may be used."""
    if entry is None:
        return None
    try:
        if not (_is_ours(entry.parent) and _is_ours(entry)):
            return None
        with entry.open("rb") as file:
            facts = json.loads(file.read(_LARGEST))
        if facts["version"] != VERSION:
            return None
        age = now - datetime.fromisoformat(facts["fetched"]).astimezone(UTC)
        data = facts["certificate"].encode()
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # never kept, or not what we wrote
    return CachedCertificate(data, age) if timedelta(0) <= age <= LONGEST_AGE else None


def cache_folder() -> Path | None:
    """Return the folder, which need not exist; None where there is no home folder."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    if Path(given).is_absolute():  # the standard: relative paths are ignored
        return Path(given) / "sealer" / "certificates"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "sealer" / "certificates"
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        return local / "sealer" / "certificates"
    return home / ".cache" / "sealer" / "certificates"


def entry_of(source: ClusterSource, kubectl: Kubectl) -> Path | None:
    """Return the file for a controller behind an API server; None when that is not known.

    Ask before the cluster is asked: a kubectl that answers to nothing is then not tried again.
    """
    folder = cache_folder()
    cluster = _cluster(kubectl) if folder else None
    if folder is None or cluster is None:
        return None
    parts = [*cluster, source.controller_namespace, source.controller_name]
    return folder / f"{sha256(json.dumps(parts).encode()).hexdigest()}.json"


def _cluster(kubectl: Kubectl) -> list[str] | None:
    """Return address and CA of the API server, as the kubeconfig has them."""
    try:
        # Of the kubeconfig only the cluster leaves kubectl: no user, no credentials.
        command = ("config", "view", "--minify", "--raw", "-o", "jsonpath={.clusters[0].cluster}")
        cluster = json.loads(kubectl.run(*command))
        name = cluster.get("certificate-authority", "")
        authority = Path(name).read_bytes().hex() if name else ""
    except (ClusterError, OSError, ValueError, AttributeError, TypeError, RecursionError):
        return None
    facts = ("server", "certificate-authority-data", "tls-server-name")
    known = [str(cluster.get(fact, "")) for fact in facts]
    insecure = str(cluster.get("insecure-skip-tls-verify", False))
    return [*known, authority, insecure] if known[0] else None


def _is_ours(path: Path) -> bool:
    """Tell whether a file or folder is the user's own, no link, and not for others to write."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return False
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE
