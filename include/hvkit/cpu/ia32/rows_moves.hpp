// SPDX-License-Identifier: BSL-1.0
// Decides what IA-32's moves between registers, memory and stack are, one row a line.
// Source: Intel SDM, Volume 2, "Instruction Set Reference".
#pragma once

#include <hvkit/cpu/ia32/flow_forms.hpp>
#include <hvkit/cpu/ia32/make_row.hpp>
#include <hvkit/isa/instruction_set.hpp>

namespace hvkit::cpu::x86::rows {

inline constexpr auto moves = isa::make_group(
    "moves", //
    make<move>("mov",
               "88 Eb,Gb | 89 Ev,Gv | 8A Gb,Eb | 8B Gv,Ev | A0 AL,Ob | A1 eAX,Ov | A2 Ob,AL | A3 Ov,eAX | "
               "B0+r Zb,Ib | B8+r Zv,Iz | C6/0 Eb,Ib | C7/0 Ev,Iz",
               [](auto b) { return b; }),
    make<extend>("movzx", "0F B6 Gv,Eb | 0F B7 Gv,Ew", [](auto b) { return b.zero_extended(); }),
    make<extend>("movsx", "0F BE Gv,Eb | 0F BF Gv,Ew", [](auto b) { return b.sign_extended(); }),
    make<load_address>("lea", "8D Gv,Mn", [](u32 offset) { return offset; }),
    make<exchange<"------">>("xchg", "86 Eb,Gb | 87 Ev,Gv | 90+r Zv,eAX", [](auto, auto b) { return plain(b); }),
    make<modify_one<"------", false>>("bswap", "0F C8+r Zv",
                                      [](auto a) { return decltype(a)(__builtin_bswap32(a.value)); }),
    make<translate_byte>("xlat", "D7", [](auto b) { return b; }),

    make<push_operand>("push", "50+r Zv | 68 Iz | 6A Is | FF/6 Ev", [](auto b) { return b; }),
    make<pop_operand>("pop", "58+r Zv | 8F/0 Ev", [](auto b) { return b; }),
    make<push_all>("pusha", "60", [](auto b) { return b; }), make<pop_all>("popa", "61", [](auto b) { return b; }),
    make<enter_frame>("enter", "C8 Iw,Ib", [](u32 size) { return size; }),
    make<leave_frame>("leave", "C9", [](u32 frame) { return frame; }),

    make<on_user<"-----0">>("clc", "F8", [](auto &user) { user.flags.set_c(false); }),
    make<on_user<"-----1">>("stc", "F9", [](auto &user) { user.flags.set_c(true); }),
    make<on_user<"-----*">>("cmc", "F5", [](auto &user) { user.flags.set_c(!user.flags.c()); }),
    make<on_user<>>("cld", "FC", [](auto &user) { user.df = false; }),
    make<on_user<>>("std", "FD", [](auto &user) { user.df = true; }),
    make<on_user<>>(
        "lahf", "9F",
        [](auto &user) { set_register<u8>(user, 4, word<u8>((user.flags.all() & 0xffU) | eflags::fixed)); }),
    make<on_user<"-*****">>("sahf", "9E", [](auto &user) {
      const u32 ah = get_register<u8>(user, 4).value;
      user.flags.set_all((user.flags.all() & eflags::of) | (ah & eflags::status & 0xffU));
    }));

/// Introduced with the Pentium and the P6 family.
inline constexpr auto eight_bytes =
    isa::make_group("CX8", make<exchange_8_if_equal>("cmpxchg8b", "0F C7/1 Mq", [](u64 is, u64 expected, u64 wanted) {
                      return is == expected ? wanted : is;
                    }));
inline constexpr auto conditional_moves =
    isa::make_group("CMOV", make<move_conditionally>("cmovcc", "0F 40+c Gv,Ev",
                                                     [](auto flags, u8 code) { return condition(flags, code); }));

} // namespace hvkit::cpu::x86::rows
