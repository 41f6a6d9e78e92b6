"""`sealer verify`: do SealedSecrets open, and if not, why not?"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, counted, printable
from sealer.cli.files.inputs import InputFile, find_inputs
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.jsontext import json_text
from sealer.cli.options import cluster_options, json_option, keys_option, paths_argument, wish_of
from sealer.faults import Faults

if TYPE_CHECKING:
    from sealer.cli.cluster.patience import Patience
    from sealer.cli.resealing.verifying import Explainer, Item, Judge, Verdict
    from sealer.sealing.explain import Explanation

_REQUESTS_AT_ONCE = 4
_FILES_AT_ONCE = 2


@click.command("verify", cls=Command)
@paths_argument
@keys_option(
    "Work offline with private keys: PEM files, key Secrets, backups, folders of these.",
    required=False,
)
@cluster_options
@json_option
@click.pass_context
def command(
    ctx: click.Context, *, paths: tuple[str, ...], keys: tuple[str, ...], as_json: bool
) -> int:
    """Tell whether SealedSecrets open: 0 if all do, 1 if one does not.

    With --keys, each item is tried with the private keys. Of one that does not open it is told
    what was tried and, when found, under which name, namespace or scope it does open: those of
    its template, of the other objects in PATH and of the folders are tried. An object of which a
    template cannot be rendered does not open either.

    Without, the controller is asked, which says yes or no; the reason is read from the status of
    the object in the cluster, where that is the same object.

    --json prints {"objects": [{"path", "line", "document", "namespace", "name", "scope", "opens":
    true, false or null for no answer, "reason", "items": [{"key", "line", "opens", "opened_by",
    "cause": "", "encoding", "frame", "no-key", "identity", "corrupt" or "template", "message",
    "hint", "tried": [fingerprint], "sealed_for": null or {"scope", "namespace", "name"}}]}]}.

    Example: sealer verify db.yaml --keys key.yaml
    """
    inputs = find_inputs(paths, ctx.obj, example="sealer verify sealed.yaml")
    with _work(ctx, keys) as work:
        verdicts, faults = verify(inputs, work, ctx.obj)
    text = as_document(verdicts) if as_json else as_text(verdicts, is_quiet=ctx.obj.is_quiet)
    write_standard_output(text.encode())
    if not verdicts and not faults.errors:
        ctx.obj.warn("there is no SealedSecret in the input")
    faults.check()
    return 0 if all(verdict.opens for verdict in verdicts) else 1


@dataclass(frozen=True, slots=True)
class Work:
    """How files are worked on.

    Attributes:
        judge: Tells whether an object opens.
        threads: How many files at once.
        patience: How long a controller is waited for.
        explainer: Explains why items do not open; None without private keys.
    """

    judge: "Judge"
    threads: int
    patience: "Patience"
    explainer: "Explainer | None" = None


@contextmanager
def _work(ctx: click.Context, keys: tuple[str, ...]) -> Iterator[Work]:
    from concurrent.futures import ThreadPoolExecutor

    from sealer.cli.certificates.certificates import Certificates
    from sealer.cli.cluster.patience import Patience
    from sealer.cli.files.pipeline import CORES
    from sealer.cli.keys.keyfiles import load_keyring
    from sealer.cli.resealing.verifying import ControllerJudge, Explainer, KeysJudge

    patience = Patience()
    if not keys:
        certificates = Certificates(wish_of(ctx), ctx.obj)
        yield Work(ControllerJudge(certificates, patience), _REQUESTS_AT_ONCE, patience)
        return
    keyring = load_keyring(keys, ctx.obj)
    with ThreadPoolExecutor(CORES) as pool:
        yield Work(KeysJudge(keyring, pool.map), _FILES_AT_ONCE, patience, Explainer(keyring))


def verify(
    inputs: Sequence[InputFile], work: Work, console: Console
) -> tuple[list["Verdict"], Faults]:
    """Return whether the SealedSecrets of files open, in order, and what is wrong."""
    from sealer.cli.files.pipeline import in_order
    from sealer.cli.resealing.verifying import verify_file

    verdicts: list[Verdict] = []
    faults = Faults()
    results = in_order(
        lambda file: verify_file(file, work.judge),
        inputs,
        threads=work.threads,
        on_stop=work.patience.stop,
    )
    with closing(results), console.progress(results, len(inputs), "verifying") as shown:
        for verified in shown:
            verdicts += verified.verdicts
            for fault in verified.faults:
                faults.add(fault)
            if verified.is_hopeless:
                break
    if work.explainer is not None:
        work.explainer.see(verdicts)
        work.explainer.explain(verdicts)
    return verdicts, faults


def as_document(verdicts: Sequence["Verdict"]) -> str:
    """Return verdicts as JSON; the command's help says what the fields mean."""
    objects = [
        {
            "path": verdict.where.path,
            "line": verdict.where.line,
            "document": verdict.where.document,
            "namespace": verdict.where.namespace,
            "name": verdict.where.name,
            "scope": verdict.scope,
            "opens": verdict.opens,
            "reason": verdict.reason,
            "items": [_described(item) for item in verdict.items],
        }
        for verdict in verdicts
    ]
    return json_text({"objects": objects}) + "\n"


def _described(item: "Item") -> dict[str, object]:
    why = item.explanation
    place = why.sealed_for if why else None
    return {
        "key": item.key,
        "line": item.where.line,
        "opens": item.fault is None,
        "opened_by": item.opened_by or (why.key if why else None),
        "cause": why.cause.value if why else "",
        "message": why.message if why else "",
        "hint": why.hint if why else "",
        "tried": list(why.tried) if why else [],
        "sealed_for": place
        and {"scope": place.scope.value, "namespace": place.namespace, "name": place.name},
    }


def as_text(verdicts: Sequence["Verdict"], *, is_quiet: bool = False) -> str:
    """Return verdicts as lines: one for each object that opens, more for what does not.

    Args:
        verdicts: The verdicts.
        is_quiet: Leave out what opens.
    """
    return "".join(f"{line}\n" for verdict in verdicts for line in _lines(verdict, is_quiet))


def _lines(verdict: "Verdict", is_quiet: bool) -> Iterator[str]:
    where = verdict.where
    if verdict.opens is None:
        return
    if verdict.opens:
        if not is_quiet:
            items = f" ({counted(len(verdict.items), 'item')})" if verdict.items else ""
            yield printable(f"{where}: {where.subject}: opens{items}")
        return
    if verdict.reason or not verdict.items:
        yield printable(f"{where}: {where.subject}: does not open")
        yield from (f"    {printable(line)}" for line in verdict.reason.splitlines())
    for item in verdict.items:
        if item.explanation is not None:
            subject = item.where.subject
            yield printable(f"{item.where}: {subject}: does not open: {item.explanation.message}")
            yield from _details(item.explanation)


def _details(why: "Explanation") -> Iterator[str]:
    if why.tried:
        yield f"    tried: {', '.join(why.tried)}"
    if why.key:
        yield f"    opens with: {why.key}"
    if why.hint:
        yield printable(f"    {why.hint}")
