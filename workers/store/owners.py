"""Owners of this Paperboy: people who redeemed a one-time code. The settings can name others."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Engine, delete, select

from workers.domain.ports import Clock
from workers.store.leases import lasts
from workers.store.tables import owner, owner_code
from workers.store.transactions import insert, read, write

CODE_GOOD_FOR = timedelta(hours=24)
"""How long a one-time code can be redeemed."""
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters and digits that do not look alike. There are 31, and a code has 8 of them: 8.5e11 codes."""


class OwnerStore:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def add(self, platform: str, person: str) -> None:
        with write(self._engine) as connection:
            connection.execute(
                insert(connection, owner)
                .values(platform=platform, person=person, since=self._clock.now())
                .on_conflict_do_nothing()
            )

    def remove(self, platform: str, person: str) -> None:
        with write(self._engine) as connection:
            connection.execute(delete(owner).where(owner.c.platform == platform, owner.c.person == person))

    def all(self, named: Iterable[tuple[str, str]] = ()) -> list[tuple[str, str]]:
        """(platform, person) of each owner: the `named` ones first, then those who redeemed a code, oldest first."""
        with read(self._engine) as connection:
            rows = connection.execute(select(owner.c.platform, owner.c.person).order_by(owner.c.since)).all()
        return list(dict.fromkeys([*named, *((row.platform, row.person) for row in rows)]))

    def new_code(self) -> str:
        """A new one-time code such as `K7QM-2ZPA`; earlier codes become invalid. Only its hash is stored."""
        code = "".join(secrets.choice(_LETTERS) for _ in range(8))
        with write(self._engine) as connection:
            connection.execute(delete(owner_code))
            connection.execute(
                owner_code.insert().values(digest=_digest(code), good_until=self._clock.now() + CODE_GOOD_FOR)
            )
        return f"{code[:4]}-{code[4:]}"

    def redeem(self, code: str, platform: str, person: str) -> bool:
        """Make the person an owner if the code is valid, and delete the code; False if it is not."""
        with write(self._engine) as connection:
            is_valid = lasts(owner_code.c.good_until, self._clock.now(), CODE_GOOD_FOR)
            spent = connection.execute(delete(owner_code).where(owner_code.c.digest == _digest(code), is_valid))
            if spent.rowcount != 1:
                return False
            connection.execute(
                insert(connection, owner)
                .values(platform=platform, person=person, since=self._clock.now())
                .on_conflict_do_nothing()
            )
            return True


def _digest(code: str) -> str:
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
