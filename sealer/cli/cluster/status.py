"""Why an object does not open, as its status in the cluster tells it."""

import json
from collections.abc import Mapping
from urllib.parse import quote

from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.errors import ClusterError, NotFoundError
from sealer.manifest import SealedSecret
from sealer.manifest.sealedsecret import GROUP, PLURAL
from sealer.sealing.hints import read_hints

_VERSION = "v1alpha1"
_SILENT = "its status in the cluster does not say why"


def reason_in_cluster(kubectl: Kubectl, sealed: SealedSecret) -> str:
    """Return what the status of the applied object says, or why that is not known; lines of text.

    A status says nothing where the object was unsealed before, and its key is gone since. So the
    keys that the object's notes name are told then.

    Args:
        kubectl: Reaches the cluster.
        sealed: The object that the controller says does not open.
    """
    reason = _reason(kubectl, sealed)
    keys = sorted(set(read_hints(sealed).values()))
    if reason != _SILENT or not keys:
        return reason
    noted = f"{'key' if len(keys) == 1 else 'keys'} {', '.join(keys)}"
    return f"{reason}\nits notes name the {noted}: `sealer keys list` tells what the cluster has"


def _reason(kubectl: Kubectl, sealed: SealedSecret) -> str:
    if not sealed.namespace or not sealed.name:
        return "without namespace and name its status cannot be looked up"
    path = (
        f"/apis/{GROUP}/{_VERSION}/namespaces/{quote(sealed.namespace, safe='')}"
        f"/{PLURAL}/{quote(sealed.name, safe='')}"
    )
    try:
        live = json.loads(kubectl.get(path))
    except NotFoundError:
        return "it is not applied in the cluster, so there is no status that says why"
    except ClusterError as error:
        return f"its status in the cluster cannot be read: {error.message}"
    except (ValueError, RecursionError):
        return _SILENT
    if _at(live, "spec", "encryptedData") != dict(sealed.encrypted_data):
        return "the cluster holds another version of it, so its status does not say why"
    return _message(live)


def _message(live: object) -> str:
    conditions = _at(live, "status", "conditions")
    for condition in conditions if isinstance(conditions, list) else ():
        message = _at(condition, "message")
        is_failure = (_at(condition, "type"), _at(condition, "status")) == ("Synced", "False")
        if is_failure and isinstance(message, str) and message:
            is_stale = _at(live, "status", "observedGeneration") != _at(
                live, "metadata", "generation"
            )
            return message + ("\n(said of an earlier generation of it)" if is_stale else "")
    return _SILENT


def _at(value: object, *path: str) -> object:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
