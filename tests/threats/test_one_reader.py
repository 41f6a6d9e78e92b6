"""Hook, command and controller read a file alike: what one sees, no other overlooks (T23)."""

import json
from pathlib import Path

import pytest

from sealer.detect import scan
from sealer_controller.directory.parse import parse
from tests.support import vectors
from tests.support.program import run
from tests.support.sealed import blob

CERTIFICATE = str(vectors.KEYS / "rsa2048.crt.pem")
VALUE = "correct-horse-battery"
SECRET = f"metadata: {{name: db, namespace: shop}}\nstringData: {{password: {VALUE}}}\n"
SEALED = (
    "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
    "metadata: {name: db, namespace: shop}\nspec:\n"
)
BLOB = blob()
_BOMB = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)

# What some reader takes for a Secret; another one may not.
SECRETS = {
    "kind twice, Secret last": f"apiVersion: v1\nkind: ConfigMap\nkind: Secret\n{SECRET}",
    "kind twice, Secret first": f"apiVersion: v1\nkind: Secret\nkind: ConfigMap\n{SECRET}",
    "items twice": f"apiVersion: v1\nkind: Secret\nstringData: {{}}\n{SECRET}",
    "kind by alias": f"x: &k Secret\napiVersion: v1\nkind: *k\n{SECRET}",
    "kind by merge": f"x: &b {{kind: Secret, apiVersion: v1}}\n<<: *b\n{SECRET}",
    "kind with a tag": f"apiVersion: v1\nkind: !!str Secret\n{SECRET}",
    "key with an escape": f'apiVersion: v1\n"\\x6bind": Secret\n{SECRET}',
    "value that is no string": f"apiVersion: v1\nkind: Secret\n{SECRET}  # \nimmutable: yes\n",
    "behind a byte-order mark": f"\ufeffapiVersion: v1\nkind: Secret\n{SECRET}",
    "in JSON": json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "db", "namespace": "shop"},
            "stringData": {"password": VALUE},
        }
    ),
    "behind a bomb": f"{_BOMB}apiVersion: v1\nkind: Secret\n{SECRET}",
}
# What some reader takes for a SealedSecret with one item, another one for something else.
SEALED_SECRETS = {
    "plain": f"{SEALED}  encryptedData: {{password: {BLOB}}}\n",
    "kind twice": f"kind: Secret\n{SEALED}  encryptedData: {{password: {BLOB}}}\n",
    "item twice": f"{SEALED}  encryptedData: {{password: {BLOB}, password: {BLOB}}}\n",
    "spec twice": f"{SEALED}  encryptedData: {{}}\nspec:\n  encryptedData: {{a: {BLOB}}}\n",
    "items by alias": f"x: &i {{a: {BLOB}}}\n{SEALED}  encryptedData: *i\n",
    "items by merge": f"x: &i {{a: {BLOB}}}\n{SEALED}  encryptedData: {{<<: *i, b: {BLOB}}}\n",
    "item that is a number": f"{SEALED}  encryptedData: {{password: 0123}}\n",
    "item that is a boolean": f"{SEALED}  encryptedData: {{password: yes}}\n",
    "key that is a boolean": f"{SEALED}  encryptedData: {{yes: {BLOB}}}\n",
    "name that is a number": f"{SEALED.replace('db', '0x10')}  encryptedData: {{a: {BLOB}}}\n",
    "with a bomb": f"{_BOMB}{SEALED}  encryptedData: {{a: {BLOB}}}\n",
    "in UTF-16": "",
}
SEALED_SECRETS["in UTF-16"] = SEALED_SECRETS["plain"]


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_secret_that_readers_disagree_about_passes_nowhere(text: str) -> None:
    """The hook refuses it; the command seals it or refuses it, and never hands it on readable."""
    answer = scan("db.yaml", text.encode())
    assert answer.findings or answer.undecided
    done = run("seal", "--cert", CERTIFICATE, "-", stdin=text.encode())
    assert done.code in (0, 3)
    assert VALUE.encode() not in done.out


@pytest.mark.parametrize("name", SEALED_SECRETS)
def test_sealed_secret_is_the_same_object_to_command_and_controller(
    name: str, tmp_path: Path
) -> None:
    """Both take the same items of the same object, or both refuse the file."""
    data = SEALED_SECRETS[name].encode("utf-16" if "UTF-16" in name else "utf-8")
    path = tmp_path / "db.yaml"
    path.write_bytes(data)
    done = run("inspect", "--json", str(path))
    content = parse(data, "db.yaml")
    taken = [
        (each.sealed.namespace, each.sealed.name, sorted(each.sealed.encrypted_data))
        for each in content.objects
        if each.fault is None and not each.sealed.odd_items  # such an item never opens
    ]
    if done.code:
        assert done.code == 3
        assert taken == []
        assert content.problems or content.objects
    else:
        shown = [
            (each["namespace"], each["name"], sorted(item["key"] for item in each["items"]))
            for each in json.loads(done.out)["objects"]
        ]
        assert shown == taken
