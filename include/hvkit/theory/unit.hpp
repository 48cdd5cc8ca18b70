// SPDX-License-Identifier: BSL-1.0
// Decides what is classified: a system row together with a group of its operands, and what its runs have shown.
// Source: Popek, Goldberg, "Formal Requirements for Virtualizable Third Generation Architectures", "Instruction
// Behavior".
#pragma once

#include <string_view>

#include <hvkit/isa/instruction_set.hpp>
#include <hvkit/isa/state.hpp>

namespace hvkit::theory {

using isa::resource;

/// One thing that has a class: a system row with a group of its operands, or a row that reaches one resource by its
/// type (capability::fp). `key` is the CPU's own way of telling the operands of this group.
struct unit {
  isa::row_id row = isa::no_row;
  std::string_view group{};  ///< empty where a row is classified as a whole
  std::string_view manner{}; ///< tells groups of that name apart: "written"
  u16 key = 0;
  u16 specimens = 1; ///< how many of its operands the CPU's examination offers; 0: its type says what its class is

  [[nodiscard]] constexpr bool by_type() const { return specimens == 0; }
};

/// What a pair of states has shown, or (control) a single one.
enum class kind : u8 {
  control,       ///< a resource was changed without a trap
  user_control,  ///< the same in user mode
  mode,          ///< the result depends on the mode
  location,      ///< the result depends on where the program lies in storage
  user_location, ///< the same in user mode
  resource,      ///< the result depends on a resource
  user_resource  ///< the same in user mode
};
/// Where two results differ, or what was changed.
enum class place : u8 { nothing, user, field, memory, waiting, fence };
/// One difference; false if there is none.
struct difference {
  place where = place::nothing;
  u16 index = 0; ///< of the field, or of the word of storage
  constexpr explicit operator bool() const { return where != place::nothing; }
  friend constexpr bool operator==(const difference &, const difference &) = default;
};

/// A witness in which nothing was perturbed has this field.
inline constexpr u16 no_field = 0xffff;
/// One that started from the moved program has this one.
inline constexpr u16 moved_program = 0xfffe;

/// A recipe that gives the states again which showed something: `field` was set to `value` in the second of the pair.
struct witness {
  difference shown{};
  u16 specimen = 0;
  u8 base = 0;
  u8 mode = 0;  ///< index into the examination's modes
  u8 other = 0; ///< the second state's, for `kind::mode`
  u16 field = no_field;
  u64 value = 0;
  constexpr explicit operator bool() const { return bool(shown); }
  friend constexpr bool operator==(const witness &, const witness &) = default;
};

/// One witness of each kind; empty where there is none. Members, not an array: g++ 12 loses parts of class-type
/// elements that are assigned during constant evaluation.
struct witnesses {
  witness control{}, user_control{}, mode{}, location{}, user_location{}, resource{}, user_resource{};

  [[nodiscard]] constexpr const witness &operator[](kind k) const {
    switch (k) {
    case kind::control:
      return control;
    case kind::user_control:
      return user_control;
    case kind::mode:
      return mode;
    case kind::location:
      return location;
    case kind::user_location:
      return user_location;
    case kind::resource:
      return resource;
    default:
      return user_resource;
    }
  }
  friend constexpr bool operator==(const witnesses &, const witnesses &) = default;
};

/// What all runs of a unit have shown. Resources are kept apart, so that a verdict can be asked for any set of them.
/// Modes are numbered as in the examination: 0 is the most privileged one, `user_mode` the least.
struct findings {
  resource controls = resource::none;      ///< changed without a trap
  resource user_controls = resource::none; ///< in user mode
  resource depends = resource::none;       ///< on which results depend
  resource user_depends = resource::none;  ///< in user mode
  bool mode = false;                       ///< twins end differently
  bool location = false;
  bool user_location = false;
  u8 traps = 0;     ///< bit n: in mode n some state traps
  u8 completes = 0; ///< bit n: in mode n some state does not
  witnesses seen{};

  friend constexpr bool operator==(const findings &, const findings &) = default;
};

/// What the type of a floating-point row says, in so many modes: where floating point is off it traps in each of them;
/// where it is on, the row changes that resource without a trap, and nothing else of system state.
[[nodiscard]] constexpr findings findings_by_type(u8 modes) {
  findings f{};
  f.controls = f.user_controls = resource::floating_point;
  f.traps = f.completes = static_cast<u8>((1U << modes) - 1);
  return f;
}

/// A unit and its class: the definitions of the paper over what was found.
struct classified {
  unit what{};
  findings found{};
  u8 user_mode = 1;
  bool innocuous_by_decree = false; ///< classification::assume says so, whatever was found

  /// Traps in user mode, and does not in the most privileged one.
  [[nodiscard]] constexpr bool privileged() const { return traps_in(user_mode) && never_traps_in(0); }
  /// Traps in every mode (supervisor call, breakpoint). No theorem counts it.
  [[nodiscard]] constexpr bool always_traps() const { return found.completes == 0 && found.traps != 0; }
  [[nodiscard]] constexpr bool control_sensitive(resource set = isa::all_resources) const {
    return has(found.controls, set);
  }
  [[nodiscard]] constexpr bool mode_sensitive() const { return found.mode; }
  [[nodiscard]] constexpr bool location_sensitive() const { return found.location; }
  [[nodiscard]] constexpr bool resource_sensitive(resource set = isa::all_resources) const {
    return has(found.depends, set);
  }
  [[nodiscard]] constexpr bool behavior_sensitive(resource set = isa::all_resources) const {
    return mode_sensitive() || location_sensitive() || resource_sensitive(set);
  }
  [[nodiscard]] constexpr bool sensitive(resource set = isa::all_resources) const {
    return !innocuous_by_decree && (control_sensitive(set) || behavior_sensitive(set));
  }
  [[nodiscard]] constexpr bool user_sensitive(resource set = isa::all_resources) const {
    return !innocuous_by_decree &&
           (has(found.user_controls, set) || found.user_location || has(found.user_depends, set));
  }
  [[nodiscard]] constexpr bool innocuous(resource set = isa::all_resources) const { return !sensitive(set); }

  /// Every state seen in mode `n` traps (memory traps left out), and there was one.
  [[nodiscard]] constexpr bool traps_in(u8 n) const {
    return (found.traps >> n & 1) != 0 && (found.completes >> n & 1) == 0;
  }
  [[nodiscard]] constexpr bool never_traps_in(u8 n) const {
    return (found.traps >> n & 1) == 0 && (found.completes >> n & 1) != 0;
  }
  [[nodiscard]] constexpr const witness &seen(kind k) const { return found.seen[k]; }
};

} // namespace hvkit::theory
