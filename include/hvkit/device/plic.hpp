// SPDX-License-Identifier: BSL-1.0
// Decides which of many interrupt lines reach a RISC-V hart's M and S modes, in which order. Knows no device.
#pragma once

#include <array>

#include <hvkit/hardware/bus.hpp>

namespace hvkit::device {

/// The platform-level interrupt controller of SiFive, for one hart: 95 level-triggered sources, two contexts.
///
///       line --> gateway --> pending --+--> enabled? --> priority above threshold? --> context's line
///                   ^                  |
///                   +--- completion    +--> claim: the best enabled one, the threshold notwithstanding
///
///     0x000000 + 4 s         priority of source s, 0 (never) to 7
///     0x001000 + 4 (s / 32)  pending, a bit a source; read only
///     0x002000 + 0x80 c      enable, a bit a source, for context c: 0 is M, 1 is S
///     0x200000 + 0x1000 c    threshold of context c, 0 to 7
///     0x200004 + 0x1000 c    read to claim, write to complete
///
/// Accesses are 4 bytes wide and aligned, others are access faults. Other offsets read 0 and ignore writes.
/// Source: RISC-V Platform-Level Interrupt Controller Specification; QEMU's `virt` for the sizes.
class plic final : public hardware::device, public hardware::interrupt_sink {
public:
  static constexpr u64 window = 0x600000;
  static constexpr unsigned source_limit = 96; ///< sources are 1 to 95; 0 means none
  static constexpr unsigned contexts = 2;
  static constexpr unsigned max_priority = 7;

  using source_set = std::array<u32, source_limit / 32>;

  /// All of the device that is not wiring, the levels of its inputs included.
  struct state_type {
    source_set level{};
    source_set pending{};
    source_set claimed{}; ///< the gateway is shut until completion
    std::array<source_set, contexts> enabled{};
    std::array<u8, contexts> threshold{};
    std::array<u8, source_limit> priority{};
    friend bool operator==(const state_type &, const state_type &) = default;
  };

  /// `machine` and `supervisor`: where contexts 0 and 1 interrupt.
  plic(hardware::interrupt_line machine, hardware::interrupt_line supervisor) : lines_{machine, supervisor} {}

  /// The level of source `source`; sources that do not exist are ignored.
  void set_level(unsigned source, bool level) override {
    if (!exists(source) || contains(state.level, source) == level)
      return;
    put(state.level, source, level);
    open_gateway(source);
    drive();
  }

  [[nodiscard]] maybe<u64> read(u64 offset, unsigned size) override {
    if (!accepts(offset, size))
      return {};
    return offset >= context_base ? read_context(offset - context_base) : read_source(offset);
  }
  [[nodiscard]] bool write(u64 offset, unsigned size, u64 value) override {
    if (!accepts(offset, size))
      return false;
    const u32 word = static_cast<u32>(value);
    if (offset >= context_base)
      write_context(offset - context_base, word);
    else
      write_source(offset, word);
    drive();
    return true;
  }
  void advance(u64) override { drive(); }

  /// Whoever replaces it calls `advance` afterwards.
  state_type state;

private:
  static constexpr u64 pending_base = 0x1000;
  static constexpr u64 enable_base = 0x2000;
  static constexpr u64 enable_stride = 0x80;
  static constexpr u64 context_base = 0x200000;
  static constexpr u64 context_stride = 0x1000;
  static constexpr u64 threshold_register = 0;
  static constexpr u64 claim_register = 4;

  [[nodiscard]] static bool accepts(u64 offset, unsigned size) noexcept { return size == 4 && offset % 4 == 0; }
  [[nodiscard]] static bool exists(u64 source) noexcept { return source != 0 && source < source_limit; }
  [[nodiscard]] static bool contains(const source_set &set, unsigned source) noexcept {
    return ((set[source / 32] >> (source % 32)) & 1) != 0;
  }
  static void put(source_set &set, unsigned source, bool in) noexcept {
    const u32 mask = u32{1} << (source % 32);
    set[source / 32] = in ? set[source / 32] | mask : set[source / 32] & ~mask;
  }

  /// A request that the gateway let through stays pending until it is claimed, even if the line falls.
  void open_gateway(unsigned source) noexcept {
    if (contains(state.level, source) && !contains(state.claimed, source))
      put(state.pending, source, true);
  }
  /// The pending source that `context` would claim: highest priority, then lowest number; 0 for none.
  [[nodiscard]] unsigned best(unsigned context) const noexcept {
    unsigned chosen = 0;
    for (unsigned word = 0; word < state.pending.size(); ++word)
      for (u32 left = state.pending[word] & state.enabled[context][word]; left != 0; left &= left - 1) {
        const unsigned source = 32 * word + static_cast<unsigned>(std::countr_zero(left));
        if (state.priority[source] > state.priority[chosen]) // source 0 has priority 0: never
          chosen = source;
      }
    return chosen;
  }
  void drive() const {
    for (unsigned c = 0; c < contexts; ++c)
      lines_[c].set(state.priority[best(c)] > state.threshold[c]);
  }
  [[nodiscard]] u32 claim(unsigned context) {
    const unsigned source = best(context);
    if (source != 0) {
      put(state.pending, source, false);
      put(state.claimed, source, true);
      drive();
    }
    return source;
  }
  /// Completing what the context has not enabled is ignored.
  void complete(unsigned context, u32 source) {
    if (!exists(source) || !contains(state.enabled[context], source))
      return;
    put(state.claimed, source, false);
    open_gateway(source);
  }

  /// The word of the enable bits that `offset` names, or null.
  [[nodiscard]] u32 *enable_word(u64 offset) noexcept {
    if (offset < enable_base)
      return nullptr;
    const u64 context = (offset - enable_base) / enable_stride;
    const u64 word = (offset - enable_base) % enable_stride / 4;
    return context < contexts && word < state.pending.size() ? &state.enabled[context][word] : nullptr;
  }
  [[nodiscard]] u64 read_source(u64 offset) {
    if (offset / 4 < source_limit)
      return state.priority[offset / 4];
    if (offset >= pending_base && (offset - pending_base) / 4 < state.pending.size())
      return state.pending[(offset - pending_base) / 4];
    const u32 *word = enable_word(offset);
    return word != nullptr ? *word : 0;
  }
  void write_source(u64 offset, u32 value) {
    if (exists(offset / 4))
      state.priority[offset / 4] = static_cast<u8>(value & max_priority);
    else if (u32 *word = enable_word(offset))
      *word = offset % enable_stride == 0 ? value & ~u32{1} : value; // bit 0 of the first word is no source
  }
  [[nodiscard]] u64 read_context(u64 offset) {
    const u64 context = offset / context_stride;
    if (context >= contexts)
      return 0;
    if (offset % context_stride == claim_register)
      return claim(static_cast<unsigned>(context));
    return offset % context_stride == threshold_register ? state.threshold[context] : 0;
  }
  void write_context(u64 offset, u32 value) {
    const u64 context = offset / context_stride;
    if (context >= contexts)
      return;
    if (offset % context_stride == threshold_register)
      state.threshold[context] = static_cast<u8>(value & max_priority);
    else if (offset % context_stride == claim_register)
      complete(static_cast<unsigned>(context), value);
  }

  std::array<hardware::interrupt_line, contexts> lines_;
};

} // namespace hvkit::device
