"""What can go wrong in the drop-in alone. Everything ends with 1, but for the command line: 2."""

from sealer.errors import SealerError


class FlagError(SealerError):
    """The command line or a variable cannot be understood. The list of flags shows what can."""


class RequestError(SealerError):
    """What is asked for lacks something, or contradicts itself. The message says what."""


class KubeconfigError(SealerError):
    """No namespace can be learnt from a kubeconfig. Give it: --namespace."""


class NoKubeconfigError(KubeconfigError):
    """There is no kubeconfig, or none that names a cluster."""
