// SPDX-License-Identifier: BSL-1.0
// Decides what the third-generation architecture is to every machine: one layer, mixed into hart, virtual CPU and
// recorder alike. Each function below that a system row calls is the meaning of one instruction.
#pragma once

#include <hvkit/core/context.hpp>
#include <hvkit/cpu/third_generation/knobs.hpp>
#include <hvkit/cpu/third_generation/traps.hpp>

namespace hvkit::cpu::generation3 {

/// Where an access goes.
struct translation {
  gpa address{};
  /// The whole 4 KiB page around it is relocated alike and within bounds.
  bool whole_page = false;
};

/// There are no tables, so an observer of walks is told nothing.
struct unobserved {
  constexpr void operator()(unsigned, gpa, u64) const noexcept {}
};

/// A machine `D` derives from `arch<D, ...>` and supplies what cpu::riscv::arch asks for, `load<T>(gva)` and
/// `physical_store<T>(gpa, T)`.
template <class D, third_generation_knobs Knobs> struct arch : trap_unit<D> {
  // R. It is active in both modes, as in the paper.

  /// The paper's rule: a >= b or a + l >= q is a memory trap, otherwise a + l. That q is exceeded shows when nothing
  /// answers at a + l.
  template <class Observer = unobserved>
  [[nodiscard]] constexpr maybe<translation> translate(gva a, access, u64 size, Observer = {}) {
    const auto &s = self().system();
    const u64 l = s.get(fields::base);
    const u64 b = s.get(fields::bounds);
    if (a.value >= b || size > b - a.value) {
      self().raise({cause::addressing, a.value});
      return {};
    }
    return translation{gpa{a.value + l}, frame_offset(l) == 0 && frame_base(a.value) + frame_size <= b};
  }
  [[nodiscard]] constexpr context_key translation_context(access) const {
    return {self().system().get(fields::base), self().system().get(fields::bounds)};
  }
  constexpr void raise_access_fault(access, gva a) { self().raise({cause::addressing, a.value}); }

  /// Instructions are words on word boundaries; a P that is none is a memory trap.
  [[nodiscard]] constexpr maybe<u32> fetch_word() {
    const gva at{self().user().pc};
    if ((at.value & 3) == 0)
      return self().template fetch<u32>(at);
    self().raise({cause::addressing, at.value});
    return {};
  }

  // Instructions that trap in every mode.
  constexpr bool illegal() { return refuse(cause::operation); }
  constexpr bool supervisor_call(u64 number) { return refuse(cause::supervisor_call + number); }

  // Privileged instructions.
  constexpr bool load_psw_from(gva at) {
    if (in_user_mode())
      return refuse(cause::privileged);
    psw_words words{};
    for (unsigned i = 0; i < words.size(); ++i) {
      const maybe<u32> word = self().template load<u32>(at + 4 * i);
      if (!word)
        return false;
      words[i] = *word;
    }
    self().jump(gva{this->load_psw(words)});
    return true;
  }
  constexpr bool load_relocation(u32 l, u32 b) {
    if (in_user_mode())
      return refuse(cause::privileged);
    self().system().set(fields::base, l);
    self().system().set(fields::bounds, b);
    self().changed(effect::context);
    return true;
  }
  constexpr bool set_system_mask(u32 value) {
    if (in_user_mode())
      return refuse(cause::privileged);
    return set_enabled(value & 1);
  }
  /// The timer asks for an interrupt when `n` more instructions have retired; 0 turns it off.
  constexpr bool set_timer(u32 n) {
    if (in_user_mode())
      return refuse(cause::privileged);
    auto &s = self().system();
    s.set(fields::deadline, n == 0 ? 0 : now() + 1 + n);
    s.set(fields::lines, s.get(fields::lines) & ~bit(line::timer));
    self().changed(effect::events);
    return true;
  }
  constexpr bool store_timer(u8 rd) {
    if (in_user_mode())
      return refuse(cause::privileged);
    const u64 deadline = self().system().get(fields::deadline);
    self().user().r[rd] = deadline == 0 ? 0 : static_cast<u32>(deadline - now());
    return true;
  }
  /// Sends the low byte of `value` to the console.
  constexpr bool start_io(u32 value) {
    if (in_user_mode())
      return refuse(cause::privileged);
    auto &s = self().system();
    s.set(fields::console, ((s.get(fields::console) >> 8) + 1) << 8 | (value & 0xff));
    self().changed(effect::events);
    return true;
  }
  constexpr bool idle() {
    if (in_user_mode())
      return refuse(cause::privileged);
    if (!this->wakes())
      self().wait();
    return true;
  }

  // Instructions that do not trap where they should.

  /// PDP-11 SPL: does nothing in user mode.
  constexpr bool set_priority_level(u64 level) {
    if (in_user_mode())
      return true;
    self().system().set(fields::level, level);
    self().changed(effect::interrupts);
    return true;
  }
  /// PDP-10 JRST 1: return to user mode, from whichever mode.
  constexpr bool return_to_user(gva to) {
    self().system().set(fields::mode, mode::user);
    self().jump(to);
    self().changed(effect::context);
    return true;
  }
  /// S/360-67 LRA: the real address of an operand, or a memory trap.
  constexpr bool load_real_address(u8 rd, gva a) {
    const auto where = translate(a, access::load, 1);
    if (!where)
      return false;
    self().user().r[rd] = static_cast<u32>(where->address.value);
    return true;
  }
  /// PDP-11/45 MFPI: the address it forms depends on the mode. The space before a user's is his own; before the
  /// supervisor's it is storage itself.
  constexpr bool move_from_previous(u8 rd, gva a) {
    const maybe<u32> value =
        in_user_mode() ? self().template load<u32>(a) : self().template ram_load<u32>(gpa{a.value});
    if (!value)
      return in_user_mode() ? false : refuse(cause::addressing);
    self().user().r[rd] = *value;
    return true;
  }
  /// x86 POPF: condition code and interrupt mask; in user mode the mask silently keeps its value, unless the model has
  /// an I/O privilege level and it lets user mode.
  constexpr bool pop_flags(u32 flags) {
    self().user().cc = static_cast<u32>(extract(flags, psw::cc));
    auto &s = self().system();
    const bool user = in_user_mode();
    if (Knobs.io_privilege_level && !user)
      s.set(fields::iopl, extract(flags, psw::iopl));
    if (user && !(Knobs.io_privilege_level && s.get(fields::iopl) != 0))
      return true;
    return set_enabled(extract(flags, psw::enabled));
  }
  /// x86 PUSHF: shows the real mask in any mode.
  constexpr bool push_flags(u8 rd) {
    const auto &s = self().system();
    self().user().r[rd] =
        static_cast<u32>((self().user().cc & 3U) << 4 | s.get(fields::iopl) << 2 | s.get(fields::enabled) << 1);
    return true;
  }
  /// S/370 STCK: the clock.
  constexpr bool store_clock(u8 rd) {
    self().user().r[rd] = static_cast<u32>(self().ticks());
    return true;
  }

  [[nodiscard]] constexpr u64 retired() const { return self().user().retired; }

private:
  [[nodiscard]] constexpr bool in_user_mode() const { return self().system().get(fields::mode) == mode::user; }
  [[nodiscard]] constexpr u64 now() const { return retired() + self().system().get(fields::idle); }
  constexpr bool set_enabled(u64 value) {
    self().system().set(fields::enabled, value);
    self().changed(effect::interrupts);
    return true;
  }
  constexpr bool refuse(u64 code) {
    self().raise({code, self().instruction_bits()});
    return false;
  }

  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::generation3
