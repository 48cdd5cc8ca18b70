// SPDX-License-Identifier: BSL-1.0
// IA-32 is not virtualizable by trap-and-emulate, and the message begins with the instruction that shows it best.
// expect: hvkit[HV101]: ia32 'popf' is sensitive but does not trap
#include <hvkit/cpu/ia32.hpp>
#include <hvkit/vmm/vmm.hpp>

using mine = hvkit::vmm<hvkit::cpu::ia32, hvkit::technique::trap_and_emulate>;
