# SPDX-License-Identifier: BSL-1.0
"""The machine of the 1974 paper, on every machine that can be named: assembly text, its console, and what popf breaks."""
import json

from support import COMBINATIONS, GUESTS, Case, machines, main, run

CPUS = ["third_generation", "third_generation+popf", "third_generation+jrst1"]
WAITS = rb"\Ahvkit-run: the guest waits for an interrupt that will never come, before pc 0x[0-9a-f]+, mode supervisor, `"


class ThirdGeneration(Case):
    def runs(self, cpu, guest, *arguments):
        for machine in machines(cpu):
            with self.subTest(machine=machine):
                yield machine, run(*machine, "--kernel", GUESTS / guest, "--max-instructions", "100k", *arguments)

    def test_there_are_all_of_them(self):
        self.assertEqual(sorted({one["cpu"] for one in COMBINATIONS}), sorted([*CPUS, "rv64"]))
        self.assertEqual([len(machines(cpu)) for cpu in CPUS], [12, 6, 6])

    def test_prints_everywhere_alike(self):
        for cpu in CPUS:
            for _, result in self.runs(cpu, "prints_by_sio.s"):
                self.assertEqual((result.returncode, result.stdout), (125, b"Hello from user mode.\n"), result.stderr)
                self.assertRegex(result.stderr, WAITS)

    def test_ends_with_what_it_was_to_print(self):
        for _, result in self.runs(CPUS[0], "prints_by_sio.s", "--until", "user"):
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"Hello from user", b""))

    def test_a_spinning_guest_is_ended(self):
        guest = self.folder / "spins.s"
        guest.write_text("add r1, r2, r3\nstart: b start\n")
        for machine in machines(CPUS[0]):
            result = run(*machine, "--kernel", guest, "--max-instructions", 1000)
            self.assertEqual(result.returncode, 124)
            self.assertRegex(result.stderr, rb"used up its 1000 instructions: it was at pc 0x4, mode supervisor, `bc 15, 0x4`")

    def test_popf_is_kept_by_all_but_a_vmm_that_assumes_it_away(self):
        for machine, result in self.runs("third_generation+popf", "masks_by_popf.s"):
            broken = "assume" in machine and "trap_and_emulate" in machine
            self.assertEqual(result.stdout, b"interrupted\n" if broken else b"not interrupted\n", result.command)
            self.assertEqual(result.returncode, 125)

    def test_refusals_are_the_compilers_words(self):
        guest = GUESTS / "prints_by_sio.s"
        for arguments, words in ((["--cpu", "third_generation+popf"], rb"hvkit\[HV101\]: third_generation 'popf' is sens"),
                                 (["--cpu", "third_generation+jrst1"], rb"hvkit\[HV101\]: third_generation 'jrst1' is sen"),
                                 (["--cpu", "third_generation", "--paging", "shadow"], rb"hvkit\[HV201\]: paging::shadow")):
            result = run(*arguments, "--kernel", guest)
            self.assertEqual((result.returncode, result.stdout), (2, b""))
            self.assertRegex(result.stderr, rb"\Ahvkit-run: " + words + rb"[^\n]*\n\Z")

    def test_statistics_and_trace(self):
        trace, numbers = self.folder / "trace", self.folder / "numbers"
        run("--cpu", CPUS[0], "--kernel", GUESTS / "prints_by_sio.s", "--trace-exits", trace, "--stats-file", numbers)
        counted = json.loads(numbers.read_text())
        self.assertTrue(counted["vm"]["adds_up"])
        self.assertEqual(counted["vm"]["instructions"]["sio"], len("Hello from user mode.\n"))
        self.assertEqual(trace.read_text().count("sio r1 -> emulated"), len("Hello from user mode.\n"))

    def test_raw_image_at_address_0(self):
        image = self.folder / "image"
        image.write_bytes(bytes.fromhex("0000009e"))  # idle
        result = run("--cpu", CPUS[0], "--kernel", image)
        self.assertEqual(result.returncode, 125)
        self.assertRegex(result.stderr, rb"before pc 0x4, mode supervisor")

    def test_what_its_board_has_not_is_refused(self):
        guest = GUESTS / "prints_by_sio.s"
        for option, value in (("--bios", guest), ("--initrd", guest), ("--append", "x"), ("--input", "x"),
                              ("--input-text", "x"), ("--signature", self.folder / "s")):
            result = run("--cpu", CPUS[0], "--kernel", guest, option, value)
            self.assertEqual((result.returncode, result.stdout, self.files()), (2, b"", []))
            self.assertRegex(result.stderr.decode(), r"\Ahvkit-run: --[a-z]+ and --cpu third_generation contradict [^\n]*\n\Z")
        for arguments, words in ((["--memory", "8G"], "this CPU can reach"), (["--kernel", "/bin/true"], "is an ELF file")):
            result = run("--cpu", CPUS[0], *(arguments if "--kernel" in arguments else [*arguments, "--kernel", guest]))
            self.assertRegex(result.stderr.decode(), words)
            self.assertEqual(result.returncode, 2)


if __name__ == "__main__":
    main()
