# SPDX-License-Identifier: BSL-1.0
"""A kernel in C that includes hvkit's guest header: every machine that serves its calls does the same with it."""
import json
import tempfile
from pathlib import Path

from support import BARE, COMPILER, MACHINES, Case, build, main, run

INCLUDE = Path(__file__).parents[2] / "include"
PARAVIRTUAL = ["--technique", "paravirtual", "--engine", "blocks"]
# What calls.c prints: two writes of 4096 bytes and one of the rest.
LINES = [bytes(ord("a") + (i + i // 32) % 26 for i in range(n * 32, n * 32 + 31)) + b"\n" for n in range(300)]
WRITES, HOSTILE, OTHERS = 3, 7, 5


class Hypercalls(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="hvkit-")
        cls.addClassCleanup(folder.cleanup)
        cls.guest = build(Path(folder.name), "calls.c", "calls", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding",
                          "-mcmodel=medany", f"-I{INCLUDE}")

    def counted(self, machine) -> dict:
        result = run(*machine, "--kernel", self.guest, "--max-instructions", "10M", "--stats=json")
        self.assertEqual((result.returncode, result.stdout), (42, b"".join(LINES)), result.command)
        said, _, numbers = result.stderr.partition(b"\n")
        self.assertIn(b"the guest reported failure 42", said)
        return json.loads(numbers)

    def test_served_alike_everywhere(self):
        reference = self.counted([*BARE, "--sbi"])
        # Nothing but the calls traps.
        self.assertEqual(reference["traps"], WRITES + HOSTILE + OTHERS)
        for machine in [*([*one, "--sbi"] for one in MACHINES), PARAVIRTUAL]:
            with self.subTest(machine=machine):
                numbers = self.counted(machine)
                self.assertEqual([numbers[n] for n in ("retired", "traps", "idle")],
                                 [reference[n] for n in ("retired", "traps", "idle")])

    def test_one_exit_for_many_bytes(self):
        vm = self.counted(PARAVIRTUAL)["vm"]
        self.assertTrue(vm["adds_up"])
        self.assertEqual(vm["exits_by_cause"]["ecall from U"], WRITES + HOSTILE + OTHERS)
        self.assertEqual(vm["exits"], vm["exits_by_cause"]["ecall from U"] + vm["exits_by_fate"]["hidden_faults"])

    def test_without_the_service_nothing_is_printed(self):
        result = run(*BARE, "--kernel", self.guest, "--max-instructions", "10K")
        self.assertEqual((result.returncode, result.stdout), (124, b""))


if __name__ == "__main__":
    main(COMPILER)
