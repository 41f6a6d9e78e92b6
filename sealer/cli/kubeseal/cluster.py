"""The controller of the cluster, behind the installed kubectl."""

import os
import re
from collections.abc import Iterator

from sealer.cli.cluster.controller import Controller
from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.errors import ClusterError, LoginError, NoKubectlError, UnreachableError
from sealer.cli.kubeseal.errors import RequestError
from sealer.cli.kubeseal.settings import Access

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)"
_DURATION = re.compile(rf"(?:{_PART})+", re.ASCII)
# Fields of `Kubectl`, or nothing that kubectl needs to know for requests by path.
_OTHER = "name the controller's Service: --controller-name and --controller-namespace"
_UNASKED = (NoKubectlError, UnreachableError, LoginError)  # whose hints speak of something else
_NOT_OPTIONS = frozenset(("context", "kubeconfig", "namespace", "request-timeout", "proxy-url"))


def controller_of(access: Access) -> Controller:
    """Return the controller that is meant.

    Raises:
        RequestError: The time that an answer may take is no duration.
    """
    proxy = access.options.get("proxy-url")
    if isinstance(proxy, str) and proxy:
        # kubectl has no option for it, and obeys the variables.
        os.environ.update(dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), proxy))
    kubectl = Kubectl(
        access.context, access.kubeconfig, tuple(_options(access)), timeout=_timeout(access)
    )
    return Controller(kubectl, access.controller_name, access.controller_namespace)


def located(controller: Controller) -> Controller:
    """Return a controller, once the way to it is known.

    Raises:
        ClusterError: There is none; the type says why.
    """
    try:
        controller.locate()
    except ClusterError as error:
        told = error.otherwise(_OTHER) if isinstance(error, _UNASKED) else error
        told.message = told.message.rstrip("?.") + "."
        raise told from None
    return controller


def _options(access: Access) -> Iterator[str]:
    for name, value in access.options.items():
        if name in _NOT_OPTIONS:
            continue
        for each in value if isinstance(value, tuple) else (value,):
            text = str(each).lower() if isinstance(each, bool) else str(each)
            yield f"--{name}={text}"


def _timeout(access: Access) -> float | None:
    """Return how many seconds an answer may take: 0 for ever, None when nobody said."""
    text = str(access.options.get("request-timeout", ""))
    if not text:
        return None
    if text.isascii() and text.isdecimal():
        return float(text)
    if not _DURATION.fullmatch(text):
        raise RequestError(
            f"invalid --request-timeout {text!r}", hint="a number with its unit, such as 5s or 2m"
        )
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_PART, text))
