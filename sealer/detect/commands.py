"""Values on command lines that make Secrets: `kubectl create secret … --from-literal=key=value`.

A command may stand in a script, in a list of arguments, in a string of a workflow or in prose. What
ends a word is judged leniently, what is a value strictly.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sealer.detect.detectors import Page
from sealer.detect.expansions import (
    literal_in_shell,
    neutral_fields,
    printed_literal,
)
from sealer.detect.objects import shown_key, shown_name
from sealer.detect.placeholders import is_placeholder
from sealer.detect.rules import SECRET_ON_COMMAND_LINE
from sealer.detect.sighting import Sighting

# Of a container, the first words may stand under `command`, and the others under `args`.
_SECRET = re.compile(
    r"\bsecrets?(?:[\s\"',\\\]-]|args[\"']?:[\s\[]{0,40}+){1,60}+"
    r"(?P<type>generic|docker-registry|tls)\b"
    r"|\bedit[\s\"',]{1,40}(?:add|set)[\s\"',]{1,40}secret\b"  # kustomize
    r"|(?P<set>\bset[\s\"',]{1,40}data[\s\"',]{1,40}secrets?\b(?:/(?P<name>[\w.-]{1,253}))?)"
)
_CREATE = re.compile(r"\bcreate\b[^;|&]*\Z")
_PIPED = re.compile(r"[^\n;&]*\|[^|\n]*\Z")
_LOOK_BACK = 300
_LONGEST = 10_000
# Between words: blanks, a continued line, a line of options, an item of a list in JSON or YAML.
_GAP = re.compile(
    r"(?:[ \t]|\\{1,2}\r?\n|`\r?\n|\\{3}n|\r?\n(?=[ \t]*+(?:-[ \t]++[\"']?)?--?\w)"
    r"|\r?\n[ \t]*+-[ \t]++|\r?\n[ \t]*+args:(?=[ \t\r]*+\n))++"
    r"|[ \t]*+,[ \t\r\n]*+[bfru]?(?=[\"'])|(?<=[\"'])[ \t]*+,[ \t\r\n]*+(?=\w)"
    r"|\][\s,]{0,40}+[\"']?args[\"']?:\s{0,40}+\[[ \t\r\n]*+"
)
_COMMA = re.compile(r"[ \t]*+,[ \t\r\n]*+")
# Linear: what is never closed takes all that may be read.
_COMMAND = r"\$\((?:[^()]|\([^()]*+\))*+\)?"
_PIECE = re.compile(
    rf"'[^'\n]*+'?|\"(?:\\.|{_COMMAND}|[^\"\\])*+\"?|{_COMMAND}|\$?\{{\{{[^{{}}]*+\}}\}}"
    r"|\$\{[^{}\n]*+\}|`[^`\n]*+`|<\([^()\n]*+\)|\\[^nrt\s]|[^\s\"'\\;|&()`,\]]"
    r"|,(?=[^\s\"'])|\](?=[^\s,\"'}])"
)
# Mid-word, a quote that nothing follows closes the string around the command.
_CLOSING = re.compile(r"[\"'](?=[\s,}\])]|\\n|\Z)")
_QUOTE = re.compile(r"\\?[\"']")
_ITEM = re.compile(r"[\"']?(?P<key>[\w.-]*)=(?P<value>.*)", re.DOTALL)
_REDIRECTION = re.compile(r"<[^()]*>?")
_NAMESPACE = ("-n", "--namespace")
# Options of kubectl that take no word of their own, and those whose word is no secret.
_SWITCHES = {
    "--allow-missing-template-keys", "--append-hash", "--disable-compression", "--dry-run",
    "--insecure-skip-tls-verify", "--match-server-version", "--save-config",
    "--show-managed-fields", "--validate", "--warnings-as-errors",
}  # fmt: skip
_HARMLESS = {
    *_NAMESPACE, "-o", "--output", "--cert", "--cluster", "--context", "--docker-email",
    "--docker-server", "--docker-username", "--field-manager", "--from-env-file", "--from-file",
    "--key", "--kubeconfig", "--type",
}  # fmt: skip


class _Word(NamedTuple):
    """A word of a command, as written, and where it begins."""

    offset: int
    written: str


class _Command(NamedTuple):
    """A command that makes a Secret, or writes into one.

    Attributes:
        words: What stands behind the words that say so.
        whose: Namespace and name of the Secret; safe to print.
        printed: The literal that another command pipes into it.
        is_set: Each of its words may be a value, without an option.
    """

    words: list[_Word]
    whose: tuple[str, str]
    printed: str = ""
    is_set: bool = False


def secrets_on_command_lines(page: Page) -> Iterator[Sighting]:
    """Report each literal of a command that creates a Secret."""
    for command in _commands(page):
        for offset, key, value in _values(command):
            is_allowed = _bare(value) in page.settings.placeholders
            if not is_allowed and (length := _length(value)):
                sighting = Sighting(SECRET_ON_COMMAND_LINE, offset, key, length, *command.whose)
                yield sighting._replace(end=offset + len(value))


def _commands(page: Page) -> Iterator[_Command]:
    matches = list(_SECRET.finditer(page.text, page.start, page.end))
    ends = [*(match.start() for match in matches[1:]), page.end]
    for match, end in zip(matches, ends, strict=False):
        is_list = any(mark in match[0] for mark in ",[")
        is_bare_list = is_list and _QUOTE.search(match[0]) is None
        limit = min(match.end() + _LONGEST, end)
        words = list(_words(page.text, match.end(), limit, is_bare_list=is_bare_list))
        namespace, name = _identity(words)
        if not match["type"]:
            named = shown_name(match["name"] or "") or name
            yield _Command(words, (namespace, named), is_set=match["set"] is not None)
            continue
        before = page.text[max(page.start, match.start() - _LOOK_BACK) : match.start()]
        create = _CREATE.search(before)
        if create is not None:
            piped = _PIPED.search(before, 0, create.start())
            printed = printed_literal(piped[0]) if piped is not None else ""
            yield _Command(words, (namespace, name), printed)


def _words(text: str, at: int, end: int, *, is_bare_list: bool) -> Iterator[_Word]:
    """Yield the words of a command up to what ends it.

    Args:
        text: The whole text.
        at: Behind the words that make it one.
        end: Where to stop.
        is_bare_list: It is written as a list without quotes, as in YAML.
    """
    at = at + 1 if text[at : at + 1] in ("'", '"') else at
    while gap := _GAP.match(text, at, end) or (is_bare_list and _COMMA.match(text, at, end)):
        at = start = gap.end()
        while piece := _PIECE.match(text, at, end):
            is_over = is_bare_list and piece[0] == ","
            if at > start and (is_over or _CLOSING.match(text, at, end)):
                break
            at = piece.end()
        if at > start:
            yield _Word(start, text[start:at])
        elif text[at : at + 1] not in ("'", '"'):
            return


def _identity(words: list[_Word]) -> tuple[str, str]:
    """Return the namespace and name that a command gives its Secret.

    The name is the first word, or one right behind an option that is known to be harmless. Behind
    any other a word may be a value, or a part of one, and is never told.
    """
    namespace, name, option, is_sure = "", "", "", True
    for word in words:
        said = _bare(word.written)
        if option:
            is_sure = option in _HARMLESS and not said.startswith("-")
            namespace = said if is_sure and option in _NAMESPACE else namespace
            option = ""
        elif said.startswith("-"):
            given, equals, value = said.partition("=")
            namespace = value if equals and given in _NAMESPACE else namespace
            is_sure = given in _SWITCHES or (bool(equals) and given in _HARMLESS)
            option = "" if equals or given in _SWITCHES else given
        else:
            name = name or (said if is_sure else "")
            is_sure = False
    return shown_name(namespace), shown_name(name)


def _values(command: _Command) -> Iterator[tuple[int, str, str]]:
    """Yield offset, key and value of each option or word that gives one."""
    words = command.words
    if command.printed:
        for offset, key, value in _options(words, "--from-file"):
            if _bare(value).endswith("/dev/stdin"):
                yield offset, key, command.printed
    yield from _options(words, "--from-literal")
    for offset, _, value in _options(words, "--docker-password"):
        yield offset, ".dockerconfigjson", value
    if command.is_set:
        yield from _assignments(words)


def _assignments(words: list[_Word]) -> Iterator[tuple[int, str, str]]:
    """Yield what words that are neither options nor belong to one assign: `key=value`."""
    is_taken = False
    for word in words:
        said = _bare(word.written)
        if said.startswith("-"):
            is_taken = "=" not in said and said not in _SWITCHES
        elif is_taken:
            is_taken = False
        else:
            yield from _item(*word)


def _options(words: list[_Word], option: str) -> Iterator[tuple[int, str, str]]:
    for n, word in enumerate(words):
        given = _QUOTE.sub("", word.written[: len(option) + 2], count=1)
        if not given.startswith(option):
            continue
        rest = word.written[word.written.index(option) + len(option) :]
        offset = word.offset + len(word.written) - len(rest)
        if rest.startswith("="):
            rest, offset = rest[1:], offset + 1
        elif _bare(rest) == "" and n + 1 < len(words):
            offset, rest = words[n + 1]
        else:
            continue
        if option == "--docker-password":
            yield offset, "", rest
        else:
            yield from _item(offset, rest)


def _item(offset: int, written: str) -> Iterator[tuple[int, str, str]]:
    """Yield offset, key and value of `key=value`; nothing for any other word."""
    item = _ITEM.fullmatch(written)
    if item is None:
        return
    value = _bare(item["value"])
    if value.strip("=") == "" != value:
        yield offset, "", written  # the end of base64, whose beginning is no key
    else:
        yield offset + item.start("value"), shown_key(item["key"]), item["value"]


def _length(written: str) -> int:
    """Return the length in bytes of a value that stands in a command; 0 where none does."""
    value = _bare(written)
    if is_placeholder(value) or _REDIRECTION.fullmatch(written):
        return 0
    if not literal_in_shell(neutral_fields(value)):
        return 0
    return len(value.encode(errors="replace"))


def _bare(written: str) -> str:
    return _QUOTE.sub("", written).strip()
