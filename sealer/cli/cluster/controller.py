"""The controller of a cluster, reached through kubectl and the API server's service proxy.

Source: compat.md 3.4 and 4.3.
"""

import json
import re
from functools import cached_property

from sealer.certsource import (
    CONFIG_MAP,
    CONFIG_MAP_ITEM,
    DEFAULT_CONTROLLER_NAME,
    DEFAULT_CONTROLLER_NAMESPACE,
)
from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.errors import (
    ClusterError,
    ForbiddenError,
    LoginError,
    NoKubectlError,
    UnreachableError,
)
from sealer.scope import check_name, check_namespace

OPERATOR_ROLE = "sealed-secrets-operator"
_PORT_NAME = re.compile(r"[a-z0-9-]*")
# Whoever cannot ask at all need not ask for something else.
_HOPELESS = (NoKubectlError, UnreachableError, LoginError)


class Controller:
    """A controller, ours or the original.

    Args:
        kubectl: Reaches the cluster.
        name: The controller's Service.
        namespace: The namespace of that Service.

    Raises:
        IdentityError: A name is none. kubectl resolves what is escaped in a path, so that other
            names would lead elsewhere.
    """

    def __init__(
        self,
        kubectl: Kubectl,
        name: str = DEFAULT_CONTROLLER_NAME,
        namespace: str = DEFAULT_CONTROLLER_NAMESPACE,
    ) -> None:
        check_namespace(namespace)
        check_name(name)
        self.kubectl = kubectl
        self.name = name
        self.namespace = namespace

    def certificate(self) -> bytes:
        """Return the newest certificate, as it comes.

        It is asked of the controller; where the way to it is closed, the ConfigMap in which it
        publishes the certificate is read instead.

        Raises:
            ClusterError: Neither can be had; the type says why.
        """
        try:
            return self._served_certificate()
        except _HOPELESS:
            raise
        except ClusterError as error:
            published = self._published_certificate()
            if published is None:
                raise error from None
            return published

    def locate(self) -> None:
        """Find the way to the controller, as asking it anything else does when it is first needed.

        Raises:
            ClusterError: There is none; the type says why.
        """
        _ = self._proxy

    def verify(self, manifest: bytes) -> None:
        """Ask whether every item of a SealedSecret opens.

        Args:
            manifest: One SealedSecret as JSON or YAML.

        Raises:
            ConflictError: The answer is no.
            TooManyRequestsError: Ask again later.
            ClusterError: There is no answer; the type says why.
        """
        self._post("v1/verify", manifest)

    def rotate(self, manifest: bytes, only_outdated: bool) -> bytes:
        """Return a SealedSecret, sealed anew with the newest key, as JSON.

        Args:
            manifest: One SealedSecret as JSON or YAML.
            only_outdated: Leave items alone that the newest key already seals. The original does
                not know this, and seals everything.

        Raises:
            ServerFaultError: An item does not open, or the controller failed: it does not say.
            TooManyRequestsError: Ask again later.
            ClusterError: There is no answer; the type says why.
        """
        return self._post(f"v1/rotate{'?only-outdated=1' if only_outdated else ''}", manifest)

    @cached_property
    def _proxy(self) -> str:
        """The path of the controller behind the API server: it holds the name of the port."""
        services = f"/api/v1/namespaces/{self.namespace}/services"
        try:
            port = _port_name(self.kubectl.get(f"{services}/{self.name}"))
        except ClusterError as error:
            raise error.about(
                "cannot get sealed secret service",
                hint=f"is {self.namespace}/{self.name} the right one? --controller-name and "
                "--controller-namespace set it",
            ) from None
        return f"{services}/http:{self.name}:{port}/proxy"

    def _served_certificate(self) -> bytes:
        proxy = self._proxy
        try:
            return self.kubectl.get(f"{proxy}/v1/cert.pem")
        except ClusterError as error:
            raise error.about(
                "cannot fetch certificate",
                hint="does the controller run, and may you use the service proxy?",
            ) from None

    def _published_certificate(self) -> bytes | None:
        path = f"/api/v1/namespaces/{self.namespace}/configmaps/{CONFIG_MAP}"
        try:
            data = json.loads(self.kubectl.get(path))["data"]
        except (ClusterError, ValueError, LookupError, TypeError, RecursionError):
            return None
        texts = [data.get(CONFIG_MAP_ITEM), *data.values()] if isinstance(data, dict) else []
        found = (text for text in texts if isinstance(text, str) and "BEGIN CERTIFICATE" in text)
        return next((text.encode() for text in found), None)

    def _post(self, what: str, manifest: bytes) -> bytes:
        path = f"{self._proxy}/{what}"
        try:
            return self.kubectl.post(path, manifest)
        except ForbiddenError as error:
            role = f"the Role {OPERATOR_ROLE} in namespace {self.namespace} grants it"
            raise error.about("the controller may not be asked", hint=role) from None


def _port_name(answer: bytes) -> str:
    """Return the name of the Service's first port, which the proxy's path needs; may be empty."""
    try:
        name = json.loads(answer)["spec"]["ports"][0].get("name", "")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise ClusterError("the cluster's answer describes no Service with a port") from None
    return name if isinstance(name, str) and _PORT_NAME.fullmatch(name) else ""
