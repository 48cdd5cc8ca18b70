// SPDX-License-Identifier: BSL-1.0
// Shows that what touches the host is found and works: an ELF file is read, and a guest finds its device tree.
#include <iostream>

#include <hvkit/core/units.hpp>
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/host/elf.hpp>
#include <hvkit/host/file.hpp>
#include <hvkit/host/virt_machine.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/vmm/single.hpp>

using namespace hvkit;

constexpr auto program = isa::assemble<cpu::rv64, 0x80000000, R"(
        lwu  t0, 0(a1)
        li   t1, 0xedfe0dd0            # the tree's magic number, its bytes in memory's order
        li   t2, 0x10000000
        li   t3, '!'
        bne  t0, t1, off
        sb   t3, 0(t2)
off:    li   t0, 0x100000
        li   t1, 0x5555
        sw   t1, 0(t0))">();

int main() {
  const auto file = host::read_file("/proc/self/exe", 512_MiB);
  if (!file || file->size() < 20)
    return 1;
  // This program itself: an executable of the host's machine, and so none for RISC-V.
  const auto &bytes = *file;
  const host::elf_machine own{bytes[18] | unsigned{bytes[19]} << 8, bytes[4] == 2 ? 64U : 32U, "the host's machine"};
  const auto read = host::read_elf(bytes, own);
  const auto foreign = host::read_elf(bytes, host::elf_rv64);
  std::cout << "on a RISC-V machine, this program: " << (foreign ? "no objection" : foreign.reason()) << '\n';

  device::collected_bytes screen;
  device::queued_bytes keyboard;
  host::virt_machine<single_guest<composition<cpu::rv64>>> machine({.memory_size = 1_MiB}, screen, keyboard);
  if (!machine.load(gpa{program.base}, program.bytes()) || !machine.boot(gpa{program.base}))
    return 1;
  machine.machine().run(10'000);
  std::cout << "the guest finds its device tree: " << screen.text() << '\n';
  return read && read->entry != 0 && !foreign && screen.text() == "!" && machine.board().finished() ? 0 : 1;
}
