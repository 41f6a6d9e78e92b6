"""Who uses what, from what manifests say."""

import pytest

from sealer.documents import read_stream
from sealer.manifest import find_objects
from sealer.usage import Inventory
from sealer.usage.names import doubt_about
from sealer.usage.report import Report, report
from tests.support.objects import workload
from tests.support.sealed import blob, manifest

ENV = "containers: [{name: main, env: [{name: A, valueFrom: {secretKeyRef: %s}}]}]"
ENV_FROM = "containers: [{name: main, envFrom: [{%ssecretRef: {name: %s}}]}]"
DB = manifest("db", password=blob(), user=blob())


def _report(*texts: str, clusters: tuple[str, ...] = (), is_complete: bool = True) -> Report:
    inventory = Inventory()
    for number, text in enumerate(texts):
        stream = read_stream(text.encode())
        cluster = clusters[number] if clusters else ""
        for document in stream.documents:
            for found in find_objects(document):
                inventory.add_found(stream, found, f"{number}.yaml", cluster)
    return report(inventory, is_complete=is_complete)


def _missing(found: Report) -> list[tuple[str, str]]:
    return [(each.use.secret, each.key) for each in found.missing]


def _env(name: str, key: str, *, more: str = "", namespace: str = "shop") -> str:
    reference = f"{{name: {name}, key: {key}{more}}}"
    return workload("Deployment", ENV % reference, namespace=namespace)


def test_report_named_item_has_its_user_and_the_other_none() -> None:
    """Items that nobody names are told, as long as nobody takes all."""
    (secret,) = _report(DB, _env("db", "password")).secrets
    assert str(secret) == "shop/db"
    assert secret.keys == ("password", "user")
    assert [use.user for use in secret.users_of("password")] == ["Deployment shop/api"]
    assert secret.unused_keys == ["user"]


def test_report_user_of_all_items_leaves_none_unused() -> None:
    """`envFrom`, a whole volume, a pull secret."""
    (secret,) = _report(DB, workload("Job", ENV_FROM % ("", "db"))).secrets
    assert secret.unused_keys == []
    assert [use.user for use in secret.users_of_all] == ["Job shop/api"]


def test_report_unused_secret_is_told() -> None:
    """It may be left over."""
    (secret,) = _report(DB).secrets
    assert (secret.uses, secret.unused_keys) == ((), ["password", "user"])


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (_env("db", "pin"), [("shop/db", "pin")]),
        (_env("other", "pin"), [("shop/other", "")]),
        (_env("db", "password", namespace="bar"), [("bar/db", "")]),
        (_env("other", "pin", more=", optional: true"), []),
        (_env("db", "pin", more=", optional: true"), []),
        (_env("db", "password", namespace=""), []),
        (_env("db", "pin", namespace=""), [("db", "pin")]),
        (
            (
                "kind: Ingress\napiVersion: networking.k8s.io/v1\n"
                "metadata: {name: w, namespace: shop, annotations: {cert-manager.io/issuer: x}}\n"
                "spec: {tls: [{secretName: web}]}\n"
            ),
            [],
        ),
    ],
)
def test_report_tells_what_is_missing(text: str, missing: list[tuple[str, str]]) -> None:
    """A Secret or an item of it; nothing that is optional, or that another tool makes."""
    assert _missing(_report(DB, text)) == missing


def test_report_missing_sub_path_is_told() -> None:
    """A container would find an empty folder where it looks for a file."""
    pod = (
        "containers: [{name: m, volumeMounts: [{name: v, mountPath: /x, subPath: pin}]}]\n"
        "volumes: [{name: v, secret: {secretName: db}}]"
    )
    assert _missing(_report(DB, workload("Pod", pod))) == [("shop/db", "pin")]


def test_report_object_that_is_open_fits_everything_and_exact_ones_go_first() -> None:
    """A manifest without a namespace belongs to whichever has the Secret; its own comes first."""
    own = manifest("db", pin=blob()).replace("  namespace: shop\n", "")
    assert _missing(_report(DB, own, _env("db", "pin", namespace=""))) == []
    assert _missing(_report(DB, own, _env("db", "pin"))) == [("shop/db", "pin")]


def test_report_clusters_of_the_policy_do_not_share_secrets() -> None:
    """A Secret of one cluster helps nobody in another one; what is open helps everybody."""
    texts = (DB, _env("db", "password"))
    assert _missing(_report(*texts, clusters=("one", "two"))) == [("shop/db", "")]
    assert _missing(_report(*texts, clusters=("one", "one"))) == []
    assert _missing(_report(*texts, clusters=("", "two"))) == []


def test_report_of_what_is_not_fully_known_misses_no_secret() -> None:
    """Only an item of a Secret that is known."""
    found = _report(DB, _env("gone", "a"), _env("db", "b"), is_complete=False)
    assert _missing(found) == [("shop/db", "b")]


def test_report_namespace_that_a_reference_names_counts() -> None:
    """A Gateway takes certificates from elsewhere."""
    gateway = (
        "kind: Gateway\napiVersion: gateway.networking.k8s.io/v1\n"
        "metadata: {name: w, namespace: edge}\n"
        "spec: {listeners: [{tls: {certificateRefs: [{name: db, namespace: shop}]}}]}\n"
    )
    found = _report(DB, gateway)
    assert _missing(found) == []
    assert [use.user for use in found.secrets[0].uses] == ["Gateway edge/w"]


@pytest.mark.parametrize("key", ["1st", "tls.crt", "a-b"])
def test_report_doubts_about_variables(key: str) -> None:
    """Under `envFrom` alone; a prefix may mend what a key begins with."""
    secret = manifest("db", **{key: blob(), "GOOD": blob()})
    doubts = _report(secret, workload("Job", ENV_FROM % ("", "db"))).doubts
    assert [each.key for each in doubts] == [key]
    prefixed = _report(secret, workload("Job", ENV_FROM % ("prefix: P_, ", "db"))).doubts
    assert [each.variable for each in prefixed] == ([] if key == "1st" else [f"P_{key}"])
    assert _report(secret, _env("db", key)).doubts == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("GOOD_1", ""),
        ("_x", ""),
        ("1st", "before Kubernetes 1.34"),
        ("..x", "before Kubernetes 1.34"),
        (".", "before Kubernetes 1.34"),
        ("tls.crt", "shells cannot read it"),
        ("-x", "shells cannot read it"),
        (".x", "shells cannot read it"),
    ],
)
def test_doubt_about_names(name: str, said: str) -> None:
    """What a kubelet leaves out, and what shells cannot read."""
    doubt = doubt_about(name)
    assert said in doubt
    assert bool(said) is bool(doubt)
