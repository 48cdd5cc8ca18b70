// SPDX-License-Identifier: BSL-1.0
// Decides how it is counted what torture programs do, step by step on the reference machine.
#pragma once

#include <cstring>
#include <utility>

#include "support/torture/bench.hpp"

namespace hvkit::tests::torture {

/// Steps by what they were.
struct census {
  u64 steps = 0;
  u64 faulting = 0;     ///< synchronous traps
  u64 interrupts = 0;   ///< handlers entered for them
  u64 csr = 0;          ///< CSR instructions retired
  u64 floating = 0;     ///< floating-point instructions retired
  u64 refused = 0;      ///< and those that were illegal: FS was Off, or the rounding mode a reserved one
  u64 table_writes = 0; ///< stores retired that changed more of a page table than A and D
  std::array<u64, 4> by_mode{};
  std::array<u64, cpu_type::cause_count> by_cause{};

  census &operator+=(const census &o) {
    steps += o.steps, faulting += o.faulting, interrupts += o.interrupts, csr += o.csr, floating += o.floating,
        refused += o.refused, table_writes += o.table_writes;
    for (std::size_t i = 0; i < by_mode.size(); ++i)
      by_mode[i] += o.by_mode[i];
    for (std::size_t i = 0; i < by_cause.size(); ++i)
      by_cause[i] += o.by_cause[i];
    return *this;
  }
};

/// Remembers the page tables of a machine, to tell whether a store changed them.
class table_watch final : public hardware::memory_listener {
public:
  explicit table_watch(hardware::physical_memory &memory) : memory_(memory) {
    for (u64 at = frame_at(table_frame); at < frame_at(image_frames); at += frame_size)
      memory_.remember(hpa{at}, hardware::remembered::watched);
    static_cast<void>(memory_.read(hpa{frame_at(table_frame)}, seen_.data(), seen_.size()));
    memory_.add(*this);
  }
  table_watch(const table_watch &) = delete;
  table_watch &operator=(const table_watch &) = delete;
  ~table_watch() override { memory_.remove(*this); }

  void written(hpa at, u64 size, hardware::remembered) override {
    for (u64 i = 0; i < size && is_table(at.value + i); ++i) {
      u8 &was = seen_[at.value + i - frame_at(table_frame)];
      const u8 now = *memory_.host(at + i);
      const u8 marks = (at.value + i) % 8 == 0 ? sv39::a | sv39::d : 0;
      changed_ = changed_ || ((was ^ now) & ~marks) != 0;
      was = now;
    }
  }
  [[nodiscard]] bool take() noexcept { return std::exchange(changed_, false); }

private:
  hardware::physical_memory &memory_;
  std::vector<u8> seen_ = std::vector<u8>((image_frames - table_frame) * frame_size);
  bool changed_ = false;
};

/// Runs a program for `steps` steps and counts.
[[nodiscard]] inline census count(const program &p, u64 steps) {
  bench<reference_machine> b(p);
  auto &m = b.machine();
  table_watch tables(m.memory());
  census c;
  while (c.steps < steps) {
    const u64 mode = m.system().get(cpu_type::mode_word);
    const u64 traps = m.system().get(cpu_type::traps_word);
    const auto word = m.processor().fetch_word();
    if (m.run(1).reason != exit_reason::budget)
      break;
    ++c.steps;
    ++c.by_mode[mode];
    c.table_writes += tables.take() ? 1 : 0;
    const auto d = word ? isa::decode<cpu_type>(*word) : isa::decoded<cpu_type>{};
    const bool floats = d && isa::facts<cpu_type>[d.row].needs == isa::capability::fp;
    if (m.system().get(cpu_type::traps_word) == traps) {
      c.floating += floats ? 1 : 0;
      c.csr += d && isa::facts<cpu_type>[d.row].syntax.starts_with("rd, csr") ? 1 : 0;
      continue;
    }
    using namespace cpu::riscv;
    const u64 cause = m.system().get(m.system().get(fields::mode) == privilege::machine ? w_mcause : w_scause);
    if ((cause & cause::interrupt) != 0) {
      ++c.interrupts;
    } else {
      ++c.faulting;
      c.refused += floats && cause == cause::illegal_instruction ? 1 : 0;
      ++c.by_cause[cause % c.by_cause.size()];
    }
  }
  return c;
}

} // namespace hvkit::tests::torture
