// SPDX-License-Identifier: BSL-1.0
// Compiles all machines of the third-generation machine with popf with the engine `blocks`.
#include "third_generation_machine.hpp"

template std::vector<run::combination> run::combinations_with<run::with_popf, hvkit::engine::blocks>();
