// SPDX-License-Identifier: BSL-1.0
// Decides what one VM with a VMM of its own looks like: the same object as a bare machine.
#pragma once

#include <new>

#include <hvkit/vmm/vmm.hpp>

namespace hvkit {

/// A VMM with one guest, behind the interface of `hardware::bare_machine`, so that both can be run side by side.
template <class Composition> class single_guest {
public:
  using composition = Composition;
  using cpu = typename Composition::cpu;

  /// A guest with `size` bytes from `base` on, and `extra` bytes for the VMM. Throws std::bad_alloc where the host has
  /// no such range of addresses.
  single_guest(gpa base, u64 size, u64 extra = u64{16} << 20)
      : vmm_({.memory = size + extra}), guest_(vmm_.create({.memory = size, .base = base})) {
    if (guest_ == nullptr)
      throw std::bad_alloc();
  }

  void attach(hardware::board &around) { guest_->attach(around); }
  exit_record run(u64 budget) { return vmm_.run(*guest_, budget); }
  void reset(gva entry) { guest_->vcpu().reset(entry); }

  [[nodiscard]] u64 steps() const noexcept { return guest_->steps(); }
  [[nodiscard]] auto &user() noexcept { return guest_->vcpu().user(); }
  [[nodiscard]] auto &system() noexcept { return guest_->vcpu().system(); }
  [[nodiscard]] auto &processor() noexcept { return guest_->vcpu(); }
  [[nodiscard]] auto &guest() noexcept { return *guest_; }
  [[nodiscard]] auto &vmm() noexcept { return vmm_; }

  [[nodiscard]] gpa memory_base() const noexcept { return guest_->memory().base(); }
  [[nodiscard]] u64 memory_size() const noexcept { return guest_->memory().size(); }
  [[nodiscard]] bool write(gpa at, const void *from, u64 size) { return guest_->write(at, from, size); }
  [[nodiscard]] bool read(gpa at, void *to, u64 size) const { return guest_->memory().read(at, to, size); }

private:
  monitor<Composition> vmm_;
  typename monitor<Composition>::guest *guest_;
};

} // namespace hvkit
