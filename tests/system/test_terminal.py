# SPDX-License-Identifier: BSL-1.0
"""A person at a terminal: keys reach the guest as they are pressed, Ctrl-A x ends the run, the terminal is as before."""
import os
import pty
import select
import signal
import subprocess
import termios

from support import RUN, U_BOOT, Case, main

KERNEL = U_BOOT / "qemu-riscv64/u-boot.bin"


class Terminal(Case):
    def setUp(self):
        super().setUp()
        self.person, self.terminal = pty.openpty()
        self.addCleanup(os.close, self.person)
        self.addCleanup(os.close, self.terminal)
        self.seen = b""

    def expect(self, text: bytes):
        """Reads until `text` was shown; what came before is forgotten."""
        while text not in self.seen:
            readable, _, _ = select.select([self.person], [], [], 120)
            self.assertTrue(readable, f"{text} was not shown, but {self.seen[-200:]}")
            self.seen += os.read(self.person, 4096)
        self.seen = self.seen.partition(text)[2]

    def start(self, *arguments):
        run = subprocess.Popen([RUN, *map(str, arguments)], stdin=self.terminal, stdout=self.terminal,
                               stderr=subprocess.PIPE)
        self.addCleanup(run.stderr.close)
        self.addCleanup(run.kill)
        return run

    def guest(self, text: str):
        """A guest that says `ready` and then does what `text` says."""
        path = self.folder / "guest.s"
        path.write_text("_start: la t0, ready; li t1, 0x10000000\nsay: lbu t2, 0(t0); beqz t2, go; sb t2, 0(t1)\n"
                        f"addi t0, t0, 1; j say\ngo: {text}\nready: .asciz \"ready\"\n")
        return path

    def test_a_guest_that_does_not_listen_can_be_left(self):
        before = termios.tcgetattr(self.terminal)
        for text in ("j go", "li t3, 1; sb t3, 1(t1); wfi; j go"):  # spins; waits for a key
            for leave in (lambda run: os.write(self.person, b"\x01x"), lambda run: run.send_signal(signal.SIGTERM),
                          lambda run: run.send_signal(signal.SIGINT)):
                with self.subTest(guest=text):
                    run = self.start("--kernel", self.guest(text), "--trace-exits", self.folder / "trace")
                    self.expect(b"ready")
                    self.assertNotEqual(termios.tcgetattr(self.terminal), before)
                    leave(run)
                    said = run.communicate(timeout=120)[1]
                    self.assertEqual(run.returncode, 125, said)
                    self.assertRegex(said, rb"\Ahvkit-run: the guest was stopped: it was at pc 0x[0-9a-f]+, mode M, `")
                    self.assertEqual(termios.tcgetattr(self.terminal), before)
                    os.unlink(self.folder / "trace")
                    self.assertEqual(self.files(), ["guest.s"])

    def test_keys_and_escape(self):
        before = termios.tcgetattr(self.terminal)
        run = self.start("--kernel", KERNEL)
        self.expect(b"autoboot")
        os.write(self.person, b" ")
        self.expect(b"=> ")
        os.write(self.person, b"echo one \x03")  # Ctrl-C is the guest's
        self.expect(b"=> ")
        os.write(self.person, b"echo two\r")
        self.expect(b"echo two")
        self.expect(b"two")
        os.write(self.person, b"\x01x")
        said = run.communicate(timeout=120)[1]
        self.assertEqual(run.returncode, 125)
        self.assertRegex(said, rb"\Ahvkit-run: the guest was stopped: it was at pc 0x[0-9a-f]+, mode M, `")
        self.assertEqual(termios.tcgetattr(self.terminal), before)


if __name__ == "__main__":
    main(KERNEL)
