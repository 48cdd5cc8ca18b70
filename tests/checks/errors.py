# SPDX-License-Identifier: BSL-1.0
"""Checks that each hvkit[HVnnn] has an entry in docs/errors.md and a case in tests/compile_fail, and the other way round."""
import re
import sys
from pathlib import Path

from sources import own_files

CODE = re.compile(r"hvkit\[(HV\d{3})\]")
ENTRY = re.compile(r"^## (HV\d{3})\b", re.MULTILINE)


def offences(root: Path) -> list[str]:
    said, shown = {}, set()
    for path in own_files(root):
        if path.parts[0] == "include":
            for code in CODE.findall((root / path).read_text()):
                said.setdefault(code, path)
        elif path.parts[:2] == ("tests", "compile_fail"):
            shown.update(CODE.findall((root / path).read_text()))
    described = set(ENTRY.findall((root / "docs/errors.md").read_text()))
    found = [f"{said[code]}: {code} has no entry in docs/errors.md" for code in sorted(said.keys() - described)]
    found += [f"docs/errors.md: nothing says {code}" for code in sorted(described - said.keys())]
    found += [f"{said[code]}: {code} has no case in tests/compile_fail" for code in sorted(said.keys() - shown)]
    return found


if __name__ == "__main__":
    problems = offences(Path(sys.argv[1]))
    print(*problems, sep="\n")
    sys.exit(1 if problems else 0)
