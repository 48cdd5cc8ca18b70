# SPDX-License-Identifier: BSL-1.0
"""Decides how the host's instructions are counted: exactly, by callgrind, as the difference of a long and a short run."""
import argparse
import json
import re
import subprocess
import tempfile
from pathlib import Path

from measure import common


def host_instructions(program: Path, *arguments: str) -> tuple[int, str]:
    """What callgrind counted, and what the program printed."""
    with tempfile.TemporaryDirectory(prefix="hvkit-bench-") as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", program, *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
    counted = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not counted:
        raise common.Failure(f"'{' '.join(map(str, command))}' failed: {done.stderr[-500:]}")
    return int(counted[1]), done.stdout


def per_round(machine: str, image: Path, paged: bool, rounds: tuple[int, int]) -> tuple[float, float]:
    """Host and guest instructions of one more round of the guest's work."""
    counts = []
    for n in rounds:
        host, printed = host_instructions(common.BUILD / "benchmarks/benchmark.run", machine, image, str(n),
                                          str(int(paged)))
        counts.append((host, json.loads(printed)["instructions"]))
    return tuple((b - a) / (rounds[1] - rounds[0]) for a, b in zip(*counts))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench count",
                                     description="Host instructions for each guest instruction, or for each event.")
    parser.add_argument("guests", nargs="*", metavar="GUEST", help="all if none is named")
    parser.add_argument("--machine", default="bare", choices=("bare", "vmm", "step"))
    parser.add_argument("--no-paging", action="store_true", help="in machine mode instead of under Sv39")
    options = parser.parse_args(arguments)
    common.build("benchmark.run", "benchmark.images")
    images = {**common.kernels(), **common.events()}
    for name in common.chosen(options.guests, list(images)):
        is_event = name in common.events()
        host, guest = per_round(options.machine, images[name], not options.no_paging, (2, 12))
        if is_event:
            print(f"{name:16} {host / common.EVENTS_EACH:10.1f} host instructions an event", flush=True)
        else:
            print(f"{name:16} {host / guest:10.2f} host instructions for each of the guest", flush=True)
