"""Generated templates answer as Go's engine with Sprig's functions does, run beside ours.

The sample is the same in every run. What is left out of it differs on purpose: refused functions,
random salts, numbers of items that Go would reserve memory for.
"""

import base64
import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sealer.templates.execute import execute
from sealer.templates.faults import ExecutionFault, LimitFault, ParseFault
from sealer.templates.function import Function
from sealer.templates.functions import function_table
from sealer.templates.limits import Meter
from sealer.templates.parse import parse
from sealer.templates.values import StringMap

FOLDER = Path(__file__).parent / "templates"
FUNCTIONS = function_table(lambda *_: bytes(16))
COUNT = 4000
SEED = 1
CONTEXT = {
    "a": b"alpha beta",
    "n": b"42",
    "f": b"-3.14",
    "bin": b"\xff\x00\x80a\xc3",
    "uni": "héllo Wörld 日本 ǆß".encode(),
    "json": b'{"b":[1,2.5,"x",null,true],"a":{"k":null},"z":"<&>"}',
    "url": b"https://u:p%40w@host.example:8443/path?y=1#frag",
}
TEXTS = (
    *(
        ".a",
        ".n",
        ".f",
        ".bin",
        ".uni",
        ".json",
        ".url",
        "``",
        '"a,b,,c"',
        '"\\xff\\n"',
        '"2006-01-02"',
    ),
    *(
        '"2020-02-29"',
        '"-1h30m"',
        '">=1.2, <2 || ~3"',
        '"1.2.3-a+b"',
        '"(a)(b)?|[^x]"',
        '"<$1>"',
        '"inf"',
    ),
    *('"HTMLParser v2_x"', '"/a/../b.tar.gz"', '"a b c d"', '"aGVsbG8="', '"string"', '"k"'),
)
NUMBERS = ("0", "1", "-1", "2", "3", "7", "'a'", "0x10", "(len .a)", "(atoi .n)")
LISTS = (
    *("(list)", '(list 1 "a" nil 2.5 true)', "(until 3)", '(splitList "," "b,a,,b")', "nil"),
    *(
        "(fromJson .json).b",
        "(chunk 2 (list 1 2 3))",
        "(list (dict) (list 1i))",
        '(list "b" "a" "b")',
    ),
)
DICTS = (
    *("(dict)", '(dict "a" 1 "b" "x")', '(dict "n" nil)', "(fromJson .json)", "nil", ".missing"),
    *('(dict "a" (dict "b" 0) "k")', "(urlParse .url)", '(dict "host" "h" "path" "p q")'),
)
TIMES = ('(toDate "2006-01-02" "2020-02-29")', '(toDate "x" "y")', '(toDate "15:04" "07:08")')
VERSIONS = ('(semver "1.2.3-a.1+m")', '(semver "v2")')
ANYTHING = (
    *(*TEXTS, *NUMBERS, *LISTS, *DICTS, *TIMES, "true", "false", "nil", ".missing", ".", "$"),
    *("1.5", "-0.0", "1e100", "1+2i", "(add 1 2)", '(float64 "nan")', "(first (list nil))"),
)
ATOMS: dict[str, tuple[str, ...]] = {
    "string": TEXTS,
    "int": NUMBERS,
    "float64": ("1.5", "0.25", "2", "-1e3"),
    "bool": ("true", "false", "(eq 1 1)"),
    "map[string]interface {}": DICTS,
    "time.Time": TIMES,
    "*semver.Version": VERSIONS,
}
FORMATS = (
    "%v",
    "%d",
    "%#v",
    "%q",
    "%5.1f|%-8s",
    "%[2]*[1]d",
    "%x %X",
    "%+v %T",
    "%08b",
    "%U %c",
    "%t",
)
SHOWN = (
    "{}",
    "printf `%#v %[1]T` ({})",
    "toJson ({})",
    "({}) | quote",
    "kindOf ({})",
    "print ({}) 1",
)
SALTED = {"bcrypt", "htpasswd", "derivePassword"}
# Their outcome depends on how much room Go had left behind a list.
ROOMY = {"slice", "mustSlice"}
NAMES = sorted(FUNCTIONS.keys() - SALTED - ROOMY)


def _argument(kind: str, chance: random.Random) -> str:
    fitting = ATOMS.get(kind, ANYTHING) if chance.random() < 0.9 else ANYTHING
    return chance.choice(fitting)


def _call(name: str, function: Function, chance: random.Random) -> str:
    kinds = [*function.parameters]
    if function.rest:
        kinds += [function.rest] * chance.randint(0, 3)
    arguments = [_argument(kind, chance) for kind in kinds]
    if name == "printf":
        arguments[0] = f"`{chance.choice(FORMATS)}`"
    if arguments and chance.random() < 0.2:
        return f"{arguments[-1]} | {name} {' '.join(arguments[:-1])}"
    return f"{name} {' '.join(arguments)}".strip()


def _template(chance: random.Random) -> str:
    name = chance.choice(NAMES)
    call = chance.choice(SHOWN).format(_call(name, FUNCTIONS[name], chance))
    body = f"{{{{- {call} }}}}\n"
    head = chance.choice(("", "", "if", "with", "range"))
    if not head:
        return body
    condition = chance.choice(ANYTHING[:-9])
    return f"{{{{ {head} {condition} }}}}{body}{{{{ else }}}}-{{{{ end }}}}"


def _ours(template: str) -> tuple[str, bytes]:
    """Return the class of the error and its place, or the output."""
    context = StringMap((key.encode(), value) for key, value in CONTEXT.items())
    try:
        parsed = parse("t", template, FUNCTIONS)
        return "", execute(parsed, context, FUNCTIONS, Meter())
    except ParseFault as fault:
        return "parse", fault.message.encode()
    except ExecutionFault as fault:
        return "exec", fault.message.encode()
    except LimitFault:
        return "limit", b""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the Go program."""
    is_required = os.environ.get("SEALER_REQUIRE_CLUSTER") == "1"
    if shutil.which("go") is None:
        if is_required:
            pytest.fail("Go is missing, and SEALER_REQUIRE_CLUSTER=1 allows no skip")
        pytest.skip("needs Go, as `make cluster` does")
    target = tmp_path_factory.mktemp("go") / "templates"
    command = ["go", "build", "-o", str(target), "."]
    built = subprocess.run(command, cwd=FOLDER, check=False, capture_output=True, text=True)
    if built.returncode and not is_required:
        pytest.skip("needs Sprig, which Go could not get: " + built.stderr[-200:])
    assert built.returncode == 0, built.stderr
    return target


def _theirs(program: Path, templates: list[str]) -> list[tuple[str, bytes]]:
    context = {key: base64.b64encode(value).decode() for key, value in CONTEXT.items()}
    tasks = json.dumps([{"Template": each, "Context": context} for each in templates])
    done = subprocess.run([str(program)], input=tasks, capture_output=True, text=True, check=True)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return [
        (each["Class"], each["Message"].encode() or base64.b64decode(each["Output"] or ""))
        for each in answers
    ]


def _agree(ours: tuple[str, bytes], theirs: tuple[str, bytes]) -> bool:
    """Output and parse errors are the same; of others the place, for their words hold values."""
    if ours[0] == "limit" or b"present time is not available" in ours[1]:
        return True
    if ours[0] == "exec" == theirs[0]:
        return ours[1].partition(b">: ")[0] == theirs[1].partition(b">: ")[0]
    return ours == theirs


def test_generated_templates_answer_as_in_go(program: Path) -> None:
    """Bytes, classes of errors and their places are the same."""
    chance = random.Random(SEED)  # noqa: S311 - the same sample each time
    templates = [_template(chance) for _ in range(COUNT)]
    theirs = _theirs(program, templates)
    ours = [_ours(template) for template in templates]
    different = [
        each for each in zip(templates, ours, theirs, strict=True) if not _agree(each[1], each[2])
    ]
    assert different == []
    assert sum(not kind for kind, _ in ours) > COUNT // 3
