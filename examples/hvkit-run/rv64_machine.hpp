// SPDX-License-Identifier: BSL-1.0
// Decides what is around an RV64 machine: the `virt` board, typed at, and the host-target interface.
#pragma once

#include <hvkit/device/htif.hpp>
#include <hvkit/host/virt_machine.hpp>

#include "machine_of.hpp"

namespace run {

template <class M> class virt_machine_of final : public machine_of<M, host::virt_machine<M>> {
  using base = machine_of<M, host::virt_machine<M>>;
  using base::around, base::inner;

public:
  virt_machine_of(std::unique_ptr<M> inside, const loading &what, host::typist &console)
      : base(std::move(inside), what.board, console, console), typed_(around().board(), console), memory_(inner()) {
    console.set_clock(inner().processor());
    inner().attach(typed_);
  }

  [[nodiscard]] bool boot(gpa entry, gpa next) override {
    const bool booted = around().boot(entry);
    inner().user().x[12] = next.value;
    return booted;
  }
  [[nodiscard]] bool attach_htif(gpa tohost, maybe<gpa> fromhost, device::byte_sink &output) override {
    const auto place = hardware_address(tohost);
    if (!place || !hardware_address(tohost + 7))
      return false;
    htif_ = std::make_unique<device::htif>(
        hardware_memory(), device::htif::place{*place, fromhost ? hardware_address(*fromhost) : maybe<hpa>()},
        around().board().power(), output, [this] { this->interrupt(); }, &memory_);
    return true;
  }

  [[nodiscard]] maybe<device::shutdown> verdict() const override { return around().board().verdict(); }
  void poll() override { around().board().poll(); }
  [[nodiscard]] bool wakes_by_input() const override { return around().board().wants_input(); }

private:
  [[nodiscard]] hardware::physical_memory &hardware_memory() {
    if constexpr (hosted<M>)
      return inner().guest().hardware_memory();
    else
      return inner().memory();
  }
  [[nodiscard]] maybe<hpa> hardware_address(gpa at) {
    if constexpr (hosted<M>)
      return inner().guest().memory().locate(at);
    else
      return hardware_memory().contains(hpa{at.value}, 1) ? maybe<hpa>(hpa{at.value}) : maybe<hpa>();
  }

  host::typed_board typed_;
  device::machine_access<M> memory_;
  std::unique_ptr<device::htif> htif_;
};

template <> struct machine_for<cpu::rv64> {
  template <class M> using of = virt_machine_of<M>;
  template <class M> [[nodiscard]] static std::unique_ptr<M> make(const loading &what) {
    return make_inner<M>(device::virt_map::ram, what);
  }
};

} // namespace run
