// SPDX-License-Identifier: BSL-1.0
// Decides what a VMM needs of the hardware it runs on.
#pragma once

#include <concepts>

#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/hardware/devices.hpp>
#include <hvkit/hardware/frames.hpp>
#include <hvkit/hardware/memory.hpp>

namespace hvkit::hardware {

/// Satisfied when `Hart` can be run by a VMM: its registers set and read, its translations fenced, run until it traps.
template <class Hart>
concept runs_guests = requires(Hart &hart, gva at, hpa frame) {
  hart.user();
  hart.system();
  hart.set_hosted(true);
  hart.changed(effect::context);
  { hart.run(u64{1}) } -> std::same_as<exit_record>;
  hart.fetch_word();
  { hart.walk_references() } -> std::convertible_to<u64>;
  hart.flush();
  hart.forget_page(at);
  hart.protect(frame);
  hart.interrupt_run();
};

/// Satisfied when `Over`, the policy's `over<Cpu, Engine>`, has memory, an allocator of its frames, one
/// of its devices, and a hart.
template <class Over>
concept platform = requires(Over &o) {
  requires std::constructible_from<Over, u64>;
  requires runs_guests<typename Over::hart_type>;
  { o.memory() } -> std::same_as<physical_memory &>;
  { o.frames() } -> std::same_as<frame_allocator &>;
  { o.devices() } -> std::same_as<device_allocator &>;
  { o.hart() } -> std::same_as<typename Over::hart_type &>;
};

} // namespace hvkit::hardware
