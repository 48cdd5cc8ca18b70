// SPDX-License-Identifier: BSL-1.0
// Decides how tests go through the policies that ship: which of them are crossed in full and which are paired.
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <type_traits>

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/vmm/shipped.hpp>
#include <hvkit/vmm/single.hpp>

namespace hvkit::tests {

namespace mp = boost::mp11;

namespace detail {
template <class Cpu, class... Fixed> struct guests_of {
  template <class... Chosen> using with = single_guest<composition<Cpu, Fixed..., Chosen...>>;
  template <class Guest> struct says_so;
  template <class Of, class... All> struct says_so<single_guest<composition<Of, All...>>>
      : mp::mp_bool<legal<Of, All...>> {};
};
template <class Paging> struct direct_by {
  template <class Guest> using test = mp::mp_bool<Guest::composition::technique::runs_user_code &&
                                                  std::is_same_v<typename Guest::composition::paging, Paging>>;
};
} // namespace detail

/// Techniques and engines are crossed in full; each other way to dispatch exits meets two pairs of them.
template <class Cpu, class... Fixed> using every_combination = mp::mp_append<
    std::tuple<>,
    mp::mp_product<detail::guests_of<Cpu, Fixed...>::template with, shipped::techniques, shipped::engines>,
    mp::mp_product<detail::guests_of<Cpu, Fixed...>::template with, mp::mp_pop_front<shipped::dispatches>,
                   shelf<technique::trap_and_emulate>, shelf<engine::blocks>>,
    mp::mp_product<detail::guests_of<Cpu, Fixed...>::template with, mp::mp_pop_front<shipped::dispatches>,
                   shelf<technique::hybrid>, shelf<engine::step>>>;

/// A VMM with one guest for each of those that are legal with `Cpu` and the policies `Fixed`.
template <class Cpu, class... Fixed> using every_guest =
    mp::mp_copy_if<every_combination<Cpu, Fixed...>, detail::guests_of<Cpu, Fixed...>::template says_so>;
/// Those whose shadow tables may be out of step until a fence, for programs that fence.
template <class Cpu, class... Fixed> using every_lazy_guest = mp::mp_copy_if<
    mp::mp_append<std::tuple<>, mp::mp_product<detail::guests_of<Cpu, paging::shadow_lazy, Fixed...>::template with,
                                               shipped::techniques, shipped::engines>>,
    detail::guests_of<Cpu, Fixed...>::template says_so>;
/// One for each technique that is legal, by the reference engine: for CPUs that are many.
template <class Cpu, class... Fixed> using every_technique =
    mp::mp_copy_if<mp::mp_append<std::tuple<>, mp::mp_product<detail::guests_of<Cpu, Fixed...>::template with,
                                                              shipped::techniques, shelf<engine::step>>>,
                   detail::guests_of<Cpu, Fixed...>::template says_so>;
/// Those whose guest code runs on the hardware, through that paging.
template <class Paging, class Cpu, class... Fixed> using every_direct_guest =
    mp::mp_copy_if<every_guest<Cpu, Fixed...>, detail::direct_by<Paging>::template test>;

/// A guest of one composition with `size` bytes from `base` on, and `extra` bytes for its VMM.
template <class Guest> using guest_maker = std::unique_ptr<typename Guest::any> (*)(gpa base, u64 size, u64 extra);
template <class... Guests> using guest_makers = std::tuple<guest_maker<Guests>...>;

using rv64_guests = mp::mp_append<every_guest<cpu::rv64>, every_lazy_guest<cpu::rv64>>;
/// One for each of `rv64_guests`, compiled once for all tests.
extern const mp::mp_apply<guest_makers, rv64_guests> rv64_guest_makers;

/// A `Machine`, which is that of its policies or a bare one, of which no more is to be seen than what `any` says.
template <class Machine>
[[nodiscard]] std::unique_ptr<typename Machine::any> make_any(gpa base, u64 size, u64 extra = u64{16} << 20) {
  constexpr std::size_t place = mp::mp_find<rv64_guests, Machine>::value;
  if constexpr (place < mp::mp_size<rv64_guests>::value)
    return std::get<place>(rv64_guest_makers)(base, size, extra);
  else if constexpr (std::is_same_v<typename Machine::any, Machine>)
    return std::make_unique<Machine>(base, size);
  else
    return std::make_unique<Machine>(base, size, extra);
}

/// The policies of a guest by name, for what a test says.
template <class Guest> [[nodiscard]] std::string name_of() {
  using c = typename Guest::composition;
  return std::string(c::technique::name) + ", " + std::string(c::dispatch::name) + ", " + std::string(c::engine::name);
}

} // namespace hvkit::tests
