"""Kills frontends in the middle of broadcasts and counts the results: `python -m tests.chaos telegram --rounds 50`."""

import argparse
import random
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.chaos import discord, rounds, telegram

_PLACES: dict[str, Callable[[], AbstractContextManager[rounds.Place]]] = {
    "telegram": telegram.place,
    "discord": discord.place,
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("platform", choices=sorted(_PLACES))
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = random.randrange(1 << 30) if options.seed is None else options.seed  # noqa: S311 - no secret
    with _PLACES[options.platform]() as place:
        outcome = rounds.run(place, options.rounds, seed)
    print(f"seed: {seed}")
    print(f"kills: {len(outcome.on_their_way)}")
    print(f"on_their_way_when_killed: {sum(outcome.on_their_way)}, at most {max(outcome.on_their_way)}")
    for state, count in sorted(outcome.states.items()):
        print(f"{state}: {count}")
    for state, count in sorted(outcome.neighbours.items()):
        print(f"neighbours_{state}: {count}")
    print(f"restarts: {outcome.restarts}")
    print(f"twice: {outcome.twice}")
    print(f"lost: {outcome.lost}")
    return 1 if outcome.twice or outcome.lost or outcome.restarts else 0


if __name__ == "__main__":
    sys.exit(main())
