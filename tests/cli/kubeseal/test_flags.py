"""The command line is read as pflag reads it, and the environment stands behind it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sealer.cli.kubeseal.errors import FlagError
from sealer.cli.kubeseal.flags import Flag, HelpRequested, Parsed, parse_flags
from sealer.cli.kubeseal.kinds import BOOLEAN, COMMA_LIST, LIST, SCOPE, TEXT
from sealer.cli.kubeseal.settings import read_settings
from sealer.cli.kubeseal.table import FLAGS
from sealer.cli.kubeseal.usage import usage
from sealer.scope import Scope


def parsed(*arguments: str) -> Parsed:
    """Return what a command line says."""
    result = Parsed()
    parse_flags(FLAGS, arguments, result)
    return result


@pytest.mark.parametrize(
    ("arguments", "values", "words"),
    [
        ((), {}, []),
        (("--cert", "a"), {"cert": "a"}, []),
        (("--cert=a=b",), {"cert": "a=b"}, []),
        (("--cert=",), {"cert": ""}, []),
        (("--cert", "--raw"), {"cert": "--raw"}, []),
        (("-o", "yaml"), {"format": "yaml"}, []),
        (("-oyaml",), {"format": "yaml"}, []),
        (("-o=yaml",), {"format": "yaml"}, []),
        (("-o=",), {"format": "="}, []),
        (("-nf",), {"namespace": "f"}, []),
        (("--raw",), {"raw": True}, []),
        (("--raw=false",), {"raw": False}, []),
        (("--raw", "false"), {"raw": True}, ["false"]),
        (("-v5",), {"v": 5}, []),
        (("--v", "5"), {"v": 5}, []),
        (("--name", "a", "--name=b"), {"name": "b"}, []),
        (("--from-file", "a,b", "--from-file=c"), {"from-file": ("a", "b", "c")}, []),
        (("--from-file", '"a,b",c'), {"from-file": ("a,b", "c")}, []),
        (("--as-group", "a,b", "--as-group", "c"), {"as-group": ("a,b", "c")}, []),
        (("--rotate",), {"re-encrypt": True}, []),
        (("a", "--raw", "b", "--", "--raw=x", "-"), {"raw": True}, ["a", "b", "--raw=x", "-"]),
        (("-", ""), {}, ["-", ""]),
        (("--scope", "cluster-wide"), {"scope": Scope.CLUSTER_WIDE}, []),
        (("--scope", ""), {"scope": Scope.STRICT}, []),
        (
            ("--add_dir_header", "--logtostderr=0"),
            {"add_dir_header": True, "logtostderr": False},
            [],
        ),
        (("--stderrthreshold", "warning"), {"stderrthreshold": 1}, []),
        (("--log_file_max_size", "0x10"), {"log_file_max_size": 16}, []),
    ],
)
def test_flags_of_a_command_line(
    arguments: tuple[str, ...], values: dict[str, object], words: list[str]
) -> None:
    """Values and other words, in every way to write them."""
    result = parsed(*arguments)
    assert (result.values, result.words) == (values, words)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--nope",), "unknown flag: --nope"),
        (("--nope=x",), "unknown flag: --nope"),
        (("--add-dir-header",), "unknown flag: --add-dir-header"),
        (("--secret_file", "x"), "unknown flag: --secret_file"),
        (("--as-user-extra=x",), "unknown flag: --as-user-extra"),
        (("-x",), "unknown shorthand flag: 'x' in -x"),
        (("-xyz",), "unknown shorthand flag: 'x' in -xyz"),
        (("--=x",), "bad flag syntax: --=x"),
        (("---",), "bad flag syntax: ---"),
        (("--cert",), "flag needs an argument: --cert"),
        (("-o",), "flag needs an argument: 'o' in -o"),
        (("-v",), "flag needs an argument: 'v' in -v"),
        (
            ("--scope=x",),
            (
                'invalid argument "x" for "--scope" flag: '
                "must be one of: strict, namespace-wide, cluster-wide"
            ),
        ),
        (
            ("--raw=maybe",),
            (
                'invalid argument "maybe" for "--raw" flag: '
                'strconv.ParseBool: parsing "maybe": invalid syntax'
            ),
        ),
        (
            ("-vx",),
            (
                'invalid argument "x" for "-v, --v" flag: '
                'strconv.ParseInt: parsing "x": invalid syntax'
            ),
        ),
        (
            ("--v", "99999999999"),
            (
                'invalid argument "99999999999" for "-v, --v" flag: '
                'strconv.ParseInt: parsing "99999999999": value out of range'
            ),
        ),
        (("--logtostderr=x",), 'invalid argument "x" for "--logtostderr" flag: parse error'),
        (
            ("--vmodule", "x"),
            (
                'invalid argument "x" for "--vmodule" flag: '
                "syntax error: expect comma-separated list of filename=N"
            ),
        ),
        (
            ("--log_backtrace_at", "x"),
            'invalid argument "x" for "--log_backtrace_at" flag: syntax error: expect file.go:234',
        ),
        (
            ("--log_file_max_size", "x"),
            'invalid argument "x" for "--log_file_max_size" flag: parse error',
        ),
        (
            ("--raw=", "--nope"),
            'invalid argument "" for "--raw" flag: strconv.ParseBool: parsing "": invalid syntax',
        ),
    ],
)
def test_flags_that_are_wrong_are_refused_in_the_words_of_the_original(
    arguments: tuple[str, ...], message: str
) -> None:
    """The first one counts."""
    with pytest.raises(FlagError) as caught:
        parsed(*arguments)
    assert caught.value.message == message


def test_flags_with_a_malformed_list_are_refused() -> None:
    """Quotes have to end."""
    with pytest.raises(FlagError, match="parse error on line 1"):
        parsed("--from-file", '"a')


@pytest.mark.parametrize("arguments", [("-h",), ("-h", "--nope"), ("--raw", "-h"), ("-hx",)])
def test_flag_h_asks_for_help_before_anything_behind_it_counts(arguments: tuple[str, ...]) -> None:
    """What stands before it counts."""
    with pytest.raises(HelpRequested):
        parsed(*arguments)
    with pytest.raises(FlagError):
        parsed("--nope", *arguments)


_NAMES = st.sampled_from(("text", "list", "all", "flag", "scope"))
_SOME = (
    Flag("text", TEXT, short="t"),
    Flag("list", COMMA_LIST, short="l"),
    Flag("all", LIST, short="a"),
    Flag("flag", BOOLEAN, short="f"),
    Flag("scope", SCOPE, short="s"),
)
_VALUE = {
    "text": st.text(),
    "list": st.text(st.characters(exclude_characters='"\r\n,'), min_size=1),
    "all": st.text(),
    "flag": st.sampled_from(("true", "false")),
    "scope": st.sampled_from([scope.value for scope in Scope]),
}


@st.composite
def _lines(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str]], list[str]]:
    """Return a command line, what it says flag by flag, and its other words."""
    line: list[str] = []
    said: list[tuple[str, str]] = []
    words: list[str] = []
    for _ in range(draw(st.integers(0, 5))):
        if draw(st.booleans()):
            word = draw(st.text().filter(lambda text: not text.startswith("-") or text == "-"))
            line.append(word)
            words.append(word)
            continue
        name = draw(_NAMES)
        value = draw(_VALUE[name])
        said.append((name, value))
        ways = [[f"--{name}={value}"]]
        if name != "flag":
            ways += [[f"--{name}", value], [f"-{name[0]}", value]]
            if value and not value.startswith("="):
                ways += [[f"-{name[0]}{value}"], [f"-{name[0]}={value}"]]
        elif value == "true":
            ways += [["--flag"], ["-f"]]
        line += draw(st.sampled_from(ways))
    return line, said, words


@given(_lines())
def test_flags_written_in_any_way_mean_the_same(
    drawn: tuple[list[str], list[tuple[str, str]], list[str]],
) -> None:
    """The last one of several wins, lists grow, other words keep their order."""
    line, said, words = drawn
    expected: dict[str, object] = {}
    for name, value in said:
        before = expected.get(name, ())
        assert isinstance(before, tuple) or name not in ("list", "all")
        match name:
            case "list" | "all":
                assert isinstance(before, tuple)
                expected[name] = (*before, value)
            case "flag":
                expected[name] = value == "true"
            case "scope":
                expected[name] = Scope(value)
            case _:
                expected[name] = value
    result = Parsed()
    parse_flags(_SOME, line, result)
    assert (result.values, result.words) == (expected, words)


@given(st.lists(st.text(st.sampled_from('-=ofwnvhrawx,"e1 \n'), max_size=6), max_size=5))
@example(["-ofw"])
def test_flags_of_any_command_line_are_read_or_refused(arguments: list[str]) -> None:
    """Nothing crashes, and nothing is read in two ways."""
    results = []
    for _ in range(2):
        try:
            results.append((parsed(*arguments).values, ""))
        except FlagError as error:
            results.append(({}, error.message))
        except HelpRequested:
            results.append(({}, "help"))
    assert results[0] == results[1]


def test_usage_lists_every_flag_in_order_but_the_deprecated_one() -> None:
    """One line each, with the letter, the kind of value and the default."""
    lines = usage("kubeseal", FLAGS).splitlines()
    assert lines[0] == "Usage of kubeseal:"
    names = [line.split("--", 1)[1].split()[0] for line in lines[1:]]
    assert names == sorted(flag.name for flag in FLAGS if flag.name != "rotate")
    assert any(line.startswith("  -o, --format string ") for line in lines)
    assert any(line.endswith('(default "kube-system")') for line in lines)


@pytest.mark.parametrize(
    ("environment", "arguments", "expected"),
    [
        ({}, (), "sealed-secrets-controller"),
        ({"SEALED_SECRETS_CONTROLLER_NAME": "a"}, (), "a"),
        ({"SEALED_SECRETS_CONTROLLER_NAME": ""}, (), ""),
        ({"SEALED_SECRETS_CONTROLLER_NAME": "a"}, ("--controller-name", "b"), "b"),
        ({"SEALED_SECRETS_CONTROLLER_NAME": "a"}, ("--controller-name=",), ""),
    ],
)
def test_variable_stands_behind_the_command_line(
    environment: dict[str, str], arguments: tuple[str, ...], expected: str
) -> None:
    """Unset leaves the default, set to nothing is nothing, and the command line wins."""
    assert read_settings(arguments, environment).access.controller_name == expected


def test_variables_of_lists_come_before_the_command_line() -> None:
    """They are added to and not replaced."""
    variables = {"SEALED_SECRETS_RECOVERY_PRIVATE_KEY": "a,b", "SEALED_SECRETS_FROM_FILE": ""}
    settings = read_settings(("--recovery-private-key", "c", "--from-file", "d"), variables)
    assert settings.recovery_keys == ("a", "b", "c")
    assert settings.from_files == ("d",)


def test_variables_that_ask_for_version_help_or_logs_are_left_alone() -> None:
    """Only the command line asks for these."""
    variables = {f"SEALED_SECRETS_{name}": "true" for name in ("VERSION", "HELP", "V", "LOG_DIR")}
    settings = read_settings((), variables)
    assert (settings.shows_version, settings.shows_help) == (False, False)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SCOPE", "global"), ("RAW", "maybe"), ("ROTATE", "2"), ("FROM_FILE", '"a')],
)
def test_variable_with_a_value_that_cannot_be_is_named(variable: str, value: str) -> None:
    """The original ignores it in silence."""
    with pytest.raises(FlagError, match=f"invalid value .* of SEALED_SECRETS_{variable}: "):
        read_settings((), {f"SEALED_SECRETS_{variable}": value})


def test_variables_set_to_nothing_keep_the_default_of_what_is_no_text() -> None:
    """A boolean cannot be nothing."""
    settings = read_settings((), {"SEALED_SECRETS_RAW": "", "SEALED_SECRETS_SCOPE": ""})
    assert (settings.is_raw, settings.scope) == (False, Scope.STRICT)
