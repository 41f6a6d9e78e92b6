"""What can be wrong with a backup. Each is told apart as far as cryptography lets it."""

from sealer_keys.errors import CertificateError, PrivateKeyError


class BackupError(PrivateKeyError):
    """A backup cannot be used. The message says why."""


class DamagedBackupError(BackupError):
    """The file is not what was written: cut, changed, or something else. Use another copy."""


class BackupVersionError(BackupError):
    """A newer version of this program wrote the backup. Use that one."""


class WrongPassphraseError(BackupError):
    """The passphrase is not the one that the backup was made with. Try again."""


class NoRecipientKeyError(BackupError):
    """The backup is sealed to certificates, and no key given belongs to one. Give that key."""


class RecipientError(CertificateError):
    """A backup may not be sealed to this certificate: nobody could open it when it is needed."""
