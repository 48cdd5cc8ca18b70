// SPDX-License-Identifier: BSL-1.0
// Decides what an io policy says, and what it is asked.
//
// devices              says in which form the guest's board shows its devices: a board of the guest's, or of the bare
//                      machine it is compared with, is made so
// attach(vcpu, board)  once, when the VM gets its board: lets the guest reach the devices
#pragma once

#include <concepts>

#include <hvkit/core/form.hpp>
#include <hvkit/hardware/machine.hpp>

namespace hvkit::io {

/// What a policy may inherit: registers in memory are never mapped. Each access to one is a fault of the hardware, and
/// its row runs on the virtual CPU, which reaches the board's model of the device.
struct basics {
  template <class VirtualCpu> static void attach(VirtualCpu &cpu, const hardware::board &around) {
    cpu.set_devices(&around.devices());
  }
};

/// Satisfied when `P` names a form and wires a virtual CPU to the devices of a board, which outlives it.
template <class P, class VirtualCpu>
concept attaches = requires(VirtualCpu &cpu, const hardware::board &around) {
  { P::devices } -> std::convertible_to<form>;
  P::attach(cpu, around);
};

} // namespace hvkit::io
