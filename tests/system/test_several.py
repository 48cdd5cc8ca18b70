# SPDX-License-Identifier: BSL-1.0
"""Several guests on one hardware: each has its own files and end, and it is seen who says what."""
import json
import os
import pty
import select
import subprocess

from support import RUN, Case, main, run

PASS = "li t0, 0x100000; li t1, 0x5555; sw t1, 0(t0)\n"
FAIL = "li t0, 0x100000; li t1, {} << 16; li t2, 0x3333; or t1, t1, t2; sw t1, 0(t0)\n"


def says(text: str, then: str) -> str:
    return (f"start: la t0, text; li t1, 0x10000000\nsay: lbu t2, 0(t0); beqz t2, then; sb t2, 0(t1)\n"
            f"addi t0, t0, 1; j say\nthen: {then}\ntext: .asciz \"{text}\"\n")


class Several(Case):
    def guest(self, name: str, text: str):
        path = self.folder / (name + ".s")
        path.write_text(text)
        return path

    def check(self, result, code: int, said: str):
        self.assertEqual(result.returncode, code, result.command + "\n" + result.stderr.decode())
        self.assertEqual(result.stdout.decode(), said)

    def test_lines_have_names_and_the_first_failure_is_the_exit_code(self):
        one = self.guest("one", says("a\\nb\\n", PASS))
        two = self.guest("two", says("left open", FAIL.format(42)))
        three = self.guest("three", says("", FAIL.format(43)))
        result = run("--vm", "--kernel", one, "--vm", "--kernel", one)
        self.check(result, 0, "vm 1: a\nvm 1: b\nvm 2: a\nvm 2: b\n")
        self.assertEqual(result.stderr, b"")
        result = run("--vm", "--kernel", one, "--vm", "--kernel", two, "--vm", "--kernel", three)
        self.check(result, 42, "vm 1: a\nvm 1: b\nvm 2: left open\n")
        self.assertEqual(result.stderr.decode(), "hvkit-run: vm 2: the guest reported failure 42\n"
                                                 "hvkit-run: vm 3: the guest reported failure 43\n")

    def test_what_is_for_all_and_what_is_a_guests_own(self):
        high = self.guest("high", "la t0, bad; csrw mtvec, t0; li t1, 0x80600000; sd t1, 0(t1)\n" + PASS +
                          ".align 2\nbad: " + FAIL.format(7))
        common = ["--memory", "4M", "--kernel", high]
        self.check(run(*common, "--vm", "--memory", "8M", "--vm"), 7, "")
        self.check(run(*common, "--vm", "--memory", "8M", "--vm", "--memory=8M"), 0, "")

    def test_ends_of_each_kind(self):
        spins, waits, fine = (self.guest(*what) for what in (("spins", "j ."), ("waits", "wfi; j ."), ("fine", says("x\\n", PASS))))
        result = run("--vm", "--kernel", fine, "--vm", "--kernel", spins, "--max-instructions", "3M", "--vm", "--kernel", waits)
        self.check(result, 124, "vm 1: x\n")
        said = result.stderr.decode().splitlines()
        self.assertRegex(said[0], r"\Ahvkit-run: vm 2: the guest used up its 3000000 instructions: it was at pc 0x80000000")
        self.assertRegex(said[1], r"\Ahvkit-run: vm 3: the guest waits for an interrupt that will never come")
        self.assertEqual(len(said), 2)

    def test_statistics_of_each(self):
        counts = [self.guest(f"counts{n}", f"li t0, {n}\nagain: addi t0, t0, -1; bnez t0, again\n" + PASS) for n in (1000, 2000000)]
        result = run("--scheduler", "proportional", "--stats=json", "--vm", "--kernel", counts[0], "--vm", "--kernel", counts[1],
                     "--share", "5")
        one, two = json.loads(result.stderr)
        self.assertEqual((one["outcome"], two["outcome"]), ("ended", "ended"))
        self.assertLess(one["retired"], 2100)
        self.assertGreater(two["retired"], 4000000)
        self.assertEqual(two["machine"]["scheduler"], "proportional")
        text = run("--stats", "--vm", "--kernel", counts[0], "--vm", "--kernel", counts[0]).stderr.decode()
        self.assertRegex(text, r"(?s)\Avm 1\n.*\nvm 2\n")

    def test_input_is_of_one_guest(self):
        echoes = self.guest("echoes", self.echoing("e"))
        own = ["--vm", "--kernel", echoes, "--input-after", "ready", "--input"]
        self.check(run(*own, "x", "--until", "ex", *own, "z", "--until", "ez"), 0, "vm 1: readyex\nvm 2: readyez\n")

    def test_standard_input_is_the_first_ones_that_has_none(self):
        listens = "li t1, 0x10000000; li t0, 1; sb t0, 1(t1); li t2, 0xc000028; sw t0, 0(t2); li t2, 0xc002000; li t0, 0x400; " \
                  "sw t0, 0(t2); li t0, 0x800; csrw mie, t0; wfi; lbu t4, 0(t1); sb t4, 0(t1)\n" + PASS
        listener, other = self.guest("listens", listens), self.guest("other", says("o", PASS))
        self.check(run("--vm", "--kernel", other, "--input", "unused", "--vm", "--kernel", listener, input=b"z"), 0,
                   "vm 1: o\nvm 2: z\n")

    def echoing(self, name: str) -> str:
        return says("ready", "lbu t3, 5(t1); andi t3, t3, 1; beqz t3, then; lbu t4, 0(t1); li t5, " + str(ord(name)) +
                    "; sb t5, 0(t1); sb t4, 0(t1); j then")

    def test_the_keyboard_moves_by_the_escape_key(self):
        person, terminal = pty.openpty()
        self.addCleanup(os.close, person)
        self.addCleanup(os.close, terminal)
        one, two = (self.guest(name, self.echoing(name)) for name in ("a", "b"))
        program = subprocess.Popen([RUN, "--vm", "--kernel", one, "--vm", "--kernel", two], stdin=terminal, stdout=terminal,
                                   stderr=subprocess.PIPE)
        self.addCleanup(program.kill)
        self.addCleanup(program.stderr.close)
        seen = b""
        for typed, shown in ((b"", b"ready"), (b"x", b"ax"), (b"\x01n", b"[vm 2]\r\nready"), (b"y", b"by"), (b"\x01" b"1", b"[vm 1]"),
                             (b"z\x01\x01", b"aza\x01"), (b"\x01h", b"Ctrl-A n gives the keyboard")):
            os.write(person, typed)
            while shown not in seen:
                self.assertTrue(select.select([person], [], [], 60)[0], f"{shown} was not shown, but {seen[-200:]}")
                seen += os.read(person, 4096)
            seen = seen.partition(shown)[2]
        os.write(person, b"\x01x")
        said = program.communicate(timeout=60)[1].decode().splitlines()
        self.assertEqual(program.returncode, 125, said)
        self.assertRegex(said[0], r"\Ahvkit-run: vm 1: the guest was stopped")
        self.assertRegex(said[1], r"\Ahvkit-run: vm 2: the guest was stopped")


if __name__ == "__main__":
    main()
