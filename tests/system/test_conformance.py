# SPDX-License-Identifier: BSL-1.0
"""Guests made like the usual RISC-V conformance tests: `tohost`, its console and signatures, on every machine."""
import tempfile
from pathlib import Path

from support import COMPILER, MACHINES, Case, build, main, run

SIGNATURE = """\
2468acec
12345677
12345676
deadbeef
ffffffff
ffffffff
00000002
deadbeef
"""
# Cause and mode of each trap: ecall from M, S and U, illegal instruction.
TRAPS = "0000000b\n00000003\n00000009\n00000001\n00000008\n00000000\n00000002\n00000003\n"


class Conformance(Case):
    @classmethod
    def setUpClass(cls):
        cls.built = tempfile.TemporaryDirectory(prefix="hvkit-")
        cls.addClassCleanup(cls.built.cleanup)
        cls.guest = {name: build(Path(cls.built.name), f"{name}.S", name)
                     for name in ("signature", "fails", "prints", "system_calls", "traps")}

    def on_each_machine(self, name, *arguments):
        for machine in MACHINES:
            with self.subTest(machine=machine):
                yield run(*machine, "--kernel", self.guest[name], "--max-instructions", "1M", *arguments)

    def test_signature(self):
        file = self.folder / "signature"
        for result in self.on_each_machine("signature", "--signature", file):
            self.assertEqual((result.returncode, result.stderr), (0, b""), result.command)
            self.assertEqual(file.read_text(), SIGNATURE)
            file.unlink()

    def test_signature_by_wider_numbers(self):
        words = SIGNATURE.split()
        for bytes_each in (8, 16):
            file = self.folder / str(bytes_each)
            result = run("--kernel", self.guest["signature"], "--signature", file, "--signature-granularity", bytes_each)
            self.assertEqual(result.returncode, 0, result.stderr)
            n = bytes_each // 4
            self.assertEqual(file.read_text().split(), ["".join(reversed(words[i:i + n])) for i in range(0, 8, n)])

    def test_traps_of_all_modes(self):
        file = self.folder / "signature"
        for result in self.on_each_machine("traps", "--signature", file):
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(file.read_text(), TRAPS)

    def test_number_of_the_failed_case_is_the_exit_code(self):
        file = self.folder / "signature"
        for result in self.on_each_machine("fails"):
            self.assertEqual((result.returncode, result.stderr), (5, b"hvkit-run: the guest reported failure 5\n"))
        self.assertEqual(run("--kernel", self.guest["fails"], "--signature", file).returncode, 2)
        self.assertFalse(file.exists())

    def test_console(self):
        for result in self.on_each_machine("prints"):
            self.assertEqual((result.returncode, result.stdout), (0, b"Printed through tohost.\n"), result.stderr)

    def test_system_calls(self):
        for result in self.on_each_machine("system_calls"):
            self.assertEqual((result.returncode, result.stdout), (218, b"By a call ...\n"), result.stderr)

    def test_signature_of_a_guest_that_did_not_end(self):
        file = self.folder / "signature"
        result = run("--kernel", self.guest["signature"], "--signature", file, "--max-instructions", "5")
        self.assertEqual(result.returncode, 124)
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    main(COMPILER)
