# SPDX-License-Identifier: BSL-1.0
"""Checks that every header and source begins with its licence, and every script and build file right after `#!`."""
import sys
from pathlib import Path

from sources import is_cpp, own_files

LICENCE = "SPDX-License-Identifier: BSL-1.0"
HASH_COMMENTED = (".py", ".cmake", ".sh")


def offences(root: Path) -> list[str]:
    found = []
    for path in own_files(root):
        if is_cpp(path):
            marker, first = "// ", 0
        elif path.suffix in HASH_COMMENTED or path.name == "CMakeLists.txt" or path.parts[0] in ("scripts", ".ci"):
            marker, first = "# ", 1
        else:
            continue
        lines = (root / path).read_text(errors="replace").splitlines()[: first + 1]
        if marker + LICENCE not in lines:
            found.append(f"{path}:1: does not begin with '{marker}{LICENCE}'")
    return found


if __name__ == "__main__":
    problems = offences(Path(sys.argv[1]))
    print(*problems, sep="\n")
    sys.exit(1 if problems else 0)
