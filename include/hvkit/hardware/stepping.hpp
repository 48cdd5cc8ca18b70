// SPDX-License-Identifier: BSL-1.0
// Decides how a machine executes one instruction by its row: fetch, decode, run. The plain reference.
#pragma once

#include <type_traits>

#include <hvkit/core/address.hpp>
#include <hvkit/isa/decoder.hpp>

namespace hvkit::hardware {

/// Mixed into a machine `D` of `Cpu`. A row's form sees the machine through the functions here (the view).
template <class D, class Cpu> class stepping {
public:
  using operands = typename Cpu::operands;

  /// Executes the instruction at the pc. True: it retired. False: it was not executed, and `raise` was told why.
  constexpr bool step() {
    if constexpr (isa::words<Cpu>) {
      const auto word = self().fetch_word();
      if (!word)
        return false;
      bits_ = *word;
      return execute(isa::decode<Cpu>(*word));
    } else {
      const auto instruction = self().template fetch_instruction<Cpu>();
      return instruction && execute(*instruction);
    }
  }

  /// Executes `d` as the instruction at the pc, whatever is in memory there.
  constexpr bool execute(const isa::decoded<Cpu> &d) {
    if (!d)
      return self().illegal();
    return isa::handlers<Cpu, handler, maker>[d.row](self(), d.operands);
  }

  /// Executes `Row` as the instruction at the pc.
  template <class Row> constexpr bool execute_row(const operands &o) {
    next_ = self().user().pc + o.length();
    if (!Row::form::run(typename Row::semantics{}, self(), o))
      return false;
    self().user().pc = static_cast<std::decay_t<decltype(self().user().pc)>>(next_);
    ++self().user().retired;
    return true;
  }

  [[nodiscard]] constexpr gva pc() const { return gva{self().user().pc}; }
  [[nodiscard]] constexpr gva next() const { return gva{next_}; }
  constexpr void jump(gva to) { next_ = to.value; }
  constexpr void jump_by(i64, gva to) { next_ = to.value; }
  constexpr void branch_by(bool taken, i64 distance) {
    if (taken)
      next_ = self().user().pc + static_cast<u64>(distance);
  }
  [[nodiscard]] constexpr D &machine() { return self(); }

  /// The instruction being executed, as it stood in memory.
  [[nodiscard]] constexpr u64 instruction_bits() const { return bits_; }
  constexpr void set_instruction_bits(u32 word) { bits_ = word; }

private:
  using handler = bool (*)(D &, const operands &);
  struct maker {
    template <class Row> static constexpr bool call(D &d, const operands &o) { return d.template execute_row<Row>(o); }
  };
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }

  u64 next_ = 0;
  u32 bits_ = 0;
};

} // namespace hvkit::hardware
