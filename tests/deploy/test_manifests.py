"""What `deploy/` installs is safe by default: few rights, a locked-down container, one writer."""

import pytest

from sealer import __version__
from sealer.certsource import CONFIG_MAP
from sealer_controller.settings.load import load as load_settings
from tests.deploy.manifests import DEPLOY, NAME, installed, load, one, rights

BINDINGS = ("ClusterRoleBinding", "RoleBinding")
# What would let the controller, or whoever takes it over, do more than its job.
NEVER = {
    "*",
    "delete",
    "deletecollection",
    "patch",
    "impersonate",
    "bind",
    "escalate",
}


def test_kustomization_names_every_manifest() -> None:
    """No file of the folder is forgotten."""
    (kustomization,) = load(DEPLOY / "kustomization.yaml")
    files = {path.name for path in DEPLOY.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == files


def test_objects_have_the_originals_names() -> None:
    """Our controller takes the original's place: same names, same namespace (compat.md 5)."""
    found = {(each["kind"], each["metadata"]["name"]) for each in installed()}
    assert found == {
        ("CustomResourceDefinition", "sealedsecrets.bitnami.com"),
        ("ServiceAccount", NAME),
        ("ClusterRole", "secrets-unsealer"),
        ("ClusterRoleBinding", NAME),
        ("ClusterRole", "sealed-secrets-watcher"),
        ("ClusterRoleBinding", "sealed-secrets-watcher"),
        ("Role", "sealed-secrets-key-admin"),
        ("RoleBinding", NAME),
        ("Role", "sealed-secrets-service-proxier"),
        ("RoleBinding", "sealed-secrets-service-proxier"),
        ("Role", "sealed-secrets-leader-election"),
        ("RoleBinding", "sealed-secrets-leader-election"),
        ("Role", "sealed-secrets-certificate-publisher"),
        ("RoleBinding", "sealed-secrets-certificate-publisher"),
        ("Role", "sealed-secrets-certificate-reader"),
        ("RoleBinding", "sealed-secrets-certificate-reader"),
        ("Role", "sealed-secrets-operator"),
        ("ConfigMap", CONFIG_MAP),
        ("Service", NAME),
        ("Service", f"{NAME}-metrics"),
        ("Deployment", NAME),
        ("PodDisruptionBudget", NAME),
    }
    namespaces = {each["metadata"].get("namespace") for each in installed()}
    assert namespaces == {"kube-system", None}


def test_rights_are_exactly_those_that_are_used() -> None:
    """The controller may read and write what it is about, and nothing else."""
    assert rights(one("ClusterRole", "secrets-unsealer")["rules"]) == {
        ("bitnami.com", "sealedsecrets", "get"),
        ("bitnami.com", "sealedsecrets", "list"),
        ("bitnami.com", "sealedsecrets", "watch"),
        ("bitnami.com", "sealedsecrets/status", "update"),
        ("", "secrets", "get"),
        ("", "secrets", "create"),
        ("", "secrets", "update"),
        ("", "events", "create"),
        ("", "events", "patch"),
    }
    question = ("authorization.k8s.io", "localsubjectaccessreviews", "create")
    for kind, name, more in (
        ("ClusterRole", "sealed-secrets-watcher", set()),
        ("Role", "sealed-secrets-key-admin", {question}),
    ):
        assert rights(one(kind, name)["rules"]) == more | {
            ("", "secrets", "list"),
            ("", "secrets", "watch"),
        }
    (rule,) = one("Role", "sealed-secrets-certificate-publisher")["rules"]
    assert rights([rule]) == {("", "configmaps", "get"), ("", "configmaps", "update")}
    assert rule["resourceNames"] == [CONFIG_MAP]
    named, unnamed = one("Role", "sealed-secrets-leader-election")["rules"]
    leases = ("coordination.k8s.io", "leases")
    assert rights([named]) == {(*leases, verb) for verb in ("get", "list", "watch", "update")}
    assert named["resourceNames"] == [load_settings([], {}).settings.leader_elect_resource_name]
    assert rights([unnamed]) == {(*leases, "create")}


@pytest.mark.parametrize("kind", ["ClusterRole", "Role"])
def test_no_role_grants_what_nobody_needs(kind: str) -> None:
    """No role deletes, patches anything but Events, or grants everything."""
    for role in installed():
        if role["kind"] == kind:
            granted = rights(role["rules"]) - {("", "events", "patch")}
            assert not {verb for _, _, verb in granted} & NEVER, role["metadata"]["name"]
            assert "*" not in {part for right in granted for part in right}


def test_everybody_may_only_fetch_the_certificate() -> None:
    """`system:authenticated` gets `get` on Service and ConfigMap, no POST (compat.md 5.2, FIX)."""
    bound = [
        each["roleRef"]["name"]
        for each in installed()
        if each["kind"] in BINDINGS
        and any(subject["name"] == "system:authenticated" for subject in each["subjects"])
    ]
    assert bound == ["sealed-secrets-service-proxier", "sealed-secrets-certificate-reader"]
    rules = [rule for name in bound for rule in one("Role", name)["rules"]]
    assert rights(rules) == {
        ("", "services", "get"),
        ("", "services/proxy", "get"),
        ("", "configmaps", "get"),
    }
    assert all(rule["resourceNames"] for rule in rules)


def test_operator_role_is_bound_to_nobody() -> None:
    """To send objects to the controller is a right that the installer gives away."""
    assert rights(one("Role", "sealed-secrets-operator")["rules"]) == {
        ("", "services/proxy", "create")
    }
    roles = [each["roleRef"]["name"] for each in installed() if each["kind"] in BINDINGS]
    assert "sealed-secrets-operator" not in roles


def test_only_our_service_account_is_bound_to_the_controllers_roles() -> None:
    """No other subject gets the right to read Secrets."""
    for name in (
        "secrets-unsealer",
        "sealed-secrets-watcher",
        "sealed-secrets-key-admin",
        "sealed-secrets-certificate-publisher",
        "sealed-secrets-leader-election",
    ):
        for binding in installed():
            if binding["kind"] in BINDINGS and binding["roleRef"]["name"] == name:
                assert binding["subjects"] == [
                    {"kind": "ServiceAccount", "name": NAME, "namespace": "kube-system"}
                ]


def test_container_is_locked_down() -> None:
    """No root, no capabilities, no writable root file system (compat.md 5.1)."""
    pod = one("Deployment", NAME)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"] == {
        "fsGroup": 65534,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "runAsUser": 1001,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108 - in the container
    assert pod["volumes"] == [{"name": "tmp", "emptyDir": {}}]


def test_deployment_runs_two_controllers_of_which_one_writes() -> None:
    """On two nodes if possible, and one at least while nodes are drained or the image changes."""
    spec = one("Deployment", NAME)["spec"]
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    assert spec["replicas"] == 2
    assert load_settings(container["args"], {}).settings.leader_elect
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    budget = one("PodDisruptionBudget", NAME)["spec"]
    assert budget == {"maxUnavailable": 1, "selector": spec["selector"]}
    (spread,) = pod["topologySpreadConstraints"]
    assert spread["whenUnsatisfiable"] == "ScheduleAnyway"
    assert spread["labelSelector"] == spec["selector"]


def test_container_fits_the_programs_settings() -> None:
    """Ports, probes, arguments and grace period are those of the program."""
    pod = one("Deployment", NAME)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    loaded = load_settings(container.get("args", []), {}).settings
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert loaded.listen_addr is not None
    assert loaded.listen_metrics_addr is not None
    assert ports == {
        "http": loaded.listen_addr.port,
        "metrics": loaded.listen_metrics_addr.port,
    }
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    grace = pod["terminationGracePeriodSeconds"]
    assert grace > loaded.shutdown_deadline.total_seconds()
    (variable,) = container["env"]
    assert variable["name"] == "POD_NAMESPACE"


def test_services_lead_to_the_pod() -> None:
    """Selectors and ports meet; the API's port has no name, as kubeseal expects."""
    deployment = one("Deployment", NAME)["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"].items() <= labels.items()
    service, metrics = one("Service", NAME)["spec"], one("Service", f"{NAME}-metrics")["spec"]
    assert service["selector"] == metrics["selector"] == {"name": NAME}
    assert service["selector"].items() <= labels.items()
    assert service["ports"] == [{"port": 8080, "targetPort": "http"}]
    assert metrics["ports"] == [{"name": "metrics", "port": 8081, "targetPort": "metrics"}]


def test_image_has_the_projects_version() -> None:
    """The tag follows the version, and the Deployment names the image that is replaced."""
    (kustomization,) = load(DEPLOY / "kustomization.yaml")
    (image,) = kustomization["images"]
    assert image["newTag"] == __version__
    (container,) = one("Deployment", NAME)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"{image['name']}:{__version__}"
