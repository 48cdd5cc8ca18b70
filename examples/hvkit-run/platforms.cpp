// SPDX-License-Identifier: BSL-1.0
// Compiles what is known of each CPU before there is a machine, the assemblers among it.
#include <hvkit/device/virt_board.hpp>

#include "combinations.hpp"

namespace run {

namespace {
template <class Cpu> std::string isa_of() {
  if constexpr (requires { Cpu::isa_name(); })
    return Cpu::isa_name();
  else
    return "";
}
} // namespace

template <class Cpu> const platform &platform_of() {
  constexpr bool virt = std::is_same_v<Cpu, cpu::rv64>;
  static constexpr u64 base = virt ? device::virt_map::ram.value : 0;
  static constexpr u64 largest = virt ? u64{1} << 54 : u64{1} << 32;
  static const platform what{base,
                             largest,
                             virt ? &host::elf_rv64 : nullptr,
                             virt,
                             virt ? "virt" : "third_generation",
                             isa_of<Cpu>(),
                             &isa::assemble_text<Cpu>};
  return what;
}

template const platform &platform_of<cpu::rv64>();
template const platform &platform_of<honest>();
template const platform &platform_of<with_popf>();
template const platform &platform_of<with_jrst1>();

} // namespace run
