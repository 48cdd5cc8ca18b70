# SPDX-License-Identifier: BSL-1.0
"""Checks that a program succeeds and prints exactly what a file holds. usage: golden.py PROGRAM FILE"""
import difflib
import subprocess
import sys
from pathlib import Path


def main(program: str, golden: str) -> int:
    result = subprocess.run([program], capture_output=True, text=True, errors="backslashreplace")
    print(result.stderr, end="")
    expected = Path(golden).read_text() if Path(golden).exists() else ""
    difference = list(difflib.unified_diff(expected.splitlines(True), result.stdout.splitlines(True), golden, program))
    sys.stdout.writelines(difference)
    if result.returncode != 0:
        print(f"{program} ended with {result.returncode}")
    if difference:
        print(f"to accept what it prints now: {program} > {golden}")
    return 1 if difference or result.returncode != 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
