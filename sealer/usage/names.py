"""Item keys as names of environment variables, for `envFrom`.

A kubelet takes only some names, and leaves the others out without failing the pod. Up to Kubernetes
1.33 these are letters, digits, `_`, `-` and `.`, without a digit in front; where relaxed names are
switched on, by default since 1.32, it is any printable ASCII but `=` (KEP-4369, final in 1.34).
Shells know names of letters, digits and `_` only.
"""

import re

_EVERY_SHELL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_OLD_KUBELETS = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*", re.ASCII)


def doubt_about(name: str) -> str:
    """Return what will happen to an environment variable of a name; empty when all is well."""
    if _EVERY_SHELL.fullmatch(name):
        return ""
    if not _OLD_KUBELETS.fullmatch(name) or name == "." or name.startswith(".."):
        return (
            "is no variable before Kubernetes 1.34, unless relaxed names are on: the pod starts "
            "without it, and an event says InvalidVariableNames; since 1.34 it is set"
        )
    return "is set, and shells cannot read it: they know letters, digits and _ only"
