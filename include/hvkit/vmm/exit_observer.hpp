// SPDX-License-Identifier: BSL-1.0
// Decides what somebody who watches a VM is told of each exit. Does not know what is made of it.
#pragma once

#include <string_view>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>

namespace hvkit {

/// What an exit came to: in the order of the counters of vm_counters.
enum class exit_fate : u8 { hidden_fault, sensitive, privileged, memory_access, guest_trap, needless, none };

[[nodiscard]] constexpr std::string_view fate_name(exit_fate fate) noexcept {
  constexpr std::string_view names[] = {"mapped",
                                        "emulated",
                                        "emulated, though innocuous",
                                        "accessed for the guest",
                                        "given to guest",
                                        "stopped needlessly",
                                        "not handled"};
  return names[static_cast<unsigned>(fate)];
}

/// One exit, after it was handled.
struct exit_seen {
  u64 retired = 0;      ///< instructions the guest had retired before this one
  gva pc{};             ///< of the instruction that caused it
  u64 mode = 0;         ///< of the virtual CPU, before
  trap what{};          ///< as the hardware reported it
  maybe<u32> word = {}; ///< the instruction, where the hardware can fetch it
  exit_fate fate = exit_fate::none;
};

/// Is told of every exit of the VM it watches.
struct exit_observer {
  virtual ~exit_observer() = default;
  virtual void seen(const exit_seen &exit) = 0;
};

} // namespace hvkit
