// SPDX-License-Identifier: BSL-1.0
// Decides that the classes of instructions stand in a table, which must say what the semantics show.
#pragma once

#include <string_view>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/classification/rules.hpp>
#include <hvkit/policy/rules.hpp>
#include <hvkit/theory/verdict.hpp>

namespace hvkit::classification {

/// What a declaration says of an instruction; a set of flags.
enum class trait : u16 {
  innocuous = 0,
  privileged = 1,
  always_traps = 2,
  control_sensitive = 4,
  mode_sensitive = 8,
  location_sensitive = 16,
  resource_sensitive = 32,
  user_sensitive = 64
};
[[nodiscard]] constexpr trait operator|(trait a, trait b) noexcept {
  return static_cast<trait>(static_cast<u16>(a) | static_cast<u16>(b));
}
[[nodiscard]] constexpr bool has(trait set, trait one) noexcept {
  return (static_cast<u16>(set) & static_cast<u16>(one)) != 0;
}

/// The name of a row, or of one of its units ("csrrs time"), and its class. The first line that fits a unit counts.
struct declaration {
  std::string_view name;
  trait traits = trait::innocuous;
};

/// What the classes of a unit are in these words.
[[nodiscard]] constexpr trait traits_of(const theory::classified &c, isa::resource set = isa::all_resources) {
  const auto flag = [](bool holds, trait t) { return holds ? t : trait::innocuous; };
  return flag(c.privileged(), trait::privileged) | flag(c.always_traps(), trait::always_traps) |
         flag(c.control_sensitive(set), trait::control_sensitive) | flag(c.mode_sensitive(), trait::mode_sensitive) |
         flag(c.location_sensitive(), trait::location_sensitive) |
         flag(c.resource_sensitive(set), trait::resource_sensitive) |
         flag(c.user_sensitive(set), trait::user_sensitive);
}

/// The classes in `Table`, an array of declarations. A unit that the table does not name is declared innocuous.
template <const auto &Table> struct declared {
  static constexpr slot kind = slot::classification;
  static constexpr std::string_view name = "declared";
  using rules = hvkit::rules<rule::sound_classification>;

  template <class Cpu> [[nodiscard]] static constexpr const auto &classes() { return from_table<Cpu>; }

  /// The first unit of which the table does not say what is derived, or theory::no_unit. Where the semantics cannot be
  /// run by the compiler, a test asks this.
  template <class Cpu> [[nodiscard]] static constexpr std::size_t disagreement() {
    const auto &derived = theory::classes<Cpu>;
    for (std::size_t n = 0; n < derived.size(); ++n)
      if (traits_of(derived[n], theory::verdict_resources<Cpu>) != declared_of<Cpu>(derived[n].what))
        return n;
    return theory::no_unit;
  }

private:
  template <class Cpu> [[nodiscard]] static constexpr trait declared_of(const theory::unit &u) {
    for (const declaration &d : Table)
      if (isa::facts<Cpu>[u.row].name == d.name || theory::is_named<Cpu>(u, d.name))
        return d.traits;
    return trait::innocuous;
  }
  /// Findings that give these traits again.
  template <class Cpu> [[nodiscard]] static constexpr theory::classified make(const theory::unit &u) {
    const trait t = declared_of<Cpu>(u);
    const bool user = has(t, trait::user_sensitive);
    constexpr u8 user_mode = theory::examiner<Cpu>::user_mode;
    constexpr u8 user_bit = static_cast<u8>(1U << user_mode);
    theory::findings f{};
    f.controls = has(t, trait::control_sensitive) ? isa::all_resources : isa::resource::none;
    f.depends = has(t, trait::resource_sensitive) ? isa::all_resources : isa::resource::none;
    f.mode = has(t, trait::mode_sensitive);
    f.user_depends = user ? isa::all_resources : isa::resource::none;
    f.location = has(t, trait::location_sensitive);
    f.traps = has(t, trait::always_traps) ? u8{user_bit | 1} : has(t, trait::privileged) ? user_bit : u8{0};
    f.completes = has(t, trait::always_traps) ? u8{0} : has(t, trait::privileged) ? u8{1} : u8{user_bit | 1};
    return {u, f, user_mode, false};
  }
  template <class Cpu> static constexpr auto from_table = [] {
    std::array<theory::classified, theory::units<Cpu>.size()> all{};
    for (std::size_t n = 0; n < all.size(); ++n)
      all[n] = make<Cpu>(theory::units<Cpu>[n]);
    return all;
  }();
};

} // namespace hvkit::classification
