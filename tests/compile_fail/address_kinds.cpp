// SPDX-License-Identifier: BSL-1.0
// A guest-virtual address is no guest-physical one: whoever translates says so by name.
// expect-gcc: could not convert 'from' from 'address<hvkit::guest_virtual>' to 'address<hvkit::guest_physical>'
// expect-clang: no viable conversion from returned value of type 'address<struct guest_virtual>'
// expect-clang: to function return type 'address<struct guest_physical>'
#include <hvkit/core/address.hpp>

hvkit::gpa translate(hvkit::gva from) { return from; }
