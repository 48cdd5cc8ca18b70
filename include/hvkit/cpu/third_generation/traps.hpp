// SPDX-License-Identifier: BSL-1.0
// Decides how a trap or interrupt swaps PSWs on the third-generation machine, and which interrupt is taken when.
// Source: Popek, Goldberg, "Formal Requirements for Virtualizable Third Generation Architectures", "Traps".
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/cpu/third_generation/state.hpp>

namespace hvkit::cpu::generation3 {

/// A PSW as four words of storage.
using psw_words = std::array<u32, 4>;

/// Mixed into a machine `D` that has `system()`, `user()`, `changed` and `physical_store<T>`, `ram_load<T>`.
template <class D> struct trap_unit {
  /// The interrupt to be taken before the next instruction, as a cause.
  [[nodiscard]] constexpr maybe<u64> interrupt_due() const {
    const auto &s = self().system();
    const u64 lines = s.get(fields::lines);
    if (lines == 0 || s.get(fields::enabled) == 0)
      return {};
    const u64 level = s.get(fields::level);
    if ((lines & bit(line::timer)) != 0 && level < line::timer_priority)
      return cause::timer;
    if ((lines & ~bit(line::timer)) != 0 && level < line::external_priority)
      return cause::external;
    return {};
  }
  /// The lines that are up, whatever the mask says.
  [[nodiscard]] constexpr u64 interrupts_pending() const { return self().system().get(fields::lines); }
  /// None is enabled for itself.
  [[nodiscard]] constexpr u64 interrupts_waiting() const { return interrupts_pending(); }
  /// The lines that an interrupt of that cause stands for.
  [[nodiscard]] static constexpr u64 lines_of(u64 c) {
    return c == cause::timer ? bit(line::timer) : ~bit(line::timer);
  }
  /// One that is up ends waiting.
  [[nodiscard]] constexpr bool wakes() const { return interrupts_pending() != 0; }

  /// Takes `t`: the PSW goes to E[0] with the code of `t`, the new one comes from E[1]. What `t.value` says is not
  /// stored. The old P is that of the instruction that trapped, or of the one an interrupt held back. A timer
  /// interrupt is pending no longer once it is taken.
  constexpr void enter_trap(trap t) {
    auto &s = self().system();
    const psw_words old = current_psw(t.cause);
    for (unsigned i = 0; i < old.size(); ++i)
      static_cast<void>(self().template physical_store<u32>(gpa{psw::old_at + 4 * i}, old[i]));
    psw_words next{};
    for (unsigned i = 0; i < next.size(); ++i)
      next[i] = self().template ram_load<u32>(gpa{psw::new_at + 4 * i}).value_or(0);
    if (t.cause == cause::timer)
      s.set(fields::lines, s.get(fields::lines) & ~bit(line::timer));
    s.set(fields::traps, s.get(fields::traps) + 1);
    self().user().pc = load_psw(next);
  }

  /// The PSW in force. `code` goes where interruption codes go.
  [[nodiscard]] constexpr psw_words current_psw(u64 code) const {
    const auto &s = self().system();
    const u64 flags = code << psw::code_at | s.get(fields::level) << 8 | (self().user().cc & 3U) << 4 |
                      s.get(fields::iopl) << 2 | s.get(fields::enabled) << 1 | s.get(fields::mode);
    return {static_cast<u32>(flags), static_cast<u32>(self().user().pc), static_cast<u32>(s.get(fields::base)),
            static_cast<u32>(s.get(fields::bounds))};
  }

  /// Puts a PSW in force, all but P, which is returned.
  constexpr u32 load_psw(const psw_words &words) {
    auto &s = self().system();
    const u64 flags = words[0];
    s.set(fields::mode, extract(flags, psw::user));
    s.set(fields::enabled, extract(flags, psw::enabled));
    s.set(fields::iopl, extract(flags, psw::iopl));
    s.set(fields::level, extract(flags, psw::level));
    self().user().cc = static_cast<u32>(extract(flags, psw::cc));
    s.set(fields::base, words[2]);
    s.set(fields::bounds, words[3]);
    self().changed(effect::context | effect::interrupts);
    return words[1];
  }

private:
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::generation3
