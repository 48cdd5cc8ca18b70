// SPDX-License-Identifier: BSL-1.0
// Decides where the compositions that ship are compiled, so that no test has to.
#include "support/compositions.hpp"

namespace hvkit::tests {

namespace {

template <class Guest> std::unique_ptr<typename Guest::any> make(gpa base, u64 size, u64 extra) {
  return std::make_unique<Guest>(base, size, extra);
}
template <class... Guests> constexpr guest_makers<Guests...> makers_of(std::tuple<Guests...> *) {
  return {make<Guests>...};
}

} // namespace

const mp::mp_apply<guest_makers, rv64_guests> rv64_guest_makers = makers_of(static_cast<rv64_guests *>(nullptr));

} // namespace hvkit::tests
