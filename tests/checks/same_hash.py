#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks that machines do the same whatever compiles them: a program's hashes from g++ and clang by -O0, -O2 and -O3.

usage: same_hash.py ROOT BUILD-DIRECTORY [PROGRAMS [SEED]]
"""

import itertools
import pathlib
import shutil
import subprocess
import sys


def compiled(root, build, compiler, level):
    """The path of the program, compiled so."""
    out = build / f"hash{level}.{compiler}"
    sources = [root / "tests/same_hash/hash.cpp", root / "tests/support/torture/program.cpp"]
    command = [compiler, "-std=c++20", level, f"-I{root}/include", f"-I{root}/tests", *map(str, sources), "-o", str(out)]
    subprocess.run(command, check=True)
    return out


def main(root, build, programs="2000", seed="1"):
    root, build = pathlib.Path(root), pathlib.Path(build)
    build.mkdir(parents=True, exist_ok=True)
    compilers = [c for c in ("g++", "clang++") if shutil.which(c)]
    if len(compilers) < 2:
        print("skipped: g++ and clang++ are both needed")
        return 77
    said = {}
    for compiler, level in itertools.product(compilers, ("-O0", "-O2", "-O3")):
        program = compiled(root, build, compiler, level)
        lines = subprocess.run([program, programs, seed], check=True, capture_output=True, text=True).stdout
        print(f"{compiler} {level}\n{lines}", end="", flush=True)
        said[lines] = f"{compiler} {level}"
    machines = {line.rsplit(" ", 1)[1] for lines in said for line in lines.splitlines()}
    if len(said) != 1 or len(machines) != 1:
        print(f"same_hash: not the same; repeat: tests/checks/same_hash.py {root} {build} {programs} {seed}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
