"""Which refusals of a cluster are about one object, and which about all that might be asked."""

from sealer.cli.errors import (
    ClusterError,
    ForbiddenError,
    LoginError,
    NoKubectlError,
    ObjectRefusedError,
    TooManyRequestsError,
    UnreachableError,
)
from sealer.errors import SealerError, Where

# What goes wrong for one object goes wrong for all: nothing else need be tried.
HOPELESS = (NoKubectlError, UnreachableError, LoginError, ForbiddenError, TooManyRequestsError)


def about_object(fault: SealerError, where: Where) -> SealerError:
    """Return a fault with the place of the object that was asked about, where it concerns that."""
    if isinstance(fault, ClusterError) and not isinstance(fault, HOPELESS):
        return ObjectRefusedError(fault.message, where=where, hint=fault.hint)
    return fault
