"""What a cluster says about its Secrets: page by page, names and keys only."""

import json
from typing import Any

import pytest

from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.cluster.live import Live
from sealer.cli.console import Console
from sealer.cli.errors import ClusterError, ForbiddenError, NotFoundError, UnreachableError
from sealer.usage.report import report
from tests.support.objects import load, workload
from tests.support.sealed import blob, manifest

POD = "containers: [{name: main, env: [{name: A, valueFrom: {secretKeyRef: %s}}]}]"
Pages = list[list[Any]]


class Answers(Kubectl):
    """A kubectl that knows what to say to some paths; an empty list is said to all others."""

    def __init__(self, pages: dict[str, Pages], secrets: str | ClusterError = "") -> None:
        """Take the pages by path, and the table of Secrets."""
        super().__init__()
        object.__setattr__(self, "pages", pages)
        object.__setattr__(self, "secrets", secrets)
        object.__setattr__(self, "asked", [])

    pages: dict[str, Pages]
    secrets: str | ClusterError
    asked: list[str]

    def get(self, path: str) -> bytes:
        """Return a page."""
        self.asked.append(path)
        plain, _, query = path.partition("?")
        pages = self.pages.get(plain, [[]])
        number = int(query.partition("continue=t%2F")[2] or 0)
        token = f"t/{number + 1}" if number + 1 < len(pages) else ""
        return json.dumps({"metadata": {"continue": token}, "items": pages[number]}).encode()

    def run(self, *command: str, body: bytes | None = None) -> bytes:
        """Return the table of Secrets."""
        assert body is None
        assert command[:3] == ("get", "secrets", "--no-headers")
        self.asked.append(" ".join(command))
        if isinstance(self.secrets, ClusterError):
            raise self.secrets
        return self.secrets.encode()


def _user(key: str, **metadata: object) -> Any:  # noqa: ANN401 - JSON values
    """Return an item of a list, which says neither kind nor apiVersion."""
    found = load(workload("Deployment", POD % f"{{name: db, key: {key}}}"))
    del found["kind"], found["apiVersion"]
    found["metadata"] |= metadata
    return found


def _live(answers: Answers, namespace: str = "") -> Live:
    live = Live(answers, namespace, Console())
    live.read()
    return live


DEPLOYMENTS = "/apis/apps/v1/deployments"
SEALED = "/apis/bitnami.com/v1alpha1/sealedsecrets"


def test_live_reads_every_page() -> None:
    """The token of a page goes, escaped, into the question for the next."""
    answers = Answers({DEPLOYMENTS: [[_user("a"), _user("b")], [], [_user("c")]]})
    uses = _live(answers).inventory.uses
    assert [use.reference.keys for use in uses] == [("a",), ("b",), ("c",)]
    assert {use.user for use in uses} == {"Deployment shop/api"}
    assert [path for path in answers.asked if path.startswith(DEPLOYMENTS)] == [
        f"{DEPLOYMENTS}?limit=500",
        f"{DEPLOYMENTS}?limit=500&continue=t%2F1",
        f"{DEPLOYMENTS}?limit=500&continue=t%2F2",
    ]


def test_live_of_one_namespace_asks_for_nothing_else() -> None:
    """What lives in no namespace is left out too."""
    answers = Answers({})
    _live(answers, "shop")
    assert all("shop" in path.split("?")[0].replace("/", " ").split() for path in answers.asked)
    assert "/api/v1/namespaces/shop/pods?limit=500" in answers.asked


def test_live_keys_come_from_sealed_secrets_and_names_from_the_table() -> None:
    """What a SealedSecret makes is known with its items, any other Secret by its name."""
    answers = Answers(
        {SEALED: [[load(manifest("db", password=blob()))]]},
        secrets="shop  db     Opaque  1  5d\nshop  other  kubernetes.io/tls  2  5d\n",
    )
    provided = [source.provided for source in _live(answers).inventory.sources]
    assert [(each.kind, str(each), each.keys) for each in provided] == [
        ("SealedSecret", "shop/db", ("password",)),
        ("Secret", "shop/other", None),
    ]


def test_live_table_of_one_namespace_has_a_column_less() -> None:
    """Kubectl leaves the namespace out when it is given."""
    live = _live(Answers({}, secrets="other  Opaque  1  5d\n"), "shop")
    assert [str(source.provided) for source in live.inventory.sources] == ["shop/other"]


def test_live_objects_that_others_make_count_once() -> None:
    """A Deployment's pods are no users of their own; those of an unknown operator are."""
    owned = {"ownerReferences": [{"kind": "ReplicaSet", "controller": True}]}
    foreign = {"ownerReferences": [{"kind": "Database", "controller": True}]}
    answers = Answers({DEPLOYMENTS: [[_user("a", **owned), _user("b", **foreign)]]})
    assert [use.reference.keys for use in _live(answers).inventory.uses] == [("b",)]


def test_live_who_may_not_list_secrets_is_told_about_items_only() -> None:
    """A Secret that was not seen is not missing."""
    answers = Answers(
        {
            SEALED: [[load(manifest("db", password=blob()))]],
            DEPLOYMENTS: [[_user("pin")]],
            "/apis/batch/v1/jobs": [[{**_user("a"), **load(workload("Job", POD % "{name: x}"))}]],
        },
        secrets=ForbiddenError("no"),
    )
    live = _live(answers)
    assert not live.knows_secrets
    missing = report(live.inventory, is_complete=live.knows_secrets).missing
    assert [each.key for each in missing] == ["pin"]


class _Without(Answers):
    """A cluster that does not serve a path."""

    def __init__(self, path: str) -> None:
        """Take the path."""
        super().__init__({})
        object.__setattr__(self, "path", path)

    path: str

    def get(self, path: str) -> bytes:
        """Refuse the path."""
        if path.startswith(self.path):
            raise NotFoundError("the server could not find the requested resource")
        return super().get(path)


@pytest.mark.parametrize("path", [SEALED, "/apis/gateway.networking.k8s.io/v1/gateways"])
def test_live_cluster_without_a_custom_kind_has_none_of_it(path: str) -> None:
    """Not everybody has the Gateway API, and not every cluster the controller."""
    assert _live(_Without(path)).inventory.uses == []


def test_live_cluster_without_an_ordinary_kind_is_an_error() -> None:
    """Half an answer would tell that nobody uses a Secret."""
    with pytest.raises(NotFoundError):
        _live(_Without(DEPLOYMENTS))


def test_live_cluster_that_fails_is_an_error() -> None:
    """Whatever it is that fails."""
    with pytest.raises(UnreachableError):
        _live(Answers({}, secrets=UnreachableError("gone")))


def test_live_answer_that_is_no_list_is_an_error() -> None:
    """Something else answers in the cluster's place."""

    class Garbage(Answers):
        def get(self, path: str) -> bytes:
            assert path
            return b"<html>"

    with pytest.raises(ClusterError, match="no list"):
        _live(Garbage({}))
