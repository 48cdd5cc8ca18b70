# SPDX-License-Identifier: BSL-1.0
"""Linux 6.1 with a first process of our own, from reset to power-off: every machine prints the same bytes, times of the
kernel's log included, and retires as many instructions. From the full gate on on all machines, before on two."""
import json
import os
from pathlib import Path

from support import BARE, MACHINES, OPENSBI, VMM, Case, main, run

IMAGE = Path(__file__).parents[2] / "build/guests/linux/Image"
QUICK = os.environ.get("HVKIT_GATE", "quick") == "quick"
ON = [BARE, VMM] if QUICK else MACHINES
# Without firmware, the SBI's calls are served: by the bare machine, by every VMM, and by those that ask for it.
PARAVIRTUAL = [["--technique", "paravirtual", "--engine", engine] for engine in ("blocks", "step")]
WITHOUT_FIRMWARE = [[*one, "--sbi"] for one in ON] + (PARAVIRTUAL[:1] if QUICK else PARAVIRTUAL)
# A boot takes some 50 million instructions.
LIMIT = ["--max-instructions", "500M"]


class Linux(Case):
    def boot(self, machine, *arguments) -> tuple[bytes, dict]:
        """What it printed, and what was counted."""
        result = run(*machine, *arguments, "--kernel", IMAGE, "--stats=json", *LIMIT)
        self.assertEqual(result.returncode, 0, result.command + "\n" + result.stderr.decode())
        return result.stdout, json.loads(result.stderr)

    def assert_powered_off(self, console: bytes):
        self.assertRegex(console, rb"Linux version 6\.1\.")
        self.assertRegex(console, rb"init: /proc/version: Linux version 6\.1\.")
        for n, primes in enumerate((669, 1229, 1754, 2262), 1):
            self.assertIn(b"init: child %d ended with %d: %d primes below %d\r\n" % (n, n, primes, 5000 * n), console)
        self.assertIn(b"init: /noise: 65536 bytes read back, the same, checksum", console)
        self.assertRegex(console, rb"init: done\r\n\[[ .0-9]+\] reboot: Power down\r\n\Z")
        self.assertNotRegex(console, rb"FAILED|DIFFERENT|Oops|BUG|WARNING|panic")

    def assert_boots_alike(self, machines, *arguments) -> bytes:
        reference, counted = self.boot(machines[0], *arguments)
        self.assert_powered_off(reference)
        for machine in machines[1:]:
            with self.subTest(machine=machine):
                console, numbers = self.boot(machine, *arguments)
                self.assertEqual(console, reference)
                self.assertEqual([numbers[n] for n in ("retired", "traps", "idle")],
                                 [counted[n] for n in ("retired", "traps", "idle")])
                if "vm" in numbers:
                    self.assertTrue(numbers["vm"]["adds_up"])
        return reference

    def test_boots_alike_everywhere(self):
        self.assert_boots_alike(ON, "--bios", OPENSBI / "fw_jump.bin")

    def test_boots_alike_without_firmware(self):
        console = self.assert_boots_alike(WITHOUT_FIRMWARE)
        self.assertIn(b"SBI specification v1.0 detected", console)
        self.assertIn(b"SBI implementation ID=0x68766b74", console)

    def test_boots_in_little_memory(self):
        console, _ = self.boot(VMM, "--bios", OPENSBI / "fw_dynamic.bin", "--memory", "8M")
        self.assert_powered_off(console)


if __name__ == "__main__":
    if not IMAGE.exists():
        print("scripts/guests makes what this test boots")
    main(OPENSBI, IMAGE)
