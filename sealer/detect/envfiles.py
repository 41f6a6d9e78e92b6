"""Files of variables, one a line (`NAME=value`), and INI files; SOPS encrypts both.

In such files the stanza of SOPS is flat: `sops_mac=…`, or fields of a section `[sops]`.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from sealer.detect.detectors import Page
from sealer.detect.job import Memory
from sealer.detect.objects import shown_key
from sealer.detect.rules import UNENCRYPTED_SOPS_SECRET
from sealer.detect.sighting import Sighting
from sealer.detect.sops import Stanza, is_token, stanza_of_fields
from sealer.detect.values import readable_length

_LINE = re.compile(r"[^\r\n]+")
_SECTION = re.compile(r"\[(?P<name>[^\]\r\n]{1,300})\]")
# Linear: a name has no `=`.
_ENTRY = re.compile(r"[ \t]*+(?:export[ \t]++)?(?P<name>[^=\r\n]{1,317}?)[ \t]*=(?P<value>.*)")
_QUOTED = re.compile(r"([\"'])(?P<inside>.*)\1", re.DOTALL)
_SOPS, _PREFIX = "sops", "sops_"
# `age__list_0__map_enc`, also behind `key_groups__list_0__map_`.
_ENCRYPTED_KEY = re.compile(r"(?:\w+_)?enc")


class Entry(NamedTuple):
    """A variable.

    Attributes:
        path: Its section, if it stands in one, and its name.
        value: What it says, without the quotes around it.
        offset: Where its line begins.
    """

    path: tuple[str, ...]
    value: str
    offset: int


def read_entries(text: str, start: int = 0, end: int | None = None) -> Iterator[Entry]:
    """Yield the variables of a text that have a value; those of INI files with their section."""
    section: tuple[str, ...] = ()
    for line in _LINE.finditer(text, start, len(text) if end is None else end):
        written = line[0].strip()
        if written.startswith(("#", ";")):
            continue
        if heading := _SECTION.fullmatch(written):
            section = (heading["name"],)
        elif entry := _ENTRY.fullmatch(line[0]):
            value = entry["value"].strip()
            if not value.strip("="):  # empty; or base64 on a line of its own, which is no name
                continue
            quoted = _QUOTED.fullmatch(value)
            inside = quoted["inside"] if quoted else value
            yield Entry((*section, entry["name"].strip()), inside, line.start())


def split_stanza(
    entries: Iterable[Entry], memory: Memory | None = None
) -> tuple[list[Entry], Stanza | None]:
    """Return the variables without those of SOPS, and what those say; None where that is nothing.

    A stanza opens something only if it has a message authentication code and an encrypted key.
    """
    others, fields = [], {}
    for entry in entries:
        *section, name = entry.path
        if section == [_SOPS]:
            fields[name] = entry.value
        elif not section and name.startswith(_PREFIX):
            fields[name.removeprefix(_PREFIX)] = entry.value
        else:
            others.append(entry)
    has_key = any(value and _ENCRYPTED_KEY.fullmatch(name) for name, value in fields.items())
    return others, stanza_of_fields(fields, has_key=has_key, memory=memory)


def readable_entries(
    text: str, placeholders: Collection[str] = (), memory: Memory | None = None
) -> Iterator[Entry]:
    """Yield the variables that anyone can read: not empty, no placeholder, not encrypted."""
    entries: Iterable[Entry] = read_entries(text)
    stanza = None
    if _SOPS in text:  # elsewhere the first readable one may end it
        entries, stanza = split_stanza(entries, memory)
    for entry in entries:
        is_covered = stanza is not None and is_token(entry.value) and stanza.covers(entry.path)
        is_readable = readable_length(entry.value, is_base64=False, placeholders=placeholders)
        if is_readable is not None and not is_covered:
            yield entry


def unencrypted_entries(page: Page) -> Iterator[Sighting]:
    """Report each variable that the stanza of the file covers and that SOPS has not encrypted."""
    entries, stanza = split_stanza(read_entries(page.text, page.start, page.end), page.memory)
    if stanza is None or stanza.goes_by_comments:
        return
    for entry in entries:
        if entry.value and not is_token(entry.value) and stanza.covers(entry.path):
            length = len(entry.value.encode(errors="replace"))
            key = shown_key(entry.path[-1])
            end = page.text.find("\n", entry.offset)
            yield Sighting(
                UNENCRYPTED_SOPS_SECRET, entry.offset, key, length,
                end=end if end >= 0 else page.end,
            )  # fmt: skip
