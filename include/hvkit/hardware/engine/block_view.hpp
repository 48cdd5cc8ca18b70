// SPDX-License-Identifier: BSL-1.0
// Decides what a row's form sees of a hart while a block runs: registers and remembered pages directly, the rest cold.
#pragma once

#include <cstring>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>

namespace hvkit::engine {

/// Sets pc and retired to what they are at `o`, and pc back to the block's start afterwards.
template <class Hart, class Op> class in_step {
public:
  in_step(const Op *o, Hart &hart) : hart_(hart), start_(hart.user().pc) {
    hart.user().retired = hart.engine().retired_before(o);
    hart.user().pc = start_ + o->args.offset();
  }
  ~in_step() { hart_.user().pc = start_; }
  in_step(const in_step &) = delete;
  in_step &operator=(const in_step &) = delete;

private:
  Hart &hart_;
  u64 start_;
};

/// The view of the op `at`. What it notes says how its handler goes on.
template <class Hart, class Op> struct block_view {
  Hart &hart;
  const Op *at;
  bool slow = false; ///< a cold path was taken, or something was raised: look before going on
  bool indirect = false;
  bool taken = true;
  u64 target = 0;

  [[nodiscard]] auto &user() const { return hart.user(); }
  [[nodiscard]] gva pc() const { return gva{hart.user().pc + at->args.offset()}; }
  [[nodiscard]] gva next() const { return gva{hart.user().pc + at->args.offset() + at->args.length()}; }
  void jump(gva to) {
    target = to.value;
    indirect = true;
  }
  void jump_by(i64, gva to) { target = to.value; }
  void branch_by(bool is_taken, i64 distance) {
    taken = is_taken;
    target = is_taken ? pc().value + static_cast<u64>(distance) : next().value;
  }
  void raise(trap t) {
    slow = true;
    hart.raise(t);
  }
  /// What floating-point rows ask.
  [[nodiscard]] bool fp_usable() const { return hart.fp_usable(); }
  void fp_written() { hart.fp_written(); }
  bool illegal() {
    slow = true;
    return refused(at, hart);
  }

  template <class T> [[nodiscard]] maybe<T> load(gva from) {
    if (const u8 *host = hart.data_bank().load.template find<T>(from)) [[likely]] {
      T value;
      std::memcpy(&value, host, sizeof(T));
      return value;
    }
    slow = true;
    return slow_load<T>(at, hart, from);
  }
  template <class T> [[nodiscard]] bool store(gva to, T value) {
    if (u8 *host = hart.data_bank().store.template find<T>(to)) [[likely]] {
      std::memcpy(host, &value, sizeof(T));
      return true;
    }
    slow = true;
    return slow_store<T>(at, hart, to, value);
  }
  template <class T, class F> [[nodiscard]] maybe<T> update(gva place, F change) {
    slow = true;
    const in_step exact(at, hart);
    return hart.template update<T>(place, change);
  }

private:
  // Given values, not the view: a handler whose view's address is known elsewhere could not end in a jump.
  [[gnu::noinline]] static bool refused(const Op *o, Hart &hart) {
    const in_step exact(o, hart);
    return hart.illegal();
  }
  template <class T> [[gnu::noinline]] static maybe<T> slow_load(const Op *o, Hart &hart, gva from) {
    const in_step exact(o, hart);
    return hart.template load<T>(from);
  }
  template <class T> [[gnu::noinline]] static bool slow_store(const Op *o, Hart &hart, gva to, T value) {
    const in_step exact(o, hart);
    return hart.template store<T>(to, value);
  }
};

} // namespace hvkit::engine
