"""The certificate to seal with: a file, a URL, or what the cluster's controller gives."""

from collections.abc import Callable
from datetime import datetime

from sealer.certsource import Choice, FileSource, Source, UrlSource, check_certificate
from sealer.cli.console import Console
from sealer.cli.kubeseal.files import read_file
from sealer_keys.certificate import Certificate, load_certificate

MAXIMUM_SIZE = 1024 * 1024


def fetch_certificate(source: Source, from_cluster: Callable[[], bytes]) -> bytes:
    """Return a certificate as it comes.

    Args:
        source: Where it is.
        from_cluster: Asks the controller.

    Raises:
        RequestError: The file cannot be read.
        KeyFileError: The URL gives nothing.
        ClusterError: The cluster cannot be asked, or refuses.
    """
    match source:
        case FileSource():
            return read_file(source.path, maximum=MAXIMUM_SIZE)
        case UrlSource():
            from sealer.cli.certificates.fetch import fetch

            return fetch(source.url)
        case _:
            return from_cluster()


def parse_certificate(data: bytes) -> Certificate:
    """Return the certificate in a file, of any size: the original looks at none.

    Raises:
        CertificateError: There is none, or none that can seal.
    """
    return load_certificate(data, minimum_bits=0)


def check_validity(
    certificate: Certificate, source: Source, now: datetime, console: Console
) -> None:
    """Refuse an expired certificate, and warn of one that soon is or came over plain http.

    Raises:
        ExpiredCertificateError: It is expired.
    """
    for warning in check_certificate(certificate, Choice(source), now):
        console.warn(warning)
