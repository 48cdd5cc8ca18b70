// SPDX-License-Identifier: BSL-1.0
// Decides how torture programs are put onto machines: one with a small memory and the whole board, or a pair of them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <hvkit/device/console.hpp>
#include <hvkit/device/virt_board.hpp>
#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/vmm/lockstep.hpp>

#include "support/compositions.hpp"
#include "support/torture.hpp"

namespace hvkit::tests::torture {

/// A machine with `frames` frames of memory. What follows goes to the machine, too.
template <class Machine, class... More> [[nodiscard]] auto make_machine(More... more) {
  return make_any<Machine>(gpa{ram}, frames * frame_size, more...);
}

/// How machines are made of which only the CPU and the engine are to be seen: tests written for these are compiled once
/// for each of them, and not for each composition.
template <class Any> using machine_maker = std::function<std::unique_ptr<Any>()>;
template <class Machine> [[nodiscard]] machine_maker<typename Machine::any> maker_of() {
  return [] { return make_machine<Machine>(); };
}

/// A machine with a program in it, ready to start.
template <class Machine> class bench {
public:
  explicit bench(const program &p) : bench(p, make_machine<Machine>()) {}
  bench(const program &p, std::unique_ptr<typename Machine::any> machine)
      : machine_(std::move(machine)), board_(options(), machine_->processor(), machine_->processor(), output_, input_) {
    machine_->attach(board_);
    static_cast<void>(machine_->write(gpa{ram}, p.image.data(), p.image.size()));
    machine_->reset(gva{p.entry});
  }
  [[nodiscard]] Machine &machine() noexcept { return static_cast<Machine &>(*machine_); }
  [[nodiscard]] device::virt_board &board() noexcept { return board_; }
  [[nodiscard]] const std::string &written() const { return output_.text(); }

private:
  [[nodiscard]] static device::virt_board_options options() {
    device::virt_board_options o;
    o.memory_size = frames * frame_size;
    return o;
  }
  device::collected_bytes output_;
  device::queued_bytes input_;
  std::unique_ptr<typename Machine::any> machine_;
  device::virt_board board_;
};

/// Two machines with the same program, for lock-step.
template <class Reference, class Subject> struct bench_pair {
  bench<Reference> left;
  bench<Subject> right;
  Reference &reference = left.machine();
  Subject &subject = right.machine();

  explicit bench_pair(const program &p) : left(p), right(p) {}
  bench_pair(const program &p, std::unique_ptr<typename Subject::any> machine)
      : left(p), right(p, std::move(machine)) {}
  bench_pair(const program &p, std::unique_ptr<Reference> one, std::unique_ptr<Subject> other)
      : left(p, std::move(one)), right(p, std::move(other)) {}
  [[nodiscard]] std::string outside() {
    if (left.written() != right.written())
      return "console output";
    return left.board().state() == right.board().state() ? "" : "the boards' devices";
  }
};

using reference_machine = hardware::bare_machine<cpu_type, engine::step>;

} // namespace hvkit::tests::torture
