// SPDX-License-Identifier: BSL-1.0
// Decides what IA-32's jumps, calls within a segment, loops and string instructions are, one row a line.
// Source: Intel SDM, Volume 2, "Instruction Set Reference".
#pragma once

#include <hvkit/cpu/ia32/make_row.hpp>
#include <hvkit/cpu/ia32/string_forms.hpp>
#include <hvkit/isa/instruction_set.hpp>

namespace hvkit::cpu::x86::rows {

inline constexpr auto flow = isa::make_group(
    "flow", //
    make<jump_conditional>("jcc", "70+c Jb | 0F 80+c Jz", [](auto flags, u8 code) { return condition(flags, code); }),
    make<jump_relative>("jmp", "EB Jb | E9 Jz", [](u32 next, u32 distance) { return next + distance; }),
    make<jump_to_operand>("jmp", "FF/4 Ev", [](auto to) { return to; }),
    make<call_relative>("call", "E8 Jz", [](u32 next, u32 distance) { return next + distance; }),
    make<call_operand>("call", "FF/2 Ev", [](auto to) { return to; }),
    make<return_near>("ret", "C3 | C2 Iw", [](auto to) { return to; }),
    make<jump_counting<1>>("loopne", "E0 Jb", [](u32 count, bool zero) { return count != 0 && !zero; }),
    make<jump_counting<1>>("loope", "E1 Jb", [](u32 count, bool zero) { return count != 0 && zero; }),
    make<jump_counting<1>>("loop", "E2 Jb", [](u32 count, bool) { return count != 0; }),
    make<jump_counting<0>>("jcxz", "E3 Jb", [](u32 count, bool) { return count == 0; }),
    make<check_bounds>("bound", "62 Gv,Ma", [](auto index, auto lower, auto upper) {
      const auto number = [](auto w) { return static_cast<i32>(w.sign_extended()); };
      return number(index) >= number(lower) && number(index) <= number(upper);
    }));

inline constexpr auto strings =
    isa::make_group("strings", //
                    make<repeated<move_string>>("movs", "A4 Yb,Xb | A5 Yv,Xv", [](auto v) { return v; }),
                    make<repeated<store_string>>("stos", "AA Yb,AL | AB Yv,eAX", [](auto v) { return v; }),
                    make<repeated<load_string>>("lods", "AC AL,Xb | AD eAX,Xv", [](auto v) { return v; }),
                    make<repeated<compare_strings<"******">, true>>("cmps", "A6 Xb,Yb | A7 Xv,Yv",
                                                                    [](auto a, auto b) { return subtract(a, b); }),
                    make<repeated<scan_string<"******">, true>>("scas", "AE AL,Yb | AF eAX,Yv",
                                                                [](auto a, auto b) { return subtract(a, b); }));

} // namespace hvkit::cpu::x86::rows
