"""Functions over mappings, and those that fill gaps in what is given."""

from functools import partial

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table
from sealer.templates.functions.lists import is_empty, same
from sealer.templates.functions.texts import text_of
from sealer.templates.functions.versions import NO_VERSION, Version
from sealer.templates.limits import check_items
from sealer.templates.values import NoMap, Strings, is_loose, kind_name, type_name

Dict = dict[bytes, object]
_FEWEST = 3


def _dict(*parts: object) -> Dict:
    return {
        text_of(parts[at]): parts[at + 1] if at + 1 < len(parts) else b""
        for at in range(0, len(parts), 2)
    }


def _set(values: Dict, key: bytes, value: object) -> Dict:
    if isinstance(values, NoMap):
        raise FunctionFault("assignment to entry in nil map")
    if _holds(value, values, 0):
        raise FunctionFault("a mapping cannot hold itself")
    values[key] = value
    check_items(len(values))
    return values


def _holds(value: object, sought: object, depth: int) -> bool:
    """Tell whether a value has another one somewhere inside; it has no cycles yet."""
    check_items(depth * 2000)
    if value is sought:
        return True
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(each, dict | list) and _holds(each, sought, depth + 1) for each in parts)


def _unset(values: Dict, key: bytes) -> Dict:
    values.pop(key, None)
    return values


def _keys(*dicts: Dict) -> Strings:
    # Go gives them in random order; sorted, every rendering is the same.
    return Strings(key for values in dicts for key in sorted(values))


def _values(values: Dict) -> list[object]:
    return [values[key] for key in sorted(values)]


def _pick(values: Dict, *keys: bytes) -> Dict:
    return {key: values[key] for key in keys if key in values}


def _omit(values: Dict, *keys: bytes) -> Dict:
    return {key: value for key, value in values.items() if key not in keys}


def _pluck(key: bytes, *dicts: Dict) -> list[object]:
    return [values[key] for values in dicts if key in values]


def _dig(*parts: object) -> object:
    if len(parts) < _FEWEST:
        raise FunctionFault("dig needs at least three arguments")
    *keys, default, value = parts
    _mapping(value)
    for key in keys:
        if not isinstance(key, bytes):
            raise FunctionFault(_conversion(key, "string"))
    for key in keys:
        values = _mapping(value)
        if key not in values:
            return default
        value = values[key]
    return value


def _mapping(value: object) -> dict[object, object]:
    if isinstance(value, dict) and is_loose(value):
        return value
    raise FunctionFault(_conversion(value, "map[string]interface {}"))


def _conversion(value: object, kind: str) -> str:
    given = "nil" if value is None else type_name(value)
    return f"interface conversion: interface {{}} is {given}, not {kind}"


# Merging, by the rules of the library that the original uses (mergo 1.0)


def _must_merge(target: Dict, *sources: Dict, overwrites: bool) -> Dict:
    for source in sources:
        if isinstance(target, NoMap) and not isinstance(source, NoMap):
            target = {}
        _merge_one(target, source, overwrites=overwrites)
    return target


def _merge(target: Dict, *sources: Dict, overwrites: bool) -> object:
    try:
        return _must_merge(target, *sources, overwrites=overwrites)
    except FunctionFault:
        return b""


def _merge_one(target: Dict, source: Dict, *, overwrites: bool) -> None:
    for key in sorted(source):
        new, old = source[key], target.get(key)
        if new is None:
            if overwrites:
                target[key] = None
            continue
        if isinstance(new, dict) and isinstance(old, dict) and not isinstance(old, NoMap):
            _merge_one(old, new, overwrites=overwrites)
            if old:
                continue
        elif kind_name(old) == "ptr" and kind_name(new) in ("map", "struct") and not overwrites:
            raise FunctionFault("src and dst must be of same type")
        if overwrites or is_empty(old):
            _set(target, key, new)


def _deep_copy(value: object) -> object:
    if value is None:
        raise FunctionFault("reflect: call of reflect.Value.Type on zero Value")
    return _copied(value)


def _copied(value: object) -> object:
    if isinstance(value, list):
        return type(value)(map(_copied, value))
    if isinstance(value, dict):
        return type(value)((key, _copied(each)) for key, each in value.items())
    # Only what is public in a version would be copied, and nothing is.
    return NO_VERSION if isinstance(value, Version) else value


def _default(default: object, *given: object) -> object:
    return default if not given or is_empty(given[0]) else given[0]


def _coalesce(*values: object) -> object:
    return next((each for each in values if not is_empty(each)), None)


def _fail(message: bytes) -> object:
    # The text may be made from values; `Evaluator` shows it where the template itself has it.
    raise FunctionFault(message.decode("utf-8", "replace"))


TABLE: Table = {
    "dict": Function("any...", _dict),
    "get": Function("map string -> any", lambda values, key: values.get(key, b"")),
    "set": Function("map string any", _set),
    "unset": Function("map string", _unset),
    "hasKey": Function("map string", lambda values, key: key in values),
    "keys": Function("map...", _keys),
    "values": Function("map", _values),
    "pick": Function("map string...", _pick),
    "omit": Function("map string...", _omit),
    "pluck": Function("string map...", _pluck),
    "dig": Function("any... -> any", _dig),
    "merge": Function("map map... -> any", partial(_merge, overwrites=False)),
    "mustMerge": Function("map map... -> any", partial(_must_merge, overwrites=False)),
    "mergeOverwrite": Function("map map... -> any", partial(_merge, overwrites=True)),
    "mustMergeOverwrite": Function("map map... -> any", partial(_must_merge, overwrites=True)),
    "deepCopy": Function("any -> any", _deep_copy),
    "mustDeepCopy": Function("any -> any", _deep_copy),
    "deepEqual": Function("any any", same),
    "default": Function("any any... -> any", _default),
    "coalesce": Function("any... -> any", _coalesce),
    "empty": Function("any", is_empty),
    "ternary": Function("any any bool -> any", lambda yes, no, decides: yes if decides else no),
    "fail": Function("string", _fail),
}
