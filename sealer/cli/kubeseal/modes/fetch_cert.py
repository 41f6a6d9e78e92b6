"""The certificate is printed, to be kept for `--cert`: `--fetch-cert`."""

from sealer.cli.kubeseal.certificate import parse_certificate
from sealer.cli.kubeseal.session import Session


def run(session: Session) -> None:
    """Write the certificate as it comes, once it is known to be one.

    Raises:
        SealerError: It cannot be had, or is none that can seal.
    """
    data = session.fetch_certificate()
    parse_certificate(data)
    session.write(data)
