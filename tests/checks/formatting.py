# SPDX-License-Identifier: BSL-1.0
"""Checks that clang-format 14 would change no C++ file. Another version formats differently: then nothing is checked."""
import shutil
import subprocess
import sys
from pathlib import Path

from sources import is_cpp, own_files

SKIPPED = 77


def formatter() -> str | None:
    """The command that is clang-format 14, if there is one."""
    for name in ("clang-format-14", "clang-format"):
        if shutil.which(name):
            version = subprocess.run([name, "--version"], capture_output=True, text=True).stdout
            if "version 14." in version:
                return name
    return None


def main(root: Path) -> int:
    command = formatter()
    if command is None:
        print("skipped: clang-format 14 is not installed")
        return SKIPPED
    files = [path for path in own_files(root) if is_cpp(path)]
    report = subprocess.run([command, "--dry-run", "-Werror", *files], cwd=root, capture_output=True, text=True).stderr
    wrong = sorted({line.split(":")[0] for line in report.splitlines() if ": error: " in line})
    for path in wrong:
        print(next(line for line in report.splitlines() if line.startswith(f"{path}:")))
    if wrong:
        print(f"repeat: {command} --dry-run {' '.join(wrong)}\nrepair: {command} -i {' '.join(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
