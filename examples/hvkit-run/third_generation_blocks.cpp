// SPDX-License-Identifier: BSL-1.0
// Compiles all machines of the honest third-generation machine with the engine `blocks`.
#include "third_generation_machine.hpp"

template std::vector<run::combination> run::combinations_with<run::honest, hvkit::engine::blocks>();
