"""A cluster and a repository, for one page of docs/operations/ to be played through.

    with opened(programs, folder) as site:
        site.begin()
        site.play("backup.md")

Everything is real but the nodes: an API server of its own, whose state no other test sees, the
controllers that make Pods of Deployments, kubectl, helm and git; and the controller itself, as a
process for each Pod.
"""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.cluster.kubelet import Kubelet, serving
from tests.cluster.pod import Pod
from tests.cluster.server import Cluster, running
from tests.support.console import Example, Shell, check, examples

__all__ = ["PAGES", "Site", "lost", "opened"]

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "operations"
_PEOPLE = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")


@dataclass(frozen=True)
class Site:
    """Somebody's desk: a terminal in a folder, and a cluster that kubectl reaches.

    Attributes:
        cluster: The API server of the context `prod`.
        kubelet: Runs the replicas of the controller there.
        folder: Where they type: `shop`, beside a clone of this project called `sealer`.
        shell: What they type into.
    """

    cluster: Cluster
    kubelet: Kubelet
    folder: Path
    shell: Shell

    def begin(self) -> None:
        """Do what stands in the README of the pages, where most of them start from."""
        self.play("README.md")

    def play(self, page: str, after: Mapping[str, Callable[[], object]] | None = None) -> None:
        """Run the examples of a page in order, and compare what they print.

        Args:
            page: Its name.
            after: What is to be done behind the commands that begin so. A reader takes longer to
                type the next one than the controller needs to see what was done; a test does not.
        """
        found = examples(PAGES / page)
        assert found, f"{page} shows nothing"
        for example in found:
            self.type(example)
            for beginning, action in (after or {}).items():
                if example.command.startswith(beginning):
                    action()

    def type(self, example: Example) -> None:
        """Run one example and compare what it prints."""
        check(example, self.shell.run(example.command))

    def until_served(self, is_wanted: Callable[[bytes], bool]) -> None:
        """Wait until each replica serves such a certificate; nothing is an empty one."""
        self.kubelet.until(lambda: all(is_wanted(served(pod)) for pod in self.kubelet.pods()))


@contextmanager
def opened(programs: Path, folder: Path, *namespaces: str) -> Iterator[Site]:
    """Start a cluster with nothing in it, and lay out a folder; stop everything in the end.

    Args:
        programs: Where kubectl and the others are.
        folder: For everything that is written.
        namespaces: Where controllers run; `kube-system` if none is given.
    """
    home = folder / "home"
    work = home / "shop"
    work.mkdir(parents=True)
    (home / "sealer").symlink_to(ROOT)
    with _cluster(programs, folder / "cluster", *namespaces) as (cluster, kubelet):
        write_kubeconfig(home / ".kube" / "config", prod=cluster)
        yield Site(cluster, kubelet, work, Shell(work, environment(home, programs)))


@contextmanager
def lost(site: Site) -> Iterator[Site]:
    """Lose the cluster of a site: kubectl reaches another one instead, with nothing in it."""
    kubeconfig = site.folder.parent / ".kube" / "config"
    folder = site.cluster.folder.parent.parent / "another"
    with _cluster(site.cluster.programs, folder) as (cluster, kubelet):
        write_kubeconfig(kubeconfig, prod=cluster)
        yield replace(site, cluster=cluster, kubelet=kubelet)


@contextmanager
def _cluster(programs: Path, folder: Path, *namespaces: str) -> Iterator[tuple[Cluster, Kubelet]]:
    nodes = folder / "nodes"
    with running(programs, folder) as cluster, serving(cluster, nodes, *namespaces) as kubelet:
        yield cluster, kubelet


def served(pod: Pod) -> bytes:
    """Return the certificate that a replica serves; nothing where it has none."""
    url = f"http://{pod.host}:{pod.port('http')}/v1/cert.pem"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            found: bytes = answer.read()
            return found
    except urllib.error.HTTPError:
        return b""


def environment(home: Path, programs: Path) -> dict[str, str]:
    """Return the variables of somebody who has nothing but the programs and a home."""
    return dict.fromkeys(_PEOPLE, "a@example.com") | {
        "HOME": str(home),
        "PATH": os.pathsep.join((str(programs), os.environ["PATH"])),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def write_kubeconfig(path: Path, **clusters: Cluster) -> None:
    """Write a kubeconfig with a context for each cluster; the first one is the current."""
    names = list(clusters)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": names[0],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
        "clusters": [
            {
                "name": name,
                "cluster": {"server": each.url, "certificate-authority": str(each.ca_file)},
            }
            for name, each in clusters.items()
        ],
        "users": [
            {"name": name, "user": {"token": each.admin_token}} for name, each in clusters.items()
        ],
    }
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
