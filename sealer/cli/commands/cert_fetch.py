"""`sealer cert fetch`: the certificate of a running controller, to commit and to pin."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealer.cli.certificates.policyfile import NAME, PolicyFiles
from sealer.cli.console import Console
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import read_input
from sealer.cli.files.output import Outputs, write_standard_output
from sealer.cli.group import Command
from sealer.cli.options import cluster_options, wish_of, write_option
from sealer.errors import Where

if TYPE_CHECKING:
    from sealer.certsource import Source, Wish
    from sealer.policy import Cluster, Policy
    from sealer.policy.pin import Pin
    from sealer_keys.certificate import Certificate


@click.command("fetch", cls=Command)
@click.argument("url", default="", metavar="[URL]")
@cluster_options
@write_option("Write to FILE instead of standard output.")
@click.option("--pin", is_flag=True, help="Write file and fingerprint into .sealer.yaml.")
@click.option("--force", is_flag=True, help="Take another key than the pinned one.")
@click.pass_context
def command(ctx: click.Context, *, url: str, write: str, pin: bool, force: bool) -> None:
    """Fetch the certificate that a running controller seals with.

    It is asked through kubectl and whatever login works there, or fetched from URL. With --pin,
    .sealer.yaml is made, or changed where it says the same thing now; comments stay. A cluster
    that is pinned to another key is refused without --force.

    Example: sealer cert fetch prod.pem --cluster prod --pin
    """
    wish = wish_of(ctx)
    place = find_place(wish, makes_new=pin)
    source = source_of(url, place, wish)
    certificate = fetch(source, ctx.obj)
    check_pin(certificate, source, place, force=force, console=ctx.obj)
    if pin:
        write_pin(certificate, place, Path(write) if write else None, wish, ctx.obj)
    elif write:
        write_certificate(certificate, Path(write), ctx.obj)
    else:
        write_standard_output(certificate.pem)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a certificate belongs.

    Attributes:
        file: The policy file; it need not exist.
        policy: What it says; None when it does not exist.
        name: The cluster's name; empty when none is meant.
        cluster: The cluster; None when the policy does not have it.
    """

    file: Path
    policy: "Policy | None"
    name: str
    cluster: "Cluster | None"


def find_place(wish: "Wish", *, makes_new: bool) -> Place:
    """Return where the certificate belongs.

    Raises:
        WrongUsageError: The cluster that is named does not exist, or none is named for a pin.
        PolicyError: The policy cannot be used.
    """
    found = PolicyFiles().around(None)
    file, policy = found or (Path.cwd() / NAME, None)
    name = wish.cluster or wish.fallback_cluster or (policy.default if policy else "")
    cluster = policy.clusters.get(name) if policy else None
    if makes_new and not name:
        raise WrongUsageError(
            "a pin belongs to a cluster, and none is named", hint="call it: --cluster prod"
        )
    if name and cluster is None and not makes_new:
        known = ", ".join(policy.clusters) if policy else ""
        hint = f"known are {known}" if known else "--pin makes it"
        raise WrongUsageError(f"there is no cluster {name}", hint=hint)
    return Place(file, policy, name, cluster)


def source_of(url: str, place: Place, wish: "Wish") -> "Source":
    """Return where to fetch from: a URL or file, or the cluster's controller."""
    from sealer.certsource import controller_of, parse_source

    return parse_source(url) if url else controller_of(place.cluster, wish)


def fetch(source: "Source", console: Console) -> "Certificate":
    """Return a certificate as it is now; never what an earlier run kept.

    Raises:
        ClusterError: The cluster cannot be asked, or refuses.
        KeyFileError: The file or URL cannot be read, or gives no certificate that can seal.
    """
    from sealer.certsource import ClusterSource, Wish
    from sealer.cli.certificates.certificates import Certificates, fetch_from_cluster

    if isinstance(source, ClusterSource):
        return fetch_from_cluster(source)
    return Certificates(Wish(), console).load(source)


def check_pin(
    certificate: "Certificate", source: "Source", place: Place, *, force: bool, console: Console
) -> None:
    """Refuse a certificate that is not the pinned one, and warn of one that is of little use.

    Raises:
        PinMismatchError: Another key is pinned, and `force` is not used.
    """
    from sealer.certsource import Choice, PinMismatchError, check_certificate

    pins = (place.cluster,) if place.cluster and place.cluster.fingerprints else ()
    now = datetime.now(UTC)
    try:
        warnings = check_certificate(certificate, Choice(source, pins), now, allow_expired=True)
    except PinMismatchError as error:
        if not force:
            hint = "if the key was renewed on purpose, take the new one: --pin --force"
            raise PinMismatchError(error.message, hint=hint) from None
        console.warn(error.message)
        warnings = check_certificate(certificate, Choice(source), now, allow_expired=True)
    for warning in warnings:
        console.warn(warning, where=Where(path=str(source)))


def write_certificate(certificate: "Certificate", target: Path, console: Console) -> None:
    """Write the certificate to a file.

    Raises:
        OutputError: It cannot be written.
    """
    with Outputs(makes_folders=True) as outputs:
        outputs.write(target, certificate.pem)
        outputs.commit()
    console.note(f"wrote {target}: {described(certificate)}")


def write_pin(
    certificate: "Certificate", place: Place, target: Path | None, wish: "Wish", console: Console
) -> None:
    """Write the certificate to its file, and both into the policy.

    Raises:
        OutputError: They cannot be written, or the policy was changed meanwhile; neither is then.
        UnsafeEditError: The policy cannot be changed without touching something else.
    """
    from sealer.policy.pin import new_policy, pinned

    target = target or place.file.parent / (
        (place.cluster.certificate if place.cluster else "") or f"{place.name}.pem"
    )
    pin = pin_of(certificate, place, target, wish)
    before = read_input(str(place.file)) if place.policy else None
    after = new_policy(pin) if before is None else pinned(before, pin)
    with Outputs(makes_folders=True) as outputs:
        outputs.write(target, certificate.pem)
        outputs.write(place.file, after, expected=before)
        outputs.commit()
    policy = os.path.relpath(place.file)
    console.note(f"wrote {os.path.relpath(target)}: {described(certificate)}")
    console.note(f"pinned it for cluster {place.name} in {policy}: commit both")


def pin_of(certificate: "Certificate", place: Place, target: Path, wish: "Wish") -> "Pin":
    """Return what to write into the policy."""
    from sealer.policy.pin import Pin

    asked = {
        "controller-name": wish.controller_name,
        "controller-namespace": wish.controller_namespace,
    }
    relative = Path(os.path.relpath(target.resolve(), place.file.parent.resolve())).as_posix()
    settings = tuple((name, text) for name, text in asked.items() if text)
    return Pin(place.name, relative, certificate.fingerprint, settings)


def described(certificate: "Certificate") -> str:
    """Return a certificate in a few words."""
    return f"key {certificate.fingerprint}, valid until {certificate.not_after:%Y-%m-%d}"
