// SPDX-License-Identifier: BSL-1.0
// Decides what a VM looks like as an object of its own, with its VMM inside: the same as a bare machine.
#pragma once

#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include <hvkit/vmm/vmm.hpp>

namespace hvkit {

/// A guest, with its VMM, behind the interface of `hardware::bare_machine`, so that both can be run side by side. Which
/// policies it has cannot be seen: what is written for it is compiled once for each CPU and engine.
template <class Cpu, class Hart> class guest_machine {
public:
  using cpu = Cpu;
  using core = guest_core<Cpu, Hart>;
  using any = guest_machine;

  guest_machine(const guest_machine &) = delete;
  guest_machine &operator=(const guest_machine &) = delete;
  virtual ~guest_machine() = default;

  virtual void attach(hardware::board &around) = 0;
  virtual exit_record run(u64 budget) = 0;
  /// Another guest in the same VMM, with its memory at the same address. Null where the VMM does not hold it.
  [[nodiscard]] virtual std::unique_ptr<guest_machine> beside(u64 size, u64 share) = 0;
  /// Runs all guests of the VMM, as `monitor::run` says.
  virtual exit_record run_all(u64 budget) = 0;
  /// Has the hardware shared by the scheduler of that name. False where the composition leaves no such choice.
  [[nodiscard]] virtual bool choose_scheduler(std::string_view name) = 0;
  void reset(gva entry) { guest_->vcpu().reset(entry); }

  [[nodiscard]] u64 steps() const noexcept { return guest_->steps(); }
  [[nodiscard]] auto &user() noexcept { return guest_->vcpu().user(); }
  [[nodiscard]] auto &system() noexcept { return guest_->vcpu().system(); }
  [[nodiscard]] auto &processor() noexcept { return guest_->vcpu(); }
  [[nodiscard]] core &guest() noexcept { return *guest_; }
  [[nodiscard]] Hart &hart() noexcept { return guest_->hart(); }

  [[nodiscard]] gpa memory_base() const noexcept { return guest_->memory_base(); }
  [[nodiscard]] u64 memory_size() const noexcept { return guest_->memory_size(); }
  [[nodiscard]] bool write(gpa at, const void *from, u64 size) { return guest_->write(at, from, size); }
  [[nodiscard]] bool read(gpa at, void *to, u64 size) const { return guest_->read(at, to, size); }

protected:
  guest_machine() = default;
  core *guest_ = nullptr;
};

/// The same for a composition.
template <class Composition> class single_guest final
    : public guest_machine<typename Composition::cpu, typename Composition::hart> {
public:
  using composition = Composition;
  using guest_type = typename monitor<Composition>::guest;

  /// A guest with `size` bytes from `base` on, and `extra` bytes for the VMM and for guests beside it. Throws
  /// std::bad_alloc where the host has no such range of addresses.
  single_guest(gpa base, u64 size, u64 extra = u64{16} << 20, u64 share = 1)
      : vmm_(std::make_shared<monitor<Composition>>(vmm_options{.memory = size + extra})) {
    this->guest_ = vmm_->create({.memory = size, .base = base, .share = share});
    if (this->guest_ == nullptr)
      throw std::bad_alloc();
  }
  ~single_guest() override {
    if (vmm_.use_count() > 1)
      vmm_->destroy(*this->guest_);
  }

  void attach(hardware::board &around) override { guest().attach(around); }
  exit_record run(u64 budget) override { return vmm_->run(*this->guest_, budget); }
  [[nodiscard]] std::unique_ptr<guest_machine<typename Composition::cpu, typename Composition::hart>>
  beside(u64 size, u64 share) override {
    guest_type *const made = vmm_->create({.memory = size, .base = this->memory_base(), .share = share});
    return made == nullptr ? nullptr : std::unique_ptr<single_guest>(new single_guest(vmm_, *made));
  }
  exit_record run_all(u64 budget) override { return vmm_->run(budget); }
  [[nodiscard]] bool choose_scheduler(std::string_view name) override {
    if constexpr (requires { vmm_->scheduler().choose(name); })
      return vmm_->scheduler().choose(name);
    else
      return name == Composition::scheduler::name;
  }

  [[nodiscard]] guest_type &guest() noexcept { return static_cast<guest_type &>(*this->guest_); }
  [[nodiscard]] auto &vmm() noexcept { return *vmm_; }

private:
  single_guest(std::shared_ptr<monitor<Composition>> vmm, guest_type &guest) : vmm_(std::move(vmm)) {
    this->guest_ = &guest;
  }

  std::shared_ptr<monitor<Composition>> vmm_; ///< of all its guests
};

} // namespace hvkit
