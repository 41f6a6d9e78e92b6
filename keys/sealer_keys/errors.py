"""What can go wrong with keys and certificates, and the root of every error in the project.

    SealerError                     everything the project raises on purpose
    ├── CertificateError            a certificate cannot be used
    │   ├── NoCertificateError      the bytes hold no certificate at all
    │   ├── UnsupportedKeyTypeError the certificate's key is not RSA, or too short
    │   └── ExpiredCertificateError its validity is over
    ├── PrivateKeyError             a private key cannot be used
    │   ├── NoPrivateKeyError       the bytes hold no private key at all
    │   └── KeyMismatchError        key and certificate do not belong together
    └── EmptyKeyringError           a key was asked for and there is none

`sealer.errors` continues the tree. Messages hold names, positions, fingerprints and lengths, never
key material or a value: whoever reads a log may not be allowed to read a Secret.
"""


class SealerError(Exception):
    """The root of all errors that the project raises on purpose.

    Attributes:
        message: What is wrong, one sentence without a full stop.
        hint: What to do about it, or an empty string.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Let an error be pickled as it is, whatever its class is made with."""
        return _blank, (type(self), self.args), self.__dict__


def _blank(kind: type[SealerError], arguments: tuple[object, ...]) -> SealerError:
    return kind.__new__(kind, *arguments)


class CertificateError(SealerError):
    """A certificate cannot be used. Fetch or name another one."""


class NoCertificateError(CertificateError):
    """The bytes hold no certificate. Check which file was given."""


class UnsupportedKeyTypeError(CertificateError):
    """The certificate's public key cannot seal. Use an RSA certificate of at least 2048 bits."""


class ExpiredCertificateError(CertificateError):
    """The certificate's validity is over. Fetch the controller's newest one."""


class PrivateKeyError(SealerError):
    """A private key cannot be used. The message says which and why."""


class NoPrivateKeyError(PrivateKeyError):
    """The bytes hold no private key. Check which file was given."""


class KeyMismatchError(PrivateKeyError):
    """The private key does not belong to the certificate beside it. Pair the right two."""


class EmptyKeyringError(SealerError):
    """A keyring without keys was asked for one. Load or generate a key first."""
