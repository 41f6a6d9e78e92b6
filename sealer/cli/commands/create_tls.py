"""`sealer create tls`: a server's certificate and private key."""

from collections.abc import Mapping
from datetime import UTC, datetime

import click

from sealer.cli.console import Console
from sealer.cli.errors import WrongUsageError
from sealer.cli.group import Command
from sealer.cli.options import PATH
from sealer.cli.refused import refused_option, told_as_input
from sealer.cli.sealing.createoptions import Order, create_options
from sealer.cli.values.values import Sources, read_values, sources_of, value_options
from sealer.errors import Where
from sealer.sensitive import SecretBytes

TYPE = "kubernetes.io/tls"
CERTIFICATE, PRIVATE_KEY = "tls.crt", "tls.key"
_GENERATED = "tls"


@click.command("tls", cls=Command)
@click.option(
    "--tls-cert",
    metavar="FILE",
    type=PATH,
    default="",
    help="The server's certificate, PEM, with those that issued it behind it.",
)
@click.option(
    "--tls-key",
    metavar="FILE",
    type=PATH,
    default="",
    help="Its private key, PEM, not encrypted.",
)
@value_options
@refused_option(
    "--key",
    "--cert is the certificate to seal with here, and --key is none",
    hint="the server's certificate and key are --tls-cert and --tls-key",
)
@create_options
@click.pass_context
def command(ctx: click.Context, *, order: Order, tls_cert: str, tls_key: str) -> None:
    """Create a sealed Secret with a TLS certificate and its private key.

    The key has to belong to the first certificate, and each certificate has to be issued by the
    one behind it. RSA, ECDSA and Ed25519 keys are taken. A certificate that is expired, or soon
    will be, is taken with a warning. `--generate tls:HOST[,HOST]` makes a new key and a
    certificate that vouches for itself, valid for a year. The other sources add items besides,
    such as --from-file ca.crt=ca.pem.

    Example: sealer create tls web -n shop --generate tls:web.example.com
    """
    from sealer.cli.sealing.creation import Contents, Creation

    sources = sources_of(ctx, {CERTIFICATE: tls_cert, PRIVATE_KEY: tls_key})
    if not sources:
        raise WrongUsageError(
            "a TLS Secret needs a certificate and its key",
            hint="--tls-cert FILE --tls-key FILE, or --generate tls:HOST for new ones",
        )
    creation = Creation.begin(ctx, order, reads_standard_input=sources.reads_standard_input)
    data = read_values(sources, ctx.obj, generated_key=_GENERATED)
    if CERTIFICATE in data and PRIVATE_KEY in data:  # otherwise the type's own check says so
        check_pair(data, sources, ctx.obj)
    creation.finish(Contents(TYPE, data))


def check_pair(data: Mapping[str, SecretBytes], sources: Sources, console: Console) -> None:
    """Check that certificate and key can serve, and say what should be known about them.

    Raises:
        InputError: They cannot. Its place is the file at fault.
    """
    from sealer_keys.tls import check_tls_pair, read_chain, read_tls_key, validity_warnings

    paths = dict(sources.named)
    certificate = Where(path=paths.get(CERTIFICATE, ""), item=CERTIFICATE)
    private_key = Where(path=paths.get(PRIVATE_KEY, ""), item=PRIVATE_KEY)
    with told_as_input(certificate, private_key):
        chain = read_chain(data[CERTIFICATE].reveal())
        key = read_tls_key(data[PRIVATE_KEY].reveal())
        check_tls_pair(chain, key)
    for warning in validity_warnings(chain, datetime.now(UTC)):
        console.warn(warning, where=certificate)
