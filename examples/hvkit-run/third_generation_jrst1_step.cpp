// SPDX-License-Identifier: BSL-1.0
// Compiles all machines of the third-generation machine with jrst1 with the engine `step`.
#include "third_generation_machine.hpp"

template std::vector<run::combination> run::combinations_with<run::with_jrst1, hvkit::engine::step>();
