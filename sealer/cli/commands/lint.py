"""`sealer lint`: everything about manifests that can be checked without a key."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, counted, printable
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import InputFile, find_inputs
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.jsontext import json_text
from sealer.cli.options import CommaText, json_option, paths_argument

if TYPE_CHECKING:
    from sealer.faults import Faults
    from sealer.lint import Finding, Linter


@click.command("lint", cls=Command)
@paths_argument
@click.option("--strict", is_flag=True, help="Let warnings count as errors do.")
@click.option(
    "--ignore",
    multiple=True,
    type=CommaText(),
    metavar="RULE",
    help="Leave findings of a rule out, by its number or name.",
)
@click.option(
    "--cluster",
    metavar="NAME",
    default="",
    help="The cluster of .sealer.yaml that files are for whose path does not say.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    strict: bool,
    ignore: tuple[str, ...],
    cluster: str,
    as_json: bool,
) -> int:
    """Check manifests for whatever can be told without a key.

    SealedSecrets are checked one by one: sealed values, names, scopes, types, templates, sizes.
    Among all files given, references to Secrets and items that are missing are told, and objects
    that stand there twice. Secrets that the hook would refuse are errors, and so are values that
    were sealed for another cluster of .sealer.yaml than the file is for; --cluster says which one
    standard input is for. docs/lint.md explains every rule. Needs no key and no cluster.

    Exits with 1 when there is an error, with 3 when a file does not parse; the others are checked
    all the same. --json prints {"findings": [{"rule", "name", "severity", "message", "hint",
    "path", "line", "column", "document", "namespace", "object", "item"}], "errors": number,
    "warnings": number}.

    Example: sealer lint clusters/prod
    """
    from sealer.lint import Linter, Severity

    ignored = ids_of(ignore)
    inputs = find_inputs(paths, ctx.obj, example="sealer lint clusters/prod")
    linter = Linter(today=datetime.now(UTC).date())
    faults = add_all(linter, inputs, ctx.obj, cluster)
    found = [each for each in linter.findings() if each.rule.id not in ignored]
    errors = sum(each.rule.severity is Severity.ERROR for each in found)
    warnings = len(found) - errors
    text = as_document(found, errors, warnings) if as_json else as_lines(found)
    write_standard_output(text.encode())
    ctx.obj.note(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}")
    faults.check()
    return 1 if errors or (strict and warnings) else 0


def ids_of(names: Collection[str]) -> set[str]:
    """Return the numbers of rules.

    Raises:
        WrongUsageError: There is no such rule.
    """
    from sealer.lint import RULES

    ids = {rule.name: rule.id for rule in RULES.values()} | {each: each for each in RULES}
    for name in names:
        if name not in ids:
            raise WrongUsageError(f"there is no rule {name}", hint="docs/lint.md lists them all")
    return {ids[name] for name in names}


def add_all(
    linter: "Linter", inputs: Sequence[InputFile], console: Console, named: str = ""
) -> "Faults":
    """Check every file, and return what could not be checked.

    Args:
        linter: Checks.
        inputs: The files.
        console: Where progress is shown.
        named: The cluster of files whose path does not say.
    """
    from sealer.cli.certificates.clusterkeys import Destinations
    from sealer.cli.certificates.policyfile import PolicyFiles
    from sealer.cli.files.reading import read_each

    policies = PolicyFiles()
    destinations = Destinations(policies, named)
    destinations.check(file.path for file in inputs)

    def add(file: InputFile, data: bytes) -> None:
        policy, relative = policies.judging(file.path)
        linter.add(
            file.name,
            data,
            cluster=destinations.cluster_of(file.path),
            destination=destinations.of(file.path),
            hook=policy.hook,
            relative=relative,
        )

    return read_each(inputs, console, "checking", add)


def as_document(found: Sequence["Finding"], errors: int, warnings: int) -> str:
    """Return findings as JSON, as the command's help says."""
    findings = [
        {
            "rule": each.rule.id,
            "name": each.rule.name,
            "severity": each.rule.severity.value,
            "message": each.message,
            "hint": each.hint,
            "path": each.where.path,
            "line": each.where.line,
            "column": each.where.column,
            "document": each.where.document,
            "namespace": each.where.namespace,
            "object": each.where.name,
            "item": each.where.item,
        }
        for each in found
    ]
    document = {"findings": findings, "errors": errors, "warnings": warnings}
    return json_text(document) + "\n"


def as_lines(found: Sequence["Finding"]) -> str:
    """Return findings as lines, as compilers print them."""
    return "".join(f"{printable(line)}\n" for each in found for line in _lines(each))


def _lines(finding: "Finding") -> list[str]:
    rule, where = finding.rule, finding.where
    parts = (str(where), f"{rule.severity.value} {rule.id} {rule.name}", where.subject)
    line = ": ".join(part for part in (*parts, finding.message) if part)
    return [line, f"    {finding.hint}"] if finding.hint else [line]
