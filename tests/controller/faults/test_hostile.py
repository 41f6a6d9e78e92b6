"""Objects that somebody made to do harm: huge, crowded, deep, odd. A good one beside them is made.

What the API server itself refuses is no danger; these are objects that it takes.
"""

import pytest

from tests.controller.faults.world import Program, World, controlling
from tests.support.sealed import blob

MIB = 1 << 20
GOOD = {"k": b"good"}


async def hurt(world: World, name: str, *, template: object = None, **items: str) -> None:
    """Apply an object that cannot become a Secret.

    Args:
        world: Where.
        name: Its name.
        template: Its `spec.template`.
        items: What looks like sealed values.
    """
    body = world.sealed_body(name, {"k": b"v"})
    if items:
        body["spec"]["encryptedData"] = items
    if template is not None:
        body["spec"]["template"] = template
    await world.apply(body)


async def passed(world: World, program: Program, bad: int, reason: str) -> None:
    """Wait until the good object is made and the bad ones are told, and nothing else is there."""
    await world.seal("good", GOOD)
    await world.converged()
    await program.until(lambda: program.metric("objects", reason=reason) == bad)
    await program.idle()
    assert program.metric("objects") == bad + 1
    assert program.parts.is_alive
    assert program.metric("unseal_errors_total") >= bad
    await world.converged()


async def test_object_of_one_and_a_half_megabytes_is_judged(world: World) -> None:
    """One value that fills the store's limit and opens with no key."""
    async with controlling(world) as program:
        await hurt(world, "huge", k=blob(MIB))
        await passed(world, program, 1, "NoMatchingKey")


async def test_object_of_ten_thousand_items_is_judged(world: World) -> None:
    """More do not fit into the store, and each is too short for a sealed value: all are named."""
    async with controlling(world) as program:
        items = {f"i{number}": "QUFBQQ==" for number in range(10_000)}
        await hurt(world, "crowd", **items)
        await passed(world, program, 1, "Malformed")


async def test_secret_that_would_be_too_large_is_refused(world: World) -> None:
    """It opens, and is more than a Secret may hold: told, not tried again and again."""
    async with controlling(world) as program:
        await world.apply(world.sealed_body("fat", {"k": b"x" * (MIB + 1)}))
        await passed(world, program, 1, "Invalid")


DEEP = [
    {"data": {"k": "{{" + "(" * 20_000 + ")" * 20_000 + "}}"}},
    {"data": {"k": "{{if true}}" * 5_000 + "{{end}}" * 5_000}},
    {"data": {"k": '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}'}},
    {"data": {"k": "{{range until 100000}}{{range until 100000}}x{{end}}{{end}}"}},
    {"data": {"k": '{{repeat 1000000 "xxxxxxxxxx"}}'}},
    {"data": {"k": '{{regexMatch "(a*)*(a*)*(a*)*b" (repeat 10000 "a")}}{{fail "x"}}'}},
]


@pytest.mark.parametrize("template", DEEP, ids=["parens", "ifs", "self", "loops", "long", "regex"])
async def test_template_without_end_ends(world: World, template: object) -> None:
    """Nesting, recursion, loops: all is counted, and the object is told what it did."""
    async with controlling(world) as program:
        await hurt(world, "deep", template=template)
        await passed(world, program, 1, "TemplateError")


async def test_nested_metadata_of_a_template_stops_nothing(world: World) -> None:
    """The kind keeps unknown fields of `template.metadata`, however deep they go."""
    nested: object = "x"
    for _ in range(100):
        nested = {"a": [nested]}
    async with controlling(world) as program:
        await world.seal("nested", {"k": b"nested"}, template={"metadata": {"odd": nested}})
        await world.seal("good", GOOD)
        await world.converged()
        assert program.parts.is_alive
