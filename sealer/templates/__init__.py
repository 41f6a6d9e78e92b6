"""Go's text/template with Sprig's functions, for `spec.template.data` of SealedSecrets.

    lex.py, literals.py, parse.py   text to tokens, constants and a tree (nodes.py)
    execute.py, evaluate.py         the tree over the items of one object
    values.py, times.py             Go's types; calendar.py and layouts.py know dates
    show.py, formatting.py          how fmt writes them; quoting.py and floats.py do the details
    functions/                      what templates may call, and what they may not (refused.py)
    limits.py                       what rendering may cost, counted and not timed
    missing.py                      items that a template prints and that do not exist
    render.py                       all entries of an object: the way in

Source: controller.md 8 and compat.md 2.3. Go is the measure: output is the same byte for byte, and
errors have the same class and place. What an item holds never becomes part of a message.
"""

from sealer.templates.render import Renderer

__all__ = ["Renderer"]
