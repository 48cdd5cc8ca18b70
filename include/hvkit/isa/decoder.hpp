// SPDX-License-Identifier: BSL-1.0
// Decides which row an instruction word is, from the rows' own patterns. Knows no CPU.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include <hvkit/isa/instruction_set.hpp>

namespace hvkit::isa {

/// Satisfied when the instructions of `Cpu` are words of at most 32 bits, which this decoder reads. Other CPUs bring
/// `fetch_instruction()` in their architecture.
template <class Cpu>
concept words = requires {
  Cpu::decode_key;
};

/// An instruction, understood. `row == no_row` means that no row or alias has this encoding.
template <class Cpu> struct decoded {
  row_id row = no_row;
  typename Cpu::operands operands{};
  [[nodiscard]] constexpr explicit operator bool() const noexcept { return row != no_row; }
};

namespace detail {

/// The bits of `word` under `mask`, packed together.
[[nodiscard]] constexpr u32 gather(u32 word, u32 mask) noexcept {
  u32 packed = 0;
  for (unsigned to = 0; mask != 0; ++to, mask &= mask - 1)
    packed |= ((word >> std::countr_zero(mask)) & 1) << to;
  return packed;
}

/// An entry of the decoder: a row, or an alias beyond the rows.
struct candidate {
  pattern code;
  u16 entry = 0;
};

/// All patterns, most specific first, so that the first match is the right one.
template <class Cpu> [[nodiscard]] constexpr auto ranked_candidates() {
  constexpr std::size_t rows = row_count<Cpu>;
  std::array<candidate, rows + Cpu::aliases.size()> all{};
  for (std::size_t i = 0; i < rows; ++i)
    all[i] = candidate{facts<Cpu>[i].code, static_cast<u16>(i)};
  for (std::size_t i = 0; i < Cpu::aliases.size(); ++i)
    all[rows + i] = candidate{Cpu::aliases[i].code, static_cast<u16>(rows + i)};
  std::sort(all.begin(), all.end(), [](const candidate &a, const candidate &b) {
    const int bits_a = std::popcount(a.code.mask);
    const int bits_b = std::popcount(b.code.mask);
    return bits_a != bits_b ? bits_a > bits_b : a.entry < b.entry;
  });
  return all;
}

template <class Cpu> inline constexpr auto ranked = ranked_candidates<Cpu>();

/// Calls `f(bucket)` for every bucket that a word matching `code` can fall into.
template <class F> constexpr void each_bucket(pattern code, u32 key, F f) {
  const u32 fixed = gather(code.match & code.mask, key);
  const u32 open = gather(~code.mask, key);
  u32 choice = 0;
  do {
    f(fixed | choice);
    choice = (choice - open) & open;
  } while (choice != 0);
}

template <class Cpu> [[nodiscard]] constexpr std::size_t bucket_entries() {
  std::size_t n = 0;
  for (const candidate &c : ranked<Cpu>)
    n += std::size_t{1} << std::popcount(gather(~c.code.mask, Cpu::decode_key));
  return n;
}

/// Buckets by the bits of `Cpu::decode_key`: `first[b]` to `first[b + 1]` are the candidates of bucket b.
template <class Cpu> struct bucket_table {
  static constexpr std::size_t buckets = std::size_t{1} << std::popcount(Cpu::decode_key);
  std::array<u16, buckets + 1> first{};
  std::array<u16, bucket_entries<Cpu>()> entries{};
};

template <class Cpu> [[nodiscard]] constexpr auto build_buckets() {
  bucket_table<Cpu> table{};
  for (const candidate &c : ranked<Cpu>)
    each_bucket(c.code, Cpu::decode_key, [&](u32 b) { ++table.first[b + 1]; });
  for (std::size_t b = 1; b < table.first.size(); ++b)
    table.first[b] = static_cast<u16>(table.first[b] + table.first[b - 1]);
  auto next = table.first;
  for (std::size_t rank = 0; rank < ranked<Cpu>.size(); ++rank)
    each_bucket(ranked<Cpu>[rank].code, Cpu::decode_key,
                [&](u32 b) { table.entries[next[b]++] = static_cast<u16>(rank); });
  return table;
}

template <class Cpu> inline constexpr auto bucket_lists = build_buckets<Cpu>();

/// The row each alias stands for.
template <class Cpu> [[nodiscard]] constexpr auto alias_rows() {
  std::array<row_id, Cpu::aliases.size() + 1> rows{};
  for (std::size_t i = 0; i < Cpu::aliases.size(); ++i)
    rows[i] = find_row<Cpu>(Cpu::aliases[i].means);
  return rows;
}
template <class Cpu> inline constexpr auto alias_targets = alias_rows<Cpu>();

} // namespace detail

/// Neither a row nor an alias.
inline constexpr std::size_t no_entry = 0xffff;

/// The entry whose encoding `word` is: a row, an alias (numbered from row_count on), or no_entry.
template <class Cpu> [[nodiscard]] constexpr std::size_t find_entry(u32 word) noexcept {
  const auto &table = detail::bucket_lists<Cpu>;
  const u32 bucket = Cpu::decode_bucket(word);
  for (u16 at = table.first[bucket]; at != table.first[bucket + 1]; ++at) {
    const detail::candidate &c = detail::ranked<Cpu>[table.entries[at]];
    if (c.code.matches(word))
      return c.entry;
  }
  return no_entry;
}

/// Decodes `word`; an instruction shorter than 32 bits stands in its low bits and the rest is ignored.
template <class Cpu> [[nodiscard]] constexpr decoded<Cpu> decode(u32 word) noexcept {
  const std::size_t entry = find_entry<Cpu>(word);
  if (entry < row_count<Cpu>)
    return {static_cast<row_id>(entry), facts<Cpu>[entry].decode(word)};
  if (entry == no_entry)
    return {};
  const std::size_t nth = entry - row_count<Cpu>;
  if (const auto operands = Cpu::aliases[nth].decode(word))
    return {detail::alias_targets<Cpu>[nth], *operands};
  return {};
}

} // namespace hvkit::isa
