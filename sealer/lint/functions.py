"""The functions that a Go template calls, and those that there are.

In Go's template language any bare word that is no keyword names a function, so that a lexer finds
them without a grammar. Source: Go's `text/template` (parse/lex.go), compat.md 2.3.
"""

import re
from collections.abc import Iterator

_OPEN = "{{"
_COMMENT = re.compile(r"\{\{(?:- )?/\*.*?\*/(?: -)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""
      "(?:[^"\\\n]|\\.)*"            # a string
    | `[^`]*`                        # a raw string
    | '(?:[^'\\\n]|\\.)*'            # a character
    | [.$]\w*                        # a field or a variable
    | [0-9][\w.]*                    # a number
    | (?P<word>[^\W\d]\w*)
    | (?P<close>\}\})
    | .                              # an operator or a blank
    """,
    re.VERBOSE | re.DOTALL,
)
_LANGUAGE = "block break continue define else end false if nil range template true with"
_KEYWORDS = frozenset(_LANGUAGE.split())

_GO = "and or not len index slice print printf println html js urlquery call eq ne lt le gt ge"
_SPRIG = """
    date dateInZone dateModify date_in_zone date_modify duration durationRound htmlDate
    htmlDateInZone mustDateModify must_date_modify mustToDate toDate unixEpoch
    abbrev abbrevboth camelcase cat contains hasPrefix hasSuffix hello indent initials join
    kebabcase lower nindent nospace plural quote repeat replace snakecase sortAlpha split
    splitList splitn squote substr swapcase title toString toStrings trim trimAll trimall
    trimPrefix trimSuffix trunc untitle upper wrap wrapWith
    add add1 add1f addf atoi biggest ceil div divf float64 floor int int64 max maxf min minf mod
    mul mulf round seq sub subf toDecimal until untilStep
    append chunk compact concat first has initial last list mustAppend mustChunk mustCompact
    mustFirst mustHas mustInitial mustLast mustPrepend mustPush mustRest mustReverse mustSlice
    mustUniq mustWithout prepend push rest reverse slice tuple uniq without
    deepCopy dict dig get hasKey keys merge mergeOverwrite mustDeepCopy mustMerge
    mustMergeOverwrite omit pick pluck set unset values
    mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll
    mustRegexReplaceAllLiteral mustRegexSplit regexFind regexFindAll regexMatch regexQuoteMeta
    regexReplaceAll regexReplaceAllLiteral regexSplit
    adler32sum b32dec b32enc b64dec b64enc sha1sum sha256sum sha512sum
    fromJson mustFromJson mustToJson mustToPrettyJson mustToRawJson toJson toPrettyJson toRawJson
    deepEqual kindIs kindOf typeIs typeIsLike typeOf
    base clean dir ext isAbs osBase osClean osDir osExt osIsAbs
    all any coalesce default empty fail ternary
    semver semverCompare urlJoin urlParse bcrypt htpasswd
"""
# The original offers these too; their result is another one at every rendering.
_REFUSED = {
    "the clock": "ago now",
    "randomness": """
        randAlpha randAlphaNum randAscii randBytes randInt randNumeric shuffle uuidv4
    """,
    "a key or certificate made anew": """
        buildCustomCert derivePassword genCA genCAWithKey genPrivateKey genSelfSignedCert
        genSelfSignedCertWithKey genSignedCert genSignedCertWithKey
    """,
    "encryption": "decryptAES encryptAES",
}

KNOWN = frozenset((*_GO.split(), *_SPRIG.split()))
REFUSED = {name: reason for reason, names in _REFUSED.items() for name in names.split()}


def functions_used(text: str) -> list[str]:
    """Return the names of the functions that a template calls, each once, in order.

    What is no template in a text counts as nothing; an action that does not end, up to its end.
    """
    return list(dict.fromkeys(_words(_COMMENT.sub("", text))))


def has_action(text: str) -> bool:
    """Tell whether a text holds anything that a template engine acts upon."""
    return _OPEN in text


def _words(text: str) -> Iterator[str]:
    start = text.find(_OPEN)
    while start >= 0:
        end = start + len(_OPEN)
        for token in _TOKEN.finditer(text, end):
            end = token.end()
            if token["close"]:
                break
            if token["word"] and token["word"] not in _KEYWORDS:
                yield token["word"]
        start = text.find(_OPEN, end)
