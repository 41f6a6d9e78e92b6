"""`sealer doctor`: whether an installation works and is safe, and what to do where it is not."""

import sys
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from sealer.cli.console import has_colour
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command, printing_option
from sealer.cli.options import CommaText, cluster_options, json_option, wish_of
from sealer.cli.table import as_columns

if TYPE_CHECKING:
    from sealer.cli.cluster.kubectl import Kubectl
    from sealer.doctor import Check
    from sealer.doctor.facts import Facts, Pinned


def list_of_checks(_: click.Context) -> str:
    """Return all checks, each with what has to hold."""
    from sealer.doctor import CHECKS

    return as_columns([(each.id, each.title) for each in CHECKS]).rstrip()


_LIST = printing_option(["--list"], list_of_checks, "List the checks, and ask nobody.")


@click.command("doctor", cls=Command, params=[_LIST])
@cluster_options
@click.option(
    "--only",
    multiple=True,
    type=CommaText(),
    metavar="CHECK",
    help="Look at this only. May be given several times.",
)
@click.option(
    "--trust",
    multiple=True,
    type=CommaText(),
    metavar="SUBJECT",
    help="Say nothing of who may read the keys on purpose: User:NAME, Group:NAME or "
    "ServiceAccount:NAMESPACE/NAME.",
)
@click.option("--strict", is_flag=True, help="Let warnings and what is not known count as faults.")
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long each answer may take.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    only: tuple[str, ...],
    trust: tuple[str, ...],
    strict: bool,
    timeout: float,
    as_json: bool,
) -> int:
    """Check an installation in a cluster, and say what to do where something is not right.

    The controller is where kubeseal looks for it, where the options or .sealer.yaml say, or
    wherever its labels are found. Everything is read through kubectl with your rights; what they
    do not show is told as not known. Of key Secrets only the metadata is read. Nothing is changed.
    docs/operations/doctor.md explains every check.

    Exits with 1 when there is a fault, with 5 when the cluster cannot be reached. --json prints
    {"version": 1, "namespace", "name", "checks": [{"check", "title", "status", "findings":
    [{"status", "message", "hint"}]}], "summary": {STATUS: number}}; a status is ok, note, warning,
    fault or unknown.

    Example: sealer doctor --list
    """
    from sealer.cli.doctor.rendering import as_document, as_lines, summary
    from sealer.doctor import Status, examine

    checks = chosen(only)
    facts = facts_of(ctx, trust, timeout)
    results = examine(checks, facts)
    if as_json:
        text = as_document(results, facts.place)
    else:
        text = as_lines(results, is_unicode=_takes_marks(), is_coloured=has_colour(sys.stdout))
    write_standard_output(text.encode())
    ctx.obj.note(summary(results))
    bad = {Status.FAULT} | ({Status.WARNING, Status.UNKNOWN} if strict else set())
    return 1 if any(each.status in bad for each in results) else 0


def chosen(only: Collection[str]) -> "list[Check]":
    """Return the checks that are asked for.

    Raises:
        WrongUsageError: There is no such check.
    """
    from sealer.doctor import CHECKS

    known = {each.id for each in CHECKS}
    for name in only:
        if name not in known:
            raise WrongUsageError(f"there is no check {name}", hint="sealer doctor --list")
    return [each for each in CHECKS if not only or each.id in only]


def facts_of(ctx: click.Context, trust: Collection[str], timeout: float) -> "Facts":
    """Return all that the cluster says.

    Raises:
        ClusterError: It cannot be reached.
        WrongUsageError: A cluster was named that the policy does not have.
        PolicyError: The policy cannot be used.
    """
    from sealer import __version__
    from sealer.cli.certificates.certificates import Certificates
    from sealer.cli.cluster.gateway import opened
    from sealer.cli.cluster.kubectl import Kubectl
    from sealer.cli.doctor.collect import Collector
    from sealer.doctor.facts import Facts, Place

    wish = wish_of(ctx)
    source = Certificates(wish, ctx.obj).controller_for(None)
    kubectl = Kubectl(source.context, timeout=timeout)
    client, server = versions_of(kubectl)
    facts = Facts(
        now=datetime.now(UTC),
        place=Place(source.controller_namespace, source.controller_name),
        client=__version__,
        kubectl=client,
        server=server,
        pins=pins_of(ctx),
        trusted=frozenset(trust),
    )
    is_named = facts.place != Place() or bool(wish.controller_name or wish.controller_namespace)
    with opened(kubectl, timeout) as gateway:
        facts = Collector(gateway, ctx.obj).collect(facts, is_named=is_named)
    return replace(facts, now=datetime.now(UTC))


def versions_of(kubectl: "Kubectl") -> tuple[str, str]:
    """Return the versions of kubectl and of the API server, which has to answer.

    Raises:
        ClusterError: It does not; the type says why.
    """
    import json

    from sealer.cli.errors import ClusterError
    from sealer.manifest.cursor import Cursor

    try:
        versions = Cursor(json.loads(kubectl.run("version", "--output=json")))
    except (ValueError, RecursionError):
        raise ClusterError("kubectl does not tell its version") from None
    return (
        versions.text("clientVersion", "gitVersion"),
        versions.text("serverVersion", "gitVersion"),
    )


def pins_of(ctx: click.Context) -> "tuple[Pinned, ...] | None":
    """Return the clusters whose pins the served certificate has to match.

    Raises:
        WrongUsageError: A cluster was named that the policy does not have.
        PolicyError: The policy cannot be used.
    """
    from sealer.cli.certificates.certificates import Certificates
    from sealer.cli.certificates.policyfile import PolicyFiles
    from sealer.doctor.facts import Pinned

    if PolicyFiles().around(None) is None:
        return None
    clusters = Certificates(wish_of(ctx), ctx.obj).pins_for(None)
    return tuple(Pinned(each.name, each.fingerprints) for each in clusters)


def _takes_marks() -> bool:
    """Tell whether standard output shows more than ASCII."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        "✓✗→·".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
