# SPDX-License-Identifier: BSL-1.0
"""What cannot be done is refused: one sentence that names what is wrong, exit code 2, and no file is left behind."""
import os
import shlex
import struct
import subprocess

from support import RUN, Case, main, run

ENDS = b"li t0, 0x100000; li t1, 0x5555; sw t1, 0(t0)\n"
SAYS = b"li t0, 0x10000000; sb t0, 0(t0)\n" + ENDS


def elf(machine=243, bits=2, offset=0x1000, size=16, address=0x80000000, memory=16, length=0x1010) -> bytes:
    """A small ELF executable with one segment."""
    head = b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0x80000000, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    head += struct.pack("<IIQQQQQQ", 1, 7, offset, address, address, size, memory, 4096)
    return head.ljust(length, b"\0")


class BadInput(Case):
    def file(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def assert_refused(self, *arguments, words: str):
        before = self.files()
        result = run(*arguments)
        said = result.stderr.decode()
        self.assertEqual((result.returncode, result.stdout), (2, b""), result.command + "\n" + said)
        self.assertRegex(said, r"\Ahvkit-run: [^\n]*" + words + r"[^\n]*\n\Z", result.command)
        self.assertEqual(self.files(), before)

    def assert_image_refused(self, content: bytes, words: str, name="image"):
        path = self.file(name, content)
        self.assert_refused("--kernel", path, words=path + ".*" + words)
        self.assert_refused("--bare", "--bios", path, words=path + ".*" + words)

    def test_images(self):
        self.assert_refused("--kernel", self.folder / "none", words="none: No such file or directory")
        self.assert_refused("--bios", self.folder, words="is a directory")
        self.assert_image_refused(b"", "is empty")
        self.assert_image_refused(elf()[:40], "cut off ELF header")
        self.assert_image_refused(elf(length=0x1008), "is cut off")
        self.assert_image_refused(elf(machine=62), "is for another machine")
        self.assert_image_refused(elf(memory=1 << 40), "does not fit")
        self.assert_image_refused(elf(address=0x1000), "does not fit")
        self.assert_image_refused(b"plain text", "is called .elf, but is not an ELF file", name="image.elf")

    def test_too_large(self):
        path = self.file("image", bytes(2 << 20))
        self.assert_refused("--kernel", path, "--memory", "1M", words="image: does not fit")
        self.assert_refused("--kernel", self.file("k", elf()), "--initrd", path, "--memory", "1M", words="image: is large")
        self.assert_refused("--kernel", self.file("k", elf()), "--memory", "4K", words="does not hold the device tree|overlap")

    def test_overlap(self):
        path = self.file("image", elf())
        self.assert_refused("--bios", path, "--kernel", path, words="overlap in memory at 0x80000000")
        high = self.file("high", elf(address=0x80000000 + (126 << 20)))
        self.assert_refused("--kernel", high, words="device tree overlap")

    def test_memory(self):
        path = self.file("image", elf())
        for size, words in {"0": "0 bytes", "-1": "", "100": "multiple of 4096", "64Q": "is no size", "": "", "1T1": "size",
                            "17179869184G": "64 bits", "1000T": "more than .* that the host can give"}.items():
            self.assert_refused("--kernel", path, "--memory=" + size, words="--memory.*" + words)

    def test_numbers_and_text(self):
        path = self.file("image", elf())
        for option, value in (("--max-instructions", "many"), ("--max-instructions", "1.5M"), ("--input", "a\\q"),
                              ("--input", "@" + str(self.folder / "none")), ("--until", "\\"), ("--stats", "xml"),
                              ("--input-text", "a\\q"), ("--signature-granularity", "5")):
            self.assert_refused("--kernel", path, f"{option}={value}", words=option)
        self.assert_refused("--kernel", path, "--input-after", "x", words="is followed by no --input")

    def test_machine(self):
        path = self.file("image", elf())
        self.assert_refused("--kernel", path, "--technique", "magic",
                            words="there is no 'magic': trap_and_emulate, hybrid, interpretation, paravirtual, [a-z_, ]*are there")
        self.assert_refused("--kernel", path, "--cpu", "z80", words="--cpu: there is no 'z80': rv64, third_generation")
        self.assert_refused("--kernel", path, "--classification", "assume",
                            words="--classification with --cpu rv64: there is no 'assume': derived is all there is")
        for option in ("--cpu", "--technique", "--engine", "--paging", "--classification", "--clock"):
            self.assert_refused("--kernel", path, option, "", words=option + ": there is no ''")
        self.assert_refused("--kernel", path, "--bare", "--technique", "hybrid", words="contradict each other")
        self.assert_refused("--kernel", path, "--bare", "--trace-exits", self.folder / "t", words="contradict each other")
        self.assert_refused("--kernel", path, "--paging", "relocation", words=r"hvkit\[HV202\]: ")
        self.assert_refused("--kernel", path, "--cpu", "third_generation", "--technique", "paravirtual",
                            words=r"hvkit\[HV006\]: ")
        self.assert_refused("--kernel", path, "--cpu", "third_generation", "--sbi", words="contradict each other")
        for option in (["--technique", "paravirtual"], ["--sbi"]):
            self.assert_refused(*option, "--bios", path, "--kernel", path,
                                words=" ".join(option) + " and --bios contradict each other: firmware needs M mode")
        self.assert_refused("--nonsense", words="--nonsense")
        self.assert_refused(words="nothing to run")

    def test_board(self):
        path = self.file("image", elf())
        self.assert_refused("--kernel", path, "--board", "pc",
                            words="--board: there is no 'pc': virt, third_generation are there")
        self.assert_refused("--kernel", path, "--board", "third_generation",
                            words="--board third_generation and --cpu rv64 contradict each other: its board is virt")
        self.assert_refused("--kernel", path, "--cpu", "third_generation", "--board", "virt", words="contradict each other")

    def test_several_guests(self):
        path = self.file("image", elf())
        guest = ["--vm", "--kernel", path]
        for arguments, words in ((["--vm"], "vm 1: there is nothing to run"), ([*guest, "--vm"], "vm 2: there is nothing to run"),
                                 ([*guest, "--vm", "--kernel", "none"], "vm 2: none: No such file or directory"),
                                 (["--bare", *guest], "--bare and --vm contradict each other"),
                                 ([*guest, "--bare"], "vm 1: --bare is for all guests: it stands before the first --vm"),
                                 ([*guest, *guest, "--technique", "hybrid"], "vm 2: --technique is for all guests"),
                                 ([*guest, "--scheduler", "round_robin"], "vm 1: --scheduler is for all guests"),
                                 (["--scheduler", "fair", *guest], "--scheduler: there is no 'fair': round_robin, proportional are"),
                                 (["--technique", "magic", *guest], "vm 1: --technique: there is no 'magic'"),
                                 ([*guest, "--share", "0"], "vm 1: --share: '0' is no number from 1 to 1000000"),
                                 ([*guest, "--share", "1000001"], "vm 1: --share: '1000001' is no number from 1"),
                                 ([*guest, "--share", "2"], "--share is about --scheduler proportional"),
                                 ([*guest, *guest, "--nonsense"], "vm 2: .*--nonsense"),
                                 ([*guest, "--kernel", path], "vm 1: --kernel"), (["--vm=2", *guest], "--vm"),
                                 ([*guest, "--memory", "100"], "vm 1: --memory: 100 bytes are not a multiple of 4096"),
                                 ([*guest, "--signature", self.folder / "s"], "vm 1: --signature: no image has")):
            with self.subTest(arguments=arguments):
                self.assert_refused(*arguments, words=words)
        for option in ("--share", "--scheduler"):
            self.assert_refused("--kernel", path, option, "2", words=option + " is about several guests: begin .* with --vm")
        disk, trace = self.file("disk", bytes(1024)), self.folder / "trace"
        self.assert_refused(*guest, "--disk", disk, *guest, "--disk", disk, words="vm 2: .*disk: is in use as a disk by another")
        self.assert_refused("--trace-exits", trace, *guest, *guest, words="--trace-exits and --trace-exits name the same file")
        self.assert_refused(*guest, "--trace-exits", path, words="name the same file")

    def test_assembly_text(self):
        for name, text, words in (
                ("empty", b"# nothing\n", "has nothing to load"), ("name", b"\n\nli t0, 1; frobnicate\n", "line 3: .*name"),
                ("label", b"j nowhere\n", "line 1: no label"), ("huge", b".zero 0x3fffffff\n", "more than 67108864 bytes"),
                ("deep", b".word " + b"(" * 1000000, "line 1: signs and parentheses are nested too deeply"),
                ("long", b"x" * 2000, "line 1: no instruction has this name [(]x{60}[)]"), ("noise", bytes(range(256)) * 3, "line 1: ")):
            path = self.file(name + ".s", text)
            self.assert_refused("--kernel", path, words=path + ": .*" + words)
        text = self.file("large.s", b"nop\n" * (2 << 20))
        self.assert_refused("--kernel", text, words="large.s: is larger than")

    def test_no_files(self):
        path = self.file("image", elf())
        for what, words in (("/dev/zero", "is not a file"), ("/dev/null", "is not a file"), ("", "no file is named ''")):
            for option in ("--kernel", "--bios", "--initrd"):
                self.assert_refused(option, what, *([] if option == "--kernel" else ["--kernel", path]), words=words)
        large = self.folder / "large"
        with open(large, "wb") as file:
            file.truncate(3 << 30)
        self.assert_refused("--kernel", large, words="large: is larger than")
        if os.geteuid() != 0:
            os.chmod(path, 0)
            self.assert_refused("--kernel", path, words="Permission denied")

    def test_one_file_for_two(self):
        path, text = self.file("image", elf()), self.file("text", b"x")
        os.link(path, self.folder / "link")
        new, again = self.folder / "new", self.folder / "." / ".." / self.folder.name / "new"
        for arguments, words in ((["--trace-exits", new, "--stats-file", new], "--trace-exits and --stats-file name the same"),
                                 (["--trace-exits", new, "--stats-file", str(again)], "--trace-exits and --stats-file name"),
                                 (["--signature", new, "--trace-exits", new], "--signature and --trace-exits name the same"),
                                 (["--stats-file", path], "--kernel and --stats-file name the same file"),
                                 (["--trace-exits", self.folder / "link"], "--kernel and --trace-exits name the same file"),
                                 (["--initrd", text, "--stats-file", text], "--initrd and --stats-file name the same file"),
                                 (["--input", text, "--stats-file", text], "--input and --stats-file name the same file"),
                                 (["--input", "@" + text, "--stats-file", text], "--input and --stats-file name the same")):
            self.assert_refused("--kernel", path, *arguments, words=words)
        os.chdir(self.folder)
        self.addCleanup(os.chdir, "/")
        self.assert_refused("--kernel", path, "--trace-exits", "new", "--stats-file", "./new", words="name the same file")

    def test_where_nothing_can_be_written(self):
        guest = self.file("guest.s", ENDS)
        for option in ("--trace-exits", "--stats-file"):
            self.assert_refused("--kernel", guest, option, "/dev/full", words="/dev/full: No space left on device")
        before = self.files()
        for arguments in (["--list"], ["--list=json"], ["--help"],
                          ["--kernel", self.file("says.s", SAYS), "--stats-file", str(self.folder / "numbers")]):
            command = shlex.join([RUN, *arguments])
            for redirection, words in ((">/dev/full", b"No space left on device"), (">&-", b"Bad file descriptor")):
                result = subprocess.run(["sh", "-c", f"{command} {redirection}"], stderr=subprocess.PIPE, timeout=60)
                self.assertEqual((result.returncode, result.stderr), (2, b"hvkit-run: standard output: " + words + b"\n"))
        self.assertEqual(self.files(), sorted([*before, "says.s"]))

    def test_a_closed_stream_is_no_report(self):
        trace = self.folder / "trace"
        command = shlex.join([RUN, "--kernel", self.file("guest.s", ENDS), "--trace-exits", str(trace)])
        result = subprocess.run(["sh", "-c", command + " <&- 2>&-"], stdout=subprocess.PIPE, timeout=60)
        self.assertEqual((result.returncode, result.stdout), (0, b""))
        self.assertTrue(trace.read_text().startswith("#"))

    def test_lists(self):
        self.assert_refused("--list=xml", words="--list: there is no form 'xml'")
        self.assert_refused("--kernel", "a", "--kernel", "b", words="--kernel")
        self.assert_refused("surplus", words="surplus")

    def test_files_to_be_written(self):
        path = self.file("image", elf())
        self.assert_refused("--kernel", path, "--signature", self.folder / "s", words="begin_signature and end_signature")
        for option in ("--trace-exits", "--stats-file"):
            self.assert_refused("--kernel", path, option, self.folder / "no" / "x", words="No such file or directory")
            self.assert_refused("--kernel", path, option, self.folder, words="is a directory")

    def test_what_was_there_stays(self):
        image, trace = self.file("image", elf()), self.file("trace", b"old")
        self.assert_refused("--kernel", image, "--trace-exits", trace, "--stats-file", self.folder / "no" / "x", words="no/x")
        with open(trace, "rb") as file:
            self.assertEqual(file.read(), b"old")


if __name__ == "__main__":
    main()
