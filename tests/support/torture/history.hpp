// SPDX-License-Identifier: BSL-1.0
// Decides whether a paging policy whose tables may be out of step maps what the manual allows, and nothing else.
// Source: The RISC-V Instruction Set Manual, Volume II, "Supervisor Memory-Management Fence Instruction": an
// implementation may use any translation that was valid at any time since the most recent fence that subsumes it.
#pragma once

#include <array>
#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <hvkit/core/slot.hpp>
#include <hvkit/policy/paging/concept.hpp>

#include "support/torture/audit.hpp"

namespace hvkit::tests::torture {

/// When each translation that shadow tables hold was last one that the guest's tables give, and when guests fenced.
/// Time is counted in looks: one after each fault that mapped something, one before each fence and one after it. As a
/// shadow entry comes into being by such a fault alone, none of them is missed, however long the guest runs in between.
///
/// Fences of one address space are held to global pages, too, which is more than the manual asks for.
class translation_history {
public:
  /// Looks at all that `paging`, over `vm`, has mapped. Answers what must not be there, or "".
  template <class Vm, class Paging> [[nodiscard]] std::string look(Vm &vm, const Paging &paging) {
    ++now_;
    std::string wrong;
    paging.each_root([&](const context_key &code, const context_key &data, hpa top) {
      fresh_walker fetches(vm.memory(), vm.vcpu().system(), code), accesses(vm.memory(), vm.vcpu().system(), data);
      each_page(vm, top, sv39::levels - 1, 0, [&](gva at, u64 entry) {
        const auto check = [&](auto &walker, const context_key &key, u64 right, access a) {
          if ((entry & right) == 0 || !wrong.empty())
            return;
          const auto to = guest_address(vm, hpa{sv39::target(entry)});
          if (!to)
            wrong = complaint(at, entry, "leads outside the guest");
          else if (!follows(walker, key, at, a, *to))
            wrong = complaint(at, entry, "stands although a fence was to take it away");
        };
        check(fetches, code, sv39::x, access::fetch);
        check(accesses, data, sv39::r, access::load);
        check(accesses, data, sv39::w, access::store);
      });
    });
    return wrong;
  }
  /// The guest fences: from the next look on, nothing that `scope` is about may be older than the last one.
  void fence(const fence_scope &scope) { fences_.push_back({now_, scope}); }
  /// How many translations were found that were older than the guest's tables, and allowed to be.
  [[nodiscard]] u64 stale() const noexcept { return stale_; }

private:
  using key_type = std::tuple<u64, u64, u64, access>; ///< root, rights, page, access
  struct fact {
    gpa to{};
    u64 valid = 0; ///< at which look it was last
    unsigned level = 0;
  };
  struct fence_made {
    u64 when = 0;
    fence_scope scope{};
  };

  /// Of superpages only some pages are looked at: whether such an entry is right as a whole is another audit's.
  template <class Vm, class F> void each_page(Vm &vm, hpa table, unsigned level, u64 base, F f) {
    for (u64 slot = 0; slot < 512; ++slot) {
      const u64 entry = *vm.hardware_memory().template load<u64>(table + slot * 8);
      const u64 at = sign_extend(base + (slot << sv39::shift(level)), sv39::address_width);
      if (!sv39::is_valid(entry))
        continue;
      if (!sv39::is_leaf(entry)) {
        each_page(vm, hpa{sv39::target(entry)}, level - 1, at, f);
        continue;
      }
      const u64 size = bit(sv39::shift(level)), step = std::max(frame_size, size / 8);
      for (u64 page = 0; page < size; page += step)
        f(gva{at + page}, sv39::pointer_to(sv39::target(entry) + page) | (entry & low_bits(10)));
    }
  }
  template <class Vm> [[nodiscard]] maybe<gpa> guest_address(Vm &vm, hpa frame) {
    if (frames_.empty())
      for (u64 i = 0; i < vm.memory().frame_count(); ++i)
        frames_[vm.memory().frame(i).value] = i;
    const auto found = frames_.find(frame.value);
    return found == frames_.end() ? maybe<gpa>() : maybe<gpa>(vm.memory().base() + (found->second << frame_bits));
  }
  template <class Walker> [[nodiscard]] bool follows(Walker &walker, const context_key &key, gva at, access a, gpa to) {
    fact &known = facts_[{key.root, key.rights, at.value, a}];
    if (const auto where = walker.whole_page(at, a); where && where->address == to) {
      known = {to, now_, where->level};
      return true;
    }
    ++stale_;
    return known.valid != 0 && known.to == to && !fenced_since(known, key, at);
  }
  [[nodiscard]] bool fenced_since(const fact &known, const context_key &key, gva at) const {
    for (auto f = fences_.rbegin(); f != fences_.rend() && f->when > known.valid; ++f)
      if (covers(f->scope, key, at, known.level))
        return true;
    return false;
  }
  /// A page fence is about all that the same entry maps; one with an address space, about contexts of that one.
  [[nodiscard]] static bool covers(const fence_scope &scope, const context_key &key, gva at, unsigned level) {
    const u64 space = key.root >> 44 & low_bits(16);
    if (key.root == 0 || (scope.space && (*scope.space & low_bits(16)) != space))
      return false;
    return !scope.page || scope.page->value >> sv39::shift(level) == at.value >> sv39::shift(level);
  }
  [[nodiscard]] static std::string complaint(gva at, u64 entry, const char *what) {
    std::ostringstream text;
    text << std::hex << "shadow entry 0x" << entry << " for 0x" << at.value << " " << what;
    return text.str();
  }

  std::map<key_type, fact> facts_;
  std::vector<fence_made> fences_;
  std::unordered_map<u64, u64> frames_;
  u64 now_ = 0, stale_ = 0;
};

/// A paging policy that is listened to. What was found wrong first is kept.
template <class Policy> struct recorded {
  static constexpr slot kind = slot::paging;
  static constexpr std::string_view name = "recorded";
  using rules = typename Policy::rules;

  template <class Vm> class over : public Policy::template over<Vm> {
    using base = typename Policy::template over<Vm>;

  public:
    explicit over(Vm &vm) : base(vm), vm_(vm) {}
    paging::outcome fault(gva at, access a) {
      const auto said = base::fault(at, a);
      look();
      return said;
    }
    void fence(const fence_scope &scope) {
      look();
      history_.fence(scope);
      base::fence(scope);
      look();
    }
    void table_written(gpa at, u64 size) {
      base::table_written(at, size);
      look();
    }
    [[nodiscard]] const std::string &wrong() const noexcept { return wrong_; }
    [[nodiscard]] const translation_history &history() const noexcept { return history_; }

  private:
    void look() {
      if (wrong_.empty())
        wrong_ = history_.look(vm_, static_cast<const base &>(*this));
    }
    Vm &vm_;
    translation_history history_;
    std::string wrong_;
  };
};

} // namespace hvkit::tests::torture
