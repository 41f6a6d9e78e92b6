"""Entries of an object are rendered over its items, within limits, and without telling a value."""

import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.errors import TemplateError
from sealer.sensitive import SecretBytes
from sealer.templates import Renderer
from sealer.templates.functions import REFUSED, function_table

CANARY = "c4n4ry-v4lue"


def _salts(*inputs: bytes) -> bytes:
    return hashlib.sha256(b"a key" + b"\0".join(inputs)).digest()[:16]


RENDER = Renderer(_salts)


def _rendered(entry: str, **items: str) -> bytes:
    values = {key: SecretBytes(text.encode()) for key, text in items.items()}
    rendered = RENDER({"e": entry}, values)
    for fault in rendered.faults.values():
        raise fault
    return rendered.entries["e"].reveal()


def _faults(**entries: str) -> dict[str, str]:
    """Return what is wrong with each entry, over an item `a`."""
    rendered = RENDER(entries, {"a": SecretBytes(b"value")})
    assert not set(rendered.entries) & set(rendered.faults)
    return {entry: fault.message for entry, fault in rendered.faults.items()}


def test_render_entry_sees_items_and_the_text_of_entries() -> None:
    """Items are there decrypted, entries as they are written, the entry itself too."""
    items = {"password": SecretBytes(b"s3")}
    rendered = RENDER(
        {"a": "{{ .password }}-{{ .b }}", "b": "{{ index . `b` | len }}"}, items
    ).entries
    assert rendered["a"].reveal() == b"s3-{{ index . `b` | len }}"
    assert rendered["b"].reveal() == b"23"


def test_render_item_wins_over_an_entry_of_its_name() -> None:
    """What an encrypted item says is never shadowed."""
    rendered = RENDER({"a": "entry", "b": "{{ .a }}"}, {"a": SecretBytes(b"item")}).entries
    assert rendered["b"].reveal() == b"item"


@pytest.mark.parametrize(
    ("template", "used"),
    [
        ("{{ .a }}", "a"),
        ("{{ $.a }}{{ with .b }}{{ . }}{{ end }}", "ab"),
        ('{{ index . "b" }}', "b"),
        ("{{ if .a }}x{{ end }}", "a"),
        ("{{ range $k, $v := . }}{{ $k }}{{ end }}", "ab"),
        ("{{ toJson . }}", "ab"),
        ("{{ . }}", "ab"),
        ("{{ $x := . }}{{ $x.b }}", "b"),
        ('{{ define "t" }}{{ .a }}{{ end }}{{ template "t" . }}', "a"),
        ("{{ if false }}{{ .a }}{{ end }}text", ""),
        ("{{ .missing }}{{ .e }}", ""),
        ("{{ len . }}", ""),
        ("text", ""),
    ],
)
def test_render_tells_which_items_were_read(template: str, used: str) -> None:
    """However a template gets at them; entries are no items."""
    items = {"a": SecretBytes(b"1"), "b": SecretBytes(b"2")}
    assert RENDER({"e": template}, items).used == frozenset(used)


def test_render_item_that_is_no_text_passes_byte_for_byte() -> None:
    """A binary item is not decoded on its way."""
    data = bytes(range(256))
    assert RENDER({"e": "{{ .x }}"}, {"x": SecretBytes(data)}).entries["e"].reveal() == data


@pytest.mark.parametrize(
    "template",
    [
        "{{ fail .x }}",
        '{{ fail (print "a" .x) }}',
        "{{ .x | fail }}",
        "{{ range .x }}{{ end }}",
        "{{ mustFromJson .x }}",
        "{{ mustToDate .x `q` }}",
        '{{ mustToDate "2006" .x }}',
        "{{ semver .x }}",
        "{{ semverCompare .x .x }}",
        "{{ urlParse (print `:` .x) }}",
        "{{ mustRegexMatch (print `(` .x) .x }}",
        "{{ regexFind (print `(` .x) .x }}",
        "{{ index .x .x }}",
        "{{ eq .x 1 }}",
        "{{ call .x }}",
        "{{ .x.y }}",
        "{{ include .x }}",
        "{{ template .x }}",
        "{{ mustDateModify .x (toDate `2006` `2020`) }}",
        "{{ dig .x `a` .x }}",
        "{{ urlJoin (dict `host` 1 .x 2) }}",
        "{{ index (dict `a` 1) .x | upper }}",
        "{{ b64dec .x | mustFromJson }}",
        "{{ index (list 1) (atoi (len .x | toString)) }}",
        "{{ repeat 9999999999 .x }}",
        "{{ printf `%*d` .x | mustFromJson }}",
        "{{ first .x }}",
        "{{ indent -1 .x }}",
        "{{ semverCompare (print `1 ` .x) `1` }}",
        "{{ urlJoin (dict `userinfo` (print .x `[`)) }}",
        "{{ urlParse (print `http://` .x `:x`) }}",
        "{{ mustMerge (dict .x (semver `1`)) (dict .x (dict)) }}",
        "{{ ne (semver (print `1.2.3-` .x)) (toDate `2006` `2020`) }}",
        "{{ eq (list .x) (list .x) }}",
        "{{ mustToJson (dict .x 1i) }}",
        "{{ (semver (print `1.2.3-` .x)).Compare nil }}",
        "{{ addf .x `inf` }}",
        "{{ set nil .x .x }}",
    ],
)
def test_render_error_never_holds_a_value(template: str) -> None:
    """Whatever goes wrong, no value and no part of one is in the message."""
    with pytest.raises(TemplateError) as caught:
        _rendered(template, x=CANARY)
    told = f"{caught.value.message} {caught.value.hint} {caught.value!r} {caught.value.__cause__!r}"
    assert "c4n4" not in told
    assert "v4lue" not in told


def test_render_fail_with_a_literal_shows_it() -> None:
    """The words that the template itself has may be told: everybody can read them."""
    with pytest.raises(TemplateError, match="error calling fail: no user given"):
        _rendered('{{ fail "no user given" }}')


@pytest.mark.parametrize(
    "template",
    [
        "{{ repeat 999999999999 .x }}",
        "{{ until 999999999999 }}",
        "{{ seq 1 999999999999 }}",
        "{{ range until 90000 }}{{ range until 90000 }}{{ end }}{{ end }}",
        '{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}',
        '{{ define "r" }}{{ template "r" }}{{ template "r" }}{{ end }}{{ template "r" }}',
        "{{ range until 5000 }}{{ $.x }}{{ end }}",
        "{{ $a := list 1 }}{{ range until 60 }}{{ $a = list $a $a }}{{ end }}{{ $a }}",
        "{{ $a := list 1 }}{{ range until 9000 }}{{ $a = list $a }}{{ end }}{{ $a }}",
        "{{ $a := .x }}{{ range until 60 }}{{ $a = print $a $a }}{{ end }}{{ $a }}",
        "{{ $a := .x }}{{ range until 60 }}{{ $a = replace `a` $a $a }}{{ end }}",
        '{{ printf "%999999999d" 1 }}',
        '{{ printf "%.999999999f" 1.0 }}',
        "{{ range until 900 }}{{ bcrypt $.x }}{{ end }}",
        '{{ range until 900 }}{{ derivePassword 1 "long" "a" "b" "c" }}{{ end }}',
        "{{ $d := dict }}{{ $_ := set $d `d` $d }}{{ $d }}",
        "{{ $d := dict }}{{ $e := dict `d` $d }}{{ $_ := set $d `e` $e }}{{ $d | toJson }}",
        "{{" + "(" * 5000 + "1" + ")" * 5000 + "}}",
        "{{ if 1 }}" * 5000 + "{{ end }}" * 5000,
        '{{ regexMatch "((((x{500}){500}){500}){500})" .x | ternary 1 (fail "no") }}',
        "{{ indent 999999999 .x }}",
        "{{ wrapWith 1 .x .x }}{{ fail `reached` }}",
        "{{ snakecase (repeat 500000 `a `) }}",
        "{{ toDate (repeat 500000 `1`) (repeat 500000 `1`) }}",
        "{{ date (repeat 500000 `1`) 1 }}",
        "{{ regexReplaceAll `` (repeat 500000 `a`) `b` }}",
        "{{ semverCompare (repeat 500000 `1 `) `1` }}",
        "{{ range until 60000 }}{{ urlParse `http://a:b@c:80/d?e=f#g` }}{{ end }}",
        "{{ range until 60000 }}{{ (toDate `2006` `2020`).AddDate 1 1 1 }}{{ end }}",
    ],
)
def test_render_endless_work_is_refused(template: str) -> None:
    """No template makes the engine loop, swell or end in a foreign error."""
    with pytest.raises(TemplateError):
        _rendered(template, x="a" * 1000)


def test_render_tells_what_is_wrong_with_every_entry() -> None:
    """Nobody has to mend one entry to hear of the next; what is right is rendered all the same."""
    entries = {"z": "{{ .a-b }}", "x": "{{ now }}", "right": "{{ .a }}", "y": "{{ .a.b }}"}
    assert _faults(**entries) == {
        "x": 'template: x:1: function "now" not defined',
        "y": 'template: y:1:5: executing "y" at <.a.b>: can\'t evaluate field b in type string',
        "z": "template: z:1: bad character U+002D '-'",
    }
    assert set(RENDER(entries, {"a": SecretBytes(b"v")}).entries) == {"right"}


def test_render_entry_after_one_that_failed_deep_inside_is_none_the_worse() -> None:
    """What an entry had open when it failed does not count for the next one."""
    deep = "{{ if true }}" * 50 + "{}" + "{{ end }}" * 50
    assert set(_faults(a=deep.replace("{}", "{{ .a.b }}"), b=deep.replace("{}", "ok"))) == {"a"}


def test_render_that_has_cost_all_it_may_reads_the_other_entries_and_stops() -> None:
    """What all entries may cost is told once, and does not hide what is wrong in others."""
    endless = "{{ range until 90000 }}{{ range until 90000 }}{{ end }}{{ end }}"
    found = _faults(a=endless, b="{{ nosuch }}", c=endless, d="text")
    assert found == {
        "a": 'template: a:1:38: executing "a" at <90000>: rendering takes more than 300000 steps',
        "b": 'template: b:1: function "nosuch" not defined',
    }


@pytest.mark.parametrize(
    ("template", "place", "words"),
    [
        (
            "a\n{{ repeat 100000000 .a }}",
            '2:3: executing "e" at <repeat 100000000 .a>: error calling repeat',
            "a text of more than 4194304 bytes",
        ),
        (
            "{{ range until 100000000 }}{{ end }}",
            '1:9: executing "e" at <until 100000000>: error calling until',
            "a list of more than 100000 items",
        ),
        (
            '{{ define "t" }}{{ upper (repeat 9999999 .) }}{{ end }}{{ template "t" .a }}',
            '1:26: executing "t" at <repeat 9999999 .>: error calling repeat',
            "a text of more than 4194304 bytes",
        ),
        (
            "{{ printf `%999999999d` 1 }}",
            '1:3: executing "e" at <printf `%999999999d` 1>: error calling printf',
            "a width or precision above 10000",
        ),
        (
            "{{ repeat 999999 .a }}x",
            '1:3: executing "e" at <repeat 999999 .a>: error calling repeat',
            "a text of more than 4194304 bytes",
        ),
        (
            "{{ repeat 300000 .a }}",
            '1:3: executing "e" at <repeat 300000 .a>',
            "the entry would be longer than 1048576 bytes",
        ),
        (
            '{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}',
            '1:28: executing "r" at <{{template "r"}}>',
            "templates nested more than 60 levels deep",
        ),
        (
            "{{ range 9000000 }}{{ end }}",
            '1:9: executing "e" at <9000000>',
            "rendering takes more than 300000 steps",
        ),
    ],
)
def test_render_limit_names_entry_line_and_function(template: str, place: str, words: str) -> None:
    """Whoever has to mend the entry is told where, as with every other fault."""
    assert _faults(e=template) == {"e": f"template: e:{place}: {words}"}


def test_render_output_has_a_limit_of_one_mebibyte() -> None:
    """An entry may be as large as a Secret can be, and no larger."""
    assert len(_rendered("{{ repeat 1048576 `a` }}")) == 1024 * 1024
    with pytest.raises(TemplateError, match="longer than 1048576 bytes"):
        _rendered("{{ repeat 1048577 `a` }}")


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_render_refused_function_is_unknown_and_says_why(name: str) -> None:
    """The message is Go's for an unknown function; the hint tells the reason."""
    with pytest.raises(TemplateError) as caught:
        _rendered(f"{{{{ {name} }}}}")
    assert caught.value.message == f'template: e:1: function "{name}" not defined'
    assert caught.value.hint == REFUSED[name]
    assert caught.value.entry == "e"


def test_functions_and_refused_names_are_all_that_the_original_offers() -> None:
    """Go's own functions and the 208 of Sprig are either there or refused with a reason."""
    builtin = (
        "and or not len index slice print printf println html js urlquery call eq ne lt le gt ge"
    )
    sprig = set(function_table(_salts)) - set(builtin.split()) | set(REFUSED) | {"slice"}
    assert len(sprig - {"env", "expandenv", "getHostByName"}) == 208


def test_render_hash_of_the_same_input_is_the_same() -> None:
    """Salts come from the input, so that an unchanged object renders alike; they do differ."""
    template = "{{ htpasswd .user .password }}"
    first = _rendered(template, user="a", password="p")
    assert first == _rendered(template, user="a", password="p")
    assert first != _rendered(template, user="a", password="q")
    assert first.startswith(b"a:$2a$10$")


def test_render_salts_a_hash_for_its_entry_and_user() -> None:
    """Equal passwords in two entries, or of two users, do not show as such."""
    texts = {
        "one": '{{ htpasswd "a" .p }} {{ htpasswd "b" .p }} {{ bcrypt .p }}',
        "two": '{{ htpasswd "a" .p }}',
    }
    found = RENDER(texts, {"p": SecretBytes(b"p")}).entries
    lines = [line for each in found.values() for line in each.reveal().split()]
    assert len({line.rpartition(b":")[2] for line in lines}) == 4


def test_render_hash_verifies() -> None:
    """What bcrypt makes of a derived salt is a hash that bcrypt accepts."""
    import bcrypt

    assert bcrypt.checkpw(b"pw", _rendered("{{ bcrypt .x }}", x="pw"))


PIECES = st.sampled_from(
    [
        *("{{", "}}", "{{-", "-}}", " ", "\n", ".", ".x", "$", "$v", ":=", "=", "|", "(", ")", ","),
        *("if", "else", "end", "range", "with", "define", "template", "block", "break", '"a"'),
        *("`b`", "'c'", "1", "-2.5", "0x1F", "nil", "true", "/*", "*/", "é", "\x00", "\\", '"'),
        *("list", "dict", "printf", "index", "len", "toJson", "fromJson", "add", "until", "join"),
        *("continue", "and", "or", "not", "eq", "lt", "quote", "default", "%v", "a", "_", "\u00a0"),
    ]
)


@given(st.lists(PIECES, max_size=20).map(" ".join) | st.lists(PIECES, max_size=20).map("".join))
def test_render_any_text_renders_or_raises_our_error(template: str) -> None:
    """Nothing that stands in an entry raises anything else."""
    with suppress(TemplateError):
        _rendered(template, x="value")


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(sorted(function_table(_salts).keys() - {"bcrypt", "htpasswd"})),
        st.lists(
            st.sampled_from(
                [
                    *(".x", ".n", "$", "nil", "1", "-1", "2.5", '"a,b"', '"("', "(list 1 `a` nil)"),
                    *("(dict `a` (list))", "(until 3)", "(semver `1.2.3-x`)", '"2006-01-02"'),
                    *("(toDate `2006` `2020`)", '(fromJson `{"a":[1,{}]}`)', "9223372036854775807"),
                    *('"%[5]*.[3]*[1]f|%s|%x|%q"', '"\\xff"', "(b64dec `/wA=`)", "`^1 || >2`"),
                    *(
                        "(index .x 0)",
                        "(div 7 2)",
                        "(split `,` `a,b`)",
                        "true",
                        "`https://a:b@c/d`",
                    ),
                ]
            ),
            max_size=4,
        ),
    ),
    min_size=1,
    max_size=3,
)


@given(ACTIONS)
def test_render_any_call_renders_or_raises_our_error(
    actions: list[tuple[str, list[str]]],
) -> None:
    """No function raises anything else, whatever it is given."""
    template = "".join(f"{{{{ {name} {' '.join(given)} }}}}" for name, given in actions)
    with suppress(TemplateError):
        _rendered(template, x="value", n="42")
