// SPDX-License-Identifier: BSL-1.0
// Decides what IA-32's architecture is to every machine: one layer, mixed into hart, virtual CPU and recorder alike.
#pragma once

#include <hvkit/cpu/ia32/decoder.hpp>
#include <hvkit/cpu/ia32/descriptor_unit.hpp>
#include <hvkit/cpu/ia32/interrupts.hpp>
#include <hvkit/cpu/ia32/knobs.hpp>
#include <hvkit/cpu/ia32/segmentation.hpp>
#include <hvkit/cpu/ia32/stacks.hpp>
#include <hvkit/cpu/ia32/system_unit.hpp>
#include <hvkit/cpu/ia32/transfers.hpp>
#include <hvkit/cpu/ia32/translation.hpp>

namespace hvkit::cpu::x86 {

/// The bytes of the instruction at CS:EIP, fetched one after the other as the decoder asks for them.
template <class D> class code_bytes {
public:
  constexpr explicit code_bytes(D &machine)
      : machine_(machine), base_(machine.part(seg::cs, part_base)), limit_(machine.part(seg::cs, part_limit)),
        at_(machine.user().pc) {}
  /// Nothing if it cannot be fetched, or would be the sixteenth: an exception was raised.
  [[nodiscard]] constexpr maybe<u8> byte() {
    if (taken_ == longest_instruction || at_ > limit_) {
      machine_.raise(exception(cause::general_protection));
      return {};
    }
    ++taken_;
    return machine_.template fetch<u8>(gva{static_cast<u32>(base_ + at_++)});
  }

private:
  D &machine_;
  u32 base_, limit_, at_;
  unsigned taken_ = 0;
};

/// A machine `D` derives from `arch<D, ...>` and supplies what cpu::riscv::arch asks for, `load<T>(gva)`, `store`,
/// `update`, `fetch<u8>`, `physical_load` and `physical_store`.
template <class D, ia32_knobs Knobs> struct arch : segmentation<D>,
                                                   translation_unit<D>,
                                                   stack_unit<D>,
                                                   interrupt_unit<D>,
                                                   transfer_unit<D>,
                                                   descriptor_unit<D>,
                                                   system_unit<D, Knobs> {
  /// Fetches and decodes the instruction at CS:EIP; nothing if an exception was raised.
  template <class Cpu> [[nodiscard]] constexpr auto fetch_instruction() {
    code_bytes<D> bytes(self());
    return decode_bytes<Cpu>(bytes, this->wide_code());
  }
  /// No such instruction, or not here.
  constexpr bool illegal() {
    self().raise(exception(cause::invalid_opcode));
    return false;
  }
  /// Nothing answers at that physical address.
  constexpr void raise_access_fault(access, gva) { self().raise(exception(cause::machine_check)); }

  /// Goes on at that offset of the code segment.
  [[nodiscard]] constexpr bool go(u32 offset) {
    if (offset > this->part(seg::cs, part_limit))
      return this->protection_fault();
    self().jump(gva{offset});
    return true;
  }
  [[nodiscard]] constexpr u64 retired() const { return self().user().retired; }

private:
  [[nodiscard]] constexpr D &self() { return static_cast<D &>(*this); }
  [[nodiscard]] constexpr const D &self() const { return static_cast<const D &>(*this); }
};

} // namespace hvkit::cpu::x86
