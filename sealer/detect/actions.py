"""Template actions, `{{ … }}`: can a literal in one become what it writes?

One small reader serves Go templates with the functions of Helm, Jinja and workflow expressions:
`default "x" .a`, `a | default('x')` and `a || 'x'` are told apart by their words alone. A literal
that only names something (`include "x"`, `index .a "b"`, `lookup('env', 'X')`) is no value.
"""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

# A string that is never closed counts as its quote alone. Linear up to the longest action: what is
# in a string is bounded too, and an escaped quote begins none.
_ACTION = re.compile(
    r"\$?\{\{(?P<said>(?:\\\"|\"(?:\\.|[^\"\\\n]){0,4000}+\"|`[^`]{0,2000}+`"
    r"|(?!\{\{|\}\}).){0,4000}+)\}\}",
    re.DOTALL,
)
_LONGEST = 4000
_DEEPEST = 50
# In a string of JSON or of a program, a template's own quotes are escaped.
_TOKEN = re.compile(
    r"(?P<text>\\\"(?:[^\"\\]|\\[^\"])*+\\\"|\"(?:\\.|[^\"\\])*+\"|'(?:\\.|[^'\\])*+'|`[^`]*+`)"
    r"|(?P<number>-?\d[\w.]*+)|(?P<word>[.$]?[A-Za-z_][\w.$-]*+|\$[\w.]*+|\.+)"
    r"|(?P<mark>:=|\|\||\?\?|[^\s\w])",
    re.DOTALL,
)
_CONTROL = re.compile(r"-?\s*(?:if|else|end|with|range|define|block|break|continue)\b")
_COMMENT = re.compile(r"-?\s*/\*")
_ASSIGNMENT = re.compile(r"-?\s*(?P<name>\$\w+)\s*:?=\s*(?P<said>.*)", re.DOTALL)
# What a block is about is `.` in it, and the last of the variables.
_SCOPE = re.compile(
    r"-?\s*(?:with|range)\b(?:\s*(?:\$\w+\s*,\s*)?(?P<name>\$\w+)\s*:=)?(?P<said>.*)", re.DOTALL
)
# What stands between references may be an address without a host, and marks.
_VERB = re.compile(r"%[-+# 0]*+\d*+(?:\.\d++)?+[a-zA-Z]|\\[nrt]")
_SCHEME = re.compile(r"\A\s*[A-Za-z][A-Za-z0-9+.-]{0,30}://")
_PORT = re.compile(r":\d{1,5}(?=\Z|[/?\s%,{])")
_JSON_KEY = re.compile(r"\\?\"[^\"\\\n]*+\\?\"[ \t]*:")
_LINE_KEY = re.compile(r"^[ \t]*+(?:-[ \t]+)*+[\w.-]++(?::(?=\s|\Z)|[ \t]*=)", re.MULTILINE)
_WORD = re.compile(r"[^\W_]")

# Their literals name what is to be read, made or asked for.
_NAMING = {
    "include", "template", "lookup", "haskey", "eq", "ne", "lt",
    "gt", "le", "ge", "not", "empty", "len", "kindis", "typeis", "env", "expandenv",
    "requiredenv", "getenv", "exec", "readfile", "file", "filebase64", "secret", "key",
    "datasource", "ds", "query", "fetchsecretvalue", "pass", "onepassword", "onepasswordread",
    "keyring", "vault", "genca", "genselfsignedcert", "genselfsignedcertwithkey",
    "gencawithkey", "gensignedcert", "gensignedcertwithkey", "genprivatekey", "randalphanum",
    "randalpha", "randnumeric", "randascii", "randbytes", "randint", "uuidv4", "now", "fail",
    "hostvars", "vars", "url_for", "secrets", "derivepassword",
}  # fmt: skip
# Only what they are applied to, their last argument, goes on.
_CHANGING = {
    "replace", "trimsuffix", "trimprefix", "trimall", "trunc", "indent", "nindent", "join",
    "split", "splitlist", "splitn", "repeat", "substr", "hasprefix", "hassuffix", "contains",
    "date", "dateinzone", "dateformat", "todate", "wrap", "wrapwith", "abbrev",
    "regexreplaceall", "regexreplaceallliteral", "regexfind", "regex_replace", "regex_search",
    "htpasswd", "password_hash", "hash", "encode", "decode", "b64encode", "to_json", "to_yaml",
    "strftime",
}  # fmt: skip
# A bare number among their arguments is one of the values.
_CHOOSING = {
    "default", "coalesce", "ternary", "or", "and", "d",
}  # fmt: skip
# Which arguments can go on, by function; the others name things or word an error.
_PARTS = {
    "dict": slice(1, None, 2),
    "dig": slice(-2, None),
    "get": slice(0, 1),
    "index": slice(0, 1),
    "required": slice(1, None),
}


class _Token(NamedTuple):
    kind: str
    said: str
    start: int
    end: int


def is_reference(text: str, literals: Collection[str] = ()) -> bool:
    """Tell whether a text is made of actions alone, and no literal in one becomes a value.

    Args:
        text: The whole text.
        literals: Variables that hold a literal.
    """
    if "{{" not in text:
        return False
    rest = _ACTION.sub("", text)
    if "{{" in rest or has_words(rest):
        return False
    return not any(_writes_literal(match["said"], literals) for match in _ACTION.finditer(text))


def literal_variables(text: str, start: int, end: int) -> frozenset[str]:
    """Return the variables to which a template assigns a literal.

    The dot is one of them where each `with` and `range` is about literals.
    """
    found: set[str] = set()
    dots: set[bool] = set()
    for match in _ACTION.finditer(text, start, end):
        scope = _SCOPE.match(match["said"])
        if scope is not None:
            dots.add(_flows(scope["said"], found))
            if scope["name"] and _flows(scope["said"], found):
                found.add(scope["name"])
        assignment = _ASSIGNMENT.match(match["said"])
        if assignment is not None and _flows(assignment["said"], found):
            found.add(assignment["name"])
    return frozenset(found | {"."} if dots == {True} else found)


def has_words(text: str) -> bool:
    """Tell whether a text says more than a frame does: marks, verbs of a format, keys, a scheme.

    A text on one line has keys only as JSON has them: `user:` before a reference is a word.
    """
    for frame in (_VERB, _SCHEME, _PORT, _JSON_KEY):
        text = frame.sub("", text)
    if "\n" in text.strip():
        text = _LINE_KEY.sub("", text)
    return _WORD.search(text) is not None


def _writes_literal(said: str, literals: Collection[str]) -> bool:
    """Tell whether an action writes a literal; control flow and assignments write nothing."""
    if _COMMENT.match(said):
        return has_words(said)
    if _CONTROL.match(said) or _ASSIGNMENT.match(said):
        return False
    return not said.strip("- \t\r\n") or _flows(said, literals)


def _flows(said: str, literals: Collection[str]) -> bool:
    said = said.strip().removeprefix("-").removesuffix("-")
    if len(said) > _LONGEST:
        return True
    return _Expression(list(_tokens(said)), literals).flows()


def _tokens(said: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(said):
        yield _Token(match.lastgroup or "", match[0], match.start(), match.end())


class _Expression:
    """An action's tokens, read from left to right.

    Args:
        tokens: Its tokens.
        literals: Variables that hold a literal.
    """

    def __init__(self, tokens: list[_Token], literals: Collection[str]) -> None:
        self._tokens = tokens
        self._literals = literals
        self._at = 0

    def flows(self, depth: int = 0) -> bool:
        """Read pipelines up to a closing bracket; tell whether a literal comes out of one."""
        if depth > _DEEPEST:
            return True
        result, piped, has_input = False, False, False
        while True:
            piped = self._command(piped=piped, has_input=has_input, depth=depth)
            mark = self._next_mark()
            has_input = mark == "|"
            if not has_input:
                result, piped = result or piped, False
            if mark in ("", ")", "]", "}"):
                return result

    def _next_mark(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        self._at += 1
        return self._tokens[self._at - 1].said

    def _command(self, *, piped: bool, has_input: bool, depth: int) -> bool:
        """Read one command of a pipeline; tell whether a literal comes out of it."""
        name, arguments = "", []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            before = self._tokens[self._at - 1] if self._at else None
            if token.said in ("|", "||", "??", ",", ")", "]", "}"):
                break
            self._at += 1
            if token.said in ("(", "[", "{"):
                is_part = before is not None and before.end == token.start
                inside = self.flows(depth + 1)
                if token.said == "[" and is_part and before is not None and before.kind == "word":
                    continue  # a subscript names what is taken
                arguments.append((token, inside))
            elif token.kind == "word" and not name and not arguments:
                name = token.said
            elif token.kind in ("text", "number", "word"):
                arguments.append((token, self._is_literal(token)))
        return self._result(name, arguments, piped=piped, has_input=has_input)

    def _is_literal(self, token: _Token) -> bool:
        if token.kind == "text":
            return has_words(token.said[1:-1]) and not is_reference(token.said[1:-1])
        return token.kind == "word" and self._holds_literal(token.said)

    def _holds_literal(self, name: str) -> bool:
        return (name if name == "." else name.partition(".")[0]) in self._literals

    def _result(
        self, name: str, arguments: list[tuple[_Token, bool]], *, piped: bool, has_input: bool
    ) -> bool:
        function = name.lower().removeprefix("must")
        if function in _NAMING:
            return False
        if name.startswith((".", "$")):
            return self._holds_literal(name)
        if function in _CHANGING and has_input:
            return piped
        is_choice = not name or function in _CHOOSING
        if is_choice and any(token.kind == "number" for token, _ in arguments):
            return True
        parts = slice(-1, None) if function in _CHANGING else _PARTS.get(function, slice(None))
        return piped or any(flows for _, flows in arguments[parts])
