// SPDX-License-Identifier: BSL-1.0
// Every floating-point instruction in every rounding mode on operands of all classes: one program, run here and by
// QEMU, must leave the same results and flags in memory.
//
// QEMU's memory is a file, so its results are read after it has switched itself off.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/console.hpp>
#include <hvkit/device/virt_board.hpp>
#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/isa/disassembler.hpp>

#include "support/float_values.hpp"
#include "support/gate.hpp"
#include "support/qemu.hpp"
#include "support/scratch.hpp"

using namespace hvkit;
using cpu::rv64;

namespace {

constexpr u64 ram = 0x80000000, memory_size = u64{128} << 20;
constexpr u64 table = ram + (u64{1} << 20), results = ram + (u64{16} << 20);
constexpr u64 entry_size = 32, result_size = 16;

/// One instruction in one mode: what its results are called.
struct tried {
  u32 word = 0;
  unsigned frm = 0;
};

/// All rows that compute, each in its static modes and by way of frm. Operands are f10 to f12 and x10, the result goes
/// to number 13.
std::vector<tried> everything() {
  std::vector<tried> all;
  for (const auto &row : isa::facts<rv64>) {
    if (row.needs != isa::capability::fp || row.syntax.ends_with("(rs1)"))
      continue;
    const bool rounds = (row.operand_bits & 0x7000) != 0;
    constexpr i32 third = 12 << 3, dynamic = 7;
    for (i32 mode = 0; mode < (rounds ? 5 : 1); ++mode)
      all.push_back({row.code.match | row.encode({13, 10, 11, 1, third | mode}), 0});
    for (unsigned frm = 0; rounds && frm < 5; ++frm)
      all.push_back({row.code.match | row.encode({13, 10, 11, 1, third | dynamic}), frm});
  }
  return all;
}

std::string program_text(const std::vector<tried> &all, u64 count) {
  std::ostringstream text;
  text << "li t0, 0x2000; csrs mstatus, t0; li s2, " << results << "\n";
  for (const tried &t : all) {
    const auto d = isa::decode<rv64>(t.word);
    const bool to_float = isa::facts<rv64>[d.row].syntax.starts_with("f");
    text << "fsrmi " << t.frm << "; li s0, " << table << "; li s1, " << count
         << "\n1: fld fa0, 0(s0); fld fa1, 8(s0); fld fa2, 16(s0); ld a0, 24(s0); fsflagsi 0; .word " << t.word
         << "; frflags a2; " << (to_float ? "fsd fa3" : "sd a3")
         << ", 0(s2); sd a2, 8(s2); addi s0, s0, 32; addi s2, s2, 16; addi s1, s1, -1; bnez s1, 1b\n";
  }
  text << "li t0, 0x100000; li t1, 0x5555; sw t1, 0(t0)\n1: j 1b\n";
  return text.str();
}

std::vector<u8> image_of(const std::vector<tried> &all, u64 count) {
  const auto program = isa::assemble_text<rv64>(ram, program_text(all, count));
  if (!program || program.bytes().size() > table - ram)
    throw std::logic_error("no program: " + program.error);
  std::vector<u8> image(table - ram + count * entry_size);
  std::copy(program.bytes().begin(), program.bytes().end(), image.begin());
  tests::float_values values(tests::seed());
  for (u64 at = table - ram; at != image.size(); at += entry_size) {
    const auto f = values.registers();
    const std::array<u64, 4> entry{f[0], f[1], f[2], values.integer()};
    std::memcpy(&image[at], entry.data(), entry_size);
  }
  return image;
}

template <class Engine> std::vector<u64> our_results(const std::vector<u8> &image, u64 size) {
  device::collected_bytes output;
  device::queued_bytes input("");
  hardware::bare_machine<rv64, Engine> machine(gpa{ram}, memory_size);
  device::virt_board board({.memory_size = memory_size}, machine.processor(), machine.processor(), output, input);
  machine.attach(board);
  BOOST_TEST_REQUIRE(machine.write(gpa{ram}, image.data(), image.size()));
  machine.reset(gva{ram});
  BOOST_TEST_REQUIRE((machine.run(~u64{0} >> 1).reason == exit_reason::host));
  std::vector<u64> all(size / 8);
  BOOST_TEST_REQUIRE(machine.read(gpa{results}, all.data(), size));
  return all;
}

std::vector<u64> qemu_results(const std::vector<u8> &image, u64 size) {
  const tests::scratch directory;
  const std::string file = directory / "memory";
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char *>(image.data()), static_cast<std::streamsize>(image.size()));
  std::filesystem::resize_file(file, memory_size);
  const std::string command = std::string("timeout 600 ") + tests::qemu::program +
                              " -M virt,memory-backend=memory -bios none -display none -serial none -monitor none"
                              " -cpu rv64,priv_spec=v1.12.0,v=off,h=off -m 128M"
                              " -object memory-backend-file,id=memory,share=on,size=128M,mem-path=" +
                              file;
  const int status = std::system(command.c_str());
  std::vector<u64> all(size / 8);
  std::ifstream in(file, std::ios::binary);
  in.seekg(results - ram);
  in.read(reinterpret_cast<char *>(all.data()), static_cast<std::streamsize>(size));
  BOOST_TEST_REQUIRE(status == 0);
  return all;
}

std::string show(const tried &t, const u8 *entry, const u64 *ours, const u64 *theirs) {
  std::array<u64, 4> in{};
  std::memcpy(in.data(), entry, entry_size);
  std::ostringstream text;
  text << isa::disassemble<rv64>(t.word) << std::hex << " with frm " << t.frm << ", fa0 " << in[0] << ", fa1 " << in[1]
       << ", fa2 " << in[2] << ", a0 " << in[3] << ": ours " << ours[0] << " flags " << ours[1] << ", theirs "
       << theirs[0] << " flags " << theirs[1];
  return text.str();
}

void compare(const std::vector<tried> &all, const std::vector<u8> &image, u64 count, const std::vector<u64> &ours,
             const std::vector<u64> &theirs) {
  unsigned different = 0;
  for (std::size_t n = 0; n < ours.size(); n += 2)
    if ((ours[n] != theirs[n] || ours[n + 1] != theirs[n + 1]) && ++different <= 10)
      BOOST_TEST_ERROR(
          show(all[n / 2 / count], &image[table - ram + n / 2 % count * entry_size], &ours[n], &theirs[n]));
  BOOST_TEST(different == 0U);
}

} // namespace

BOOST_AUTO_TEST_CASE(results_and_flags_are_those_of_qemu) {
  const auto all = everything();
  const u64 count = tests::amount(3'000, 12'000, 12'000);
  const auto image = image_of(all, count);
  const u64 size = all.size() * count * result_size;
  BOOST_TEST_REQUIRE(results + size <= ram + memory_size);
  const auto ours = our_results<engine::blocks>(image, size);
  if (!tests::qemu::installed()) {
    std::cout << "skipped: qemu-system-riscv64 7.2 is not installed (package qemu-system-misc)\n";
    return;
  }
  BOOST_TEST_MESSAGE(all.size() * count << " results of " << all.size() << " instructions");
  compare(all, image, count, ours, qemu_results(image, size));
}

BOOST_AUTO_TEST_CASE(both_engines_compute_the_same) {
  const auto all = everything();
  const u64 count = tests::amount(100, 1'000, 10'000);
  const auto image = image_of(all, count);
  const u64 size = all.size() * count * result_size;
  compare(all, image, count, our_results<engine::blocks>(image, size), our_results<engine::step>(image, size));
}
