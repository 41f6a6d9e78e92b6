"""A drop-in for kubeseal: the same flags, streams, exit codes and texts (compat.md 4).

What the original gets wrong silently is an error here. The modules, from the outside in:

    program.py     what happens first, errors to words and exit codes
    flags.py       a command line in pflag's syntax
    kinds.py       what the values of flags may be
    table.py       the flags of kubeseal
    variables.py   the flags that stand in the environment
    usage.py       the list of flags as text
    settings.py    all of it as typed values
    session.py     one run: its input, certificate, namespace, cluster and output

    modes/         what a run does, a module each

    objects.py     the documents of an input
    secrets.py     Secrets, read as loosely as the original reads them
    text.py        objects in the original's text form
    files.py       files, with the original's words where they fail
    keys.py        private keys for recovery
    certificate.py the certificate to seal with
    kubeconfig.py  the namespace that a kubeconfig or a pod implies
    cluster.py     the controller behind kubectl
    report.py      errors in the original's form
"""

from pathlib import PurePath

_NAMES = frozenset(("kubeseal", "kubeseal.exe"))


def is_drop_in(program: str) -> bool:
    """Tell whether a program was called by the original's name, as through a link."""
    return PurePath(program).name.lower() in _NAMES
