# SPDX-License-Identifier: BSL-1.0
"""Real firmware, unmodified: it answers, and every machine gives the same bytes after the same number of instructions."""
import json

from support import BARE, MACHINES, OPENSBI, U_BOOT, VMM, Case, main, run

STOP_COUNTDOWN = ["--input-after", "autoboot", "--input", r"\x20"]
ASK = ["--input-after", "=> ", "--input", r"version\n", "--until", "=> ", "--max-instructions", "400M"]
FIRMWARE = {
    "OpenSBI and U-Boot": ["--bios", OPENSBI / "fw_jump.bin", "--kernel", U_BOOT / "qemu-riscv64_smode/u-boot.bin"],
    "OpenSBI as ELF": ["--bios", OPENSBI / "fw_jump.elf", "--kernel", U_BOOT / "qemu-riscv64_smode/u-boot.bin"],
    "OpenSBI that is told": ["--bios", OPENSBI / "fw_dynamic.bin", "--kernel", U_BOOT / "qemu-riscv64_smode/u-boot.bin"],
    "U-Boot in M mode": ["--kernel", U_BOOT / "qemu-riscv64/u-boot.bin"],
}


class Firmware(Case):
    def answer(self, machine, *arguments, **how) -> tuple[bytes, dict]:
        """What it printed, and what was counted."""
        result = run(*machine, *arguments, "--stats=json", **how)
        self.assertEqual(result.returncode, 0, result.command + "\n" + result.stderr.decode())
        return result.stdout, json.loads(result.stderr)

    def assert_answered(self, console: bytes):
        self.assertRegex(console, rb"=> version\r\n?U-Boot 20[^\n]*\r\n[^\0]*=> \Z")

    def assert_same_everywhere(self, machines, *arguments):
        reference, counted = self.answer(machines[0], *arguments)
        self.assert_answered(reference)
        for machine in machines[1:]:
            with self.subTest(machine=machine):
                console, numbers = self.answer(machine, *arguments)
                self.assertEqual(console, reference)
                self.assertEqual([numbers[n] for n in ("retired", "traps", "idle")],
                                 [counted[n] for n in ("retired", "traps", "idle")])
                if "vm" in numbers:
                    self.assertTrue(numbers["vm"]["adds_up"])

    def test_answers_alike_everywhere(self):
        for name, images in FIRMWARE.items():
            with self.subTest(firmware=name):
                machines = MACHINES if name in ("OpenSBI and U-Boot", "U-Boot in M mode") else [BARE, VMM]
                self.assert_same_everywhere(machines, *images, *STOP_COUNTDOWN, *ASK)

    def test_input_without_more_is_typed_at_the_prompt(self):
        self.assert_same_everywhere([["--bare"], []], *FIRMWARE["OpenSBI and U-Boot"], "--input", r"version\n",
                                    "--until", "=> ", "--max-instructions", "400M")

    def test_piped_input(self):
        console, _ = self.answer([], *FIRMWARE["U-Boot in M mode"], "--until", "2.40\r\n", "--max-instructions", "400M",
                                 input=b"version\n")
        self.assertRegex(console, rb"=> version\r\n?U-Boot 20")

    def test_what_is_appended_and_loaded_high_is_told(self):
        disk = self.folder / "disk"
        disk.write_bytes(b"disk" * 2000)
        console, _ = self.answer([], *FIRMWARE["OpenSBI and U-Boot"], "--append", "quiet rdinit=/x", "--initrd", disk,
                                 *STOP_COUNTDOWN, "--input-after", "=> ", "--input", r"fdt addr $fdtcontroladdr\n",
                                 "--input-after", "=> ", "--input", r"fdt print /chosen\n",
                                 "--input-after", "=> ", "--input", r"md.b 86dfe000 4\n",
                                 "--until", "=> ", "--max-instructions", "400M")
        self.assertIn(b'bootargs = "quiet rdinit=/x"', console)
        self.assertRegex(console, rb"linux,initrd-start = <0x0+ 0x86dfe000>")
        self.assertIn(b"64 69 73 6b", console)


if __name__ == "__main__":
    main(OPENSBI, U_BOOT / "qemu-riscv64", U_BOOT / "qemu-riscv64_smode")
