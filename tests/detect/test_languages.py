"""Which signs begin a comment, by the name of the file."""

import pytest

from sealer.detect.languages import comment_signs


@pytest.mark.parametrize(
    ("path", "signs"),
    [
        ("a.yaml", ""),
        ("c.yaml", ""),
        ("go/ts/h.sh", ""),
        ("c", ""),
        ("go", ""),
        ("a.go.yaml", ""),
        ("a.yaml.go", "//"),
        ("a.c.yml.bak", ""),
        ("Jenkinsfile.old", "//"),
        ("", ""),
        ("main.tf", "//"),
        ("MAIN.TF.bak", "//"),
        ("ci\\Jenkinsfile", "//"),
        ("a.b.json5", "//"),
        ("docs/a.md", "<!--"),
        ("a.js.md", "// <!--"),
        ("md", ""),
    ],
)
def test_signs_are_those_of_the_name(path: str, signs: str) -> None:
    """`#` and the sign of templates are everywhere; others need an ending."""
    assert comment_signs(path) == ("#", "{{", *signs.split())
