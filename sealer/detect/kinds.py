"""Which kinds a text may name, where a template chooses one: `{{ ternary "Secret" "Pod" .a }}`."""

import re

# Linear: what an action says is bounded, and a sign is looked at once.
_ACTION = re.compile(r"\{[{%]((?:(?!\{[{%]|[%}]\}).){0,1000}+)[%}]\}")
_CONTROL = re.compile(r"-?\s*(?:(?:if|elif|else|end\w*|with|range|for)\b|/\*)")
_STRING = re.compile(r"[\"'`](\w{1,40})[\"'`]")
_LONGEST = 4000


def kinds_in(text: str) -> set[str]:
    """Return the kinds that a value of `kind` can have, in lower case.

    Between actions stands what a branch writes; in an action that writes something, a string counts
    as it is written, since `include "secret"` names a template.
    """
    if "{" not in text or len(text) > _LONGEST:
        return {text.strip().lower()}
    parts = _ACTION.split(text)
    kinds = {part.strip("\"' \t").lower() for part in parts[::2]}
    for action in parts[1::2]:
        if not _CONTROL.match(action):
            strings = _STRING.findall(action)
            kinds |= {said.lower() for said in strings if not said.islower()}
    return kinds - {""}
