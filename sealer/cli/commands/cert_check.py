"""`sealer cert check`: for CI, whether the committed certificates will do for a while."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, printable
from sealer.cli.errors import ClusterError, KeyFileError, WrongUsageError
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.jsontext import json_text
from sealer.cli.options import cluster_options, json_option, wish_of
from sealer.cli.report import flatten
from sealer.errors import SealerError, Where

if TYPE_CHECKING:
    from sealer.certsource import ClusterSource, Source, Wish
    from sealer.faults import Faults
    from sealer.policy import Cluster
    from sealer_keys.certificate import Certificate


@dataclass(slots=True)
class Checked:
    """What is known about one certificate.

    Attributes:
        cluster: The cluster's name; empty when a file was named.
        source: Where it comes from.
        certificate: The certificate; None when there is none that can be used.
        pinned: The fingerprints of the keys that may be sealed with, as the policy lists them.
        is_newest: Whether the cluster seals with it; None when that is not known.
        findings: What is not as it should be.
        faults: Why it cannot be used, or not be compared.
    """

    cluster: str
    source: str
    certificate: "Certificate | None" = None
    pinned: tuple[str, ...] = ()
    is_newest: bool | None = None
    findings: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def keys(self) -> set[str]:
        """The fingerprints of the keys that values are sealed with for it."""
        return {*self.pinned, *([self.certificate.fingerprint] if self.certificate else [])}


@click.command("check", cls=Command)
@click.argument("files", nargs=-1, metavar="[FILE|URL]...")
@cluster_options
@click.option(
    "--days",
    type=click.IntRange(0, 36500),
    default=30,
    show_default=True,
    help="How long a certificate has to be valid still.",
)
@click.option("--offline", is_flag=True, help="Do not ask clusters for their newest certificate.")
@json_option
@click.pass_context
def command(
    ctx: click.Context, *, files: tuple[str, ...], days: int, offline: bool, as_json: bool
) -> int:
    """Check certificates: validity, pins, and whether the cluster seals with a newer one.

    Without FILE, those of all clusters in .sealer.yaml; a cluster is compared where it has a
    context there or is named with --cluster, and can be reached. Exits with 1 when one expires
    soon or is not the newest, with 4 when one is expired, not the pinned one or unusable. A key
    that several clusters share is warned of: what is sealed for one of them opens in the others.

    --json prints {"certificates": [...]}, each with cluster, source, fingerprint, notAfter, newest
    (null when not known) and findings, the reason included why one is unusable; times are UTC.

    Example: sealer cert check --offline
    """
    from sealer.faults import Faults

    faults = Faults()
    checker = Checker(ctx.obj, faults, timedelta(days=days), offline=offline)
    checked = list(checker.check_all(files, wish_of(ctx)))
    text = as_document(checked) if as_json else as_text(checked)
    write_standard_output(text.encode())
    for names, key in shared_keys(checked):
        ctx.obj.warn(
            f"{', '.join(names)} have the key {key} in common: what is sealed for one opens in all",
            hint="give each cluster a key of its own",
        )
    faults.check()
    return 1 if any(each.findings for each in checked) else 0


class Checker:
    """Looks at certificates; what cannot be used becomes a fault, what is not right a finding."""

    def __init__(
        self, console: Console, faults: "Faults", ahead: timedelta, *, offline: bool
    ) -> None:
        self._console = console
        self._faults = faults
        self._ahead = ahead
        self._offline = offline
        self._now = datetime.now(UTC)

    def check_all(self, files: Sequence[str], wish: "Wish") -> Iterator[Checked]:
        """Yield what is known about each certificate.

        Raises:
            WrongUsageError: There is nothing to check.
            PolicyError: The policy cannot be used.
        """
        from sealer.certsource import controller_of, parse_source

        for name in files:
            yield self._check(parse_source(name), None)
        if files:
            return
        for cluster, source in chosen_clusters(wish):
            checked = self._check(source, cluster)
            if cluster.context or wish.cluster:
                self._compare(checked, controller_of(cluster, wish))
            yield checked

    def _check(self, source: "Source", cluster: "Cluster | None") -> Checked:
        from sealer.certsource import Choice, check_certificate

        checked = Checked(cluster.name if cluster else "", str(source))
        checked.pinned = cluster.fingerprints if cluster else ()
        pins = (cluster,) if cluster and cluster.fingerprints else ()
        with self._told(checked):
            checked.certificate = self._load(source)
            if checked.certificate:
                check_certificate(
                    checked.certificate, Choice(source, pins), self._now, allow_expired=True
                )
                self._check_expiry(checked.certificate, str(source))
                checked.findings += self._soon(checked.certificate)
        return checked

    @contextmanager
    def _told(self, checked: Checked) -> Iterator[None]:
        """Take in what is wrong with a certificate, and go on behind it."""
        try:
            yield
        except SealerError as error:
            checked.faults += (fault.message for fault in flatten(error))
            self._faults.add(error)

    def _load(self, source: "Source") -> "Certificate | None":
        from sealer.certsource import ClusterSource, Wish
        from sealer.cli.certificates.certificates import Certificates

        if isinstance(source, ClusterSource):
            return self._ask(source)
        return Certificates(Wish(), self._console).load(source)

    def _ask(self, source: "ClusterSource") -> "Certificate | None":
        """Return what the cluster seals with; None where it cannot or may not be asked."""
        from sealer.cli.certificates.certificates import fetch_from_cluster

        if self._offline:
            return None
        try:
            return fetch_from_cluster(source)
        except ClusterError as error:
            self._console.note(f"{source} is not asked: {error.message}")
            return None

    def _check_expiry(self, certificate: "Certificate", source: str) -> None:
        if certificate.not_after < self._now:
            raise KeyFileError(
                f"the certificate expired on {certificate.not_after:%Y-%m-%d}",
                where=Where(path=source),
                hint="fetch the newest one: sealer cert fetch",
            )

    def _soon(self, certificate: "Certificate") -> Iterator[str]:
        left = certificate.not_after - self._now
        if timedelta(0) <= left < self._ahead:
            yield f"it expires in {left.days} days, on {certificate.not_after:%Y-%m-%d}"

    def _compare(self, checked: Checked, controller: "ClusterSource") -> None:
        newest = None
        if checked.certificate and checked.source != str(controller):
            with self._told(checked):
                newest = self._ask(controller)
        if newest is None or checked.certificate is None:
            return
        checked.is_newest = newest.fingerprint == checked.certificate.fingerprint
        if not checked.is_newest:
            checked.findings.append(
                f"the cluster seals with {newest.fingerprint} since {newest.not_before:%Y-%m-%d}: "
                f"sealer cert fetch --cluster {checked.cluster} --pin --force"
            )


def chosen_clusters(wish: "Wish") -> "Iterator[tuple[Cluster, Source]]":
    """Yield the cluster that is named, or all of the policy, with what they seal with.

    Raises:
        WrongUsageError: There is none.
        PolicyError: The policy cannot be used.
    """
    from sealer.certsource import Rules, UnknownClusterError, choose
    from sealer.certsource import Wish as Another
    from sealer.cli.certificates.policyfile import PolicyFiles

    found = PolicyFiles().around(None)
    if found is None or not found[1].clusters:
        raise WrongUsageError(
            "there is no .sealer.yaml with clusters", hint="name a file: sealer cert check FILE"
        )
    file, policy = found
    folder = os.path.relpath(file.parent)
    rules = Rules(policy, "" if folder == "." else Path(folder).as_posix())
    name = wish.cluster or wish.fallback_cluster
    for each in [name] if name else list(policy.clusters):
        try:
            choice = choose(Another(cluster=each), rules)
        except UnknownClusterError as error:
            raise WrongUsageError(error.message, hint=error.hint) from None
        yield policy.clusters[each], choice.source


def shared_keys(checked: Sequence[Checked]) -> Iterator[tuple[list[str], str]]:
    """Yield the names of clusters with a key in common, and its fingerprint (threats.md T5)."""
    for key in sorted({key for each in checked for key in each.keys}):
        names = [each.cluster for each in checked if each.cluster and key in each.keys]
        if len(names) > 1:
            yield names, key


def as_document(checked: Sequence[Checked]) -> str:
    """Return what was found as JSON; times are UTC in RFC 3339."""
    rows = [
        {
            "cluster": each.cluster,
            "source": each.source,
            "fingerprint": each.certificate.fingerprint if each.certificate else None,
            "notAfter": f"{each.certificate.not_after:%Y-%m-%dT%H:%M:%SZ}"
            if each.certificate
            else None,
            "newest": each.is_newest,
            "findings": [*each.faults, *each.findings],
        }
        for each in checked
    ]
    return json_text({"certificates": rows}) + "\n"


def as_text(checked: Sequence[Checked]) -> str:
    """Return what was found, a line for each certificate and each finding."""
    from sealer_keys.fingerprint import short

    lines: list[str] = []
    for each in checked:
        name = f"{each.cluster}: {each.source}" if each.cluster else each.source
        if each.certificate:
            until = f"valid until {each.certificate.not_after:%Y-%m-%d}"
            newest = ", the newest" if each.is_newest else ""
            lines.append(f"{name}: key {short(each.certificate.fingerprint)}, {until}{newest}")
        else:
            lines.append(f"{name}: not checked")
        lines += (f"{name}: {finding}" for finding in each.findings)
    return "".join(f"{printable(line)}\n" for line in lines)
