// SPDX-License-Identifier: BSL-1.0
// Decides how the exits of a VM are written down, a line each.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <hvkit/isa/disassembler.hpp>
#include <hvkit/vmm/exit_observer.hpp>

namespace hvkit::report {

/// What the columns of `exit_line` are.
inline constexpr std::string_view exit_heading =
    "# retired  pc                mode  cause (value): instruction -> what the VMM did\n";

/// One line: how many instructions the guest had retired, where it was, why the hardware trapped, what the VMM did.
template <class Cpu> [[nodiscard]] std::string exit_line(const exit_seen &e) {
  const isa::line text = e.word ? isa::disassemble<Cpu>(*e.word, e.pc) : isa::line{} << "(not fetched)";
  return fmt::format("{:9}  {:016x}  {}  {} ({:#x}): {} -> {}\n", e.retired, e.pc.value, Cpu::mode_name(e.mode),
                     Cpu::cause_name(e.what.cause), e.what.value, text.view(), fate_name(e.fate));
}

/// Writes a line for every exit.
template <class Cpu> class exit_trace final : public exit_observer {
public:
  explicit exit_trace(std::function<void(std::string_view)> write) : write_(std::move(write)) { write_(exit_heading); }
  void seen(const exit_seen &e) override { write_(exit_line<Cpu>(e)); }

private:
  std::function<void(std::string_view)> write_;
};

} // namespace hvkit::report
