"""`sealer cert show`: whose key it is, how long it is valid, and its fingerprint."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from sealer.cli.console import printable
from sealer.cli.files.inputs import STANDARD_INPUT, check_not_terminal
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.jsontext import json_text
from sealer.cli.options import PATH, cluster_options, json_option, wish_of

if TYPE_CHECKING:
    from sealer_keys.certificate import Certificate


@click.command("show", cls=Command)
@click.argument("file", default="", metavar="[FILE|URL|-]", type=PATH)
@cluster_options
@json_option
@click.pass_context
def command(ctx: click.Context, *, file: str, as_json: bool) -> None:
    """Show a certificate: subject, fingerprint, validity and size.

    FILE is a file, a URL or standard input; --cluster takes a cluster of .sealer.yaml instead.
    What is printed as fingerprint can be pinned there. Of a key Secret, its certificate is shown.

    --json prints subject, fingerprint, notBefore, notAfter and bits; times are UTC.

    Example: sealer cert show prod.pem
    """
    from sealer.certsource import parse_source
    from sealer.cli.certificates.certificates import Certificates

    wish = wish_of(ctx)
    certificates = Certificates(wish, ctx.obj)
    if not file and (wish.cluster or wish.fallback_cluster):
        source = certificates.choice_for(None).source
    else:
        if not file:
            check_not_terminal("sealer cert show FILE")
        source = parse_source(file or STANDARD_INPUT)
    certificate = certificates.load(source)
    text = as_document(certificate) if as_json else as_text(certificate, datetime.now(UTC))
    write_standard_output(text.encode())


def as_document(certificate: "Certificate") -> str:
    """Return what a certificate says as JSON; times are UTC in RFC 3339."""
    facts = {
        "subject": certificate.subject,
        "fingerprint": certificate.fingerprint,
        "notBefore": f"{certificate.not_before:%Y-%m-%dT%H:%M:%SZ}",
        "notAfter": f"{certificate.not_after:%Y-%m-%dT%H:%M:%SZ}",
        "bits": certificate.bits,
    }
    return json_text(facts) + "\n"


def as_text(certificate: "Certificate", now: datetime) -> str:
    """Return what a certificate says, for people."""
    facts = {
        "subject": certificate.subject or "(none)",
        "fingerprint": certificate.fingerprint,
        "valid from": f"{certificate.not_before:%Y-%m-%d %H:%M:%S} UTC",
        "valid until": f"{certificate.not_after:%Y-%m-%d %H:%M:%S} UTC ({_left(certificate, now)})",
        "key": f"RSA, {certificate.bits} bits",
    }
    return "".join(f"{name:<12} {printable(text)}\n" for name, text in facts.items())


def _left(certificate: "Certificate", now: datetime) -> str:
    days = (certificate.not_after - now).days
    return f"{days} days left" if days >= 0 else "expired"
