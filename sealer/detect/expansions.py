"""What a shell or a program fills into a text when it runs: `$X`, `$(cat key)`, `${f(x)}`, `%s`.

Such a part is no value, unless a literal in it becomes one: `${X:-hunter2}`, `$(echo hunter2)`,
`${x ?? "hunter2"}`.
"""

import re
from collections.abc import Callable

from sealer.detect.actions import has_words
from sealer.detect.passages import placeholder

_LONGEST = 2000
# Each may stand in the one before it; what holds more is no honest command.
_MOST_INSIDE = 30
_BRACKETS = re.compile(r"\\.|[(){}]", re.DOTALL)
_IN_SHELL = re.compile(
    r"\\.|\$[({]|\#\{|`|\$(?:env:\w+|[A-Za-z_]\w*|[0-9@*#?])|%\w+%", re.DOTALL | re.IGNORECASE
)
_IN_PROGRAM = re.compile(r"\\\$|\$\{|\$[A-Za-z_]\w*", re.DOTALL)
_FIELD = re.compile(
    r"(?<![{$\\%])\{(?:[A-Za-z_][^{}\n:]{0,200}|\d{1,2})\}(?!\})"  # Python, C#
    r"|%(?:\[\d\]|\(\w{1,100}\))?[svdqx]\b"  # printf and Python
    r"|<%=[^%\n]{0,500}%>"  # ERB
    r"|\#\{[^{}\n]{0,200}\}"  # Ruby
)

# `${X:?must be set}` is a message; `${X%suffix}` and the like take something away.
_DEFAULT = re.compile(r"\w+:?[-=+](.*)", re.DOTALL)
_PRINTED = re.compile(
    r"(?:\b(?:echo|printf)\b(?:[ \t]+-\w+)*|<<<)[ \t]*(?:[\"']?(?:%s|\\n)+[\"']?[ \t]+)?"
    r"(\"[^\"\n]*\"|'[^'\n]*'|[^\s|;&)\"'][^\s|;&)]*)"
)
_QUOTED = r"(?:\"[^\"\n]*[^\W_][^\"\n]*\"|'[^'\n]*[^\W_][^'\n]*'|`[^`$]*[^\W_][^`$]*`)"
# A literal that an expression becomes: alone, behind an operator that chooses, or encoded.
_CHOSEN = re.compile(
    rf"\A\s*[bfr]?{_QUOTED}|(?:\|\||\?\?|\?|:|\bor\b|\belse\b|\+)\s*{_QUOTED}"
    rf"|(?:btoa|from|b64encode|\[\]byte|EncodeToString)\(\s*b?{_QUOTED}"
)
_WORD = re.compile(r"[^\W_]")
# What joins a short variable to others, as in `$U:$P`, ends neither a value nor a line.
_JOINS = re.compile(r"[^\s\"'{}\[\],\\]")


def neutral_in_shell(text: str) -> str:
    """Return a text in which each part that a shell fills in is a placeholder of its length."""
    return _replaced(text, _IN_SHELL, _shell_literal)


def neutral_in_program(text: str) -> str:
    """Return a text in which each part that a program fills in is a placeholder of its length."""
    return neutral_fields(_replaced(text, _IN_PROGRAM, _program_literal))


def neutral_fields(text: str) -> str:
    """Return a text in which each field of a format is a placeholder of its length."""
    return _FIELD.sub(
        lambda match: (
            match[0] if _program_literal(match[0]) else _stand_in(text, match.start(), match.end())
        ),
        text,
    )


def without_expansions(text: str) -> str:
    """Return a text with a blank for each part that a program fills in."""
    return _replaced(text, _IN_PROGRAM, lambda _: False, " ")


def literal_in_shell(word: str) -> bool:
    """Tell whether a word of a command says anything besides what the shell fills in."""
    rest = _replaced(word, _IN_SHELL, _shell_literal, " ")
    return _WORD.search(word) is not None if rest == word else has_words(rest)


def printed_literal(command: str) -> str:
    """Return what a command prints that stands in it; the empty text where it prints none."""
    words = (match[1] for match in _PRINTED.finditer(command))
    return next((word for word in words if literal_in_shell(word)), "")


def _replaced(
    text: str, openings: re.Pattern[str], is_literal: Callable[[str], bool], by: str = ""
) -> str:
    """Replace the parts that are filled in, each by a placeholder or by a text."""
    parts: list[str] = []
    at = 0
    closings: dict[int, int] | None = None
    while opening := openings.search(text, at):
        if closings is None:
            closings = _closings(text)
        end = _end(text, opening, closings)
        written = text[opening.start() : end]
        kept = written.startswith("\\") or len(written) == 1 or is_literal(written)
        stand_in = written if kept else by or _stand_in(text, opening.start(), end)
        parts += (text[at : opening.start()], stand_in)
        at = end
    return "".join((*parts, text[at:]))


def _stand_in(text: str, start: int, end: int) -> str:
    """Return what stands for a part that is filled in; blanks for a short one that stands alone."""
    is_joined = _JOINS.match(text, end) or (start and _JOINS.match(text, start - 1))
    return placeholder(end - start, is_joined=bool(is_joined))


def _closings(text: str) -> dict[int, int]:
    """Return for each bracket that is closed the place behind its end."""
    closings: dict[int, int] = {}
    opened: list[int] = []
    for bracket in _BRACKETS.finditer(text):
        if bracket[0] in "({":
            opened.append(bracket.start())
        elif bracket[0] in ")}" and opened:
            closings[opened.pop()] = bracket.end()
    return closings


def _end(text: str, opening: re.Match[str], closings: dict[int, int]) -> int:
    """Return where a part that is filled in ends; behind its sign where it is never closed."""
    if opening[0] == "`":
        limit = opening.start() + _LONGEST
        return text.find("`", opening.end(), limit) + 1 or opening.end()
    if opening[0][-1] not in "({":
        return opening.end()
    end = closings.get(opening.end() - 1, 0)
    return end if 0 < end - opening.start() <= _LONGEST else opening.end()


def _shell_literal(written: str) -> bool:
    """Tell whether a literal in `$(…)`, in backticks or in `${…}` becomes what is filled in."""
    if written.count("$") > _MOST_INSIDE:
        return True
    if written[0] == "`" or written.startswith("$("):
        return bool(printed_literal(written[1:]))
    if written.startswith("${"):
        default = _DEFAULT.match(written[2:-1])
        return default is not None and literal_in_shell(default[1])
    return False


def _program_literal(written: str) -> bool:
    body = written.lstrip("$#<%={").rstrip("}%>")
    return _CHOSEN.search(body) is not None
