"""Refusals that commands share: options people will try, and keys that cannot be used as input."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from sealer.cli.errors import WrongUsageError
from sealer.errors import InputError, Where


def refused_option(name: str, message: str, *, hint: str) -> Callable[..., Any]:
    """Add an option that is not there, so that whoever tries it is told what is."""

    def refuse(_: click.Context, __: click.Parameter, value: str | None) -> None:
        if value is not None:  # which is not repeated: it may be a secret
            raise WrongUsageError(message, hint=hint)

    return click.option(
        name,
        hidden=True,
        is_eager=True,
        expose_value=False,
        callback=refuse,
        allow_from_autoenv=False,
    )


@contextmanager
def told_as_input(certificate: Where, private_key: Where) -> Iterator[None]:
    """Tell errors about keys and certificates as errors about input, which they are here.

    The code for keys and certificates that cannot be used is for those that seal.

    Args:
        certificate: The place of the certificate.
        private_key: The place of the private key.
    """
    from sealer_keys.errors import CertificateError, PrivateKeyError

    try:
        yield
    except CertificateError as error:
        raise InputError(error.message, where=certificate, hint=error.hint) from error
    except PrivateKeyError as error:
        raise InputError(error.message, where=private_key, hint=error.hint) from error
