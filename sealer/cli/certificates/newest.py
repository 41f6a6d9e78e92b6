"""Which certificate a file's cluster seals with now: from files, unless more is asked for."""

from datetime import UTC, datetime
from pathlib import Path

from sealer.certsource import Choice, FileSource, Wish, check_certificate
from sealer.cli.certificates.certificates import Certificates
from sealer.cli.console import Console
from sealer.errors import SealerError, Where
from sealer_keys.certificate import Certificate


class NewestCertificates:
    """The certificates to compare with, each read once.

    What nobody named on the command line is a help and no demand: where the policy's certificate
    cannot be read a warning says so, and a cluster or URL is not asked.
    """

    def __init__(self, wish: Wish, console: Console) -> None:
        """Take what the options ask for."""
        self._certificates = Certificates(wish, console)
        self._is_asked = wish != Wish()
        self._console = console
        self._known: dict[Choice, Certificate | None] = {}

    def for_file(self, path: Path | None) -> Certificate | None:
        """Return the certificate of a file's cluster; None when there is none at hand.

        Raises:
            SealerError: It was asked for, and cannot be had; or the policy cannot be used.
        """
        choice = self._certificates.choice_for(path)
        if choice not in self._known:
            self._known[choice] = self._find(choice)
        return self._known[choice]

    def _find(self, choice: Choice) -> Certificate | None:
        if not self._is_asked and not isinstance(choice.source, FileSource):
            return None
        where = Where(path=str(choice.source))
        try:
            certificate = self._certificates.load(choice.source)
            warnings = check_certificate(certificate, choice, datetime.now(UTC), allow_expired=True)
        except SealerError as error:
            if self._is_asked:
                raise
            self._console.warn(f"no item can be compared: {error.message}", where=where)
            return None
        for warning in warnings:
            self._console.warn(warning, where=where)
        return certificate
