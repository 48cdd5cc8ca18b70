# SPDX-License-Identifier: BSL-1.0
"""Checks what documents show of examples: the README's complete program is the first one, line by line, and what it
prints the example's golden; and the failure museum's page shows all exhibits, each as the goldens have it."""
import re
import sys
from pathlib import Path

PROGRAM = re.compile(r"^## A complete program\n.*?^```cpp\n(.*?)^```\n\s*^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)


EXHIBIT = re.compile(r"^## ([^\n]+)\n(?:(?!## |```)[^\n]*\n)*```\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def museum_offences(root: Path) -> list[str]:
    page = "docs/museum.md"
    shown = {title: text for title, text in EXHIBIT.findall((root / page).read_text())}
    popf = (root / "examples/golden/03_popf_unmasked.txt").read_text()
    found = [] if any(text in popf for text in shown.values()) else [f"{page}: has no exhibit of 03_popf_unmasked"]
    for exhibit in (root / "examples/golden/09_failure_museum.txt").read_text().split("== ")[1:]:
        title, text = exhibit.split("\n", 1)
        if shown.get(title) != text.rstrip("\n") + "\n":
            found.append(f"{page}: '{title}' is not there, or is not as examples/golden/09_failure_museum.txt has it")
    return found


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
    return found + museum_offences(root)


if __name__ == "__main__":
    problems = offences(Path(sys.argv[1]))
    print(*problems, sep="\n")
    sys.exit(1 if problems else 0)
