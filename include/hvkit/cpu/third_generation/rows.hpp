// SPDX-License-Identifier: BSL-1.0
// Decides what every instruction of the third-generation machine is, one row a line, in groups from which machines are
// composed.
// Source: Popek, Goldberg, "Formal Requirements for Virtualizable Third Generation Architectures", CACM 17(7), 1974;
// the manuals of the machines each instruction is taken from.
#pragma once

#include <hvkit/cpu/third_generation/forms.hpp>
#include <hvkit/cpu/third_generation/sentences.hpp>
#include <hvkit/isa/instruction_set.hpp>

namespace hvkit::cpu::generation3 {

/// A row whose fixed bits are the opcode in [31:24], and zeros wherever no operand stands.
template <class Form, class F> [[nodiscard]] constexpr isa::row<Form, F> make(std::string_view name, u32 opcode, F) {
  return {name, {opcode << 24, ~Form::layout::mask}};
}

/// `condition ? a : b`, without control flow.
[[nodiscard]] constexpr u32 select(bool condition, u32 a, u32 b) noexcept { return condition ? a : b; }
/// 0 equal, 1 less, 2 greater.
[[nodiscard]] constexpr u32 compare(u32 a, u32 b) noexcept { return select(a == b, 0, select(a < b, 1, 2)); }
/// The same of signed values.
[[nodiscard]] constexpr u32 compare_signed(u32 a, u32 b) noexcept { return compare(a ^ 0x80000000U, b ^ 0x80000000U); }

} // namespace hvkit::cpu::generation3

namespace hvkit::cpu::rows {

/// A machine that is virtualizable: every sensitive instruction is privileged.
inline constexpr auto honest = [] {
  using namespace generation3;
  return isa::make_group(
      "honest", //
      make<register_register>("add", 0x1a, [](auto a, auto b) { return a + b; }),
      make<register_register>("sub", 0x1b, [](auto a, auto b) { return a - b; }),
      make<register_register>("mul", 0x1c, [](auto a, auto b) { return a * b; }),
      make<register_register>("and", 0x14, [](auto a, auto b) { return a & b; }),
      make<register_register>("or", 0x16, [](auto a, auto b) { return a | b; }),
      make<register_register>("xor", 0x17, [](auto a, auto b) { return a ^ b; }),
      make<register_register>("sll", 0x18, [](auto a, auto n) { return a << (n & 31); }),
      make<register_register>("srl", 0x19, [](auto a, auto n) { return a >> (n & 31); }),
      make<address_only>("la", 0x41, [](auto a) { return a; }),
      make<immediate_only>("lih", 0x42, [](auto imm) { return imm << 16; }),
      make<comparison>("c", 0x15, [](auto a, auto b) { return compare_signed(a, b); }),
      make<comparison>("cl", 0x1d, [](auto a, auto b) { return compare(a, b); }),

      make<branch_on_condition>("bc", 0x47, [](auto cc, auto mask) { return (mask >> cc & 1U) != 0; }),
      make<branch_and_link>("bal", 0x45, [](auto pc, auto distance) { return pc + distance; }),
      make<branch_register>("balr", 0x05, [](auto a) { return a; }),

      make<load<u32>>("l", 0x58, [](auto v) { return v; }), make<load<u8>>("ic", 0x43, [](auto v) { return u32{v}; }),
      make<store<u32>>("st", 0x50, [](auto v) { return v; }), make<store<u8>>("stc", 0x44, [](auto v) { return v; }),

      make<system_call>("svc", 0x0a, [](auto &m, const auto &o) { return m.supervisor_call(o.immediate()); }),
      make<system_address>("lpsw", 0x82,
                           [](auto &m, const auto &o) { return m.load_psw_from(effective_address(m, o)); }),
      make<system_registers>(
          "lbar", 0x83, [](auto &m, const auto &o) { return m.load_relocation(m.user().r[o.rd], m.user().r[o.rs1]); }),
      make<system_register>("ssm", 0x80, [](auto &m, const auto &o) { return m.set_system_mask(m.user().r[o.rd]); }),
      make<system_register>("spt", 0x84, [](auto &m, const auto &o) { return m.set_timer(m.user().r[o.rd]); }),
      make<system_register>("stpt", 0x85, [](auto &m, const auto &o) { return m.store_timer(o.rd); }),
      make<system_register>("sio", 0x9c, [](auto &m, const auto &o) { return m.start_io(m.user().r[o.rd]); }),
      make<system_plain>("idle", 0x9e, [](auto &m, const auto &) { return m.idle(); }));
}();

/// PDP-11/45: set priority level.
inline constexpr auto spl = [] {
  using namespace generation3;
  return isa::make_group("spl", make<system_level>("spl", 0x86, [](auto &m, const auto &o) {
                                  return m.set_priority_level(o.immediate());
                                }).template because<sentences::spl>());
}();

/// PDP-10: JRST 1, return to user mode.
inline constexpr auto jrst1 = [] {
  using namespace generation3;
  return isa::make_group("jrst1", make<system_address>("jrst1", 0x87, [](auto &m, const auto &o) {
                                    return m.return_to_user(effective_address(m, o));
                                  }).template because<sentences::jrst1>());
}();

/// System/360 model 67: load real address.
inline constexpr auto lra = [] {
  using namespace generation3;
  return isa::make_group("lra", make<system_load>("lra", 0xb1, [](auto &m, const auto &o) {
                                  return m.load_real_address(o.rd, effective_address(m, o));
                                }).template because<sentences::lra>());
}();

/// PDP-11/45: move from previous instruction space.
inline constexpr auto mfpi = [] {
  using namespace generation3;
  return isa::make_group("mfpi", make<system_load>("mfpi", 0x65, [](auto &m, const auto &o) {
                                   return m.move_from_previous(o.rd, effective_address(m, o));
                                 }).template because<sentences::mfpi>());
}();

/// IA-32: flags with the interrupt mask among them, written and read.
inline constexpr auto popf = [] {
  using namespace generation3;
  return isa::make_group("popf", make<system_register>("popf", 0x9d, [](auto &m, const auto &o) {
                                   return m.pop_flags(m.user().r[o.rd]);
                                 }).template because<sentences::popf, sentences::popf_in_user_mode>());
}();
inline constexpr auto pushf = [] {
  using namespace generation3;
  return isa::make_group("pushf", make<system_register>("pushf", 0x9b, [](auto &m, const auto &o) {
                                    return m.push_flags(o.rd);
                                  }).template because<sentences::pushf>());
}();

/// System/370: store clock.
inline constexpr auto stck = [] {
  using namespace generation3;
  return isa::make_group("stck", make<system_register>("stck", 0xb2, [](auto &m, const auto &o) {
                                   return m.store_clock(o.rd);
                                 }).template because<sentences::stck>());
}();

} // namespace hvkit::cpu::rows
