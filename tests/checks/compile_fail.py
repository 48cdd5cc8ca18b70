# SPDX-License-Identifier: BSL-1.0
"""Checks that a source does not compile, with exactly one error, whose line says what the source's first lines expect.

    // expect: words both compilers must say
    // expect-gcc: words g++ must say
    // expect-clang: words clang++ must say

Each may stand more than once; at least one must hold for the compiler in use.

usage: compile_fail.py CASE -- COMPILER FLAGS...
"""
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ERROR = re.compile(r"^(?:[^:\s][^:]*(?::\d+){0,2}: )?(?:fatal )?error: ")
EXPECTATION = re.compile(r"^// expect(?:-(gcc|clang))?: (.*\S)\s*$")

# One line for each diagnostic, no source lines that could look like one, and no end to the errors counted.
PLAIN = {
    "gcc": ["-fmessage-length=0", "-fno-diagnostics-show-caret", "-fdiagnostics-color=never", "-fmax-errors=0"],
    "clang": ["-fmessage-length=0", "-fno-caret-diagnostics", "-fno-color-diagnostics", "-ferror-limit=0"],
}


def family(compiler: str) -> str:
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
    return "clang" if "clang" in version else "gcc"


def expectations(case: Path, compiler_family: str) -> list[str]:
    """The words that the leading comment lines of `case` expect of this compiler."""
    words = []
    for line in case.read_text().splitlines():
        if not line.startswith("//"):
            break
        match = EXPECTATION.match(line)
        if match and match[1] in (None, compiler_family):
            words.append(match[2])
    return words


def complaints(case: Path, compile_command: list[str]) -> list[str]:
    """What is wrong with how `case` fails to compile; empty if it fails as it should."""
    which = family(compile_command[0])
    command = [*compile_command, "-fsyntax-only", *PLAIN[which], str(case)]
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    errors = [line for line in result.stderr.splitlines() if ERROR.match(line)]
    expected = expectations(case, which)

    found = []
    if not expected:
        found.append(f"no line '// expect: ...' or '// expect-{which}: ...' at its beginning")
    if result.returncode == 0:
        found.append("it compiles")
    elif len(errors) != 1:
        found.append(f"{len(errors)} errors, not 1")
    if errors:
        found += [f"its first error lacks '{words}'" for words in expected if words not in errors[0]]
    if found:
        found += ["what the compiler said:", result.stderr.rstrip(), f"repeat: {shlex.join(command)}"]
    return found


def main(case: str, separator: str, *compile_command: str) -> int:
    assert separator == "--"
    problems = complaints(Path(case), list(compile_command))
    print(*problems, sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
