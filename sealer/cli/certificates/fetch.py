"""A certificate is fetched from a URL; proxy variables count, waiting and size are bounded."""

from http import HTTPStatus
from http.client import HTTPException
from typing import NoReturn
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from sealer.cli.errors import KeyFileError
from sealer.errors import Where

TIMEOUT_SECONDS = 30
MAXIMUM_SIZE = 1024 * 1024


def fetch(url: str) -> bytes:
    """Return what a URL gives.

    Raises:
        KeyFileError: It is no http or https URL, cannot be fetched, or gives too much.
    """
    if not url.lower().startswith(("http://", "https://")):
        _refuse(url, "only https, http and file are understood")
    try:
        request = Request(url, headers={"Accept": "application/x-pem-file, */*"})  # noqa: S310 - checked above
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - checked above
            data: bytes = answer.read(MAXIMUM_SIZE + 1)
            final, status = answer.url, answer.status
    except HTTPError as error:
        with error:
            _refuse(url, f"{error.code} {error.reason}")
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        _refuse(url, str(reason))
    if status != HTTPStatus.OK:
        _refuse(url, str(status))
    if url.lower().startswith("https:") and not final.lower().startswith("https:"):
        _refuse(url, "it leads on to a page without encryption")
    if len(data) > MAXIMUM_SIZE:
        _refuse(url, "the answer is too large for a certificate")
    return data


def _refuse(url: str, reason: str) -> NoReturn:
    raise KeyFileError(f'cannot fetch "{url}": {reason}', where=Where())
