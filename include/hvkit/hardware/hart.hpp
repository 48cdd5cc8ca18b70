// SPDX-License-Identifier: BSL-1.0
// Decides what a hardware thread is: a CPU's architecture over physical memory, a bus and a TLB, run by an engine.
//
// Bare, traps enter the handlers the CPU's manual says. Hosted, they come back from `run`: the C++ program that called
// it is then the most privileged software of this hardware.
#pragma once

#include <hvkit/core/exit.hpp>
#include <hvkit/core/hypercalls.hpp>
#include <hvkit/hardware/attention.hpp>
#include <hvkit/hardware/bus.hpp>
#include <hvkit/hardware/memory.hpp>
#include <hvkit/hardware/memory_unit.hpp>
#include <hvkit/hardware/stepping.hpp>
#include <hvkit/hardware/tlb.hpp>

namespace hvkit::hardware {

/// One hart of `Cpu`. `Engine` is how it gets through instructions: a class template over the hart, with
/// `exit_record run(hart &, u64 budget)` and the hooks `code_changed(hart &, hpa)` and `contexts_changed(hart &)`.
template <class Cpu, template <class> class Engine> class hart final : public Cpu::template arch<hart<Cpu, Engine>>,
                                                                       public stepping<hart<Cpu, Engine>, Cpu>,
                                                                       public memory_unit<hart<Cpu, Engine>>,
                                                                       public interrupt_sink,
                                                                       public instruction_clock,
                                                                       public memory_listener {
public:
  using cpu = Cpu;
  using user_state = typename Cpu::user_state;
  using system_state = typename Cpu::system_state;
  using slow = memory_unit<hart>;

  /// `memory`, and `devices` unless it is null, must outlive the hart. Without devices there is only memory.
  explicit hart(physical_memory &memory, const bus *devices = nullptr)
      : memory_(memory), devices_(devices), engine_(memory) {
    memory_.add(*this);
    reset(gva{0});
  }
  hart(const hart &) = delete;
  hart &operator=(const hart &) = delete;
  ~hart() override { memory_.remove(*this); }

  void reset(gva entry) {
    Cpu::reset(user_, system_, entry);
    attention_ = 0;
    changed(effect::context | effect::interrupts | effect::protection);
  }

  /// Traps return from `run` instead of entering the CPU's own handlers.
  void set_hosted(bool hosted) noexcept { hosted_ = hosted; }
  [[nodiscard]] bool hosted() const noexcept { return hosted_; }
  void set_devices(const bus *devices) noexcept { devices_ = devices; }
  void set_tick_source(const tick_source *source) noexcept { ticks_ = source; }
  void set_ports(const bus *ports) noexcept { ports_ = ports; }
  void set_vectors(vector_source *vectors) noexcept { vectors_ = vectors; }
  /// Where hypercalls go, where the CPU has some; null leaves them to the guest's own handlers.
  void set_hypercalls(hypercall_services *services) noexcept { hypercalls_ = services; }

  /// Runs until a trap (hosted), or `budget` steps are done (retired instructions plus traps taken), or something else
  /// is to be looked at. The stop is before the next interrupt is taken, so it is unique.
  exit_record run(u64 budget);

  [[nodiscard]] u64 now() const override { return user_.retired + system_.get(Cpu::idle_word); }
  /// Retired instructions plus traps taken.
  [[nodiscard]] u64 steps() const noexcept { return user_.retired + system_.get(Cpu::traps_word); }
  /// Time passes without instructions, up to `then`.
  void idle_until(u64 then) noexcept { system_.set(Cpu::idle_word, system_.get(Cpu::idle_word) + (then - now())); }
  void set_level(unsigned line, bool level) override {
    const u64 lines = system_.get(Cpu::lines_word);
    system_.set(Cpu::lines_word, level ? lines | bit(line) : lines & ~bit(line));
    attend(attention::interrupts);
  }
  /// Makes `run` return with `exit_reason::host` before the next instruction.
  void interrupt_run() { attend(attention::host); }

  [[nodiscard]] physical_memory &memory() const noexcept { return memory_; }
  [[nodiscard]] tlb &translations() noexcept { return tlb_; }
  [[nodiscard]] Engine<hart> &engine() noexcept { return engine_; }

  // What the architecture layer asks of a machine.
  [[nodiscard]] user_state &user() noexcept { return user_; }
  [[nodiscard]] const user_state &user() const noexcept { return user_; }
  [[nodiscard]] system_state &system() noexcept { return system_; }
  [[nodiscard]] const system_state &system() const noexcept { return system_; }
  void raise(trap t) noexcept { raised_ = t; }
  [[nodiscard]] const trap &raised() const noexcept { return raised_; }
  void wait() noexcept { attend(attention::wait); }
  /// Engines that remember decoded code have to look again: only a trap asks.
  [[nodiscard]] u64 instruction_bits() {
    const auto word = this->fetch_word();
    return word ? *word : 0;
  }
  [[nodiscard]] hypercall_services *hypercalls() const noexcept { return hypercalls_; }
  [[nodiscard]] u64 ticks() const { return ticks_ != nullptr ? ticks_->ticks() : now(); }
  [[nodiscard]] u64 ticks_change(u64 value) const {
    return ticks_ != nullptr ? ticks_->next_change(value) : now() < value ? value : never;
  }
  template <class T> [[nodiscard]] maybe<T> ram_load(gpa at) const { return memory_.load<T>(hardware_address(at)); }
  template <class T> [[nodiscard]] maybe<T> physical_load(gpa at) {
    if (const auto value = memory_.load<T>(hardware_address(at)))
      return value;
    if (devices_ == nullptr)
      return {};
    const device_attention after(*this);
    const auto value = devices_->read(at, sizeof(T));
    return value ? maybe<T>(static_cast<T>(*value)) : maybe<T>();
  }
  template <class T> [[nodiscard]] bool physical_store(gpa at, T value) {
    if (memory_.store<T>(hardware_address(at), value))
      return true;
    if (devices_ == nullptr)
      return false;
    const device_attention after(*this);
    return devices_->write(at, sizeof(T), value);
  }
  /// Ports, for CPUs that have some. Where nothing answers, all bits are 1, and what is written is lost.
  template <class T> [[nodiscard]] T read_port(u16 port) {
    attend(attention::events);
    const auto value = ports_ != nullptr ? ports_->read(gpa{port}, sizeof(T)) : maybe<u64>();
    return value ? static_cast<T>(*value) : static_cast<T>(~u64{0});
  }
  template <class T> void write_port(u16 port, T value) {
    attend(attention::events);
    if (ports_ != nullptr)
      static_cast<void>(ports_->write(gpa{port}, sizeof(T), value));
  }
  /// The number of the interrupt that is being taken.
  [[nodiscard]] u64 acknowledge() { return vectors_ != nullptr ? vectors_->acknowledge() : 0xff; }
  /// The walker's own write: it changes no translation it remembers, but code may lie there.
  template <class Entry> void update_entry(gpa at, Entry entry) {
    const hpa where = hardware_address(at);
    const bool tables = has(memory_.flags(where), remembered::tables);
    memory_.forget(where, remembered::tables);
    static_cast<void>(memory_.store<Entry>(where, entry));
    if (tables)
      memory_.remember(where, remembered::tables);
  }
  void changed(effect what) {
    if (has(what, effect::protection))
      flush();
    if (has(what, effect::context))
      select_banks();
    if (has(what, effect::interrupts))
      attend(attention::interrupts);
    if (has(what, effect::events))
      attend(attention::events);
  }

  /// A fence of the software this hart runs. Wider than it asks where a large page may be meant: what the other
  /// addresses of that are is not remembered.
  void fence(const fence_scope &scope) {
    if (scope.page && !large_pages_)
      forget_page(*scope.page);
    else
      flush();
  }

  // Memory as rows see it: the TLB first, then the complete path.
  template <class T> [[nodiscard]] maybe<T> load(gva at) {
    if (const u8 *host = data_->load.template find<T>(at)) [[likely]]
      return read_host<T>(host);
    return slow::template load<T>(at);
  }
  template <class T> [[nodiscard]] bool store(gva at, T value) {
    if (u8 *host = data_->store.template find<T>(at)) [[likely]] {
      std::memcpy(host, &value, sizeof(T));
      return true;
    }
    return slow::template store<T>(at, value);
  }
  template <class T, class F> [[nodiscard]] maybe<T> update(gva at, F change) {
    if (u8 *host = data_->store.template find<T>(at)) [[likely]] {
      const T old = read_host<T>(host);
      const T value = change(old);
      std::memcpy(host, &value, sizeof(T));
      return old;
    }
    return slow::template update<T>(at, change);
  }
  template <class T> [[nodiscard]] maybe<T> fetch(gva at) {
    if (const u8 *host = code_->fetch.template find<T>(at)) [[likely]]
      return read_host<T>(host);
    return slow::template fetch<T>(at);
  }

  /// Translates, and remembers whole pages of memory. Every frame the walk read is watched for writes from then on.
  [[nodiscard]] auto locate(gva at, access a, u64 size) {
    using place = decltype(this->translate(at, a, size));
    if (const auto known = side(a).find_indirect(at)) {
      fill(at, a, *known); // perhaps it may be reached now
      return place({gpa{known->value}, true});
    }
    const place where = this->translate(at, a, size, [this](unsigned level, gpa entry, u64) {
      ++walk_references_;
      watch_table(level, entry);
    });
    if (where && where->whole_page) {
      if constexpr (requires { where->level; }) // a leaf of 0 is one page, and beyond the last there is no table
        large_pages_ = large_pages_ || (where->level != 0 && where->level < Cpu::page_format::levels);
      else
        large_pages_ = true;
      fill(at, a, hardware_address(where->address));
    }
    return where;
  }

  // What engines ask.
  [[nodiscard]] bool needs_attention() const noexcept { return attention_ != 0; }
  /// The same after a look at the interrupts: where only they asked for attention and none is due, nothing does.
  [[nodiscard]] bool wants_attention() {
    if (attention_ == static_cast<u8>(attention::interrupts) && !hosted_ && (told_when_ || !this->interrupt_due()))
      attention_ = 0;
    return attention_ != 0;
  }
  /// `what` needs no attention any more.
  void settle(attention what) noexcept { attention_ = static_cast<u8>(attention_ & ~static_cast<u8>(what)); }
  void attend(attention what) noexcept { attention_ = static_cast<u8>(attention_ | static_cast<u8>(what)); }
  /// Looks at what wants attention before the next instruction. An interrupt that is taken counts as a step, and is
  /// taken off the budget.
  [[nodiscard]] maybe<exit_record> look_around(u64 &budget) {
    const u8 seen = attention_;
    attention_ = 0;
    if ((seen & static_cast<u8>(attention::host)) != 0)
      return leave(exit_reason::host, seen, attention::host);
    if ((seen & static_cast<u8>(attention::events)) != 0)
      return leave(exit_reason::events, seen, attention::events);
    if ((seen & static_cast<u8>(attention::wait)) != 0)
      return leave(exit_reason::waiting, seen, attention::wait);
    if (!told_when_ && (hosted_ ? deliver_inside() : deliver()))
      --budget;
    return {};
  }
  /// Takes the interrupt that is due, if one is: a step.
  bool deliver() {
    const auto cause = this->interrupt_due();
    if (cause)
      this->enter_trap({*cause, 0});
    return cause.has_value();
  }
  /// Hosted, only what the CPU's second level of privilege takes by itself.
  bool deliver_inside() {
    if constexpr (requires { this->stays_inside(u64{}); }) {
      const auto cause = this->interrupt_due();
      if (cause && this->stays_inside(*cause)) {
        this->enter_trap({*cause, 0});
        return true;
      }
    }
    return false;
  }
  /// Bare, interrupts are taken only where `deliver` is called: for repeating what happened elsewhere.
  void deliver_when_told(bool told) noexcept { told_when_ = told; }
  /// What becomes of the trap that was raised: an exit, or (bare) a step into the handler.
  [[nodiscard]] maybe<exit_record> trapped(u64 &budget) {
    if (hosted_ && !stays_inside_guest())
      return exit_record{exit_reason::trap, raised_};
    this->enter_trap(raised_);
    --budget;
    return {};
  }
  /// Table entries that walks have read, of every stage.
  [[nodiscard]] u64 walk_references() const noexcept { return walk_references_; }
  [[nodiscard]] tlb_bank &code_bank() noexcept { return *code_; }
  [[nodiscard]] tlb_bank &data_bank() noexcept { return *data_; }
  /// On a bare machine physical addresses are the hardware's.
  [[nodiscard]] static hpa hardware_address(gpa at) noexcept { return hpa{at.value}; }
  /// No store goes to that frame any more without `written` being told.
  void watch(hpa at, remembered what) {
    if (has(memory_.flags(at), what))
      return;
    memory_.remember(at, what);
    tlb_.protect(memory_.host(hpa{frame_base(at.value)}));
  }
  void flush() {
    tlb_.flush();
    large_pages_ = false;
    engine_.contexts_changed(*this);
  }
  /// A fence for one page, in every context.
  void forget_page(gva at) {
    tlb_.forget(at);
    engine_.contexts_changed(*this);
  }
  /// A fence for stores to one frame, wherever it is mapped.
  void protect(hpa frame) noexcept { tlb_.protect(memory_.host(frame)); }

  void written(hpa at, u64, remembered what) override {
    if (has(what, remembered::tables)) {
      memory_.forget(at, remembered::tables);
      flush();
    }
    if (has(what, remembered::code))
      engine_.code_changed(*this, at);
  }

private:
  /// An access to a device. Bare, the board is looked at afterwards in any case; a VMM, only if there is a reason: the
  /// device has something else to do by itself next. That it interrupts is told by its wire.
  class device_attention {
  public:
    explicit device_attention(hart &of) : of_(of), next_(of.hosted_ ? of.devices_->next_event() : 0) {}
    device_attention(const device_attention &) = delete;
    device_attention &operator=(const device_attention &) = delete;
    ~device_attention() {
      if (!of_.hosted_ || of_.devices_->next_event() != next_)
        of_.attend(attention::events);
    }

  private:
    hart &of_;
    u64 next_;
  };
  template <class T> [[nodiscard]] static T read_host(const u8 *from) noexcept {
    T value;
    std::memcpy(&value, from, sizeof(T));
    return value;
  }
  /// One thing at a time: what else was seen is looked at again.
  exit_record leave(exit_reason why, u8 seen, attention done) {
    attention_ = static_cast<u8>(seen & ~static_cast<u8>(done));
    return {why, {}};
  }
  /// A VMM fences by itself after it changed its tables; of the guest's own, which it does not see, it need not know.
  void watch_table(unsigned level, gpa entry) {
    const hpa at = hardware_address(entry);
    if ((!hosted_ || is_of_guest(level)) && memory_.contains(at, 1))
      watch(at, remembered::tables);
  }
  // A CPU with privileges for guests takes their own traps and interrupts, and walks their own tables, without the VMM:
  // it says which in `stays_inside(cause)` and `is_guests_table(level)`.
  [[nodiscard]] bool is_of_guest(unsigned level) const {
    if constexpr (requires { this->is_guests_table(level); })
      return this->is_guests_table(level);
    return false;
  }
  [[nodiscard]] bool stays_inside_guest() const {
    if constexpr (requires { this->stays_inside(u64{}); })
      return this->stays_inside(raised_.cause);
    return false;
  }
  [[nodiscard]] tlb_side &side(access a) noexcept {
    return a == access::fetch ? code_->fetch : a == access::load ? data_->load : data_->store;
  }
  /// Where a whole page lies alike. Devices, and frames whose writes somebody wants to be told, are not to be reached
  /// behind our back.
  void fill(gva at, access a, hpa where) {
    const hpa frame{frame_base(where.value)};
    if (!memory_.contains(where, 1) || (a == access::store && memory_.flags(where) != remembered::nothing))
      side(a).fill_indirect(at, frame);
    else
      side(a).fill(at, memory_.host(frame));
  }
  void select_banks() {
    const context_key code = this->translation_context(access::fetch), data = this->translation_context(access::load);
    if (code_->key != code)
      code_ = &tlb_.select(code);
    data_ = data == code ? code_ : &tlb_.select(data, code_);
  }

  user_state user_{};
  system_state system_{};
  physical_memory &memory_;
  const bus *devices_ = nullptr;
  const tick_source *ticks_ = nullptr;
  const bus *ports_ = nullptr;
  vector_source *vectors_ = nullptr;
  hypercall_services *hypercalls_ = nullptr;
  tlb tlb_;
  tlb_bank *code_ = &tlb_.select({});
  tlb_bank *data_ = code_;
  trap raised_{};
  u64 walk_references_ = 0;
  u8 attention_ = 0;
  bool hosted_ = false;
  bool told_when_ = false;
  bool large_pages_ = false; ///< since the last flush, a page was remembered whose leaf may map more than that
  Engine<hart> engine_;
};

// Not inline: all the handlers of an engine hang on this one function, so that a program of many files can have them
// compiled once (instances.hpp).
template <class Cpu, template <class> class Engine> exit_record hart<Cpu, Engine>::run(u64 budget) {
  return engine_.run(*this, budget);
}

} // namespace hvkit::hardware
