"""A cluster is asked through the installed kubectl, so that every way to log in works here too."""

import json
import subprocess
from urllib.parse import quote

from sealer.certsource import ClusterSource
from sealer.cli.errors import ClusterError

TIMEOUT_SECONDS = 30
_LONGEST_MESSAGE = 300
_OTHER_SOURCE = "name a certificate instead: --cert FILE"


def fetch_certificate(source: ClusterSource) -> bytes:
    """Return the certificate that a cluster's controller publishes, as it comes.

    Source: compat.md 4.3.

    Raises:
        ClusterError: kubectl is missing, the cluster cannot be reached, or refuses.
    """
    service = f"/api/v1/namespaces/{quote(source.controller_namespace)}/services"
    try:
        port = _port_name(_get(f"{service}/{quote(source.controller_name)}", source.context))
    except ClusterError as error:
        raise ClusterError(
            f"cannot get sealed secret service: {error.message}",
            hint=error.hint
            or f"is {source} the right one? --controller-name and --controller-namespace set it; "
            + _OTHER_SOURCE,
        ) from None
    proxy = f"{service}/http:{quote(source.controller_name)}:{quote(port)}/proxy"
    try:
        return _get(f"{proxy}/v1/cert.pem", source.context)
    except ClusterError as error:
        raise ClusterError(
            f"cannot fetch certificate: {error.message}",
            hint=error.hint or f"may you use the service proxy? {_OTHER_SOURCE}",
        ) from None


def _get(path: str, context: str) -> bytes:
    command = ["kubectl", "get", "--raw", path, f"--request-timeout={TIMEOUT_SECONDS}s"]
    if context:
        command.append(f"--context={context}")
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no argument that begins with a dash
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
    except FileNotFoundError:
        raise ClusterError("kubectl is not installed", hint=_OTHER_SOURCE) from None
    except OSError as error:
        raise ClusterError(f"kubectl cannot be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ClusterError(
            f"the cluster did not answer within {TIMEOUT_SECONDS} seconds",
            hint=f"is it reachable from here? {_OTHER_SOURCE}",
        ) from None
    if done.returncode:
        raise ClusterError(_last_words(done.stderr))
    return done.stdout


def _last_words(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:_LONGEST_MESSAGE] if lines else "kubectl failed without a word"


def _port_name(answer: bytes) -> str:
    """Return the name of the Service's first port, which the proxy's path needs; may be empty."""
    try:
        name = json.loads(answer)["spec"]["ports"][0].get("name", "")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise ClusterError("the cluster's answer describes no Service with a port") from None
    return name if isinstance(name, str) else ""
