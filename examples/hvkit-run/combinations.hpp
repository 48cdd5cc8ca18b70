// SPDX-License-Identifier: BSL-1.0
// Decides which CPUs and policies can be named on the command line. Options, the table of combinations
// and the machines themselves are made from these shelves, and those of vmm/shipped.hpp.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/policy/classification/assume.hpp>
#include <hvkit/policy/classification/declared.hpp>
#include <hvkit/policy/classification/derived.hpp>
#include <hvkit/policy/scheduler/selectable.hpp>
#include <hvkit/vmm/shipped.hpp>

#include "machine.hpp"
#include "platform.hpp"

namespace run {

/// The machine of the 1974 paper, and what two instructions that made history do to it.
using honest = cpu::third_generation<cpu::rows::honest>;
using with_popf = cpu::third_generation<cpu::rows::honest, cpu::rows::popf>;
using with_jrst1 = cpu::third_generation<cpu::rows::honest, cpu::rows::jrst1>;

using cpus = shelf<cpu::rv64, honest, with_popf, with_jrst1>;
/// The default first: whoever runs a guest wants it fast.
using engines = shelf<engine::blocks, engine::step>;

/// What the honest machine's manual would say of its system instructions.
inline constexpr auto honest_classes = [] {
  using classification::declaration;
  using enum classification::trait;
  return std::array{declaration{"svc", always_traps},
                    declaration{"lpsw", privileged | control_sensitive},
                    declaration{"lbar", privileged | control_sensitive},
                    declaration{"ssm", privileged | control_sensitive},
                    declaration{"spt", privileged | control_sensitive | resource_sensitive},
                    declaration{"sio", privileged | control_sensitive | resource_sensitive},
                    declaration{"idle", privileged | control_sensitive | resource_sensitive},
                    declaration{"stpt", privileged | resource_sensitive}};
}();

/// A table of classes and an assumption are of one CPU.
template <class Cpu> struct classifications_of { using type = shelf<classification::derived>; };
template <> struct classifications_of<honest> {
  using type = shelf<classification::derived, classification::declared<honest_classes>>;
};
/// Unsound on purpose: VMMs that do not see the instruction.
template <> struct classifications_of<with_popf> {
  using type = shelf<classification::derived, classification::assume<"popf">>;
};
template <> struct classifications_of<with_jrst1> {
  using type = shelf<classification::derived, classification::assume<"jrst1">>;
};

/// Satisfied when `Cpu` has a relocation-bounds register.
template <class Cpu>
concept relocated = requires {
  typename Cpu::relocation;
};
/// What the CPU has the hardware for comes first.
template <class Cpu> using pagings_of =
    std::conditional_t<relocated<Cpu>, shelf<paging::relocation, paging::shadow>, shipped::pagings>;

/// The board of the old machine has one device, which has one form.
template <class Cpu> using ios_of = std::conditional_t<relocated<Cpu>, shelf<io::emulated>, shipped::ios>;
/// How several guests share the hardware is chosen when they run. The default first.
using schedulers = shipped::schedulers;
template <class Schedulers> struct selectable_of;
template <class... Policy> struct selectable_of<shelf<Policy...>> { using type = scheduler::selectable<Policy...>; };
using chosen_scheduler = selectable_of<schedulers>::type;
/// Left out, since they would have nothing new to show: dispatchers crossed with the form of devices, and with what
/// shadow tables do.
template <class Policy> inline constexpr bool with_one_dispatcher =
    std::is_same_v<Policy, io::paravirtual> || std::is_same_v<Policy, paging::shadow_lazy>;
template <class... Policy> inline constexpr bool offered =
    !(with_one_dispatcher<Policy> || ...) || (std::is_same_v<Policy, dispatch::table> || ...);

/// The variants of the old machine are for showing what one instruction does; how exits are dispatched is shown
/// elsewhere.
template <class Cpu> struct deliveries_of {
  using interrupts = shipped::interrupts;
  using dispatches = shipped::dispatches;
};
struct plain_deliveries {
  using interrupts = shelf<interrupt::held_back>;
  using dispatches = shelf<dispatch::table>;
};
template <> struct deliveries_of<with_popf> : plain_deliveries {};
template <> struct deliveries_of<with_jrst1> : plain_deliveries {};

/// One shelf for each slot but the engine's.
template <class Cpu> using policies_of = shelf<typename classifications_of<Cpu>::type, shipped::techniques,
                                               pagings_of<Cpu>, typename deliveries_of<Cpu>::interrupts,
                                               typename deliveries_of<Cpu>::dispatches, ios_of<Cpu>, shipped::clocks>;

using make_function = std::unique_ptr<machine> (*)(const loading &, host::typist &);

/// One way to fill the slots.
struct combination {
  std::string cpu;
  const platform *around;
  form devices;                                      ///< in which the board shows them
  std::array<std::string_view, slot_count> policies; ///< by slot; "" where none can be named
  bool bare = false;
  std::string_view refusal;     ///< why it is no VMM; "" if it is one
  std::string_view grade;       ///< how far it agrees with the bare machine; "" if it is no VMM
  make_function make = nullptr; ///< null if it was refused
};

/// The bare machine with each board and all combinations with that CPU and engine. Defined in a file of its own for
/// each pair, so that they compile side by side.
template <class Cpu, class Engine> [[nodiscard]] std::vector<combination> combinations_with();

} // namespace run
