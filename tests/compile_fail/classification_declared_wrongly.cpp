// SPDX-License-Identifier: BSL-1.0
// A table that calls everything innocuous, lpsw included.
// expect: hvkit[HV103]: classification::declared says of an instruction what its semantics do not show
#include <array>

#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/policy/classification/declared.hpp>
#include <hvkit/policy/paging/relocation.hpp>
#include <hvkit/vmm/vmm.hpp>

namespace classification = hvkit::classification;
inline constexpr std::array table{classification::declaration{"add", classification::trait::innocuous}};
hvkit::vmm<hvkit::cpu::third_generation<hvkit::cpu::rows::honest>, hvkit::paging::relocation,
           classification::declared<table>>
    hypervisor;
int main() { hypervisor.run(*hypervisor.create(), 1); }
