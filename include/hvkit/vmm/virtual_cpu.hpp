// SPDX-License-Identifier: BSL-1.0
// Decides what the VMM's view of a guest's CPU is: the same architecture layer as the hart's, over the guest's memory.
//
// Emulating a trapped instruction is running its row here. There is no second implementation of any instruction.
#pragma once

#include <hvkit/core/exit.hpp>
#include <hvkit/core/hypercalls.hpp>
#include <hvkit/hardware/attention.hpp>
#include <hvkit/hardware/bus.hpp>
#include <hvkit/hardware/memory_unit.hpp>
#include <hvkit/hardware/stepping.hpp>
#include <hvkit/vmm/guest_memory.hpp>
#include <hvkit/vmm/vcpu_listener.hpp>

namespace hvkit {

/// One virtual CPU. User state is pointed at: while the guest runs it is the hart's own, so an exit copies nothing.
template <class Cpu> class virtual_cpu final : public Cpu::template arch<virtual_cpu<Cpu>>,
                                               public hardware::stepping<virtual_cpu<Cpu>, Cpu>,
                                               public hardware::memory_unit<virtual_cpu<Cpu>>,
                                               public hardware::interrupt_sink,
                                               public hardware::instruction_clock {
public:
  using cpu = Cpu;
  using user_state = typename Cpu::user_state;
  using system_state = typename Cpu::system_state;

  explicit virtual_cpu(guest_memory &memory) : memory_(memory) { reset(gva{0}); }
  virtual_cpu(const virtual_cpu &) = delete;
  virtual_cpu &operator=(const virtual_cpu &) = delete;

  void reset(gva entry) {
    Cpu::reset(*user_, system_, entry);
    attention_ = 0;
    changed(effect::context | effect::interrupts | effect::protection);
  }

  /// Moves the user state to `hart_state`, where the hardware works on it, or back home (null).
  void bind(user_state *hart_state) noexcept {
    user_state *to = hart_state != nullptr ? hart_state : &home_;
    if (to != user_) {
      *to = *user_;
      user_ = to;
    }
  }
  void set_devices(const hardware::bus *devices) noexcept { devices_ = devices; }
  void set_tick_source(const hardware::tick_source *source) noexcept { ticks_ = source; }
  void set_hypercalls(hypercall_services *services) noexcept { hypercalls_ = services; }
  void set_listener(vcpu_listener *listener) noexcept { listener_ = listener; }

  [[nodiscard]] u64 now() const override { return user_->retired + system_.get(Cpu::idle_word); }
  [[nodiscard]] u64 steps() const noexcept { return user_->retired + system_.get(Cpu::traps_word); }
  void idle_until(u64 then) noexcept { system_.set(Cpu::idle_word, system_.get(Cpu::idle_word) + (then - now())); }
  void set_level(unsigned line, bool level) override {
    const u64 lines = system_.get(Cpu::lines_word);
    const u64 then = level ? lines | bit(line) : lines & ~bit(line);
    system_.set(Cpu::lines_word, then);
    attend(hardware::attention::interrupts);
    if (listener_ != nullptr && then != lines)
      listener_->line(line, level);
  }

  /// Runs the instruction at the pc by its row; if it traps, the virtual CPU's own handler is entered. Either way one
  /// step was made.
  void emulate();
  /// The same for an instruction that the hardware fetched already.
  void emulate(u32 word, const isa::decoded<Cpu> &d);

  // What the architecture layer asks of a machine.
  [[nodiscard]] user_state &user() noexcept { return *user_; }
  [[nodiscard]] const user_state &user() const noexcept { return *user_; }
  [[nodiscard]] system_state &system() noexcept { return system_; }
  [[nodiscard]] const system_state &system() const noexcept { return system_; }
  void raise(trap t) noexcept { raised_ = t; }
  [[nodiscard]] const trap &raised() const noexcept { return raised_; }
  void wait() noexcept { attend(hardware::attention::wait); }
  [[nodiscard]] hypercall_services *hypercalls() const noexcept { return hypercalls_; }
  [[nodiscard]] u64 ticks() const { return ticks_ != nullptr ? ticks_->ticks() : now(); }
  [[nodiscard]] u64 ticks_change(u64 value) const {
    return ticks_ != nullptr ? ticks_->next_change(value) : now() < value ? value : hardware::never;
  }
  template <class T> [[nodiscard]] maybe<T> ram_load(gpa at) const { return memory_.load<T>(at); }
  template <class T> [[nodiscard]] maybe<T> physical_load(gpa at) {
    if (const auto value = memory_.load<T>(at))
      return value;
    if (devices_ == nullptr)
      return {};
    attend(hardware::attention::events);
    const auto value = devices_->read(at, sizeof(T));
    return value ? maybe<T>(static_cast<T>(*value)) : maybe<T>();
  }
  template <class T> [[nodiscard]] bool physical_store(gpa at, T value) {
    if (memory_.store<T>(at, value)) {
      if (listener_ != nullptr)
        listener_->stored(at, sizeof(T));
      return true;
    }
    if (devices_ == nullptr)
      return false;
    attend(hardware::attention::events);
    return devices_->write(at, sizeof(T), value);
  }
  /// A and D only add rights, so paging need not hear of them.
  template <class Entry> void update_entry(gpa at, Entry entry) { static_cast<void>(memory_.store<Entry>(at, entry)); }
  void changed(effect what) {
    if (has(what, effect::interrupts))
      attend(hardware::attention::interrupts);
    if (has(what, effect::events))
      attend(hardware::attention::events);
    if (listener_ != nullptr)
      listener_->changed(what);
  }
  void fence(const fence_scope &scope) {
    if (listener_ != nullptr)
      listener_->fence(scope);
  }
  [[nodiscard]] auto locate(gva at, access a, u64 size) { return this->translate(at, a, size); }

  // What the run loop asks.
  [[nodiscard]] u8 attention() const noexcept { return attention_; }
  void attend(hardware::attention what) noexcept { attention_ = static_cast<u8>(attention_ | static_cast<u8>(what)); }
  /// Whether that wants attention; asking settles it.
  [[nodiscard]] bool settle(hardware::attention what) noexcept {
    const bool wanted = (attention_ & static_cast<u8>(what)) != 0;
    attention_ = static_cast<u8>(attention_ & ~static_cast<u8>(what));
    return wanted;
  }
  [[nodiscard]] bool attends(hardware::attention what) const noexcept {
    return (attention_ & static_cast<u8>(what)) != 0;
  }
  [[nodiscard]] guest_memory &memory() noexcept { return memory_; }

private:
  user_state home_{};
  user_state *user_ = &home_;
  system_state system_{};
  guest_memory &memory_;
  const hardware::bus *devices_ = nullptr;
  const hardware::tick_source *ticks_ = nullptr;
  hypercall_services *hypercalls_ = nullptr;
  vcpu_listener *listener_ = nullptr;
  trap raised_{};
  u8 attention_ = 0;
};

// Not inline: all the rows of a CPU hang on these two functions, so that a program of many files can have them compiled
// once (hardware/instances.hpp).
template <class Cpu> void virtual_cpu<Cpu>::emulate() {
  if (!this->step())
    this->enter_trap(raised_);
}
template <class Cpu> void virtual_cpu<Cpu>::emulate(u32 word, const isa::decoded<Cpu> &d) {
  this->set_instruction_bits(word);
  if (!this->execute(d))
    this->enter_trap(raised_);
}

} // namespace hvkit
