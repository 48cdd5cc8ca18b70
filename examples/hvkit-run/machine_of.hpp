// SPDX-License-Identifier: BSL-1.0
// Decides how a bare machine or a VM of any composition becomes a `machine`. The board is for those who derive.
#pragma once

#include <fmt/format.h>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/isa/disassembler.hpp>
#include <hvkit/report/exit_trace.hpp>
#include <hvkit/vmm/single.hpp>

#include "combinations.hpp"
#include "loading.hpp"

namespace run {

/// Satisfied when `M` has a VMM around its guest.
template <class M>
concept hosted = requires(M &m) {
  m.guest();
};

/// `Around` is an `M` (hardware::bare_machine or single_guest) with its board: `machine()`, `load` and `boot`.
template <class M, class Around> class machine_of : public machine {
  using cpu = typename M::cpu;

public:
  template <class... Arguments> explicit machine_of(Arguments &&...arguments)
      : around_(std::forward<Arguments>(arguments)...) {}

  [[nodiscard]] bool write(gpa at, std::span<const u8> bytes) override { return around_.load(at, bytes); }
  [[nodiscard]] bool read(gpa at, std::span<u8> bytes) const override {
    return const_cast<machine_of &>(*this).inner().read(at, bytes.data(), bytes.size());
  }
  [[nodiscard]] bool boot(gpa entry, gpa) override { return around_.boot(entry); }
  void trace_exits(std::function<void(std::string_view)> write) override {
    if constexpr (hosted<M>) {
      trace_ = std::make_unique<report::exit_trace<cpu>>(std::move(write));
      inner().guest().observe(trace_.get());
    }
  }

  exit_record run(u64 steps) override { return inner().run(steps); }
  [[nodiscard]] std::unique_ptr<machine> beside(const loading &what, host::typist &console) override;
  exit_record run_all(u64 steps) override {
    if constexpr (hosted<M>)
      return inner().run_all(steps);
    else
      return run(steps);
  }
  [[nodiscard]] bool choose_scheduler(std::string_view name) override {
    if constexpr (hosted<M>)
      return inner().choose_scheduler(name);
    else
      return false;
  }
  void stop_at(u64 steps) override {
    if constexpr (hosted<M>)
      inner().guest().stop_at(steps);
  }
  [[nodiscard]] bool waits() const override {
    if constexpr (hosted<M>)
      return const_cast<machine_of &>(*this).inner().guest().waits();
    else
      return false;
  }
  void interrupt() override {
    // The guest may be on the hardware or on the virtual CPU just now.
    if constexpr (hosted<M>)
      inner().hart().interrupt_run();
    inner().processor().attend(hardware::attention::host);
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

protected:
  [[nodiscard]] Around &around() noexcept { return around_; }
  [[nodiscard]] const Around &around() const noexcept { return around_; }
  [[nodiscard]] M &inner() noexcept { return around_.machine(); }

private:
  Around around_;
  std::unique_ptr<exit_observer> trace_;
};

/// `machine_for<Cpu>::of<M>` is the `machine` that puts the CPU's board around M, made from an M, `loading` and a
/// typist; its `make<M>(loading)` gives such an M.
template <class Cpu> struct machine_for;

template <class M, class Around>
std::unique_ptr<machine> machine_of<M, Around>::beside(const loading &what, host::typist &console) {
  if constexpr (hosted<M>)
    if (auto other = inner().beside(what.board.memory_size, what.share))
      return std::make_unique<typename machine_for<cpu>::template of<M>>(std::move(other), what, console);
  return nullptr;
}
/// An `M` with memory from `base` on, and room beside it for the others that are to share its hardware.
template <class M> [[nodiscard]] std::unique_ptr<M> make_inner(gpa base, const loading &what) {
  constexpr u64 tables = u64{16} << 20;
  if constexpr (hosted<M>)
    return std::make_unique<M>(base, what.board.memory_size, what.beside + tables, what.share);
  else
    return std::make_unique<M>(base, what.board.memory_size);
}

/// Of `M`'s policies the `machine` knows nothing, so that it is compiled once for each CPU and engine.
template <class M> [[nodiscard]] std::unique_ptr<machine> make(const loading &what, host::typist &console) {
  using around = machine_for<typename M::cpu>;
  std::unique_ptr<typename M::any> inner = around::template make<M>(what);
  return std::make_unique<typename around::template of<typename M::any>>(std::move(inner), what, console);
}

namespace detail {

template <class... P> [[nodiscard]] std::array<std::string_view, slot_count> names_by_slot() {
  std::array<std::string_view, slot_count> names{};
  ((names[static_cast<unsigned>(P::kind)] = P::name), ...);
  return names;
}

template <class Cpu, class... P> [[nodiscard]] combination describe() {
  using io = typename composition<Cpu, P...>::io;
  combination c{
      name_of<Cpu>::get(), &platform_of<Cpu>(), io::devices, names_by_slot<P...>(), false, refusal<Cpu, P...>(), ""};
  if constexpr (legal<Cpu, P...>) {
    c.grade = agreement_name(composition<Cpu, P...>::grade);
    c.make = &make<single_guest<composition<Cpu, P..., chosen_scheduler>>>;
  }
  return c;
}

/// Every choice of one policy from each of the shelves.
template <class Cpu, class... Chosen> void cross(std::vector<combination> &into, shelf<>) {
  if constexpr (offered<Chosen...>)
    into.push_back(describe<Cpu, Chosen...>());
}
template <class Cpu, class... Chosen, class... P, class... Rest>
void cross(std::vector<combination> &into, shelf<shelf<P...>, Rest...>) {
  (cross<Cpu, Chosen..., P>(into, shelf<Rest...>{}), ...);
}

/// A bare machine has a board, too.
template <class Cpu, class Engine, class... Io> void bare_ones(std::vector<combination> &into, shelf<Io...>) {
  (into.push_back({name_of<Cpu>::get(), &platform_of<Cpu>(), Io::devices, names_by_slot<Engine, Io>(), true, "", "",
                   &make<hardware::bare_machine<Cpu, Engine>>}),
   ...);
}

} // namespace detail

template <class Cpu, class Engine> std::vector<combination> combinations_with() {
  std::vector<combination> all;
  detail::bare_ones<Cpu, Engine>(all, ios_of<Cpu>{});
  detail::cross<Cpu, Engine>(all, policies_of<Cpu>{});
  return all;
}

} // namespace run
