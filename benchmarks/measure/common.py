# SPDX-License-Identifier: BSL-1.0
"""Decides where benchmark guests are, how they are made ready, and what is said of the machine they ran on."""
import os
import platform
import shutil
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / os.environ.get("HVKIT_PRESET", "gcc")
IMAGES = BUILD / "benchmarks/guests"
QEMU = "qemu-system-riscv64"
EVENTS_EACH = 1000  # guests/rv64/events/events.inc


class Failure(Exception):
    """One sentence for the user."""


def build(*targets: str) -> None:
    """Builds targets of the preset, configuring it first where that was not done."""
    commands = [] if (BUILD / "build.ninja").exists() else [["cmake", "--preset", BUILD.name]]
    for command in [*commands, ["cmake", "--build", BUILD, "--target", *targets]]:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            print(done.stdout[-4000:], file=sys.stderr)
            raise Failure(f"'{' '.join(map(str, command))}' failed.")


def kernels() -> dict[str, Path]:
    """The compute-bound guests by name."""
    return {path.stem: path for path in sorted(IMAGES.glob("*.bin"))}


def events() -> dict[str, Path]:
    """The guests of one privileged event each, by name."""
    return {path.stem: path for path in sorted((IMAGES / "events").glob("*.bin"))}


def chosen(names: list[str], known: list[str]) -> list[str]:
    """Those of `known` that are named, or all."""
    for name in names:
        if name not in known:
            raise Failure(f"there is no guest '{name}': {', '.join(known)} are.")
    return [name for name in known if not names or name in names]


def with_parameters(image: Path, rounds: int, paged: bool, to: Path) -> Path:
    """A copy of the image that does its work `rounds` times (guests/rv64/start.S)."""
    content = bytearray(image.read_bytes())
    content[8:24] = struct.pack("<QQ", rounds, int(paged))
    to.write_bytes(content)
    return to


def first_line(*command: str) -> str:
    try:
        lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    except OSError:
        return "none"
    return lines[0] if lines else "none"


def cache_entry(name: str) -> str:
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return line.split("=", 1)[1]
    return ""


def conditions() -> dict:
    """Machine, compiler and commit, as they belong to every figure."""
    models = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    changed = first_line("git", "status", "--porcelain", "--untracked-files=no") != "none"
    return {
        "machine": {"processor": models[0] if models else platform.machine(), "processors": os.cpu_count(),
                    "system": platform.platform(), "load": os.getloadavg()[0]},
        "compiler": first_line(shutil.which(cache_entry("CMAKE_CXX_COMPILER")) or "g++", "--version"),
        "options": f"{cache_entry('CMAKE_CXX_FLAGS')} {cache_entry('CMAKE_CXX_FLAGS_RELEASE')}".strip(),
        "guest_compiler": first_line("riscv64-unknown-elf-gcc", "--version"),
        "qemu": first_line(QEMU, "--version"),
        "commit": first_line("git", "rev-parse", "HEAD") + (" with changes" if changed else ""),
    }
