// SPDX-License-Identifier: BSL-1.0
// Instructions of your own: some of Zbb, and a form that RV64 has no use for without them. Decoder, assembler, hart,
// VMM and classification know them from the rows alone. Source: RISC-V Bit-Manipulation ISA-extensions 1.0, "Zbb".
#include <bit>
#include <iostream>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/device/virt_guest.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/isa/disassembler.hpp>
#include <hvkit/isa/extend.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;
namespace rv = cpu::riscv;

/// One register in, one out; the other fields are fixed.
struct register_alone {
  using layout = isa::layout<rv::operands, rv::rd, rv::rs1>;
  static constexpr auto needs = isa::capability::pure;
  static constexpr std::string_view syntax = "rd, rs1";
  template <class F, class V> static constexpr bool run(F f, V &v, const rv::operands &o) {
    auto &x = v.user().x;
    x[o.rd] = f(x[o.rs1]);
    return true;
  }
};
constexpr isa::pattern unary(u32 op, u32 funct3, u32 funct12) {
  return {op | funct3 << 12 | funct12 << 20, 0xfff0707f};
}
constexpr u64 ones(u64 v) { return static_cast<u64>(std::popcount(v)); }
constexpr u64 leading(u64 v) { return static_cast<u64>(std::countl_zero(v)); }

using rv::encoding::op37, rv::make, rv::register_register;
constexpr auto zbb = isa::make_group(
    "Zbb", //
    make<register_register>("andn", op37(0x33, 7, 0x20), [](auto a, auto b) { return a & ~b; }),
    make<register_register>("orn", op37(0x33, 6, 0x20), [](auto a, auto b) { return a | ~b; }),
    make<register_register>("max", op37(0x33, 6, 5), [](auto a, auto b) { return rv::select(rv::less(a, b), b, a); }),
    make<register_register>("minu", op37(0x33, 5, 5),
                            [](auto a, auto b) { return rv::select(rv::less_unsigned(a, b), a, b); }),
    make<register_register>("rol", op37(0x33, 1, 0x30),
                            [](auto a, auto n) { return rv::shl(a, n) | rv::shr(rv::shr(a, 1), ~n); }),
    make<register_alone>("clz", unary(0x13, 1, 0x600), [](auto a) { return leading(a); }),
    make<register_alone>("cpop", unary(0x13, 1, 0x602), [](auto a) { return ones(a); }),
    make<register_alone>("sext.b", unary(0x13, 1, 0x604), [](auto a) { return rv::sext8(a); }));
struct my_cpu : isa::with_rows<cpu::rv64, zbb> {};
static_assert(legal<my_cpu>); // pure rows see no mode: they are innocuous by their type

constexpr auto program = isa::assemble<my_cpu, 0x80000000, R"(
        li a0, 0x0123456789abcdef; li a1, -16; li a2, 4
        cpop s2, a0; clz s3, a0; andn s4, a0, a1; orn s5, a0, a1
        max s6, a0, a1; minu s7, a0, a1; rol s8, a0, a2; sext.b s9, a0
        li t0, 0x100000; li t1, 0x5555; sw t1, 0(t0))">();

int main() {
  vmm<my_cpu> hypervisor({.memory = 32_MiB});
  device::virt_guest guest(hypervisor, {.memory_size = 16_MiB});
  if (!guest.start(program))
    return 1;
  guest.run(1000);
  std::cout << std::hex << std::showbase;
  for (unsigned r = 18; r <= 25; ++r)
    std::cout << 's' << std::dec << r - 16 << " = " << std::hex << guest.user().x[r] << '\n';
  std::cout << isa::disassemble<my_cpu>(0x60251913).view()
            << "; without the rows: " << isa::disassemble<cpu::rv64>(0x60251913).view() << '\n';
  std::cout << std::dec << guest.user().retired << " instructions, " << guest.count().exits << " exits\n";
}
