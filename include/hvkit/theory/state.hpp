// SPDX-License-Identifier: BSL-1.0
// Decides what a state of a machine is to the theory, and what is noted of a run's touches of it. Knows no CPU.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <tuple>
#include <utility>

#include <hvkit/isa/state.hpp>

namespace hvkit::theory {

/// What a CPU says of itself to the theory: derive.hpp lists it. A CPU that is another one with more rows has the same.
template <class Cpu> using examination = typename Cpu::template examination<Cpu>;

/// Popek and Goldberg's S = <E, M, P, R>, with all that a later machine adds: a tiny storage, user state (P among it),
/// system state (M and R among it), and the clock that the machine is shown. A plain value.
template <class Cpu> struct state {
  typename Cpu::user_state user{};
  typename Cpu::system_state system{};
  u64 ticks = 0;
  std::array<u32, examination<Cpu>::memory_words> memory{};

  friend constexpr bool operator==(const state &, const state &) = default;
};

/// How many words of system state `Cpu` has.
template <class Cpu> inline constexpr std::size_t system_words =
    std::tuple_size_v<decltype(std::declval<typename Cpu::system_state>().words)>;

/// The fields that can be perturbed: those of `Cpu::state_fields`, then the count of retired instructions, then the
/// clock.
template <class Cpu> inline constexpr std::size_t system_fields = Cpu::state_fields.size();
template <class Cpu> inline constexpr u16 retired_field = static_cast<u16>(system_fields<Cpu>);
template <class Cpu> inline constexpr u16 ticks_field = static_cast<u16>(system_fields<Cpu> + 1);

/// What field `n` is called, and which resource it belongs to.
template <class Cpu> [[nodiscard]] constexpr isa::field field_at(u16 n) {
  if (n < system_fields<Cpu>)
    return Cpu::state_fields[n];
  return {n == retired_field<Cpu> ? "retired" : "ticks", static_cast<u16>(system_words<Cpu>), ~u64{0},
          isa::resource::time};
}

/// The value of field `n`, shifted down to bit 0.
template <class Cpu> [[nodiscard]] constexpr u64 get_field(const state<Cpu> &s, u16 n) {
  if (n == retired_field<Cpu>)
    return s.user.retired;
  return n == ticks_field<Cpu> ? s.ticks : s.system.get(Cpu::state_fields[n]);
}

/// `s` with field `n` replaced.
template <class Cpu> [[nodiscard]] constexpr state<Cpu> with_field(state<Cpu> s, u16 n, u64 value) {
  if (n == retired_field<Cpu>)
    s.user.retired = value;
  else if (n == ticks_field<Cpu>)
    s.ticks = value;
  else
    s.system.set(Cpu::state_fields[n], value);
  return s;
}

/// The fields of one word of system state: from `first` up to, not including, `last` in `Cpu::state_fields`.
struct field_range {
  u16 first = 0;
  u16 last = 0;
};

namespace detail {
template <class Cpu> [[nodiscard]] constexpr field_range find_fields(std::size_t word) {
  u16 first = 0;
  while (first < system_fields<Cpu> && Cpu::state_fields[first].word != word)
    ++first;
  u16 last = first;
  while (last < system_fields<Cpu> && Cpu::state_fields[last].word == word)
    ++last;
  return {first, last};
}
template <class Cpu> inline constexpr auto field_ranges = []<std::size_t... Word>(std::index_sequence<Word...>) {
  return std::array<field_range, sizeof...(Word)>{find_fields<Cpu>(Word)...};
}
(std::make_index_sequence<system_words<Cpu>>{});

template <class Cpu> [[nodiscard]] constexpr bool fields_stand_together() {
  std::size_t n = 0;
  for (const field_range &r : field_ranges<Cpu>)
    n += r.last - r.first;
  return n == system_fields<Cpu>;
}
} // namespace detail

/// Which fields each word of system state has.
template <class Cpu> [[nodiscard]] constexpr field_range fields_of(u16 word) {
  static_assert(detail::fields_stand_together<Cpu>(), "the fields of a word must stand together in Cpu::state_fields");
  return detail::field_ranges<Cpu>[word];
}

/// A set of small numbers.
template <std::size_t N> class number_set {
public:
  constexpr void insert(u16 n) noexcept { bits_[n / 64] |= bit(n % 64); }
  /// Calls `f(n)` for each number, in order.
  template <class F> constexpr void each(F f) const {
    for (std::size_t i = 0; i < bits_.size(); ++i)
      for (u64 left = bits_[i]; left != 0; left &= left - 1)
        f(static_cast<u16>(64 * i + static_cast<unsigned>(std::countr_zero(left))));
  }

private:
  std::array<u64, (N + 63) / 64> bits_{};
};

/// What a run read and wrote of `N` words of system state.
template <std::size_t N> struct touches {
  std::array<u64, N> bits_read{}; ///< of each word
  number_set<N> read{};           ///< words of which something was read
  number_set<N> written{};        ///< words
  bool retired = false;           ///< the count of instructions was read
  bool ticks = false;             ///< the clock was read
  bool memory = false;            ///< storage was written

  constexpr void reads(u16 word, u64 mask) noexcept {
    bits_read[word] |= mask;
    read.insert(word);
  }
};

/// A count that notes when it is read.
class watched_count {
public:
  constexpr watched_count(u64 value, bool &read) noexcept : value_(value), read_(&read) {}
  constexpr operator u64() const noexcept {
    *read_ = true;
    return value_;
  }

private:
  u64 value_;
  bool *read_;
};

/// User state as the recorder shows it: the CPU's own, but for the count of retired instructions, which is watched.
template <class UserState> struct recorded_user : UserState {
  watched_count retired;

  constexpr recorded_user(const UserState &from, bool &read) noexcept : UserState(from), retired(from.retired, read) {
    UserState::retired = 0;
  }
  /// All but the count, which a row does not change.
  [[nodiscard]] constexpr const UserState &values() const noexcept { return *this; }
};

/// System state that notes each touch: what the recorder hands to the semantics in place of isa::state_words.
template <std::size_t N> class recorded_words {
public:
  constexpr recorded_words(const isa::state_words<N> &values, touches<N> &log) : values_(values), log_(&log) {}

  [[nodiscard]] constexpr u64 get(u16 word) const noexcept {
    log_->reads(word, ~u64{0});
    return values_.get(word);
  }
  [[nodiscard]] constexpr u64 get(const isa::field &f) const noexcept {
    log_->reads(f.word, f.mask);
    return values_.get(f);
  }
  constexpr void set(u16 word, u64 value) noexcept {
    log_->written.insert(word);
    values_.set(word, value);
  }
  constexpr void set(const isa::field &f, u64 value) noexcept {
    log_->written.insert(f.word);
    values_.set(f, value);
  }
  /// The words themselves; looking at them is no touch.
  [[nodiscard]] constexpr const isa::state_words<N> &values() const noexcept { return values_; }

private:
  isa::state_words<N> values_;
  touches<N> *log_;
};

} // namespace hvkit::theory
