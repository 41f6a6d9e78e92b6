"""The certificate to seal with: found, read, checked, and said aloud once."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from sealer.certsource import (
    Choice,
    ClusterSource,
    FileSource,
    Rules,
    Source,
    UnknownClusterError,
    UrlSource,
    Wish,
    check_certificate,
    choose,
    choose_controller,
)
from sealer.cli.certificates.policyfile import PolicyFiles
from sealer.cli.console import Console
from sealer.cli.errors import ClusterError, KeyFileError, UnreachableError, WrongUsageError
from sealer.cli.files.inputs import read_input
from sealer.errors import InputError, SealerError, Where
from sealer_keys.certificate import Certificate, load_certificate
from sealer_keys.errors import (
    CertificateError,
    EmptyKeyringError,
    ExpiredCertificateError,
    NoCertificateError,
)
from sealer_keys.fingerprint import short

if TYPE_CHECKING:
    from sealer.cli.cluster.kubectl import Kubectl
    from sealer.policy import Cluster
    from sealer_keys.keyring import Keyring

MAXIMUM_SIZE = 1024 * 1024
# Not read from anywhere: it stands for the newest certificate among the private keys.
_NEWEST_KEY = FileSource("the newest of --keys")
Key = TypeVar("Key", Source, Choice)
Chosen = TypeVar("Chosen")


@dataclass
class Certificates:
    """The certificates of a run: each source is read once, each certificate is said once.

    Attributes:
        wish: What the user asked for.
        console: Where to say which certificate is used.
        allow_expired: Use an expired one too.
    """

    wish: Wish
    console: Console
    allow_expired: bool = False
    _lock: RLock = field(default_factory=RLock)
    _policies: PolicyFiles = field(default_factory=PolicyFiles)
    _loaded: dict[Source, Certificate | SealerError] = field(default_factory=dict)
    _decided: dict[Choice, Certificate | SealerError] = field(default_factory=dict)

    def for_file(self, path: Path | None) -> Certificate:
        """Return the certificate to seal a file with.

        Args:
            path: The file; for standard input the file that will be written, or None.

        Raises:
            WrongUsageError: A cluster was named that the policy does not have.
            KeyFileError: The certificate cannot be read, or is no certificate that can seal.
            CertificateError: It may not be used.
            ClusterError: The cluster cannot be asked.
            PolicyError: The policy cannot be used.
        """
        choice = self.choice_for(path)
        return self._once(
            self._decided, choice, lambda: self._checked(self.load(choice.source), choice)
        )

    def for_cluster(self, path: Path | None) -> Certificate:
        """Return the certificate that the controller of a file's cluster seals with now.

        Raises:
            SealerError: As for `for_file`.
        """
        source, pinned_by = self._ask_policy(choose_controller, path)
        choice = Choice(source, pinned_by)
        return self._once(
            self._decided, choice, lambda: self._checked(fetch_from_cluster(source), choice)
        )

    def for_keys(self, path: Path | None, keyring: "Keyring") -> Certificate:
        """Return the certificate to seal a file with whose private keys are at hand.

        It is the one that is named, on the command line or by the policy, and else the newest of
        the keys: a cluster that nobody named is not asked.

        Raises:
            KeyFileError: None of the keys has a certificate, or what is named cannot be read.
            SealerError: As for `for_file`.
        """
        choice = self.choice_for(path)
        names_cluster = self.wish.cluster or self.wish.fallback_cluster
        if isinstance(choice.source, ClusterSource) and not names_cluster:
            newest = Choice(_NEWEST_KEY, choice.pinned_by)
            return self._once(
                self._decided, newest, lambda: self._checked(_newest(keyring), newest)
            )
        return self.for_file(path)

    def choice_for(self, path: Path | None) -> Choice:
        """Return where a file's certificate comes from.

        Raises:
            WrongUsageError: A cluster was named that the policy does not have.
            PolicyError: The policy cannot be used.
        """
        return self._ask_policy(choose, path)

    def controller_for(self, path: Path | None) -> ClusterSource:
        """Return the controller of a file's cluster.

        Raises:
            WrongUsageError: A cluster was named that the policy does not have.
            PolicyError: The policy cannot be used.
        """
        return self._ask_policy(choose_controller, path)[0]

    def pins_for(self, path: Path | None) -> "tuple[Cluster, ...]":
        """Return the clusters whose pins the key of a file's cluster has to match.

        Raises:
            WrongUsageError: A cluster was named that the policy does not have.
            PolicyError: The policy cannot be used.
        """
        return self._ask_policy(choose_controller, path)[1]

    def has_cluster(self, path: Path) -> bool:
        """Tell whether the policy has a cluster with a pattern for a file.

        Raises:
            PolicyError: The policy cannot be used.
        """
        rules = self._rules(path)
        return bool(rules and rules.path and rules.policy.owner_of(rules.path))

    def load(self, source: Source) -> Certificate:
        """Read a certificate.

        Raises:
            KeyFileError: It cannot be read, or is no certificate that can seal.
            ClusterError: The cluster cannot be asked.
        """
        return self._once(self._loaded, source, lambda: _load(source, self.console))

    def _once(
        self,
        known: dict[Key, Certificate | SealerError],
        key: Key,
        make: Callable[[], Certificate],
    ) -> Certificate:
        """Return what is known, or find it out; a failure is remembered too, and not tried again.

        Files are worked on in several threads: the others wait for the one that finds it out.
        """
        with self._lock:
            if key not in known:
                try:
                    known[key] = make()
                except SealerError as error:
                    known[key] = error
            result = known[key]
        if isinstance(result, SealerError):
            raise result
        return result

    def _checked(self, certificate: Certificate, choice: Choice) -> Certificate:
        now = datetime.now(UTC)
        try:
            warnings = check_certificate(certificate, choice, now, allow_expired=self.allow_expired)
        except ExpiredCertificateError as error:
            hint = f"{error.hint}: sealer cert fetch; or use it all the same: --allow-expired"
            where = Where(path=str(choice.source))
            raise KeyFileError(error.message, where=where, hint=hint) from None
        for warning in warnings:
            self.console.warn(warning, where=Where(path=str(choice.source)))
        say: Callable[[str], None] = self.console.remark if choice.pinned_by else self.console.note
        say(
            f"sealing with the certificate from {choice.source}: key "
            f"{short(certificate.fingerprint)}, valid until {certificate.not_after:%Y-%m-%d}"
        )
        return certificate

    def _ask_policy(
        self, choose_by: Callable[[Wish, Rules | None], Chosen], path: Path | None
    ) -> Chosen:
        try:
            return choose_by(self.wish, self._rules(path))
        except UnknownClusterError as error:
            raise WrongUsageError(error.message, hint=error.hint) from None

    def _rules(self, path: Path | None) -> Rules | None:
        found = self._policies.around(path)
        if found is None:
            return None
        file, policy = found
        folder = file.parent
        inside = path is not None and folder in path.resolve().parents
        relative = path.resolve().relative_to(folder).as_posix() if path and inside else ""
        here = Path(os.path.relpath(folder)).as_posix()
        return Rules(policy, "" if here == "." else here, relative)


def _newest(keyring: "Keyring") -> Certificate:
    try:
        return keyring.certificate
    except EmptyKeyringError:
        raise KeyFileError(
            "none of the private keys has a certificate, so none is known to be the newest",
            where=Where(path="--keys"),
            hint="name the certificate to seal with: --cert FILE",
        ) from None


def _load(source: Source, console: Console) -> Certificate:
    if isinstance(source, ClusterSource):
        return _ask(source, console)
    return read_certificate(source, _read(source))


def read_certificate(source: Source, data: bytes) -> Certificate:
    """Return the certificate that a source gave; of a key Secret, the one in it.

    Raises:
        KeyFileError: It is no certificate that can seal.
    """
    try:
        return _load_any(data)
    except CertificateError as error:
        where = Where(path=str(source))
        raise KeyFileError(error.message, where=where, hint=error.hint) from error


def _load_any(data: bytes) -> Certificate:
    try:
        return load_certificate(data)
    except NoCertificateError:
        from sealer.keysecret import certificate_in

        inside = certificate_in(data)
        if inside is None:
            raise
        return inside


def _read(source: FileSource | UrlSource) -> bytes:
    if isinstance(source, UrlSource):
        from sealer.cli.certificates.fetch import fetch

        return fetch(source.url)
    try:
        return read_input(source.path, maximum=MAXIMUM_SIZE)
    except InputError as error:
        raise KeyFileError(error.message, where=error.where, hint=error.hint) from None


@dataclass(frozen=True, slots=True)
class _Conversation:
    """All that a cluster is asked for its certificate, within the time for one request.

    Attributes:
        source: Whom to ask.
        kubectl: What asks.
        entry: Where the answer is kept; None when that is not known.
    """

    source: ClusterSource
    kubectl: "Kubectl"
    entry: Path | None

    @classmethod
    def with_cluster(cls, source: ClusterSource) -> "_Conversation":
        """Begin one."""
        from sealer.cli.certificates.cache import entry_of
        from sealer.cli.cluster.kubectl import Kubectl

        kubectl = Kubectl(source.context).within_one_deadline()
        return cls(source, kubectl, entry_of(source, kubectl))

    def fetch(self) -> Certificate:
        """Return the newest certificate, and keep it."""
        from sealer.cli.certificates import cache as certcache
        from sealer.cli.cluster.controller import Controller

        source = self.source
        controller = Controller(self.kubectl, source.controller_name, source.controller_namespace)
        certificate = read_certificate(source, controller.certificate())
        certcache.keep(self.entry, certificate.pem, datetime.now(UTC))
        return certificate


def _ask(source: ClusterSource, console: Console) -> Certificate:
    """Return a cluster's certificate; what it gave before only when it cannot be reached."""
    conversation = _Conversation.with_cluster(source)
    try:
        return conversation.fetch()
    except UnreachableError as error:
        certificate = _recall(conversation, error, console)
        if certificate is None:
            raise error.otherwise("name a certificate: --cert FILE") from None
        return certificate
    except ClusterError as error:
        raise error.otherwise("name a certificate: --cert FILE") from None


def fetch_from_cluster(source: ClusterSource) -> Certificate:
    """Return the newest certificate of a cluster's controller, and keep it for bad days.

    Raises:
        ClusterError: The cluster cannot be asked, or refuses.
        KeyFileError: What it gives is no certificate that can seal.
    """
    return _Conversation.with_cluster(source).fetch()


def _recall(
    conversation: _Conversation, reason: ClusterError, console: Console
) -> Certificate | None:
    from sealer.cli.certificates.cache import recall

    source = conversation.source
    cached = recall(conversation.entry, datetime.now(UTC))
    if cached is None:
        return None
    days = cached.age.days
    age = f"{days} days ago" if days > 1 else "yesterday" if days else "within a day"
    console.warn(
        f"{reason.message}; its certificate is used as it was fetched {age}",
        where=Where(path=str(source)),
        hint="values sealed with it open as long as the cluster keeps its old keys",
    )
    return read_certificate(source, cached.data)
