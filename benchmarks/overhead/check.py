#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What composing a VMM of policies costs against writing its loop by hand, in host instructions by callgrind.

    benchmarks/overhead/check.py PROGRAM      the built benchmark.overhead

Ends with 1 if it is more than 3 %, with 77 if valgrind is not installed.
"""
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from measure.count import host_instructions  # noqa: E402

BUDGET = 1.03
FEW, MANY = 1000, 11000


def each_round(program: Path, which: str) -> float:
    (few, _), (many, _) = (host_instructions(program, which, str(rounds)) for rounds in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def main(program: Path) -> int:
    if not shutil.which("valgrind"):
        print("skipped: valgrind is not installed")
        return 77
    said = [host_instructions(program, which, "100")[1] for which in ("composed", "by_hand")]
    if said[0] != said[1]:
        print(f"the two VMMs did different things: {said}")
        return 1
    composed, by_hand = (each_round(program, which) for which in ("composed", "by_hand"))
    print(f"three exits: {composed:.1f} instructions composed, {by_hand:.1f} by hand, ratio {composed / by_hand:.4f}")
    return 0 if composed <= by_hand * BUDGET else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
