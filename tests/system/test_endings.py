# SPDX-License-Identifier: BSL-1.0
"""How runs end that do not end well: the host comes back, says where the guest was and gives the code it should."""
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from support import COMPILER, MACHINES, RUN, Case, build, main, run

# What ends.S does, by number: exit code, what is said.
ENDINGS = {
    1: ("jumps into nowhere", 124, r"used up its 200000 instructions: it was at pc 0x40000000, mode M, where no instruc"),
    2: ("spins", 124, r"used up its 200000 instructions: it was at pc 0x80000000, mode M, `c.j 0x80000000` \(rv64, "),
    3: ("waits for ever", 125, r"waits for an interrupt that will never come, before pc 0x80000004, mode M, `"),
    4: ("overwrites its page tables", 124, r"used up its 200000 instructions: it was at pc 0x0, mode M, where no instr"),
    5: ("wipes memory", 124, r"used up its 200000 instructions: it was at pc 0x8000000[0-9a-f], mode M, `"),
    6: ("fails by the finisher", 42, r"the guest reported failure 42$"),
    7: ("asks for a reset", 123, r"the guest asked to be started again$"),
}


class Endings(Case):
    @classmethod
    def setUpClass(cls):
        cls.built = tempfile.TemporaryDirectory(prefix="hvkit-")
        cls.addClassCleanup(cls.built.cleanup)
        cls.guest = {n: build(Path(cls.built.name), "ends.S", f"ends{n}", f"-DEND={n}") for n in ENDINGS}

    def test_each(self):
        for machine in MACHINES:
            for n, (name, code, said) in ENDINGS.items():
                with self.subTest(machine=machine, guest=name):
                    result = run(*machine, "--kernel", self.guest[n], "--max-instructions", 200_000)
                    self.assertEqual(result.returncode, code, result.command)
                    self.assertRegex(result.stderr.decode(), r"\Ahvkit-run: .*" + said)
                    self.assertEqual(result.stderr.count(b"\n"), 1)

    def test_a_signal_leaves_nothing_half_made(self):
        """At each point: while the image is read, while the reports are opened (one is a pipe), while the guest runs."""
        pipe, trace = self.folder / "pipe", self.folder / "trace"
        os.mkfifo(pipe)
        trace.write_text("old")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for arguments in (["--kernel", pipe, "--trace-exits", trace],
                              ["--kernel", self.guest[2], "--trace-exits", trace, "--stats-file", pipe],
                              ["--kernel", self.guest[2], "--stats-file", self.folder / "numbers"]):
                with self.subTest(signal=number, arguments=arguments):
                    run = subprocess.Popen([RUN, *map(str, arguments)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
                    self.addCleanup(run.kill)
                    self.wait_for_handler(run.pid, "R" if pipe not in arguments else "S")
                    run.send_signal(number)
                    said = run.communicate(timeout=60)[1]
                    self.assertEqual(run.returncode, 125, said)
                    self.assertRegex(said, rb"\Ahvkit-run: [^\n]*was stopped[^\n]*\n\Z")
                    (self.folder / "numbers").unlink(missing_ok=True)
                    self.assertEqual(self.files(), ["pipe", "trace"])
                    self.assertEqual(trace.read_text(), "old")

    def wait_for_handler(self, pid, state):
        """Until the program handles SIGTERM itself, and then runs (R) or waits in a system call (S)."""
        patience = time.monotonic() + 60
        while time.monotonic() < patience:
            status = Path(f"/proc/{pid}/status").read_text()
            caught = int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16)
            if caught >> (signal.SIGTERM - 1) & 1 and re.search(r"State:\s*(\w)", status)[1] == state:
                return
        self.fail("no handler was installed")

    def test_trace_of_exits(self):
        file = self.folder / "exits"
        result = run("--kernel", self.guest[6], "--trace-exits", file)
        self.assertEqual(result.returncode, 42)
        heading, *lines = file.read_text().splitlines()
        self.assertTrue(heading.startswith("#"))
        pattern = re.compile(r" *\d+  [0-9a-f]{16}  [MSU]  .+ \(0x[0-9a-f]+\): .+ -> .+")
        for line in lines:
            self.assertRegex(line, pattern)
        self.assertIn("store page fault (0x100000): sw t1, 0(t0) -> accessed for the guest", lines[-1])

    def test_statistics_add_up(self):
        for machine in (m for m in MACHINES if "--bare" not in m):
            with self.subTest(machine=machine):
                result = run(*machine, "--kernel", self.guest[4], "--max-instructions", 100_000, "--stats=json")
                sentence, _, text = result.stderr.decode().partition("\n")
                counted = json.loads(text)
                self.assertEqual(counted["retired"] + counted["traps"], 100_000)
                self.assertEqual((counted["outcome"], counted["exit_code"]), ("exhausted", 124))
                vm = counted["vm"]
                self.assertTrue(vm["adds_up"])
                self.assertEqual(sum(vm["exits_by_fate"].values()), vm["exits"] + vm["batched"])
                self.assertEqual(sum(vm["exits_by_cause"].values()), vm["exits"])

    def test_statistics_for_people(self):
        result = run("--kernel", self.guest[6], "--stats")
        for words in (r"technique +trap_and_emulate", r"run: ended, exit code 42", r"instructions retired +\d",
                      r"exits: \d", r"store page fault +\d", r"these add up", r"walk references +\d"):
            self.assertRegex(result.stderr.decode(), words)
        bare = run("--bare", "--kernel", self.guest[6], "--stats").stderr.decode()
        self.assertRegex(bare, r"hardware +bare")
        self.assertNotIn("exits", bare)
        file = self.folder / "numbers"
        run("--kernel", self.guest[6], "--stats-file", file)
        self.assertEqual(json.loads(file.read_text())["exit_code"], 42)


if __name__ == "__main__":
    main(COMPILER)
