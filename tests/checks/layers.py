# SPDX-License-Identifier: BSL-1.0
"""Checks that a folder of include/hvkit includes only folders above it, and names no `detail` but its own.

A folder belongs to one layer; siblings on one line, such as the CPUs among themselves, never include each other.
`<folder>.hpp` beside a folder belongs to it. No CPU is known but in cpu/ and where machines of it are made.
"""
import re
import sys
from pathlib import Path

LAYERS = [["guest"], ["core"], ["isa"], ["theory"], ["cpu"], ["hardware"], ["device", "policy"], ["violation"], ["vmm"],
          ["machines"], ["host"], ["report"]]
LEVEL = {folder: level for level, line in enumerate(LAYERS) for folder in line}
KNOW_CPUS = {"cpu", "machines"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]*)>|"([^"]*)")', re.M)
COMMENT_OR_LITERAL = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'""", re.S)
BRACE = re.compile(r"\bnamespace\s+([\w:]+)\s*\{|\{|\}")
DETAIL = re.compile(r"(?<!\w)((?:\w+::)*(?:\w+_)?detail)\b(?!\s*\{)")


def without_comments(text: str) -> str:
    """`text` with comments and literals blanked, its length and lines kept."""
    return COMMENT_OR_LITERAL.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def place(path: str, members: set[str]) -> tuple[str, str | None]:
    """Folder of `path` ("isa/row.hpp") and, where it belongs to one CPU, that CPU. `members` are the CPUs' folders."""
    parts = path.removesuffix(".hpp").split("/")
    member = parts[1] if parts[0] == "cpu" and len(parts) > 1 and parts[1] in members else None
    return parts[0], member


def owner(path: str, members: set[str]) -> str:
    """Whose `detail` a header may name: its folder's, or its CPU's."""
    folder, member = place(path, members)
    return f"{folder}/{member}" if member else folder


def include_offence(path: str, target: str, members: set[str]) -> str | None:
    """Why `path` must not include `target`, both relative to include/hvkit."""
    folder, member = place(path, members)
    other, other_member = place(target, members)
    if other not in LEVEL:
        return f"there is no layer {other}/"
    if LEVEL[other] > LEVEL[folder]:
        return f"{other}/ is below {folder}/"
    if LEVEL[other] == LEVEL[folder] and other != folder:
        return f"{other}/ and {folder}/ are siblings"
    if other_member and folder not in KNOW_CPUS:
        return f"{folder}/ knows no CPU"
    if other_member and folder == "cpu" and other_member != member:
        return f"cpu/{other_member} is not for " + (f"cpu/{member}" if member else "what all CPUs share")
    return None


def opened_details(text: str) -> set[str]:
    """Full names of the namespaces called `detail` or `..._detail` that `text` opens."""
    stack, found = [], set()
    for match in BRACE.finditer(text):
        if match[0] == "}":
            if stack:
                stack.pop()
            continue
        stack.append(match[1])
        full = "::".join(name for name in stack if name)
        if match[1] and full.endswith("detail"):
            found.add(full)
    return found


def offences(root: Path) -> list[str]:
    base = root / "include" / "hvkit"
    headers = {str(path.relative_to(base)): path.read_text() for path in sorted(base.rglob("*.hpp"))}
    texts = {path: without_comments(text) for path, text in headers.items()}
    members = {path.split("/")[1] for path in headers if path.startswith("cpu/") and path.count("/") > 1}

    opened: dict[str, set[str]] = {}
    for path, text in texts.items():
        for name in opened_details(text):
            opened.setdefault(name, set()).add(owner(path, members))

    found = []

    def report(path: str, at: int, what: str) -> None:
        line = headers[path].count("\n", 0, at) + 1
        found.append(f"include/hvkit/{path}:{line}: {what}: {headers[path].splitlines()[line - 1].strip()}")

    for path, text in texts.items():
        if place(path, members)[0] not in LEVEL:
            found.append(f"include/hvkit/{path}:1: belongs to no layer")
            continue
        for match in INCLUDE.finditer(headers[path]):
            if match[2] is not None:
                report(path, match.start(2), "includes are written <hvkit/...>")
            elif match[1].startswith("hvkit/"):
                offence = include_offence(path, match[1].removeprefix("hvkit/"), members)
                if offence:
                    report(path, match.start(1), offence)
            elif match[1].startswith("range/v3/view") and place(path, members)[0] != "report":
                report(path, match.start(1), "range-v3 views are for report/")
        for match in DETAIL.finditer(text):
            owners = {who for name, where in opened.items() if f"::{name}".endswith(f"::{match[1]}") for who in where}
            if owners and owner(path, members) not in owners:
                report(path, match.start(1), f"detail of {', '.join(sorted(owners))}")
    return found


if __name__ == "__main__":
    problems = offences(Path(sys.argv[1]))
    print(*problems, sep="\n")
    sys.exit(1 if problems else 0)
