# SPDX-License-Identifier: BSL-1.0
"""Checks that the README's complete program is the first example, line by line, and what it prints the example's golden."""
import re
import sys
from pathlib import Path

PROGRAM = re.compile(r"^## A complete program\n.*?^```cpp\n(.*?)^```\n\s*^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def offences(root: Path) -> list[str]:
    shown = PROGRAM.search((root / "README.md").read_text())
    if not shown:
        return ["README.md: has no section 'A complete program' with a program and what it prints"]
    source = (root / "examples/01_first_vm.cpp").read_text().splitlines(keepends=True)
    while source and source[0].startswith("//"):
        source.pop(0)
    found = []
    if shown[1] != "".join(source):
        found.append("README.md: the complete program is not examples/01_first_vm.cpp")
    if shown[2] != (root / "examples/golden/01_first_vm.txt").read_text():
        found.append("README.md: what the program prints is not examples/golden/01_first_vm.txt")
    return found


if __name__ == "__main__":
    problems = offences(Path(sys.argv[1]))
    print(*problems, sep="\n")
    sys.exit(1 if problems else 0)
