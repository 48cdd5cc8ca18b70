// SPDX-License-Identifier: BSL-1.0
// Decides how a bare machine or a VM of any composition becomes a `machine`.
#pragma once

#include <fmt/format.h>

#include <hvkit/device/htif.hpp>
#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/host/virt_machine.hpp>
#include <hvkit/isa/disassembler.hpp>
#include <hvkit/report/exit_trace.hpp>
#include <hvkit/vmm/single.hpp>

#include "combinations.hpp"

namespace run {

/// Satisfied when `M` has a VMM around its guest.
template <class M>
concept hosted = requires(M &m) {
  m.guest();
};

template <class M> class machine_of final : public machine {
  using cpu = typename M::cpu;

public:
  machine_of(const device::virt_board_options &options, host::typist &console)
      : around_(options, console, console), typed_(around_.board(), console) {
    console.set_clock(inner().processor());
    inner().attach(typed_);
  }

  [[nodiscard]] device::virt_board &board() override { return around_.board(); }
  [[nodiscard]] bool write(gpa at, std::span<const u8> bytes) override { return around_.load(at, bytes); }
  [[nodiscard]] bool read(gpa at, std::span<u8> bytes) const override {
    return const_cast<machine_of &>(*this).inner().read(at, bytes.data(), bytes.size());
  }
  [[nodiscard]] bool boot(gpa entry, gpa next) override {
    const bool booted = around_.boot(entry);
    inner().user().x[12] = next.value;
    return booted;
  }

  [[nodiscard]] bool attach_htif(gpa tohost, maybe<gpa> fromhost, device::byte_sink &output) override {
    const auto place = hardware_address(tohost);
    if (!place || !hardware_address(tohost + 7))
      return false;
    htif_ = std::make_unique<device::htif>(
        hardware_memory(), device::htif::place{*place, fromhost ? hardware_address(*fromhost) : maybe<hpa>()},
        board().power(), output, [this] { interrupt(); });
    return true;
  }
  void trace_exits(std::function<void(std::string_view)> write) override {
    if constexpr (hosted<M>) {
      trace_ = std::make_unique<report::exit_trace<cpu>>(std::move(write));
      inner().guest().observe(trace_.get());
    }
  }

  exit_record run(u64 steps) override { return inner().run(steps); }
  void interrupt() override {
    // The guest may be on the hardware or on the virtual CPU just now.
    if constexpr (hosted<M>)
      inner().vmm().hart().interrupt_run();
    inner().processor().attend(hardware::attention::host);
  }
  [[nodiscard]] bool wakes_by_input() override {
    return (board().state().serial.ier & device::uart_16550a::ier_received) != 0;
  }

  [[nodiscard]] u64 steps() const override { return const_cast<machine_of &>(*this).inner().steps(); }
  [[nodiscard]] std::string where() override {
    const gva pc{inner().user().pc};
    const auto mode = cpu::mode_name(inner().system().get(cpu::mode_word));
    const auto word = inner().processor().fetch_word();
    return fmt::format("pc {:#x}, mode {}, {}", pc.value, mode,
                       word ? fmt::format("`{}`", isa::disassemble<cpu>(*word, pc).view())
                            : std::string("where no instruction can be fetched"));
  }
  [[nodiscard]] report::run_statistics statistics() override {
    report::run_statistics s;
    s.retired = inner().user().retired;
    s.traps = inner().system().get(cpu::traps_word);
    s.idle = inner().system().get(cpu::idle_word);
    if constexpr (hosted<M>)
      s.vm = report::collect(std::as_const(inner().guest()));
    return s;
  }

private:
  [[nodiscard]] M &inner() noexcept { return around_.machine(); }
  [[nodiscard]] hardware::physical_memory &hardware_memory() {
    if constexpr (hosted<M>)
      return inner().vmm().memory();
    else
      return inner().memory();
  }
  [[nodiscard]] maybe<hpa> hardware_address(gpa at) {
    if constexpr (hosted<M>)
      return inner().guest().memory().locate(at);
    else
      return hardware_memory().contains(hpa{at.value}, 1) ? maybe<hpa>(hpa{at.value}) : maybe<hpa>();
  }

  host::virt_machine<M> around_;
  host::typed_board typed_;
  std::unique_ptr<device::htif> htif_;
  std::unique_ptr<exit_observer> trace_;
};

template <class M>
[[nodiscard]] std::unique_ptr<machine> make(const device::virt_board_options &options, host::typist &console) {
  return std::make_unique<machine_of<M>>(options, console);
}

namespace detail {

template <class... P> [[nodiscard]] std::array<std::string_view, slot_count> names_by_slot() {
  std::array<std::string_view, slot_count> names{};
  ((names[static_cast<unsigned>(P::kind)] = P::name), ...);
  return names;
}

template <class Cpu, class... P> [[nodiscard]] combination describe() {
  combination c{Cpu::name, names_by_slot<P...>(), false, refusal<Cpu, P...>()};
  if constexpr (legal<Cpu, P...>)
    c.make = &make<single_guest<composition<Cpu, P...>>>;
  return c;
}

/// Every choice of one policy from each of the shelves.
template <class Cpu, class... Chosen> void cross(std::vector<combination> &into, shelf<>) {
  into.push_back(describe<Cpu, Chosen...>());
}
template <class Cpu, class... Chosen, class... P, class... Rest>
void cross(std::vector<combination> &into, shelf<shelf<P...>, Rest...>) {
  (cross<Cpu, Chosen..., P>(into, shelf<Rest...>{}), ...);
}

} // namespace detail

template <class Cpu, class Engine> std::vector<combination> combinations_with() {
  std::vector<combination> all;
  all.push_back({Cpu::name, detail::names_by_slot<Engine>(), true, "", &make<hardware::bare_machine<Cpu, Engine>>});
  detail::cross<Cpu, Engine>(all, policies{});
  return all;
}

} // namespace run
