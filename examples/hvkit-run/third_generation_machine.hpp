// SPDX-License-Identifier: BSL-1.0
// Decides what is around a third-generation machine: a console that prints, and nothing by which it could end itself.
#pragma once

#include "machine_of.hpp"
#include "third_generation_board.hpp"

namespace run {

template <class M> class third_generation_machine_of final : public machine_of<M, third_generation_bench<M>> {
public:
  third_generation_machine_of(std::unique_ptr<M> inside, const loading &, host::typist &console)
      : machine_of<M, third_generation_bench<M>>(std::move(inside), console) {}

  [[nodiscard]] bool attach_htif(gpa, maybe<gpa>, device::byte_sink &) override { return true; }
  [[nodiscard]] maybe<device::shutdown> verdict() const override { return {}; }
  void poll() override {}
  [[nodiscard]] bool wakes_by_input() const override { return false; }
};

template <cpu::third_generation_knobs Knobs, const auto &...Groups>
struct machine_for<cpu::basic_third_generation<Knobs, Groups...>> {
  template <class M> using of = third_generation_machine_of<M>;
  template <class M> [[nodiscard]] static std::unique_ptr<M> make(const loading &what) {
    return make_inner<M>(gpa{0}, what);
  }
};

} // namespace run
