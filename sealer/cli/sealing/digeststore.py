"""The file that keeps digests between runs: an sqlite database for its owner only.

sqlite is in the standard library, and it is what makes runs at the same time safe: none loses what
another adds, and none leaves the file half written. A lookup does not read all of it either.
"""

import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sealer.cli.sealing.statefolder import StateError
from sealer.sealing.quiet import KEY_SIZE

LIFETIME_DAYS = 90
MAXIMUM_ENTRIES = 100_000
_LONGEST_WAIT_SECONDS = 5
_SECONDS_PER_DAY = 86_400
_DAMAGED = (11, 26)  # SQLITE_CORRUPT and SQLITE_NOTADB: https://sqlite.org/rescode.html
_PRIMARY_CODE = 0xFF
_TABLES = (
    "CREATE TABLE IF NOT EXISTS secret_key (id INTEGER PRIMARY KEY, value BLOB)",
    """CREATE TABLE IF NOT EXISTS digests (
        ciphertext BLOB PRIMARY KEY, value BLOB, used INTEGER
    ) WITHOUT ROWID""",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept for a ciphertext.

    Attributes:
        value: The digest of the value that it holds.
        is_fresh: It was used today already.
    """

    value: bytes
    is_fresh: bool


class DigestStore:
    """The digests of earlier runs, and the secret key that they are made with.

    The key stands in the same file, because neither is of any use without the other.

    Attributes:
        key: The secret key.
    """

    def __init__(self, file: Path) -> None:
        """Open the file, which may be empty.

        Raises:
            StateError: It cannot be used. A damaged one is removed.
        """
        self._file = file
        self._today = int(time.time()) // _SECONDS_PER_DAY
        with self._told():
            self._database = sqlite3.connect(
                file,
                timeout=_LONGEST_WAIT_SECONDS,
                isolation_level=None,
                check_same_thread=False,  # `Digests` lets one thread in at a time
            )
        try:
            with self._told():
                # A power cut may damage the file; that costs some new ciphertext and no data.
                self._database.execute("PRAGMA synchronous = OFF")
                self.key = self._read_key() if self._has_tables() else self._begin()
        except StateError:
            self.close()
            raise

    def find(self, ciphertext: bytes) -> Entry | None:
        """Return what is kept for a ciphertext, by the digest of it.

        Raises:
            StateError: The file cannot be used.
        """
        with self._told():
            row = self._database.execute(
                "SELECT value, used FROM digests WHERE ciphertext = ?", (ciphertext,)
            ).fetchone()
        return Entry(row[0], row[1] == self._today) if row else None

    def save(self, digests: Mapping[bytes, bytes]) -> None:
        """Keep digests of values by those of their ciphertexts; drop what is old or too much.

        Raises:
            StateError: The file cannot be used.
        """
        with self._told(), self._transaction():
            self._database.executemany(
                "INSERT OR REPLACE INTO digests VALUES (?, ?, ?)",
                ((ciphertext, value, self._today) for ciphertext, value in digests.items()),
            )
            self._database.execute(
                "DELETE FROM digests WHERE used < ?", (self._today - LIFETIME_DAYS,)
            )
            (count,) = self._database.execute("SELECT count(*) FROM digests").fetchone()
            if count > MAXIMUM_ENTRIES:
                self._database.execute(
                    "DELETE FROM digests WHERE ciphertext IN"
                    " (SELECT ciphertext FROM digests ORDER BY used LIMIT ?)",
                    (count - MAXIMUM_ENTRIES,),
                )

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _has_tables(self) -> bool:
        names = self._database.execute("SELECT name FROM sqlite_master").fetchall()
        return {("secret_key",), ("digests",)} <= set(names)

    def _begin(self) -> bytes:
        """Make the tables and the key, unless another run just did."""
        with self._transaction():
            for table in _TABLES:
                self._database.execute(table)
            key = secrets.token_bytes(KEY_SIZE)
            self._database.execute("INSERT OR IGNORE INTO secret_key VALUES (1, ?)", (key,))
        return self._read_key()

    def _read_key(self) -> bytes:
        row = self._database.execute("SELECT value FROM secret_key").fetchone()
        if not row or not isinstance(row[0], bytes) or len(row[0]) != KEY_SIZE:
            raise StateError(f"{self._file} holds no key for digests", hint="remove it")
        return row[0]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn an error of sqlite into one that names the file."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
            if code in _DAMAGED:
                self._file.unlink(missing_ok=True)
                raise StateError(f"{self._file} is damaged and was removed") from None
            raise StateError(f"{self._file} cannot be used: {error}") from None
