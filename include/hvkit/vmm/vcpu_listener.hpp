// SPDX-License-Identifier: BSL-1.0
// Decides what a virtual CPU tells the VM it belongs to: the one way from the rows it runs to the policies.
#pragma once

#include <hvkit/core/address.hpp>
#include <hvkit/core/context.hpp>
#include <hvkit/core/exit.hpp>

namespace hvkit {

/// Is told of a virtual CPU's doings, after they are done.
struct vcpu_listener {
  virtual ~vcpu_listener() = default;
  /// A system register changed what is in force.
  virtual void changed(effect what) = 0;
  /// Guest memory was stored to at [at, at + size), inside one frame.
  virtual void stored(gpa at, u64 size) = 0;
  /// The guest fenced its translations.
  virtual void fence(const fence_scope &scope) = 0;
  /// An interrupt line of the CPU went up or down.
  virtual void line(unsigned number, bool level) = 0;
};

} // namespace hvkit
