"""The namespace that a kubeconfig or a pod implies."""

import os
from pathlib import Path

import pytest

from sealer.cli.kubeseal.errors import KubeconfigError, NoKubeconfigError
from sealer.cli.kubeseal.kubeconfig import implied_namespace
from sealer.cli.kubeseal.settings import read_settings
from tests.cli.kubeseal.calls import CERT, kubeseal, manifests, opened, secret
from tests.support.program import write_all

CLUSTERS = "clusters: [{name: k, cluster: {server: 'https://k'}}]\n"
ONE = (
    "current-context: a\ncontexts:\n- {name: a, context: {cluster: k, namespace: from-a}}\n"
    "- {name: b, context: {cluster: k, namespace: from-b}}\n"
    "- {name: bare, context: {cluster: k}}\n"
)
TWO = "current-context: b\ncontexts: [{name: a, context: {cluster: k, namespace: other}}]\n"


def implied(*arguments: str, pod: Path = Path("/none"), **environment: str) -> str:
    """Return the namespace that is implied."""
    access = read_settings(arguments, {}).access
    return implied_namespace(access, environment, pod=pod).namespace


@pytest.fixture(autouse=True)
def _files(home: Path) -> None:
    write_all(
        home,
        {
            "one": ONE + CLUSTERS,
            "two": TWO + CLUSTERS,
            "clusters": CLUSTERS,
            "contexts": ONE,
            "bad": "a: [\n",
            "list": "[a]\n",
            "empty": "",
            "nulls": "contexts: null\nclusters: [null, 3, {name: x}]\ncurrent-context: null\n",
            "pod/token": "t",
            "pod/namespace": "from-pod\n",
            "bare-pod/token": "t",
        },
    )


@pytest.mark.parametrize(
    ("files", "arguments", "expected"),
    [
        (("one",), (), "from-a"),
        (("one",), ("--context", "b"), "from-b"),
        (("one",), ("--context", "bare"), "default"),
        (("one", "two"), (), "from-a"),
        (("two", "one"), (), "from-b"),
        (("two", "one"), ("--context", "a"), "other"),
        (("missing", "one"), (), "from-a"),
        (("empty", "one"), (), "from-a"),
        (("nulls", "one"), (), "from-a"),
        (("contexts", "clusters"), (), "from-a"),
        (("two",), ("--kubeconfig", "one"), "from-a"),
        (("contexts",), ("--server", "https://x"), "from-a"),
        (("clusters",), ("--cluster", "k"), "default"),
        (("missing",), ("--server", "https://x"), "default"),
    ],
)
def test_namespace_is_that_of_the_context(
    files: tuple[str, ...], arguments: tuple[str, ...], expected: str
) -> None:
    """Of several files the first that says something counts."""
    assert implied(*arguments, KUBECONFIG=os.pathsep.join(files)) == expected


def test_namespace_of_the_usual_file(home: Path) -> None:
    """`.kube/config` in the home folder, where no other file is named."""
    write_all(home, {".kube/config": ONE + CLUSTERS})
    assert implied() == "from-a"


@pytest.mark.parametrize(
    ("files", "arguments"),
    [(("missing",), ()), (("clusters",), ()), (("contexts",), ()), (("nulls",), ())],
)
def test_namespace_without_a_configuration(
    files: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    """A context that leads to no cluster is none."""
    with pytest.raises(NoKubeconfigError):
        implied(*arguments, KUBECONFIG=os.pathsep.join(files))


@pytest.mark.parametrize(
    ("files", "arguments", "message"),
    [
        (("bad",), (), 'error loading config file "bad": did not find expected'),
        (("one", "bad"), (), 'error loading config file "bad"'),
        (("list",), (), "not a mapping"),
        (("pod",), (), "Is a directory"),
        (("one",), ("--context", "z"), "context was not found for specified context: z"),
        (("one",), ("--cluster", "z"), 'no server found for cluster "z"'),
        (("one",), ("--kubeconfig", "missing"), "stat missing: no such file or directory"),
    ],
)
def test_namespace_of_a_configuration_that_cannot_be_used(
    files: tuple[str, ...], arguments: tuple[str, ...], message: str
) -> None:
    """The reason is told."""
    with pytest.raises(KubeconfigError) as caught:
        implied(*arguments, KUBECONFIG=os.pathsep.join(files))
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("config", "pod", "variables", "expected"),
    [
        ("missing", "pod", {}, "from-pod"),
        ("missing", "bare-pod", {}, "default"),
        ("missing", "pod", {"POD_NAMESPACE": "named"}, "named"),
        ("one", "pod", {}, "from-a"),
        ("clusters", "pod", {}, "from-pod"),
    ],
)
def test_namespace_of_a_pod_counts_where_no_context_says_one(
    home: Path, config: str, pod: str, variables: dict[str, str], expected: str
) -> None:
    """As client libraries find it."""
    environment = {"KUBERNETES_SERVICE_HOST": "h", "KUBECONFIG": config, **variables}
    assert implied(pod=home / pod, **environment) == expected


def test_secret_without_a_namespace_gets_that_of_the_context(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unless `-n` says another one; the Secret's own wins over the context's."""
    monkeypatch.setenv("KUBECONFIG", "one")
    for arguments, given, expected in (
        ((), "", "from-a"),
        (("--context", "b"), "", "from-b"),
        (("-n", "said"), "", "said"),
        ((), "own", "own"),
        (("--scope", "cluster-wide"), "", None),
    ):
        done = kubeseal(*CERT, *arguments, stdin=secret(namespace=given))
        assert done.code == 0, done.err
        assert manifests(done.out)[0]["metadata"].get("namespace") == expected
        assert opened(done.out)[0]["metadata"].get("namespace") == expected


@pytest.mark.parametrize("config", ["missing", "bad"])
def test_secret_without_any_namespace_is_refused(
    monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    """In the original's words; a configuration that cannot be used is told as well."""
    monkeypatch.setenv("KUBECONFIG", config)
    done = kubeseal(*CERT, stdin=secret(namespace=""))
    assert (done.code, done.out) == (1, b"")
    assert "error: secret must declare a namespace\n" in done.err
    assert ('warning: error loading config file "bad"' in done.err) is (config == "bad")
