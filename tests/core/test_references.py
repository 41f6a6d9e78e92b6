"""Which Secrets an object uses, and which it brings about."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.manifest.mounts import File
from sealer.manifest.providers import Provided, find_provided
from sealer.manifest.references import Reference, Way, find_references
from tests.support import vectors
from tests.support.objects import WORKLOADS, load, workload

POD = """
initContainers:
- name: init
  env: [{name: A, valueFrom: {secretKeyRef: {name: s1, key: a}}}]
containers:
- name: main
  env:
  - {name: PLAIN, value: s0}
  - {name: MAP, valueFrom: {configMapKeyRef: {name: s0, key: a}}}
  - {name: B, valueFrom: {secretKeyRef: {name: s2, key: b, optional: true}}}
  envFrom: [{configMapRef: {name: s0}}, {prefix: P_, secretRef: {name: s3, optional: true}}]
ephemeralContainers:
- {name: debug, envFrom: [{secretRef: {name: s4}}]}
imagePullSecrets: [{name: s5}]
"""


def _references(text: str) -> list[Reference]:
    return list(find_references(load(text)))


def _named(references: list[Reference]) -> list[tuple[str, str]]:
    return [(each.way.name, each.name) for each in references]


@pytest.mark.parametrize("kind", WORKLOADS)
def test_references_of_a_pod_are_found_in_every_workload(kind: str) -> None:
    """All containers count, init and ephemeral ones too, wherever the pod's template stands."""
    found = _references(workload(kind, POD))
    assert _named(found) == [
        ("ENV", "s1"),
        ("ENV", "s2"),
        ("ENV_FROM", "s3"),
        ("ENV_FROM", "s4"),
        ("IMAGE_PULL", "s5"),
    ]
    init, optional, prefixed, debug, _ = found
    assert (init.keys, init.container, init.target) == (("a",), "init", "A")
    assert [each.is_optional for each in found] == [False, True, True, False, False]
    assert (prefixed.target, prefixed.container, prefixed.takes_all) == ("P_", "main", True)
    assert (optional.takes_all, debug.container) == (False, "debug")


VOLUMES = """
containers:
- name: main
  volumeMounts:
  - {name: whole, mountPath: /whole}
  - {name: some, mountPath: /some/}
  - {name: one, mountPath: /etc/one.conf, subPath: one.conf}
  - {name: mixed, mountPath: /mixed}
  - {name: single, mountPath: /single/token, subPath: token}
  - {name: mixed, mountPath: /mixed/one, subPath: k}
  - {name: computed, mountPath: /computed, subPathExpr: $(POD_NAME)}
  - {name: partly, mountPath: /partly, subPathExpr: $(POD_NAME)}
- name: side
  volumeMounts: [{name: some, mountPath: /side, subPath: dir}]
volumes:
- {name: whole, secret: {secretName: s1}}
- {name: some, secret: {secretName: s2, items: [{key: a, path: x}, {key: b, path: dir/y}]}}
- {name: one, secret: {secretName: s3, optional: true}}
- name: mixed
  projected:
    sources:
    - {secret: {name: s4}}
    - {configMap: {name: s0}}
    - {secret: {name: s5, optional: true, items: [{key: c, path: z}]}}
- {name: single, projected: {sources: [{secret: {name: s6}}]}}
- {name: computed, secret: {secretName: s7}}
- {name: partly, secret: {secretName: s9, items: [{key: e, path: e}]}}
- {name: unused, secret: {secretName: s8, items: [{key: d, path: d}]}}
"""


def test_references_of_volumes_tell_files() -> None:
    """Items, paths, mounts, sub-paths and projected sources, as containers see them."""
    found = {each.name: each for each in _references(workload("Deployment", VOLUMES))}
    files = {name: each.files for name, each in found.items()}
    assert files == {
        "s1": (File("main", "/whole"),),
        "s2": (
            File("main", "/some/x", "a"),
            File("main", "/some/dir/y", "b"),
            File("side", "/side/y", "b"),
        ),
        "s3": (File("main", "/etc/one.conf", "one.conf"),),
        "s4": (File("main", "/mixed"),),
        "s5": (File("main", "/mixed/z", "c"),),
        "s6": (File("main", "/single/token", "token"),),
        "s7": (File("main", "/computed"),),
        "s8": (),
        "s9": (File("main", "/partly"),),
    }
    assert {name for name, each in found.items() if each.takes_all} == {"s1", "s4", "s7"}
    assert {name for name, each in found.items() if each.is_optional} == {"s3", "s5"}
    assert [found[name].named_keys for name in ("s2", "s3", "s8")] == [
        ("a", "b"),
        ("one.conf",),
        ("d",),
    ]


SOURCES = """
volumes:
- {name: a, azureFile: {secretName: s1, shareName: x}}
- {name: b, cephfs: {secretRef: {name: s2}}}
- {name: c, cinder: {secretRef: {name: s3}}}
- {name: d, flexVolume: {secretRef: {name: s4}}}
- {name: e, iscsi: {secretRef: {name: s5}}}
- {name: f, rbd: {secretRef: {name: s6}}}
- {name: g, scaleIO: {secretRef: {name: s7}}}
- {name: h, storageos: {secretRef: {name: s8}}}
- {name: i, csi: {driver: x, nodePublishSecretRef: {name: s9}}}
"""


def test_references_of_volume_sources_with_credentials_are_found() -> None:
    """Every volume source of the API that takes a Secret."""
    found = _references(workload("Pod", "containers: []" + SOURCES))
    assert {each.way for each in found} == {Way.CREDENTIALS}
    assert sorted(each.name for each in found) == [f"s{number}" for number in range(1, 10)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{kind: ServiceAccount, secrets: [{name: a}], imagePullSecrets: [{name: b}]}",
            [("ACCOUNT", "a", ""), ("IMAGE_PULL", "b", "")],
        ),
        (
            "{kind: Ingress, spec: {tls: [{hosts: [x], secretName: a}, {hosts: [y]}]}}",
            [("TLS", "a", "")],
        ),
        (
            (
                "{kind: Gateway, spec: {listeners: [{tls: {certificateRefs: [{name: a}, "
                "{kind: Secret, group: '', name: b, namespace: other}, "
                "{kind: Other, name: c}, {group: x.io, name: d}]}}]}}"
            ),
            [("TLS", "a", ""), ("TLS", "b", "other")],
        ),
        (
            (
                "{kind: PersistentVolume, spec: {csi: {nodeStageSecretRef: {name: a, "
                "namespace: ns}, "
                "controllerPublishSecretRef: {name: b, namespace: ns}}}}"
            ),
            [("CREDENTIALS", "b", "ns"), ("CREDENTIALS", "a", "ns")],
        ),
        (
            "{kind: PersistentVolume, spec: {azureFile: {secretName: a, secretNamespace: ns}}}",
            [("CREDENTIALS", "a", "ns")],
        ),
        (
            (
                "{kind: PersistentVolume, spec: {claimRef: {namespace: m}, "
                "azureFile: {secretName: a}}}"
            ),
            [("CREDENTIALS", "a", "m")],
        ),
        (
            (
                "{kind: StorageClass, parameters: {type: x, "
                "csi.storage.k8s.io/provisioner-secret-name: a, "
                "csi.storage.k8s.io/provisioner-secret-namespace: ns, "
                "csi.storage.k8s.io/node-stage-secret-name: '${pvc.name}'}}"
            ),
            [("CREDENTIALS", "a", "ns")],
        ),
        ("{kind: ConfigMap, data: {secretName: a}}", []),
        ("{kind: SealedSecret, spec: {template: {metadata: {name: a}}}}", []),
    ],
)
def test_references_of_other_kinds(text: str, expected: list[tuple[str, str, str]]) -> None:
    """ServiceAccounts, Ingresses, Gateways, volumes and storage classes."""
    found = [(each.way.name, each.name, each.namespace) for each in _references(text)]
    assert found == expected


def _at(manifest: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON values
    for key in path:
        manifest = manifest[int(key)] if isinstance(manifest, list) else manifest[key]
    return manifest


@pytest.mark.parametrize("pod", [POD, VOLUMES, "containers: []" + SOURCES])
@pytest.mark.parametrize("kind", WORKLOADS)
def test_references_path_leads_to_the_name(kind: str, pod: str) -> None:
    """What is told with a line is the very place that names the Secret."""
    manifest = load(workload(kind, pod))
    found = list(find_references(manifest))
    assert found
    assert all(_at(manifest, each.path) == each.name for each in found)


_NAMES = """
    apiVersion kind metadata spec template jobTemplate containers initContainers env envFrom name
    valueFrom secretKeyRef secretRef key optional volumes secret secretName items path projected
    sources volumeMounts mountPath subPath csi tls listeners certificateRefs parameters
    csi.storage.k8s.io/a-secret-name data encryptedData secretGenerator annotations
"""
_FIELDS = st.sampled_from(_NAMES.split())
_WORDS = st.sampled_from(
    ["Pod", "Deployment", "Ingress", "Gateway", "PersistentVolume", "StorageClass", "Kustomization"]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_FIELDS, inner, max_size=5),
    max_leaves=30,
)


@given(_JSON)
def test_references_any_manifest_gives_names_and_never_fails(manifest: object) -> None:
    """What is malformed names nothing, and what is named stands where the path says."""
    for each in find_references(manifest):
        assert each.name == _at(manifest, each.path)
    assert all(each.name or each.kind for each in find_provided(manifest))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: ns}, "
                "data: {k: eA==}, "
                "stringData: {k: x, l: y}}"
            ),
            [Provided("Secret", "ns", "a", ("k", "l"))],
        ),
        (
            (
                "{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: a}, "
                "spec: {encryptedData: {k: x}, template: {data: {l: y}}}}"
            ),
            [Provided("SealedSecret", "", "a", ("k", "l"))],
        ),
        (
            (
                "{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: a}, "
                "spec: {data: AgA=}}"
            ),
            [Provided("SealedSecret", "", "a", None)],
        ),
        (
            (
                "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a}, "
                "spec: {target: {name: b}}}"
            ),
            [Provided("ExternalSecret", "", "b")],
        ),
        (
            "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a}}",
            [Provided("ExternalSecret", "", "a")],
        ),
        (
            "{apiVersion: cert-manager.io/v1, kind: Certificate, spec: {secretName: a}}",
            [Provided("Certificate", "", "a")],
        ),
        ("{apiVersion: other.io/v1, kind: Certificate, spec: {secretName: a}}", []),
        (
            (
                "{apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization, namespace: ns, "
                "secretGenerator: [{name: a}, {name: b}]}"
            ),
            [Provided("Kustomization", "ns", "a"), Provided("Kustomization", "ns", "b")],
        ),
        (
            (
                "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: w, "
                "namespace: ns, "
                "annotations: {cert-manager.io/issuer: x}}, spec: {tls: [{secretName: a}]}}"
            ),
            [Provided("Ingress", "ns", "a")],
        ),
        (
            (
                "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: w}, "
                "spec: {tls: [{secretName: a}]}}"
            ),
            [],
        ),
    ],
)
def test_provided_secrets_of_kinds(text: str, expected: list[Provided]) -> None:
    """Secrets, SealedSecrets, and what other tools make Secrets of."""
    assert list(find_provided(load(text))) == expected


@pytest.mark.parametrize("case", vectors.objects(), ids=lambda case: case.name)
def test_provided_secret_of_the_originals_objects(case: vectors.ObjectCase) -> None:
    """Every recorded SealedSecret brings about one Secret of its own name."""
    manifest = vectors.load_manifest(case.steps[-1])
    (provided,) = find_provided(manifest)
    metadata = manifest["metadata"]
    assert (provided.name, provided.namespace) == (metadata["name"], metadata.get("namespace", ""))
