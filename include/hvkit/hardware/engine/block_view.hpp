// SPDX-License-Identifier: BSL-1.0
// Decides what a row's form sees of a hart while a block runs: registers and remembered pages, and nothing slow.
#pragma once

#include <cstring>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>

namespace hvkit::engine {

/// The view of the op `at`, the `Last` of its block or not. What it notes says how its handler goes on.
///
/// Where a form asks for more than can be had at once (a page that is not remembered, an atomic update, a trap), it is
/// told no, and `again` is set: the instruction is then executed from its start as the step engine does it. That is the
/// same as going on, since a form writes no register before the last thing that can trap. Once it has stored something,
/// memory may be different at its start: from then on it is served here, and `slow` is set.
template <class Hart, class Op, bool Last> struct block_view {
  Hart &hart;
  const Op *at;
  u64 left; ///< of the budget, as the handler was told
  bool again = false;
  bool slow = false;
  bool stored = false;
  bool indirect = false;
  bool taken = true;
  u64 target = 0;

  [[nodiscard]] auto &user() const { return hart.user(); }
  [[nodiscard]] gva pc() const { return gva{hart.engine().template address_of<Last>(at)}; }
  [[nodiscard]] gva next() const { return gva{hart.engine().template address_behind<Last>(at)}; }
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
    if (!stored) {
      again = true;
      return;
    }
    slow = true;
    hart.raise(t);
  }
  /// What floating-point rows ask.
  [[nodiscard]] bool fp_usable() const { return hart.fp_usable(); }
  void fp_written() { hart.fp_written(); }
  bool illegal() {
    again = true;
    return false;
  }

  template <class T> [[nodiscard]] maybe<T> load(gva from) {
    if (const auto *page = hart.data_bank().load.template page_of<T>(from)) [[likely]] {
      T value;
      std::memcpy(&value, page->host(from), sizeof(T));
      return value;
    }
    if (stored) {
      slow = true;
      return slow_load<T>(at, hart, left, from);
    }
    again = true;
    return {};
  }
  template <class T> [[nodiscard]] bool store(gva to, T value) {
    if (const auto *page = hart.data_bank().store.template page_of<T>(to)) [[likely]] {
      std::memcpy(page->host(to), &value, sizeof(T));
      stored = true;
      return true;
    }
    if (stored) {
      slow = true;
      return slow_store<T>(at, hart, left, to, value);
    }
    again = true;
    return false;
  }
  template <class T, class F> [[nodiscard]] maybe<T> update(gva, F) {
    again = true;
    return {};
  }

private:
  // Given values, not the view: a handler whose view's address is known elsewhere could not end in a jump.
  template <class T> [[gnu::noinline]] static maybe<T> slow_load(const Op *o, Hart &hart, u64 left, gva from) {
    hart.engine().make_exact(o, hart, left);
    return hart.template load<T>(from);
  }
  template <class T> [[gnu::noinline]] static bool slow_store(const Op *o, Hart &hart, u64 left, gva to, T value) {
    hart.engine().make_exact(o, hart, left);
    return hart.template store<T>(to, value);
  }
};

} // namespace hvkit::engine
