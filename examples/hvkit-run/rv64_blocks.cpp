// SPDX-License-Identifier: BSL-1.0
// Compiles all machines of RV64 with the engine `blocks`.
#include "rv64_machine.hpp"

template std::vector<run::combination> run::combinations_with<hvkit::cpu::rv64, hvkit::engine::blocks>();
