// SPDX-License-Identifier: BSL-1.0
// Decides what IA-32's arithmetic, logic, shifts and bit instructions are, one row a line.
// Source: Intel SDM, Volume 2, "Instruction Set Reference"; the letters are its "Flags Affected" and Volume 1,
// "EFLAGS Cross-Reference": O, S, Z, A, P, C.
#pragma once

#include <hvkit/cpu/ia32/make_row.hpp>
#include <hvkit/cpu/ia32/number_forms.hpp>
#include <hvkit/isa/instruction_set.hpp>

namespace hvkit::cpu::x86::rows {

inline constexpr auto arithmetic = isa::make_group(
    "arithmetic", //
    make<modify<"******">>("add",
                           "00 Eb,Gb | 01 Ev,Gv | 02 Gb,Eb | 03 Gv,Ev | 04 AL,Ib | 05 eAX,Iz | "
                           "80/0 Eb,Ib | 81/0 Ev,Iz | 82/0 Eb,Ib | 83/0 Ev,Is",
                           [](auto a, auto b) { return add(a, b); }),
    make<modify<"******">>("adc",
                           "10 Eb,Gb | 11 Ev,Gv | 12 Gb,Eb | 13 Gv,Ev | 14 AL,Ib | 15 eAX,Iz | "
                           "80/2 Eb,Ib | 81/2 Ev,Iz | 82/2 Eb,Ib | 83/2 Ev,Is",
                           [](auto a, auto b, bool carry) { return add(a, b, carry); }),
    make<modify<"******">>("sub",
                           "28 Eb,Gb | 29 Ev,Gv | 2A Gb,Eb | 2B Gv,Ev | 2C AL,Ib | 2D eAX,Iz | "
                           "80/5 Eb,Ib | 81/5 Ev,Iz | 82/5 Eb,Ib | 83/5 Ev,Is",
                           [](auto a, auto b) { return subtract(a, b); }),
    make<modify<"******">>("sbb",
                           "18 Eb,Gb | 19 Ev,Gv | 1A Gb,Eb | 1B Gv,Ev | 1C AL,Ib | 1D eAX,Iz | "
                           "80/3 Eb,Ib | 81/3 Ev,Iz | 82/3 Eb,Ib | 83/3 Ev,Is",
                           [](auto a, auto b, bool borrow) { return subtract(a, b, borrow); }),
    make<compare<"******">>("cmp",
                            "38 Eb,Gb | 39 Ev,Gv | 3A Gb,Eb | 3B Gv,Ev | 3C AL,Ib | 3D eAX,Iz | "
                            "80/7 Eb,Ib | 81/7 Ev,Iz | 82/7 Eb,Ib | 83/7 Ev,Is",
                            [](auto a, auto b) { return subtract(a, b); }),
    make<modify_one<"*****-">>("inc", "40+r Zv | FE/0 Eb | FF/0 Ev", [](auto a) { return add(a, decltype(a)(1)); }),
    make<modify_one<"*****-">>("dec", "48+r Zv | FE/1 Eb | FF/1 Ev",
                               [](auto a) { return subtract(a, decltype(a)(1)); }),
    make<modify_one<"******">>("neg", "F6/3 Eb | F7/3 Ev", [](auto a) { return subtract(decltype(a)(0), a); }),
    make<exchange<"******">>("xadd", "0F C0 Eb,Gb | 0F C1 Ev,Gv", [](auto a, auto b) { return add(a, b); }),
    make<exchange_if_equal<"******">>("cmpxchg", "0F B0 Eb,Gb | 0F B1 Ev,Gv",
                                      [](auto a, auto b) { return subtract(a, b); }),
    make<multiply_accumulator<"*uuuu*">>("mul", "F6/4 Eb | F7/4 Ev", [](auto a, auto b) { return multiply(a, b); }),
    make<multiply_accumulator<"*uuuu*">>("imul", "F6/5 Eb | F7/5 Ev",
                                         [](auto a, auto b) { return multiply_signed(a, b); }),
    make<multiply_register<"*uuuu*">>("imul", "0F AF Gv,Ev | 69 Gv,Ev,Iz | 6B Gv,Ev,Is",
                                      [](auto a, auto b) { return multiply_signed(a, b); }),
    make<divide_accumulator<"uuuuuu">>("div", "F6/6 Eb | F7/6 Ev",
                                       [](auto high, auto low, auto by) { return divide(high, low, by); }),
    make<divide_accumulator<"uuuuuu">>("idiv", "F6/7 Eb | F7/7 Ev",
                                       [](auto high, auto low, auto by) { return divide_signed(high, low, by); }),
    make<decimal<"u*****">>(
        "daa", "27",
        [](auto al, auto ah, bool a, bool c, auto) { return maybe<adjusted>(decimal_adjust(al, ah, a, c, false)); }),
    make<decimal<"u*****">>(
        "das", "2F",
        [](auto al, auto ah, bool a, bool c, auto) { return maybe<adjusted>(decimal_adjust(al, ah, a, c, true)); }),
    make<decimal<"uuu*u*">>(
        "aaa", "37",
        [](auto al, auto ah, bool a, bool, auto) { return maybe<adjusted>(ascii_adjust(al, ah, a, false)); }),
    make<decimal<"uuu*u*">>(
        "aas", "3F",
        [](auto al, auto ah, bool a, bool, auto) { return maybe<adjusted>(ascii_adjust(al, ah, a, true)); }),
    make<decimal<"u**u*u">>("aam", "D4 Ib",
                            [](auto al, auto, bool, bool, auto base) { return ascii_after_multiply(al, base); }),
    make<decimal<"u**u*u">>("aad", "D5 Ib",
                            [](auto al, auto ah, bool, bool, auto base) {
                              const auto value = word<u8>(u64{ah.value} * base.value + al.value);
                              return maybe<adjusted>(adjusted{value, word<u8>(0), plain(value)});
                            }),
    make<widen_accumulator<false>>("cbw", "98", [](auto a) { return a.sign_extended(); }),
    make<widen_accumulator<true>>("cwd", "99",
                                  [](auto a) { return select(a.top(), ~decltype(a)(0), decltype(a)(0)); }));

inline constexpr auto logic = isa::make_group(
    "logic", //
    make<modify<"0**u*0">>("and",
                           "20 Eb,Gb | 21 Ev,Gv | 22 Gb,Eb | 23 Gv,Ev | 24 AL,Ib | 25 eAX,Iz | "
                           "80/4 Eb,Ib | 81/4 Ev,Iz | 82/4 Eb,Ib | 83/4 Ev,Is",
                           [](auto a, auto b) { return a & b; }),
    make<modify<"0**u*0">>("or",
                           "08 Eb,Gb | 09 Ev,Gv | 0A Gb,Eb | 0B Gv,Ev | 0C AL,Ib | 0D eAX,Iz | "
                           "80/1 Eb,Ib | 81/1 Ev,Iz | 82/1 Eb,Ib | 83/1 Ev,Is",
                           [](auto a, auto b) { return a | b; }),
    make<modify<"0**u*0">>("xor",
                           "30 Eb,Gb | 31 Ev,Gv | 32 Gb,Eb | 33 Gv,Ev | 34 AL,Ib | 35 eAX,Iz | "
                           "80/6 Eb,Ib | 81/6 Ev,Iz | 82/6 Eb,Ib | 83/6 Ev,Is",
                           [](auto a, auto b) { return a ^ b; }),
    make<compare<"0**u*0">>("test",
                            "84 Eb,Gb | 85 Ev,Gv | A8 AL,Ib | A9 eAX,Iz | F6/0 Eb,Ib | F7/0 Ev,Iz | "
                            "F6/1 Eb,Ib | F7/1 Ev,Iz",
                            [](auto a, auto b) { return a & b; }),
    make<modify_one<"------">>("not", "F6/2 Eb | F7/2 Ev", [](auto a) { return ~a; }),

    make<shift<"s----*">>("rol", "C0/0 Eb,Ib | C1/0 Ev,Ib | D0/0 Eb,1 | D1/0 Ev,1 | D2/0 Eb,CL | D3/0 Ev,CL",
                          [](auto a, unsigned n) { return rotate_left(a, n); }),
    make<shift<"s----*">>("ror", "C0/1 Eb,Ib | C1/1 Ev,Ib | D0/1 Eb,1 | D1/1 Ev,1 | D2/1 Eb,CL | D3/1 Ev,CL",
                          [](auto a, unsigned n) { return rotate_right(a, n); }),
    make<shift<"s----*">>("rcl", "C0/2 Eb,Ib | C1/2 Ev,Ib | D0/2 Eb,1 | D1/2 Ev,1 | D2/2 Eb,CL | D3/2 Ev,CL",
                          [](auto a, unsigned n, bool carry) { return rotate_left_carry(a, n, carry); }),
    make<shift<"s----*">>("rcr", "C0/3 Eb,Ib | C1/3 Ev,Ib | D0/3 Eb,1 | D1/3 Ev,1 | D2/3 Eb,CL | D3/3 Ev,CL",
                          [](auto a, unsigned n, bool carry) { return rotate_right_carry(a, n, carry); }),
    make<shift<"s**u*w">>("shl",
                          "C0/4 Eb,Ib | C1/4 Ev,Ib | D0/4 Eb,1 | D1/4 Ev,1 | D2/4 Eb,CL | D3/4 Ev,CL | "
                          "C0/6 Eb,Ib | C1/6 Ev,Ib | D0/6 Eb,1 | D1/6 Ev,1 | D2/6 Eb,CL | D3/6 Ev,CL",
                          [](auto a, unsigned n) { return shift_left(a, n); }),
    make<shift<"s**u*w">>("shr", "C0/5 Eb,Ib | C1/5 Ev,Ib | D0/5 Eb,1 | D1/5 Ev,1 | D2/5 Eb,CL | D3/5 Ev,CL",
                          [](auto a, unsigned n) { return shift_right(a, n); }),
    make<shift<"s**u**">>("sar", "C0/7 Eb,Ib | C1/7 Ev,Ib | D0/7 Eb,1 | D1/7 Ev,1 | D2/7 Eb,CL | D3/7 Ev,CL",
                          [](auto a, unsigned n) { return shift_right_signed(a, n); }),
    make<shift_double<"s**u*w">>("shld", "0F A4 Ev,Gv,Ib | 0F A5 Ev,Gv,CL",
                                 [](auto a, auto b, unsigned n) { return shift_left_double(a, b, n); }),
    make<shift_double<"s**u*w">>("shrd", "0F AC Ev,Gv,Ib | 0F AD Ev,Gv,CL",
                                 [](auto a, auto b, unsigned n) { return shift_right_double(a, b, n); }),

    make<bit_test<"uu-uu*", false>>("bt", "0F A3 Ev,Gv | 0F BA/4 Ev,Ib", [](auto a, auto) { return a; }),
    make<bit_test<"uu-uu*", true>>("bts", "0F AB Ev,Gv | 0F BA/5 Ev,Ib", [](auto a, auto mask) { return a | mask; }),
    make<bit_test<"uu-uu*", true>>("btr", "0F B3 Ev,Gv | 0F BA/6 Ev,Ib", [](auto a, auto mask) { return a & ~mask; }),
    make<bit_test<"uu-uu*", true>>("btc", "0F BB Ev,Gv | 0F BA/7 Ev,Ib", [](auto a, auto mask) { return a ^ mask; }),
    make<bit_scan<"uu*uuu">>("bsf", "0F BC Gv,Ev", [](auto v) { return static_cast<unsigned>(std::countr_zero(v)); }),
    make<bit_scan<"uu*uuu">>("bsr", "0F BD Gv,Ev", [](auto v) { return static_cast<unsigned>(std::bit_width(v)) - 1; }),
    make<set_on_condition>("setcc", "0F 90+c Eb",
                           [](auto flags, u8 code) { return condition(flags, code) ? 1U : 0U; }));

} // namespace hvkit::cpu::x86::rows
