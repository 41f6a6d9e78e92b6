"""What the chart renders to, as its judges want to see it."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sealer_controller.settings.load import load
from sealer_controller.settings.model import Settings
from tests.chart.helm import NAMESPACE, Object
from tests.chart.matrix import Values

__all__ = ["CLUSTER_KINDS", "Installation", "Right"]

CLUSTER_KINDS = ("ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition")
_PREFIX = "SEALED_SECRETS_"
# Where it is given, the API group, the resource and the verb. The empty name means everywhere.
Right = tuple[str, str, str, str]


@dataclass(frozen=True)
class Installation:
    """The objects of one release, and the values that made them.

    Attributes:
        objects: All of them.
        values: What somebody has set.
    """

    objects: list[Object]
    values: Values

    @property
    def own(self) -> list[Object]:
        """The chart's objects, without what `extraDeploy` adds."""
        return [each for each in self.objects if "labels" in each["metadata"]]

    @property
    def namespace(self) -> str:
        """Where the controller is."""
        return str(self.values.get("namespace") or NAMESPACE)

    @functools.cached_property
    def deployment(self) -> Object | None:
        """The controller, where it is installed."""
        return next(iter(self.of("Deployment")), None)

    @property
    def pod(self) -> Object:
        """The template of its Pods."""
        assert self.deployment is not None
        template: Object = self.deployment["spec"]["template"]
        return template

    @property
    def container(self) -> Object:
        """The controller's container."""
        (container,) = self.pod["spec"]["containers"]
        assert isinstance(container, dict)
        return container

    @functools.cached_property
    def settings(self) -> Settings:
        """What the program makes of its arguments and variables."""
        environ = {each["name"]: each.get("value", "") for each in self.container["env"]}
        given = {name: text for name, text in environ.items() if name.startswith(_PREFIX)}
        return load(self.container.get("args", []), given).settings

    def of(self, *kinds: str) -> list[Object]:
        """Return the objects of these kinds."""
        return [each for each in self.objects if each["kind"] in kinds]

    def role(self, binding: Object) -> Object | None:
        """Return the role that a binding names."""
        wanted = binding["roleRef"]
        for each in self.of(wanted["kind"]):
            is_here = each["kind"] == "ClusterRole" or _place(each) == _place(binding)
            if is_here and each["metadata"]["name"] == wanted["name"]:
                return each
        return None

    def granted(self, kind: str) -> set[Right]:
        """Return what subjects of a kind are given."""
        found: set[Right] = set()
        for binding in self.of("RoleBinding", "ClusterRoleBinding"):
            if any(subject["kind"] == kind for subject in binding["subjects"]):
                role = self.role(binding) or {"rules": []}
                found |= {(_place(binding), *right) for right in _rights(role["rules"])}
        return found


def _place(found: Object) -> str:
    return str(found["metadata"].get("namespace", ""))


def _rights(rules: list[Mapping[str, list[str]]]) -> Iterator[tuple[str, str, str]]:
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield group, resource, verb
