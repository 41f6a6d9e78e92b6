"""What a bare YAML scalar means to Kubernetes: `yes` is true, `017` is fifteen, `1:30` is text.

Kubernetes reads YAML 1.1 with Go's yaml.v2 and turns it into JSON. These are its rules, so that we
see in a manifest what kubectl, the original and the API server see (compat.md 4.2).
"""

import base64
import binascii
import math
import re
import struct

TYPE_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a mapping",
}

Plain = None | bool | int | float | str

_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, Plain] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE"), True),
    **dict.fromkeys(("on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE"), False),
    **dict.fromkeys(("off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
# Words that some YAML reader takes for a boolean, null or a number, in any spelling.
AMBIGUOUS_WORDS = frozenset(word.lower() for word in _WORDS) | {"nan", "inf"}
_NUMERIC_START = frozenset("+-.0123456789")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)"
    r"|(?P<dec>0|[1-9][0-9]*))"
)
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def resolve(text: str, tag: str | None, *, plain: bool) -> Plain:
    """Return what a scalar means.

    Args:
        text: The scalar after YAML's own unescaping.
        tag: An explicit tag such as `tag:yaml.org,2002:str`, or None.
        plain: The scalar is written without quotes and not as a block.

    Raises:
        ValueError: The text does not fit its tag.
    """
    if tag == _TAG + "binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError("!!binary holds no base64 of UTF-8 text") from error
    if tag is None or tag == "!":
        return _bare(text) if plain and tag is None else text
    kind = tag.removeprefix(_TAG)
    if kind not in _CHECKS:  # text for !!str, dates and tags of one's own
        return text
    value = _bare(text)
    if kind == "float" and type(value) is int:
        return float(value)
    if not isinstance(value, _CHECKS[kind]) or (kind == "int" and isinstance(value, bool)):
        raise ValueError(f"the value is not {kind}")
    return value


_CHECKS: dict[str, type] = {"null": type(None), "bool": bool, "int": int, "float": float}


def key_text(value: Plain) -> str:
    """Return a mapping key as Kubernetes names it in JSON: `yes` becomes `true`, `1.0` is `1`.

    Raises:
        ValueError: The key is null, which JSON cannot express.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _go_float32(value)
        case _:
            raise ValueError("null is no key")


def _bare(text: str) -> Plain:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if text[0] == ".":
        return float(text) if _FLOAT.fullmatch(text) else text
    compact = text.replace("_", "")
    integer = _integer(compact)
    if integer is not None:
        return integer
    if _FLOAT.fullmatch(compact):
        value = float(compact)
        return value if math.isfinite(value) else text
    return text


def _integer(text: str) -> int | None:
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    base = match.lastgroup or "dec"
    digits = match[base]
    if len(digits) > 64:  # noqa: PLR2004 - longer than any 64-bit number in any base
        return None
    value = int(digits, _BASES[base]) * (-1 if match["sign"] == "-" else 1)
    return value if _SMALLEST <= value <= _LARGEST else None


def _go_float32(value: float) -> str:
    """Format as Go's `strconv.FormatFloat(value, 'g', -1, 32)`."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    try:
        (narrow,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        return "+Inf" if value > 0 else "-Inf"
    digits = next(
        text
        for text in (f"{narrow:.{count}e}" for count in range(9))
        if struct.unpack("f", struct.pack("f", float(text)))[0] == narrow
    )
    mantissa, exponent = digits.split("e")
    power = int(exponent)
    places = max(len(mantissa.replace(".", "").lstrip("-")) - 1 - power, 0)
    # Go decides on the exponent form as if six digits were asked for.
    return f"{mantissa}e{power:+03d}" if power < -4 or power >= 6 else f"{narrow:.{places}f}"  # noqa: PLR2004
