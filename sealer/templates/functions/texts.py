"""Functions over strings."""

import unicodedata

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table
from sealer.templates.limits import check_items, check_text
from sealer.templates.quoting import go_quote
from sealer.templates.show import decoded, decoded_lossless, lossless, plain
from sealer.templates.values import NoStrings, StringMap, Strings

_ELLIPSIS = b"..."
_SHORTEST = 4
_SHORTEST_BOTH = 7
_ASCII = 0x7F
_NO_CHARACTERS = "\ufffd" + "".join(map(chr, range(0xDC80, 0xDD00)))


def text_of(value: object) -> bytes:
    """Return any value as a string."""
    return value if isinstance(value, bytes) else plain(value)


def texts_of(value: object) -> Strings:
    """Return a list's values as strings, nil left out; of anything else a list with it alone."""
    if value is None:
        return Strings()
    values = value if isinstance(value, list) else [value]
    return Strings(text_of(each) for each in values if each is not None)


def is_space(character: str) -> bool:
    """Tell what Go's unicode.IsSpace tells."""
    return character in "\t\n\v\f\r \x85\xa0" or unicodedata.category(character) in (
        "Zs",
        "Zl",
        "Zp",
    )


def trimmed(text: bytes) -> bytes:
    """Return a string without blanks at its ends."""
    characters = decoded_lossless(text)
    start, end = 0, len(characters)
    while start < end and is_space(characters[start]):
        start += 1
    while end > start and is_space(characters[end - 1]):
        end -= 1
    return lossless(characters[start:end])


def replaced(text: bytes, old: bytes, new: bytes) -> bytes:
    """Return a string with every occurrence of another one replaced."""
    if old:
        check_text(len(text) + text.count(old) * max(len(new) - len(old), 0))
        return text.replace(old, new)
    check_text(len(text) + (len(text) + 1) * len(new))
    return new + b"".join(lossless(each) + new for each in decoded_lossless(text))


def upper_rune(character: str) -> str:
    """Return a character's upper case where that is one character, as in Go."""
    for other in (character.upper(), character.title()):
        if len(other) == 1:
            return other
    return character


def lower_rune(character: str) -> str:
    """Return a character's lower case where that is one character, as in Go."""
    return character.lower()[0]


def _title_rune(character: str) -> str:
    """Return a character as it begins a title where that is one character, as in Go."""
    title = character.title()
    return title if len(title) == 1 else character


def _upper(text: bytes) -> bytes:
    return text.upper() if text.isascii() else "".join(map(upper_rune, decoded(text))).encode()


def _lower(text: bytes) -> bytes:
    return text.lower() if text.isascii() else "".join(map(lower_rune, decoded(text))).encode()


def _title(text: bytes) -> bytes:
    parts, before = [], " "
    for character in decoded(text):
        parts.append(_title_rune(character) if _separates(before) else character)
        before = character
    return "".join(parts).encode()


def _separates(character: str) -> bool:
    if ord(character) <= _ASCII:
        return not (character.isalnum() or character == "_")
    return not character.isalnum() and is_space(character)


def _untitle(text: bytes) -> bytes:
    parts, before = [], " "
    for character in decoded(text):
        parts.append(lower_rune(character) if is_space(before) else character)
        before = character
    return "".join(parts).encode()


def _swap_case(text: bytes) -> bytes:
    parts, before = [], " "
    for character in decoded(text):
        if unicodedata.category(character) in ("Lu", "Lt"):
            parts.append(lower_rune(character))
        elif unicodedata.category(character) == "Ll":
            parts.append(_title_rune(character) if is_space(before) else upper_rune(character))
        else:
            parts.append(character)
        before = character
    return "".join(parts).encode()


def _initials(text: bytes) -> bytes:
    """Return the first byte of each word; the original takes each byte for a character."""
    parts, before = [], " "
    for character in text.decode("latin-1"):
        if is_space(before) and not is_space(character):
            parts.append(character)
        before = character
    return "".join(parts).encode()


def _no_space(text: bytes) -> bytes:
    """Return a string without blanks; the original takes each byte for a character."""
    kept = "".join(each for each in text.decode("latin-1") if not is_space(each))
    return text if len(kept) == len(text) else kept.encode()


def _repeat(count: int, text: bytes) -> bytes:
    if count < 0:
        raise FunctionFault("strings: negative Repeat count")
    check_text(count * len(text))
    return text * count


def _substring(start: int, end: int, text: bytes) -> bytes:
    size = len(text)
    if start < 0:
        if not 0 <= end <= size:
            raise _out_of_bounds()
        return text[:end]
    if end < 0 or end > size:
        end = size
    if start > end:
        raise _out_of_bounds()
    return text[start:end]


def _out_of_bounds() -> FunctionFault:
    return FunctionFault("runtime error: slice bounds out of range")


def _truncate(count: int, text: bytes) -> bytes:
    if count < 0 and len(text) + count > 0:
        return text[len(text) + count :]
    return text[:count] if 0 <= count < len(text) else text


def _abbreviate(width: int, text: bytes) -> bytes:
    return text if width < _SHORTEST else _abbreviated(text, 0, width)


def _abbreviate_both(left: int, right: int, text: bytes) -> bytes:
    if right < _SHORTEST or (left > 0 and right < _SHORTEST_BOTH):
        return text
    return _abbreviated(text, left, right)


def _abbreviated(text: bytes, offset: int, width: int) -> bytes:
    inside = width - len(_ELLIPSIS)
    if len(text) <= width:
        return text
    offset = min(offset, len(text))
    if len(text) - offset < inside:
        offset = len(text) - inside
    if offset <= _SHORTEST:
        return text[:inside] + _ELLIPSIS
    if width < _SHORTEST_BOTH:
        return b""
    if offset + inside < len(text):
        return _ELLIPSIS + _abbreviated(text[offset:], 0, inside)
    return _ELLIPSIS + text[len(text) - inside :]


def _indent(width: int, text: bytes) -> bytes:
    if width < 0:
        raise FunctionFault("strings: negative Repeat count")
    check_text(width + len(text) + text.count(b"\n") * width)
    pad = b" " * width
    return pad + text.replace(b"\n", b"\n" + pad)


def _quote(*values: object) -> bytes:
    return b" ".join(_go_quoted(text_of(each)) for each in values if each is not None)


def _go_quoted(text: bytes) -> bytes:
    return lossless(go_quote(decoded_lossless(text)))


def _single_quote(*values: object) -> bytes:
    return b" ".join(b"'" + plain(each) + b"'" for each in values if each is not None)


def _concatenate(*values: object) -> bytes:
    return b" ".join(plain(each) for each in values if each is not None)


def _split_list(separator: bytes, text: bytes) -> Strings:
    return _split(text, separator, -1)


def _split(text: bytes, separator: bytes, count: int) -> Strings:
    """Return what Go's strings.SplitN returns."""
    if count == 0:
        return NoStrings()
    if separator:
        check_items(text.count(separator) if count < 0 else min(text.count(separator), count))
        return Strings(text.split(separator, count - 1 if count > 0 else -1))
    characters = [lossless(each) for each in decoded_lossless(text)]
    check_items(len(characters))
    if 0 < count < len(characters):
        characters[count - 1 :] = [b"".join(characters[count - 1 :])]
    return Strings(characters)


def _numbered(parts: Strings) -> StringMap:
    return StringMap((f"_{at}".encode(), part) for at, part in enumerate(parts))


def _join(separator: bytes, values: object) -> bytes:
    texts = texts_of(values)
    check_text(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _sort(values: object) -> Strings:
    return Strings(sorted(texts_of(values)) if isinstance(values, list) else [text_of(values)])


def _trim_all(cut: bytes, text: bytes) -> bytes:
    """Return a string without certain characters at its ends; all bytes of no UTF-8 are one."""
    signs = decoded_lossless(cut)
    if "\ufffd" in decoded(cut):
        signs += _NO_CHARACTERS
    return lossless(decoded_lossless(text).strip(signs)) if cut else text


def _plural(one: bytes, many: bytes, count: int) -> bytes:
    return one if count == 1 else many


def wrap(width: int, line_end: bytes, text: bytes, *, breaks_words: bool) -> bytes:
    """Return a text in lines of at most so many bytes, broken at blanks."""
    width = max(width, 1)
    line_end = line_end or b"\n"
    check_text(len(text) + (len(text) // width + 1) * len(line_end))
    lines: list[bytes] = []
    at = 0
    while len(text) - at > width:
        if text[at : at + 1] == b" ":
            at += 1
            continue
        blank = text.rfind(b" ", at, at + width + 1)
        if blank < 0:
            blank = at + width if breaks_words else text.find(b" ", at + width)
            if blank < 0:
                return b"".join(lines) + text[at:]
            lines += (text[at:blank], line_end)
            at = blank if breaks_words else blank + 1
        else:
            lines += (text[at:blank], line_end)
            at = blank + 1
    return b"".join(lines) + text[at:]


TABLE: Table = {
    "abbrev": Function("int string", _abbreviate),
    "abbrevboth": Function("int int string", _abbreviate_both),
    "cat": Function("any...", _concatenate),
    "contains": Function("string string", lambda part, text: part in text),
    "hasPrefix": Function("string string", lambda part, text: text.startswith(part)),
    "hasSuffix": Function("string string", lambda part, text: text.endswith(part)),
    "hello": Function("", lambda: b"Hello!"),
    "indent": Function("int string", _indent),
    "initials": Function("string", _initials, weight=16),
    "join": Function("string any", _join),
    "lower": Function("string", _lower, weight=8),
    "nindent": Function("int string", lambda width, text: b"\n" + _indent(width, text)),
    "nospace": Function("string", _no_space, weight=16),
    "plural": Function("string string int", _plural),
    "quote": Function("any...", _quote, weight=16),
    "repeat": Function("int string", _repeat),
    "replace": Function("string string string", lambda old, new, text: replaced(text, old, new)),
    "sortAlpha": Function("any", _sort),
    "split": Function("string string", lambda sign, text: _numbered(_split(text, sign, -1))),
    "splitList": Function("string string", _split_list),
    "splitn": Function(
        "string int string", lambda sign, count, text: _numbered(_split(text, sign, count))
    ),
    "squote": Function("any...", _single_quote),
    "substr": Function("int int string", _substring),
    "swapcase": Function("string", _swap_case, weight=16),
    "title": Function("string", _title, weight=16),
    "toString": Function("any", text_of),
    "toStrings": Function("any", texts_of),
    "trim": Function("string", trimmed),
    "trimAll": Function("string string", _trim_all, weight=16),
    "trimall": Function("string string", _trim_all, weight=16),
    "trimPrefix": Function("string string", lambda part, text: text.removeprefix(part)),
    "trimSuffix": Function("string string", lambda part, text: text.removesuffix(part)),
    "trunc": Function("int string", _truncate),
    "untitle": Function("string", _untitle, weight=16),
    "upper": Function("string", _upper, weight=8),
    "wrap": Function(
        "int string", lambda width, text: wrap(width, b"\n", text, breaks_words=False), weight=8
    ),
    "wrapWith": Function(
        "int string string",
        lambda width, end, text: wrap(width, end, text, breaks_words=True),
        weight=8,
    ),
}
