// SPDX-License-Identifier: BSL-1.0
// Shows that the kinds of address never turn into each other, nor into integers, by themselves.
#include <concepts>

#include <hvkit/core/address.hpp>

using namespace hvkit;

static_assert(!std::convertible_to<gva, gpa> && !std::convertible_to<gpa, hpa> && !std::convertible_to<hpa, gva>);
static_assert(!std::constructible_from<gpa, gva> && !std::constructible_from<hpa, gpa>);
static_assert(!std::convertible_to<u64, gpa> && !std::convertible_to<gpa, u64>);
static_assert(!std::equality_comparable_with<gva, gpa> && !std::totally_ordered_with<gpa, hpa>);

static_assert(gpa{0xffff'ffff'ffff'f000} + 0x1234 == gpa{0x234});
static_assert(gpa{0} - gpa{1} == ~u64{0});
static_assert(frame_base(0x12345) == 0x12000 && frame_offset(0x12345) == 0x345 && frame_number(0x12345) == 0x12);
