# SPDX-License-Identifier: BSL-1.0
"""Decides which files are the project's own: those under version control or, outside a checkout, those in its folders."""
import os
import subprocess
from pathlib import Path

FOLDERS = ("include", "tests", "examples", "benchmarks", "cmake", "scripts")


def own_files(root: Path) -> list[Path]:
    """Every file of the project, relative to `root`, sorted."""
    git = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, text=True) if (
        root / ".git").exists() else None
    if git and git.returncode == 0:
        names = [Path(name) for name in git.stdout.split("\0") if name]
    else:
        names = [Path(folder, name).relative_to(root) for top in FOLDERS for folder, _, files in os.walk(root / top)
                 for name in files]
    return sorted(name for name in names if (root / name).is_file())


def is_cpp(path: Path) -> bool:
    return path.suffix in (".hpp", ".cpp", ".h")
