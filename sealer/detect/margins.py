"""Comments that speak to the hook: where they stand in a file, and which lines a value has.

A sign such as `#` begins a comment only where the file's language says so. Where the file parses,
what stands in quotes or in a block scalar is content; elsewhere the line has to do.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from sealer.detect.detectors import Page
from sealer.detect.fences import fences
from sealer.detect.languages import comment_signs
from sealer.detect.prefilter import ALLOW
from sealer.detect.readings import readings
from sealer.detect.settings import DEFAULT
from sealer.documents import Document, Mapping, Scalar
from sealer.documents.nodes import walk

_WORD = ALLOW.decode()
# What follows a sign is bounded by the line; each sign is looked at once.
# `#` may be a part of a word or begin a string, and `//` may be a part of an address or stand in
# words about comments; the other signs begin comments anywhere.
_COMMENT = re.compile(
    r"(?P<sign>(?<![^ \t\r\n;,()\[\]{}&|])\#|(?<![:`])//|<!--|\{\{-?[ \t]*+/\*)"
    rf"[ \t]*+{_WORD}(?![\w-])(?P<rest>[^\r\n]*)",
)
_CLOSERS = {"#": None, "//": None, "<!--": "-->", "{{": "*/"}
_TEMPLATE = re.compile(r"\{\{-?[ \t]*+/\*")
_BLOCK_STYLES = ("|", ">")
# What ends a line where the value begins on the next: a block scalar, a heredoc, a key's frame.
_OPENER = re.compile(
    r"(?:(?<![^ \t])(?:[|>][-+0-9]{0,2}|[=\\])|(?<![^ \t=:(,])[`'\"(\[{]|<<.{1,80}|-----)"
    r"[ \t\r]{0,80}\Z"
)
_WORDS = re.compile(r"[^ \t\r\n]{1,1000}")
# Characters for a byte, line ends and escapes included.
_MOST_OF_BASE64 = 2
NOWHERE = -1
# A manifest that is commented out may have comments of its own.
_BEFORE_COMMENTS = " \t\r#/"


class Spot(NamedTuple):
    """A line of a file, or of a text in it.

    Attributes:
        line: Counted from 1.
        within: Offset of the block scalar whose content it is; `NOWHERE` for the file itself.
    """

    line: int
    within: int


class Comment(NamedTuple):
    """A comment that speaks to the hook.

    Attributes:
        spot: Where it stands.
        column: Counted in characters from 1.
        text: What it says behind the word.
        is_alone: Nothing stands before it on its line but what makes all of it a comment.
    """

    spot: Spot
    column: int
    text: str
    is_alone: bool


class Margins:
    """The comments of a file, and the lines of its values.

    Args:
        path: Its name, which tells the language where the text does not parse.
        data: The file.

    Raises:
        DocumentLimitError: There are too many documents.
    """

    def __init__(self, path: str, data: bytes) -> None:
        self._path = path
        self._signs = comment_signs(path)
        self._stream = next(readings(data))
        self._text = self._stream.source.text

    def comments(self) -> Iterator[Comment]:
        """Yield the comments in the order of the file."""
        done = 0
        for match in _COMMENT.finditer(self._text):
            sign = "{{" if match["sign"].startswith("{{") else match["sign"]
            begin = match.start("sign")
            before = _line_before(self._text, done, begin)
            done = match.end()
            if sign not in self._signs or self._is_content(sign, begin, before):
                continue
            closer = _CLOSERS[sign]
            text = match["rest"].partition(closer)[0] if closer else match["rest"]
            line, column = self._stream.source.position(begin)
            is_alone = not before.strip(_BEFORE_COMMENTS)
            yield Comment(Spot(line, self._within(line, begin)), column, text, is_alone)

    def end_of_run(self, line: int) -> int:
        """Return the last of the lines from here on that hold nothing but a comment each."""
        return self._run_ends[line - 1]

    def spots_of(self, line: int, column: int) -> set[Spot]:
        """Return the lines on or above which a comment is about a value.

        These are the first and the last line of the value, that of its key, and that which opens
        the fence around it. Of a text in which the value stands, it is the same.
        """
        offset = self._offset(line, column)
        within = self._within(line, offset)
        if within == NOWHERE:
            return {Spot(each, NOWHERE) for each in self._lines_of(line, offset)}
        around = self._lines_of(self._line_at(within), within)
        return {Spot(line, within), *(Spot(each, NOWHERE) for each in around)}

    def _lines_of(self, line: int, offset: int) -> set[int]:
        at = bisect_right(self._fences, offset, key=itemgetter(0)) - 1
        lines = {line}
        if offset in self._keys:
            lines.add(self._line_at(self._keys[offset]))
        scalar = self._scalar_at(offset)
        if scalar is not None and scalar.start == offset and scalar.style not in _BLOCK_STYLES:
            lines.add(self._line_at(scalar.end - 1))
        if at >= 0 and offset < self._fences[at][1]:
            lines.add(self._line_at(self._fences[at][0] - 1))
        return lines

    def _within(self, line: int, offset: int) -> int:
        """Return the offset of the block scalar in whose content a place is, or `NOWHERE`."""
        scalar = self._scalar_at(offset)
        is_content = (
            scalar is not None
            and scalar.style in _BLOCK_STYLES
            and self._line_at(scalar.start) != line
        )
        return scalar.start if scalar is not None and is_content else NOWHERE

    def value_at(self, line: int, column: int, length: int, *, limit: int) -> str | None:
        """Return the value that begins at a place, with what may belong to it.

        Where nothing parses, that is the rest of the line, and what follows where that line only
        opens a value. A comment behind it is no part of it.

        Args:
            line: Its line.
            column: Its column.
            length: Its length in bytes, decoded where it is base64.
            limit: How many characters to take at most.

        Returns:
            The value; None when it may be longer.
        """
        offset = self._offset(line, column)
        scalar = self._scalar_at(offset)
        is_scalar = scalar is not None and scalar.start == offset
        end = scalar.end if scalar is not None and is_scalar else self._end_of_line(offset, limit)
        if end - offset > limit:
            return None
        if scalar is not None and is_scalar and scalar.style:
            return scalar.text
        rest = self._text[offset:end]
        match = _COMMENT.search(rest)
        rest = rest[: match.start()] if match else rest
        if is_scalar or not (len(rest) < length or _OPENER.search(rest)):
            return rest
        return f"{rest}{self._following(end, _MOST_OF_BASE64 * length)}" if length < limit else None

    def _end_of_line(self, offset: int, limit: int) -> int:
        end = self._text.find("\n", offset, offset + limit + 1)
        return end if end >= 0 else min(len(self._text), offset + limit + 1)

    def _following(self, offset: int, count: int) -> str:
        """Return the text from a place on, until it has so many characters that are no blanks."""
        end = offset
        for match in _WORDS.finditer(self._text, offset):
            if count <= 0:
                break
            end = match.end()
            count -= end - match.start()
        return self._text[offset:end]

    def _is_content(self, sign: str, offset: int, before: str) -> bool:
        """Tell whether a sign stands in a string; in a block scalar it may still be a comment.

        So it may in a plain scalar, where it is one of a template: no value has such a text.

        Args:
            sign: The sign.
            offset: Where it stands.
            before: What stands before it on its line.
        """
        scalar = self._scalar_at(offset)
        if scalar is not None:
            is_of_template = not scalar.style and sign == "{{"
            return scalar.style not in _BLOCK_STYLES and not is_of_template
        return not self._is_parsed(offset) and _is_quoted(before)

    def _is_comment(self, line: str) -> bool:
        begins = line.lstrip()
        if not begins:
            return "<!--" in self._signs  # a paragraph may end between a comment and its fence
        return begins.startswith(self._signs) and (
            begins[0] != "{" or _TEMPLATE.match(begins) is not None
        )

    def _offset(self, line: int, column: int) -> int:
        """Return the offset of a place; a file that is damaged may have been read another way."""
        return self._starts[min(line, len(self._starts)) - 1] + column - 1

    def _line_at(self, offset: int) -> int:
        return self._stream.source.position(offset)[0]

    def _is_parsed(self, offset: int) -> bool:
        at = bisect_right(self._documents, offset, key=lambda document: document.start) - 1
        return at >= 0 and offset < self._documents[at].end

    def _scalar_at(self, offset: int) -> Scalar | None:
        at = bisect_right(self._scalars, offset, key=lambda scalar: scalar.start) - 1
        return self._scalars[at] if at >= 0 and offset < self._scalars[at].end else None

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.split("\n")

    @cached_property
    def _run_ends(self) -> list[int]:
        """The number of the last line of the comments around each line; 0 beside them."""
        ends = [0] * (len(self._lines) + 1)
        for at in range(len(self._lines) - 1, -1, -1):
            if self._is_comment(self._lines[at]):
                ends[at] = ends[at + 1] or at + 1
        return ends

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self._lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    @cached_property
    def _fences(self) -> list[tuple[int, int]]:
        """Where the content of each code fence begins and ends."""
        if "<!--" not in self._signs:
            return []
        page = Page(self._path, self._text, 0, len(self._text), DEFAULT)
        return [(fence.start, fence.end) for fence in fences(page)]

    @cached_property
    def _documents(self) -> list[Document]:
        """Those with structure: any text is a scalar, and its comments are those of its lines."""
        return [
            document
            for document in self._stream.documents
            if document.root is not None and not isinstance(document.root, Scalar)
        ]

    @cached_property
    def _scalars(self) -> list[Scalar]:
        nodes = chain.from_iterable(walk(each.root) for each in self._documents if each.root)
        scalars = [node for node in nodes if isinstance(node, Scalar) and node.end > node.start]
        return sorted(scalars, key=lambda scalar: scalar.start)

    @cached_property
    def _keys(self) -> dict[int, int]:
        """Where the key of each value begins."""
        nodes = chain.from_iterable(walk(each.root) for each in self._documents if each.root)
        return {
            value.start: key.start
            for node in nodes
            if isinstance(node, Mapping)
            for key, value in node.pairs
            if key.start < value.start
        }


def _line_before(text: str, start: int, offset: int) -> str:
    """Return what stands before a place on its line, whichever line ends the file has.

    Args:
        text: The file.
        start: A place on an earlier line, or on this one. Where it is the end of the last comment,
            no part of the file is looked through twice.
        offset: The place.
    """
    begin = max(text.rfind("\n", start, offset), text.rfind("\r", start, offset)) + 1
    return text[begin or start : offset]


def _is_quoted(line: str) -> bool:
    """Tell whether the end of a line is in quotes that open on it; an apostrophe opens none."""
    quote, before = "", " "
    for character in line:
        if quote and before == "\\":
            before = " "
            continue
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and not before.isalnum():
            quote = character
        before = character
    return bool(quote)
