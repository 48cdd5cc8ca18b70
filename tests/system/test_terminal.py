# SPDX-License-Identifier: BSL-1.0
"""A person at a terminal: keys reach the guest as they are pressed, Ctrl-A x ends the run, the terminal is as before."""
import os
import pty
import select
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

    def test_keys_and_escape(self):
        before = termios.tcgetattr(self.terminal)
        run = subprocess.Popen([RUN, "--kernel", KERNEL], stdin=self.terminal, stdout=self.terminal,
                               stderr=subprocess.PIPE)
        self.addCleanup(run.kill)
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
