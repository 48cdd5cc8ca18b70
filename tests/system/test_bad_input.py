# SPDX-License-Identifier: BSL-1.0
"""What cannot be done is refused: one sentence that names what is wrong, exit code 2, and no file is left behind."""
import struct

from support import Case, main, run


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
                              ("--signature-granularity", "5")):
            self.assert_refused("--kernel", path, f"{option}={value}", words=option)
        self.assert_refused("--kernel", path, "--input-after", "x", words="is followed by no --input")

    def test_machine(self):
        path = self.file("image", elf())
        self.assert_refused("--kernel", path, "--technique", "magic",
                            words="there is no 'magic': trap_and_emulate, hybrid are there")
        self.assert_refused("--kernel", path, "--cpu", "z80", words="--cpu: there is no 'z80': rv64 is all there is")
        self.assert_refused("--kernel", path, "--bare", "--technique", "hybrid", words="contradict each other")
        self.assert_refused("--kernel", path, "--bare", "--trace-exits", self.folder / "t", words="contradict each other")
        self.assert_refused("--kernel", path, "--paging", "relocation", words=r"hvkit\[HV202\]: ")
        self.assert_refused("--nonsense", words="--nonsense")
        self.assert_refused(words="nothing to run")

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
