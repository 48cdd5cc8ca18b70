// SPDX-License-Identifier: BSL-1.0
// Decides what is read once for all tests, and derived once: which VMMs of cpu::rv64 may exist.
#pragma once

#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/host/virt_machine.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/isa/disassembler.hpp>
#include <hvkit/vmm/lockstep.hpp>

#include "support/compositions.hpp"

static_assert(std::tuple_size_v<hvkit::tests::rv64_guests> != 0);
