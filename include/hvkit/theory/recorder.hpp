// SPDX-License-Identifier: BSL-1.0
// Decides how one system row is run on one state: the recorder, a constexpr machine that notes what was touched.
#pragma once

#include <type_traits>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/context.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/isa/decoder.hpp>
#include <hvkit/theory/state.hpp>

namespace hvkit::theory {

template <class Cpu> class recorder;

/// The system rows of `Cpu` as functions, null for all others: those are innocuous by their type and never run here.
template <class Cpu> using system_handler = bool (*)(recorder<Cpu> &, const typename Cpu::operands &);
/// One of them.
template <class Cpu, class Row> struct system_call_of {
  static constexpr bool call(recorder<Cpu> &m, const typename Cpu::operands &o) {
    return Row::form::run(typename Row::semantics{}, m, o);
  }
};
/// All of them, indexed by row_id.
template <class Cpu> inline constexpr auto
    system_rows = isa::project<system_handler<Cpu>>(Cpu::instructions, [](const auto &r) -> system_handler<Cpu> {
      using row = std::decay_t<decltype(r)>;
      if constexpr (row::needs == isa::capability::system)
        return &system_call_of<Cpu, row>::call;
      else
        return nullptr;
    });

/// How a run ended.
enum class outcome : u8 {
  completed,  ///< the instruction retired, or its trap went past the VMM
  trapped,    ///< in the architecture's trap sequence, which is no effect of the instruction
  memory_trap ///< the paper leaves states with a memory trap out of every definition
};

/// A machine of `Cpu` for one run of one system row. `examination<Cpu>` says what the architecture leaves to it.
template <class Cpu> class recorder : public Cpu::template arch<recorder<Cpu>> {
public:
  using examination = theory::examination<Cpu>;
  using operands = typename Cpu::operands;
  using log = touches<system_words<Cpu>>;

  constexpr explicit recorder(const state<Cpu> &from)

      : user_(from.user, log_.retired), system_(from.system, log_), memory_(from.memory), ticks_(from.ticks),
        next_(from.user.pc) {}
  recorder(const recorder &) = delete;
  recorder &operator=(const recorder &) = delete;

  /// Runs system row `row` with operands `o`. Once only.
  constexpr outcome run(isa::row_id row, const operands &o) {
    row_ = row;
    operands_ = &o;
    next_ = user_.pc + o.length();
    if (system_rows<Cpu>[row](*this, o)) {
      user_.pc = static_cast<std::decay_t<decltype(user_.pc)>>(next_);
      return outcome::completed;
    }
    if (is_memory_trap())
      return outcome::memory_trap;
    if (examination::reaches_vmm(system_.values(), raised_))
      return outcome::trapped;
    this->enter_trap(raised_);
    return outcome::completed;
  }

  [[nodiscard]] constexpr const log &touched() const { return log_; }
  [[nodiscard]] constexpr bool waits() const { return waits_; }
  [[nodiscard]] constexpr bool fences() const { return fences_; }
  [[nodiscard]] constexpr const auto &memory() const { return memory_; }
  [[nodiscard]] constexpr const auto &words() const { return system_.values(); }
  [[nodiscard]] constexpr const trap &raised() const { return raised_; }

  // What the architecture layer and the forms ask of a machine.
  [[nodiscard]] constexpr auto &user() { return user_; }
  [[nodiscard]] constexpr const auto &user() const { return user_; }
  [[nodiscard]] constexpr auto &system() { return system_; }
  [[nodiscard]] constexpr const auto &system() const { return system_; }
  constexpr void raise(trap t) { raised_ = t; }
  constexpr void changed(effect) {}
  constexpr void fence(const fence_scope &) { fences_ = true; }
  constexpr void wait() { waits_ = true; }
  [[nodiscard]] constexpr u64 ticks() const {
    read_ticks();
    return ticks_;
  }
  [[nodiscard]] constexpr u64 instruction_bits() const {
    if constexpr (isa::words<Cpu>)
      return isa::facts<Cpu>[row_].code.match | isa::facts<Cpu>[row_].encode(*operands_);
    else
      return 0;
  }
  [[nodiscard]] constexpr recorder &machine() { return *this; }
  [[nodiscard]] constexpr gva pc() const { return gva{user_.pc}; }
  [[nodiscard]] constexpr gva next() const { return gva{next_}; }
  constexpr void jump(gva to) { next_ = to.value; }

  template <class T> [[nodiscard]] constexpr maybe<T> ram_load(gpa at) const {
    if (!holds(at, sizeof(T)))
      return {};
    u64 value = 0;
    for (unsigned i = 0; i < sizeof(T); ++i)
      value |= ((memory_[(at.value + i) / 4] >> 8 * ((at.value + i) % 4)) & u64{0xff}) << 8 * i;
    return static_cast<T>(value);
  }
  template <class T> [[nodiscard]] constexpr maybe<T> physical_load(gpa at) const { return ram_load<T>(at); }
  template <class T> [[nodiscard]] constexpr bool physical_store(gpa at, T value) {
    if (!holds(at, sizeof(T)))
      return false;
    for (unsigned i = 0; i < sizeof(T); ++i) {
      const unsigned shift = 8 * static_cast<unsigned>((at.value + i) % 4);
      u32 &word = memory_[(at.value + i) / 4];
      word = (word & ~(0xffU << shift)) | static_cast<u32>(u64{value} >> 8 * i & 0xff) << shift;
    }
    log_.memory = true;
    return true;
  }
  template <class Entry> constexpr void update_entry(gpa at, Entry entry) {
    static_cast<void>(physical_store<Entry>(at, entry));
  }
  template <class T> [[nodiscard]] constexpr maybe<T> load(gva at) {
    const auto where = this->translate(at, access::load, sizeof(T));
    if (!where)
      return {};
    const maybe<T> value = ram_load<T>(where->address);
    if (!value)
      this->raise_access_fault(access::load, at);
    return value;
  }
  template <class T, class F> [[nodiscard]] constexpr maybe<T> update(gva at, F change) {
    const auto where = this->translate(at, access::store, sizeof(T));
    if (!where)
      return {};
    const maybe<T> old = ram_load<T>(where->address);
    if (!old || !physical_store<T>(where->address, change(*old))) {
      this->raise_access_fault(access::store, at);
      return {};
    }
    return old;
  }
  template <class T> [[nodiscard]] constexpr bool store(gva at, T value) {
    const auto where = this->translate(at, access::store, sizeof(T));
    if (!where)
      return false;
    if (physical_store<T>(where->address, value))
      return true;
    this->raise_access_fault(access::store, at);
    return false;
  }

private:
  [[nodiscard]] constexpr bool is_memory_trap() const {
    if constexpr (requires { examination::is_memory_trap(raised_); })
      return examination::is_memory_trap(raised_);
    else
      return examination::is_memory_trap(raised_.cause);
  }
  [[nodiscard]] constexpr bool holds(gpa at, u64 size) const {
    return at.value < 4 * memory_.size() && size <= 4 * memory_.size() - at.value;
  }
  /// The clock is read through const; that it was read belongs to the log, not to the state.
  constexpr void read_ticks() const { *ticks_read_ = true; }

  log log_{};
  recorded_user<typename Cpu::user_state> user_;
  recorded_words<system_words<Cpu>> system_;
  std::array<u32, examination::memory_words> memory_;
  u64 ticks_;
  bool *ticks_read_ = &log_.ticks;
  u64 next_;
  const operands *operands_ = nullptr;
  trap raised_{};
  bool fences_ = false;
  isa::row_id row_ = 0;
  bool waits_ = false;
};

} // namespace hvkit::theory
