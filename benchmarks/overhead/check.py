#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What composing a VMM of policies costs against writing its loop by hand, in host instructions by callgrind.

    benchmarks/overhead/check.py PROGRAM      the built benchmark.overhead

Two guests: one exits once in a hundred instructions, more often than the firmware and the kernels that the tests boot;
the other once in five. Ends with 1 if it is more than 3 % of the first, or 10 % of the second; with 77 if valgrind is
not installed.
"""
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from measure.count import host_instructions  # noqa: E402

BUDGETS = {97: 1.03, 1: 1.10}  # by turns of the inner loop
FEW, MANY = 1000, 6000


def each_round(program: Path, which: str, turns: int) -> float:
    few, many = (host_instructions(program, which, str(rounds), str(turns)) for rounds in (FEW, MANY))
    return (many[0] - few[0]) / (MANY - FEW)


def main(program: Path) -> int:
    if not shutil.which("valgrind"):
        print("skipped: valgrind is not installed")
        return 77
    over = False
    for turns, budget in BUDGETS.items():
        said = [host_instructions(program, which, "100", str(turns))[1] for which in ("composed", "by_hand")]
        composed, by_hand = (each_round(program, which, turns) for which in ("composed", "by_hand"))
        print(f"{3 * turns + 10} instructions and three exits: {composed:.1f} host instructions composed, {by_hand:.1f} by "
              f"hand, ratio {composed / by_hand:.4f}")
        over |= said[0] != said[1] or composed > by_hand * budget
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
