# SPDX-License-Identifier: BSL-1.0
"""Linux 6.1 with a first process of our own, from reset to power-off: every machine prints the same bytes, times of the
kernel's log included, and retires as many instructions. From the full gate on on all machines, before on two."""
import json
import os
import unittest
from pathlib import Path

from support import BARE, MACHINES, OPENSBI, VMM, Case, main, run

GUESTS = Path(__file__).parents[2] / "build/guests"
IMAGE, DISK = GUESTS / "linux/Image", GUESTS / "disk/Image"
QUICK = os.environ.get("HVKIT_GATE", "quick") == "quick"
ON = [BARE, VMM] if QUICK else MACHINES
# Without firmware, the SBI's calls are served: by the bare machine, by every VMM, and by those that ask for it.
PARAVIRTUAL = [["--technique", "paravirtual", "--engine", engine] for engine in ("blocks", "step")]
WITHOUT_FIRMWARE = [[*one, "--sbi"] for one in ON] + (PARAVIRTUAL[:1] if QUICK else PARAVIRTUAL)
# A boot takes some 50 million instructions.
LIMIT = ["--max-instructions", "500M"]


class Linux(Case):
    def boot(self, machine, *arguments, image=IMAGE) -> tuple[bytes, dict]:
        """What it printed, and what was counted."""
        result = run(*machine, *arguments, "--kernel", image, "--stats=json", *LIMIT)
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

    @unittest.skipUnless(DISK.exists(), "scripts/guests makes the guest disk")
    def test_devices_in_each_form(self):
        """The same kernel with a serial port and an ATA drive, and with console, disk and random numbers by virtio."""
        exits = {}
        for form, disk, source, *arguments in (("emulated", b"sda", b"none"),
                                               ("paravirtual", b"vda", b"virtio_rng.0", "--append", "console=hvc0")):
            consoles, counted = zip(*(
                self.boot([*one, "--io", form], "--disk", DISK.with_name("disk.img"), "--snapshot", *arguments, image=DISK)
                for one in ([*BARE, "--sbi"], PARAVIRTUAL[0], *([] if QUICK else [[*VMM, "--sbi"], PARAVIRTUAL[1]]))))
            with self.subTest(form=form):
                self.assertEqual(set(consoles), {consoles[0]})
                for numbers in counted:
                    self.assertEqual([numbers[n] for n in ("retired", "traps", "idle")],
                                     [counted[0][n] for n in ("retired", "traps", "idle")])
                self.assertIn(b"init: mounted /dev/" + disk, consoles[0])
                self.assertIn(b"rng_current: " + source, consoles[0])
                self.assertRegex(consoles[0], rb"init: /written: 262144 bytes read back after mounting anew, the same")
                self.assertIn(b"init: done\r\n", consoles[0])
                self.assertEqual(form == "emulated", b"ttyS0" in consoles[0])  # else all came by hvc0
                self.assertEqual(form == "paravirtual", b"init: /dev/hwrng: 16 bytes, checksum" in consoles[0])
            exits[form] = counted[1]["vm"]["exits"]
        self.assertLess(exits["paravirtual"], exits["emulated"])

    def test_boots_in_little_memory(self):
        console, _ = self.boot(VMM, "--bios", OPENSBI / "fw_dynamic.bin", "--memory", "8M")
        self.assert_powered_off(console)


if __name__ == "__main__":
    if not IMAGE.exists():
        print("scripts/guests makes what this test boots")
    main(OPENSBI, IMAGE)
