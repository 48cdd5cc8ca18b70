// SPDX-License-Identifier: BSL-1.0
// Decides that VMMs have their machines compiled where bare machines have theirs.
#pragma once

#include <hvkit/hardware/instances.hpp>
