"""Mutated answers of a model by hand: `python -m tests.benchmarks.mutated_answers [--count 10000]`.

Prints how many were read, how many sentences readers would see, and what must be 0: exceptions that passed the border,
and sentences with a number or name that their sources lack.
"""

import argparse

from tests.fuzz.answers import Reading


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--count", type=int, default=10_000)
    options.add_argument("--first", type=int, default=1_000, help="number of the first one; the suite reads 0 to 499")
    chosen = options.parse_args()
    reading, sentences, exceptions, unsupported = Reading(), 0, 0, 0
    for number in range(chosen.first, chosen.first + chosen.count):
        try:
            for each in reading.published(number):
                sentences += 1
                if each.unsupported():
                    unsupported += 1
                    print(f"unsupported {number}: {each.unsupported()} in {each.text!r}")
        except Exception as error:  # noqa: BLE001 - the border is what is tried
            exceptions += 1
            print(f"exception {number}: {error!r}")
    print(f"answers: {chosen.count}")
    print(f"sentences: {sentences}")
    print(f"exceptions: {exceptions}")
    print(f"unsupported: {unsupported}")


if __name__ == "__main__":
    main()
