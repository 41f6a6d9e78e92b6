"""The tables of detectors: who is asked about an object, a document, or a text.

A new way to hide a value becomes one more line in one of them. A reader of text costs nothing
where its sign is missing: it is imported when it is asked first.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sealer.detect.annotations import copies_in_annotations
from sealer.detect.job import Memory
from sealer.detect.objects import KubeObject
from sealer.detect.patches import json_patches
from sealer.detect.prefilter import POLICY
from sealer.detect.rules import HELM_VALUES, Severity
from sealer.detect.sealed import clear_template_entries, unsealed_values
from sealer.detect.secrets import values_of_secrets, values_of_sops_secrets
from sealer.detect.settings import DEFAULT, Settings
from sealer.detect.sighting import Sight
from sealer.detect.values import Context
from sealer.documents import Document


class Page(NamedTuple):
    """A text, and the part of it that a reader is asked about.

    Attributes:
        path: The file, as it was given.
        text: The whole text.
        start: Where the part begins.
        end: Where it ends.
        settings: What the repository says.
        memory: What is known and may still be done, for all looks at the file together.
    """

    path: str
    text: str
    start: int
    end: int
    settings: Settings = DEFAULT
    memory: Memory | None = None


class Reader(NamedTuple):
    """One that finds values in text without a parser for manifests.

    Attributes:
        read: Finds them, in any order.
        words: One of these must stand in the text for it to be asked; where there is none, it
            always is. Words are sought a hundred times as fast as expressions.
        sign: What must stand there besides; linear in any input.
        is_once: It sees what stands in strings of the file as well, so that these are not asked.
    """

    read: Callable[[Page], Iterator[Sight]]
    words: tuple[str, ...] = ()
    sign: re.Pattern[str] | None = None
    is_once: bool = False

    def is_asked(self, page: Page) -> bool:
        """Tell whether there can be anything for it in a text."""
        text, start, end = page.text, page.start, page.end
        if self.words and not any(text.find(word, start, end) >= 0 for word in self.words):
            return False
        return self.sign is None or self.sign.search(text, start, end) is not None


def _blocks(page: Page) -> Iterator[Sight]:
    from sealer.detect.blocks import secrets_in_blocks  # noqa: PLC0415 - rarely needed

    return secrets_in_blocks(page)


def _flows(page: Page) -> Iterator[Sight]:
    from sealer.detect.flows import secrets_in_flows  # noqa: PLC0415 - rarely needed

    return secrets_in_flows(page)


def _fences(page: Page) -> Iterator[Sight]:
    from sealer.detect.fences import fences  # noqa: PLC0415 - rarely needed

    return fences(page)


def _heredocs(page: Page) -> Iterator[Sight]:
    from sealer.detect.shell import heredocs  # noqa: PLC0415 - rarely needed

    return heredocs(page)


def _comments(page: Page) -> Iterator[Sight]:
    from sealer.detect.comments import comments  # noqa: PLC0415 - rarely needed

    return comments(page)


def _leftovers(page: Page) -> Iterator[Sight]:
    from sealer.detect.leftovers import entries_in_comments  # noqa: PLC0415 - rarely needed

    return entries_in_comments(page)


def _strings(page: Page) -> Iterator[Sight]:
    from sealer.detect.programs import strings  # noqa: PLC0415 - rarely needed

    return strings(page)


def _commands(page: Page) -> Iterator[Sight]:
    from sealer.detect.commands import secrets_on_command_lines  # noqa: PLC0415 - rarely needed

    return secrets_on_command_lines(page)


def _keys(page: Page) -> Iterator[Sight]:
    from sealer.detect.keys import keys_in_text  # noqa: PLC0415 - rarely needed

    return keys_in_text(page)


def _variables(page: Page) -> Iterator[Sight]:
    from sealer.detect.envfiles import unencrypted_entries  # noqa: PLC0415 - rarely needed

    return unencrypted_entries(page)


def _charts(document: Document, context: Context) -> Iterator[Sight]:
    if context.settings.severity(HELM_VALUES, context.path) is not Severity.OFF:
        from sealer.detect.charts import helm_values  # noqa: PLC0415 - rarely needed

        yield from helm_values(document, context)


def _literals(page: Page) -> Iterator[Sight]:
    from sealer.detect.generators import literals_in_text  # noqa: PLC0415 - rarely needed

    return literals_in_text(page)


def _outlines(page: Page) -> Iterator[Sight]:
    from sealer.detect.fragments import values_in_outlines  # noqa: PLC0415 - rarely needed

    return values_in_outlines(page)


def _generators(document: Document, context: Context) -> Iterator[Sight]:
    if context.text.find("ecretGenerator", document.start, document.end) >= 0:
        from sealer.detect.kustomize import generated_values  # noqa: PLC0415 - rarely needed

        yield from generated_values(document, context)


def _kubeconfigs(document: Document, context: Context) -> Iterator[Sight]:
    if context.text.find("users", document.start, document.end) >= 0:
        from sealer.detect.kubeconfig import credentials  # noqa: PLC0415 - rarely needed

        yield from credentials(document, context)


def _policies(document: Document, context: Context) -> Iterator[Sight]:
    if context.path.rpartition("/")[2] == POLICY:
        from sealer.detect.pins import pins_of_policy  # noqa: PLC0415 - rarely needed

        yield from pins_of_policy(document, context)


def _certificates(page: Page) -> Iterator[Sight]:
    from sealer.detect.pins import unpinned_certificates  # noqa: PLC0415 - rarely needed

    return unpinned_certificates(page)


def _left_clear(document: Document, context: Context) -> Iterator[Sight]:
    if context.stanza is not None:
        from sealer.detect.unencrypted import unencrypted_values  # noqa: PLC0415 - rarely needed

        yield from unencrypted_values(document, context)


def _patches(page: Page) -> Iterator[Sight]:
    from sealer.detect.patching import patches_on_command_lines  # noqa: PLC0415 - rarely needed

    return patches_on_command_lines(page)


def _encoded(page: Page) -> Iterator[Sight]:
    from sealer.detect.encoded import encoded_manifests  # noqa: PLC0415 - rarely needed

    return encoded_manifests(page)


def _diffs(page: Page) -> Iterator[Sight]:
    from sealer.detect.diffs import parts_of_diffs  # noqa: PLC0415 - rarely needed

    return parts_of_diffs(page)


def _terraform(page: Page) -> Iterator[Sight]:
    from sealer.detect.terraform import secrets_in_terraform  # noqa: PLC0415 - rarely needed

    return secrets_in_terraform(page)


def _objects_of_terraform(page: Page) -> Iterator[Sight]:
    if page.path.lower().endswith((".tf", ".tfvars", ".tofu", ".hcl")):
        from sealer.detect.terraform import objects_in_terraform  # noqa: PLC0415 - rarely needed

        yield from objects_in_terraform(page)


def _notebooks(page: Page) -> Iterator[Sight]:
    from sealer.detect.notebooks import notebook_cells  # noqa: PLC0415 - rarely needed

    return notebook_cells(page)


def _jsonnet(page: Page) -> Iterator[Sight]:
    if page.path.lower().endswith((".jsonnet", ".libsonnet")):
        from sealer.detect.jsonnet import secrets_in_jsonnet  # noqa: PLC0415 - rarely needed

        yield from secrets_in_jsonnet(page)


# Private keys and age identities; then what base64 makes of these words, wherever they begin.
_KEY_WORDS = (
    *("PRIVATE KEY", "Private-Lines:", "AGE-SECRET-KEY-"),
    *("UFJJVkFURSBL", "SVZBVEUgS0VZ", "UklWQVRFIEtF"),
    *("QUdFLVNFQ1JFVC1LRVkt", "RS1TRUNSRVQtS0VZ", "R0UtU0VDUkVULUtF"),
)
# The last ones are of `oc set data secret/db key=$VALUE`.
_COMMAND_WORDS = ("--from-literal", "--docker-password", "/dev/stdin", "set data", "set, data")
_CERTIFICATE = re.compile(r"^-----BEGIN CERTIFICATE-----|\A0\ufffd", re.MULTILINE)
_SOPS_VARIABLES = re.compile(r"^[ \t]*+(?:export[ \t]++)?sops_mac=|^\[sops\]", re.MULTILINE)
# What a tree is asked for; a long run may be a manifest in base64. Each run is read once.
_IN_TREES = re.compile(
    r"(?:sealed|sops)secret|users|/(?:data|stringdata|spec/)|customresource"
    r"|(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{32}",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{32}")
_KIND = r"kind\W{1,10}(?:sealed|sops)?secret"
# Of several lines, or where a manifest begins. Beginning with a set of marks, it is found fast.
_QUOTED = re.compile(
    r"[\"'`\\](?:(?<=`)|(?<=\\)[n\"]|(?<=\")\"\"|(?<=')''|(?<=r\#\")"
    r"|(?<=[\"'])\s{0,40}(?:---|apiVersion\b|kind\b|\{))"
)
# Behind the sign of a line comment, or inside of a block comment.
_COMMENT_MARKS = ("#", "//", ";", "--", "*", "<!--")
_COMMENTED = re.compile(
    rf"^[ \t]*+(?:#|//|;|--|\*)[^\n]{{0,300}}?(?:{_KIND}|secretgenerator\W|users[\"']?:"
    r"|path\W{1,5}/(?:data|stringdata|spec/)|[A-Za-z0-9+/]{64})|/\*|<!--|\{#",
    re.IGNORECASE | re.MULTILINE,
)
_ASSIGNED_KIND = re.compile(r"\bkind\"?[ \t]*+=[ \t]*+\"[Ss]ecret\"")
_IN_DIFFS = re.compile(rf"^(?:@@|[+>][^\n]{{0,300}}?{_KIND})", re.IGNORECASE | re.MULTILINE)
_COMMENTED_ENTRY = re.compile(r"^[ \t]*+\#++[ \t]*+[\"']?[-.\w]++[\"']?:(?=\s|\Z)", re.MULTILINE)

# Asked about each object of a kind that `objects` knows.
OBJECTS: tuple[Callable[[KubeObject, Context], Iterator[Sight]], ...] = (
    values_of_secrets,
    values_of_sops_secrets,
    unsealed_values,
    clear_template_entries,
    copies_in_annotations,
)
# Asked about each document that parses.
DOCUMENTS: tuple[Callable[[Document, Context], Iterator[Sight]], ...] = (
    json_patches,
    _charts,
    _generators,
    _kubeconfigs,
    _left_clear,
    _policies,
)
# Asked about the text of each document that does not parse, or is one string.
FRAGMENTS: tuple[Reader, ...] = (
    Reader(_blocks),
    Reader(_flows),
    Reader(_literals, ("secretGenerator",)),
    Reader(_encoded, sign=_BASE64),
    Reader(_outlines, sign=_IN_TREES),
)
# Asked about the whole text of each file, whether it parses or not. What stands in a value that
# another detector reports is not reported again, and what they call judged is not asked of others.
TEXTS: tuple[Reader, ...] = (
    Reader(_notebooks, ('"nbformat"',), is_once=True),
    Reader(_fences, ("```", "~~~")),
    Reader(_heredocs, ("<<",)),
    Reader(_jsonnet),
    Reader(_terraform, ("kubernetes_secret", "kubernetes_manifest")),
    Reader(_objects_of_terraform, ('"Secret"', '"secret"'), _ASSIGNED_KIND),
    Reader(_comments, _COMMENT_MARKS, _COMMENTED),
    Reader(_leftovers, ("#",), _COMMENTED_ENTRY),
    Reader(_strings, sign=_QUOTED),
    Reader(_diffs, ("@@ -", "\n+", "\n>"), _IN_DIFFS),
    Reader(_keys, _KEY_WORDS),
    Reader(_certificates, ("-----BEGIN CERTIFICATE-----", "0\ufffd"), _CERTIFICATE, is_once=True),
    Reader(_variables, ("sops_mac=", "[sops]"), _SOPS_VARIABLES),
    Reader(_commands, _COMMAND_WORDS, is_once=True),
    Reader(_patches, ("patch",), re.compile(r"patch\b[^\n\"']{0,300}\bsecret"), is_once=True),
)
