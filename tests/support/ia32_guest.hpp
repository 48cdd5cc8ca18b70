// SPDX-License-Identifier: BSL-1.0
// Decides how an assembly guest of IA-32 is assembled and run: here on the bare machine, and in Bochs, which others
// wrote. Both start it at 1000:0000 in real-address mode; what it writes to port E9h is the result.
#pragma once

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/ia32.hpp>
#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/isa/text.hpp>

#include "support/scratch.hpp"

namespace hvkit::tests::ia32 {

inline constexpr u32 guest_at = 0x10000;

[[nodiscard]] inline std::string contents(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
[[nodiscard]] inline bool succeeds(const std::string &command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;
}
[[nodiscard]] inline bool has_assembler() { return succeeds("echo nop | as --32 -o /dev/null -"); }
[[nodiscard]] inline bool has_bochs() {
  return succeeds("command -v bochs && command -v script && test -e /usr/share/bochs/BIOS-bochs-legacy");
}

/// The bytes of an assembly file, linked at `at`.
[[nodiscard]] inline std::string assembled(const std::filesystem::path &source, u32 at,
                                           const std::string &options = "") {
  const scratch directory;
  const std::string object = directory / "a.o", linked = directory / "a.elf", binary = directory / "a.bin";
  const std::string address(isa::line().hex(at).view());
  BOOST_REQUIRE(succeeds("as --32 " + options + " -o " + object + ' ' + source.string()));
  BOOST_REQUIRE(succeeds("ld -m elf_i386 -Ttext=" + address + " -e " + address + " -o " + linked + ' ' + object));
  BOOST_REQUIRE(succeeds("objcopy -O binary -j .text " + linked + ' ' + binary));
  return contents(binary);
}

/// A board with nothing but a port that keeps what is written to it.
class port_board final : public hardware::board {
public:
  port_board() { BOOST_REQUIRE(ports_.attach(gpa{0xe9}, 1, log_)); }
  [[nodiscard]] const hardware::bus &devices() const override { return memory_; }
  [[nodiscard]] const hardware::bus *ports() const override { return &ports_; }
  [[nodiscard]] u64 next_event() const override { return hardware::never; }
  void advance(u64) override {}
  [[nodiscard]] bool finished() const override { return false; }
  [[nodiscard]] const hardware::tick_source *ticks() const override { return nullptr; }
  [[nodiscard]] hypercall_services *hypercalls() override { return nullptr; }
  [[nodiscard]] const std::string &text() const noexcept { return log_.text; }

private:
  struct log final : hardware::device {
    std::string text;
    [[nodiscard]] maybe<u64> read(u64, unsigned) override { return 0xe9; }
    [[nodiscard]] bool write(u64, unsigned, u64 value) override {
      text += static_cast<char>(value);
      return true;
    }
  };
  hardware::bus memory_, ports_;
  log log_;
};

/// Runs it until it halts for good, at most `steps`; gives what it wrote.
[[nodiscard]] inline std::string run_here(const std::string &code, u64 steps = 1'000'000) {
  namespace x86 = cpu::x86;
  hardware::bare_machine<cpu::ia32, engine::step> machine(gpa{0}, u64{8} << 20);
  port_board board;
  machine.attach(board);
  machine.reset(gva{1});
  machine.user().pc = 0;
  machine.system().set(x86::segment_word(x86::seg::cs, x86::part_selector), guest_at >> 4);
  machine.system().set(x86::segment_word(x86::seg::cs, x86::part_base), guest_at);
  BOOST_REQUIRE(machine.write(gpa{guest_at}, code.data(), code.size()));
  BOOST_TEST((machine.run(steps).reason == exit_reason::waiting));
  return board.text();
}

/// A terminal's output without what moves its cursor.
[[nodiscard]] inline std::string without_escapes(const std::string &all) {
  std::string plain;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i] == '\x1b') {
      while (i + 1 < all.size() && std::isalpha(static_cast<unsigned char>(all[++i])) == 0)
        continue;
    } else if (all[i] != '\r') {
      plain += all[i];
    }
  return plain;
}
/// Runs it from a floppy disk in Bochs, which prints port E9h among the rest of the terminal's output; the guest ends
/// Bochs by port 8900h.
[[nodiscard]] inline std::string run_in_bochs(const std::string &code, const std::filesystem::path &boot) {
  const scratch directory;
  const std::size_t sectors = (code.size() + 511) / 512;
  std::string floppy = assembled(boot, 0x7c00, "--defsym SECTORS=" + std::to_string(sectors)) + code;
  floppy.resize(1474560);
  std::ofstream(directory / "floppy.img", std::ios::binary) << floppy;
  std::ofstream(directory / "commands") << "c\n";
  std::ofstream(directory / "bochsrc") << "megs: 32\n"
                                       << "romimage: file=/usr/share/bochs/BIOS-bochs-legacy\n"
                                       << "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest\n"
                                       << "floppya: 1_44=" << directory / "floppy.img"
                                       << ", status=inserted\n"
                                       << "boot: floppy\nport_e9_hack: enabled=1\ndisplay_library: term\n"
                                       << "log: " << directory / "log"
                                       << "\ncpu: model=pentium\nclock: sync=none\n";
  const std::string typescript = directory / "typescript";
  static_cast<void>(succeeds("timeout 60 script -qc 'bochs -q -f " + (directory / "bochsrc") + " -rc " +
                             (directory / "commands") + "' " + typescript + " < /dev/null"));
  const std::string all = without_escapes(contents(typescript));
  const auto first = all.find("begin\n"), last = all.find("end\n");
  BOOST_REQUIRE_MESSAGE((first != std::string::npos && last != std::string::npos), "Bochs did not run the guest");
  return all.substr(first, last + 4 - first);
}

} // namespace hvkit::tests::ia32
