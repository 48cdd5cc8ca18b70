#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What using hvkit costs a compiler, in CPU seconds and relative to a fixed file of the standard library.

    benchmarks/compile_time.py [--check] [COMPILER...]

Each figure is the smallest of three. --check ends with 1 if a ratio is over its budget.
"""
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

INCLUDE = Path(__file__).resolve().parent.parent / "include"
FIXED = "#include <algorithm>\n#include <functional>\n#include <map>\n#include <regex>\n#include <string>\n" \
        "bool f(std::string s) { return std::regex_match(s, std::regex(\"[a-z]+\")); }\n"
USES = "#include <hvkit/cpu/rv64.hpp>\n#include <hvkit/hardware/engine/blocks.hpp>\n" \
       "#include <hvkit/policy/technique/hybrid.hpp>\n#include <hvkit/vmm/vmm.hpp>\nusing namespace hvkit;\n"
RUN = "exit_record run{n}(vmm<cpu::rv64, {p}> &v, vmm<cpu::rv64, {p}>::guest &g) {{ return v.run(g, 1000); }}\n"
FIRST = RUN.format(n=1, p="technique::trap_and_emulate, engine::blocks")
SECOND = RUN.format(n=2, p="technique::hybrid, engine::blocks")
ELSEWHERE = "#define HVKIT_MACHINES_ELSEWHERE <hvkit/machines/rv64.hpp>\n"

# What is compiled, the code generated or not, and how many times the fixed file it may take.
CASES = [
    ("the headers of cpu::rv64 and the VMM", USES, False, 0.7),
    ("a VMM is legal (classes derived)", USES + "static_assert(legal<cpu::rv64, engine::blocks>);\n", False, 1.6),
    ("one VMM's loop, optimized", USES + FIRST, True, 5.0),
    ("one VMM's loop, machines elsewhere", ELSEWHERE + USES + FIRST, True, 2.5),
    ("two VMMs, machines elsewhere", ELSEWHERE + USES + FIRST + SECOND, True, 3.0),
]


def seconds(compiler: str, text: str, generate: bool) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".cpp") as file:
        file.write(text)
        file.flush()
        command = [compiler, "-std=c++20", "-I", str(INCLUDE), file.name]
        command += ["-O2", "-c", "-o", "/dev/null"] if generate else ["-fsyntax-only"]
        best = float("inf")
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            best = min(best, after.ru_utime - before.ru_utime)
        return best


def main() -> int:
    arguments = sys.argv[1:]
    check = "--check" in arguments
    compilers = [a for a in arguments if a != "--check"] or ["g++", "clang++"]
    over = False
    for compiler in compilers:
        unit = seconds(compiler, FIXED, True)
        print(f"{compiler}: the fixed file takes {unit:.2f} s")
        for name, text, generate, budget in CASES:
            took = seconds(compiler, text, generate)
            late = took > budget * unit
            over |= late
            print(f"  {name:40} {took:6.2f} s  {took / unit:5.2f} of it, budget {budget:.1f}{'  OVER' if late else ''}")
    return 1 if check and over else 0


if __name__ == "__main__":
    sys.exit(main())
