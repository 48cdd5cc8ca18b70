// SPDX-License-Identifier: BSL-1.0
// Decides what a technique is asked.
//
// direct(vcpu)      before each turn of the hardware: says whether it may run what comes next
// prepare(page)     before a page of the guest's becomes executable, and again after a store to it: may give another
//                   frame to execute from
// handle(vm, trap)  with each exit, before it is dispatched: may handle it
#pragma once

#include <concepts>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/answer.hpp>
#include <hvkit/core/exit.hpp>

namespace hvkit::technique {

/// A page that the guest is about to execute from.
struct code_page {
  gva at{};      ///< its first address
  u64 frame = 0; ///< the guest frame it lies in, counted from the first of the guest's memory
};

/// What a technique may inherit: guest code runs as it stands, and exits go to the dispatcher.
struct basics {
  [[nodiscard]] maybe<hpa> prepare(const code_page &) const noexcept { return {}; }
  template <class Vm> [[nodiscard]] answer handle(Vm &, const trap &) const noexcept { return answer::not_mine; }
};

/// Satisfied when `Over`, the technique's `over<Vm>`, has the members above. A frame that `prepare` gives is a copy of
/// the page that differs in nothing but what its instructions do; the guest reads and writes its own frame all the
/// same.
template <class Over, class Vm>
concept handles = requires(Over &o, const Over &c, Vm &vm, const typename Vm::virtual_cpu &cpu, const code_page &page,
                           const trap &t) {
  { c.direct(cpu) } -> std::convertible_to<bool>;
  { o.prepare(page) } -> std::convertible_to<maybe<hpa>>;
  { o.handle(vm, t) } -> std::same_as<answer>;
};

/// Satisfied when the technique has a `prepare` of its own: that of the basics, inherited, is still a member of theirs.
template <class Over>
concept prepares = !std::same_as<decltype(&Over::prepare), decltype(&basics::prepare)>;

/// Satisfied when `P` says which code of the guest's the hardware runs: rules ask it.
template <class P>
concept says_what_runs = requires {
  { P::runs_privileged_code } -> std::convertible_to<bool>;
  { P::runs_user_code } -> std::convertible_to<bool>;
};

} // namespace hvkit::technique
