# SPDX-License-Identifier: BSL-1.0
"""Decides how tests call hvkit-run, make guests for it and say that a package is missing."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SKIPPED = 77
RUN = os.environ.get("HVKIT_RUN", "hvkit-run")
GUESTS = Path(__file__).parent / "guests"
COMPILER = "riscv64-unknown-elf-gcc"
OPENSBI = Path("/usr/lib/riscv64-linux-gnu/opensbi/generic")
U_BOOT = Path("/usr/lib/u-boot")

def run(*arguments, **how) -> subprocess.CompletedProcess:
    """Runs hvkit-run to its end; what it printed is bytes. Standard input is empty unless `how` says otherwise."""
    if "input" not in how:
        how.setdefault("stdin", subprocess.DEVNULL)
    result = subprocess.run([RUN, *map(str, arguments)], capture_output=True, timeout=300, **how)
    result.command = " ".join(map(str, result.args))
    return result


def machines(cpu: str) -> list[list[str]]:
    """Machines of that CPU with emulated devices, as options: bare ones first, then the VMMs that must agree with them
    on guests that fence. Techniques and engines are crossed in full; of the other slots one policy at a time is not the
    default."""
    found = [one for one in COMBINATIONS if one["cpu"] == cpu and one["legal"] and one["policies"]["io"] == "emulated"]
    bare = [one for one in found if one["bare"]]
    agreeing = [one for one in found if one["grade"] in ("exact", "fenced")]
    default = agreeing[0]["policies"]
    of_technique = {one["policies"]["technique"]: one["policies"] for one in reversed(agreeing)}

    def differs(one: dict, default: dict) -> set[str]:
        return {slot for slot, policy in one["policies"].items() if policy != default[slot]}

    cover = [one for one in agreeing if differs(one, of_technique[one["policies"]["technique"]]) <= {"engine"}
             or len(differs(one, default)) == 1]
    return [one["options"] for one in bare + cover]


def build(folder: Path, source: str, name: str, *flags: str) -> Path:
    """Makes an ELF guest of one of the assembler files beside this one."""
    out = folder / name
    subprocess.run([COMPILER, "-march=rv64imac_zicsr_zifencei", "-mabi=lp64", "-static", "-nostdlib", "-nostartfiles",
                    "-T", GUESTS / "link.ld", *flags, "-o", out, GUESTS / source], check=True)
    return out


COMBINATIONS = json.loads(run("--list=json").stdout)
# Every machine of RV64; BARE and VMM are one of each kind, by the engine `blocks`.
MACHINES = machines("rv64")
BARE, VMM = [[*one, "--engine", "blocks"] for one in (["--bare"], [])]


class Case(unittest.TestCase):
    """A test with a folder of its own, `self.folder`."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="hvkit-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


def main(*needed) -> None:
    """Runs the tests of the calling file, or skips all of them where one of the `needed` paths or programs is absent."""
    for what in needed:
        if not (Path(what).exists() or shutil.which(str(what))):
            print(f"skipped: {what} is not installed")
            sys.exit(SKIPPED)
    unittest.main(verbosity=2)
