// SPDX-License-Identifier: BSL-1.0
// Decides what has to be known of a CPU and its board before there is a machine: what can be loaded, and where.
#pragma once

#include <string>
#include <string_view>

#include <hvkit/core/access.hpp>
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/host/elf.hpp>
#include <hvkit/isa/assembler.hpp>

namespace run {

using namespace hvkit;

struct platform {
  u64 memory_base;                   ///< where memory begins
  u64 largest_memory;                ///< bytes that the CPU can reach
  const host::elf_machine *programs; ///< which ELF files are its programs; null if none are
  /// It has the `virt` board: firmware, a device tree, a console that can be typed at, a way to switch itself off.
  bool virt;
  std::string_view board; ///< what its board is called
  std::string isa;        ///< what the device tree says of the CPU; "" without one
  isa::program (*assemble)(u64 base, std::string_view text);
};

template <class Cpu> [[nodiscard]] const platform &platform_of();

/// What a CPU is called on the command line: machines composed of groups of rows tell which those are.
template <class Cpu> struct name_of {
  [[nodiscard]] static std::string get() { return std::string(Cpu::name); }
};
template <cpu::third_generation_knobs Knobs, const auto &Base, const auto &...More>
struct name_of<cpu::basic_third_generation<Knobs, Base, More...>> {
  [[nodiscard]] static std::string get() {
    std::string name(cpu::basic_third_generation<Knobs, Base, More...>::name);
    ((name += "+", name += More.name), ...);
    return name;
  }
};

} // namespace run
