// SPDX-License-Identifier: BSL-1.0
// Decides how the fast engine runs a hart: straight-line code is decoded once into a block of handlers, each of which
// jumps to the next. Blocks are keyed by physical address, so they outlive every change of translation.
//
// While a block runs, user().pc and user().retired are stale: the pc is `base_` plus the place in the frame, and all of
// the block is taken off the budget when it is entered. A cold path makes both exact first. Whatever wants attention
// ends the block after the instruction that caused it.
#pragma once

#include <cstring>
#include <string_view>
#include <type_traits>

#include <hvkit/core/address.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/core/slot.hpp>
#include <hvkit/hardware/attention.hpp>
#include <hvkit/hardware/engine/block_view.hpp>
#include <hvkit/hardware/engine/code_cache.hpp>
#include <hvkit/hardware/engine/jump_cache.hpp>
#include <hvkit/hardware/engine/tail_calls.hpp>
#include <hvkit/isa/decoder.hpp>

namespace hvkit::engine {

/// Decoded blocks, chained within a frame by their direct jumps and everywhere else by a cache of jumps.
struct blocks {
  static constexpr slot kind = slot::engine;
  static constexpr std::string_view name = "blocks";

  template <class Hart> class over {
    using cpu = typename Hart::cpu;
    using operands = typename cpu::operands;
    struct op;
    /// `left` is what is left of the budget behind the block that runs. Answers null if the run loop is to look, and
    /// else where it is to go on, with `left_` left.
    using handler = const op *(*)(const op *, Hart &, u64 left);
    struct op {
      handler run;
      operands args;
    };
    using cache = code_cache<op>;
    using one_step = bool (*)(Hart &, const operands &);

  public:
    explicit over(const hardware::physical_memory &memory) : cache_(memory), jumps_(cache_.nowhere()) {}

    exit_record run(Hart &hart, u64 budget) {
      link_ = nullptr;
      while (budget != 0) {
        if (hart.needs_attention()) {
          const u64 before = budget;
          link_ = nullptr;
          if (const auto exit = hart.look_around(budget))
            return *exit;
          if (budget != before)
            continue;
        }
        const op *block = next_block(hart);
        if (block != nullptr && cache::head_of(block).count <= budget)
          run_blocks(hart, block, budget);
        else if (hart.step())
          --budget;
        else
          trapped_ = true;
        if (trapped_) {
          trapped_ = false;
          if (const auto exit = hart.trapped(budget))
            return *exit;
        }
      }
      return {};
    }

    /// A frame whose code is remembered was written.
    void code_changed(Hart &hart, hpa at) {
      cache_.drop_frame(at);
      hart.memory().forget(at, hardware::remembered::code);
      stale_ = true;
      forget_jumps(hart);
    }
    /// Translations were forgotten: a jump may lead elsewhere now.
    void contexts_changed(Hart &hart) { forget_jumps(hart); }

    // What the view asks.
    /// The address of an op in the block that runs, and of what is behind it.
    template <bool Last> [[nodiscard]] u64 address_of(const op *o) const noexcept {
      return base_ + (Last ? cache::tail_of(o).last : cache::head_of(current_).offset() + o->args.offset());
    }
    template <bool Last> [[nodiscard]] u64 address_behind(const op *o) const noexcept {
      return Last ? base_ + cache::tail_of(o).end : address_of<false>(o) + o->args.length();
    }
    /// Sets pc and retired to what they are before `o` is executed.
    void make_exact(const op *o, Hart &hart, u64 left) noexcept {
      set_pc(hart, address_of<false>(o));
      hart.user().retired = anchor_ - left_before(o, left);
    }
    /// For builds that do not jump from handler to handler.
    const op *later(const op *o, u64 left) noexcept {
      left_ = left;
      return o;
    }

  private:
    struct maker {
      template <class Row> static const op *call(const op *o, Hart &hart, u64 left) {
        using isa::capability;
        if constexpr (Row::needs == capability::system) {
          return run_system<Row>(o, hart, left);
        } else {
          constexpr bool flow = Row::needs == capability::flow;
          block_view<Hart, op, flow> v{hart, o, left};
          const bool retired = Row::form::run(typename Row::semantics{}, v, o->args);
          if (v.again) [[unlikely]]
            return run_again<flow>(o, hart, left, &one<Row>);
          if (v.slow) [[unlikely]]
            return after_slow<flow>(o, hart, left, retired, flow ? v.target : v.next().value);
          if constexpr (!flow) {
            HVKIT_TAIL_CALL(o[1].run, o + 1, hart, left);
          } else if (v.indirect) {
            over &e = hart.engine();
            const op *const *found = e.jumps_.find(v.target, e.stamp_);
            if (found == nullptr || left < cache::head_of(*found).count) [[unlikely]]
              return leave(o, hart, left, v.target, way::indirect);
            const op *to = *found;
            e.base_ = v.target - cache::head_of(to).offset();
            e.current_ = to;
            HVKIT_TAIL_CALL(to->run, to, hart, left - cache::head_of(to).count);
          } else {
            auto &tail = cache::tail_of(o);
            const op *to = v.taken ? tail.taken : tail.fallthrough;
            if (left < cache::head_of(to).count) [[unlikely]]
              return leave(o, hart, left, v.target, v.taken ? way::taken : way::fallthrough);
            hart.engine().current_ = to;
            HVKIT_TAIL_CALL(to->run, to, hart, left - cache::head_of(to).count);
          }
        }
      }
    };
    template <class Row> static bool one(Hart &hart, const operands &o) { return hart.template execute_row<Row>(o); }

    static const op *end_of_block(const op *o, Hart &hart, u64 left) {
      auto &tail = cache::tail_of(o);
      const op *to = tail.fallthrough;
      if (left < cache::head_of(to).count) [[unlikely]]
        return leave(o, hart, left, hart.engine().base_ + tail.end, way::fallthrough);
      hart.engine().current_ = to;
      HVKIT_TAIL_CALL(to->run, to, hart, left - cache::head_of(to).count);
    }

    /// A system row sees the hart exactly as the step engine shows it. The block goes on if nothing came of it.
    template <class Row> [[gnu::noinline]] static const op *run_system(const op *o, Hart &hart, u64 left) {
      over &e = hart.engine();
      e.make_exact(o, hart, left);
      const u64 behind = e.template address_behind<false>(o);
      const bool retired = hart.template execute_row<Row>(o->args);
      if (retired && hart.user().pc == behind && e.same_code(hart, gva{behind}) && !hart.wants_attention()) {
        HVKIT_TAIL_CALL(o[1].run, o + 1, hart, left);
      }
      return e.stop(o, left, retired);
    }
    /// Whether the code that runs is still what is at `at`, whatever a change of context or a fence did. Then it needs
    /// no more attention.
    [[nodiscard]] bool same_code(Hart &hart, gva at) noexcept {
      const u64 now = hart.code_bank().stamp;
      if (now == stamp_)
        return true;
      const u8 *host = hart.code_bank().fetch.template find<u16>(at);
      if (!chains_ || host == nullptr ||
          frame_base(hart.memory().address_of(host).value) != frame_base(cache::head_of(current_).at.value))
        return false;
      stamp_ = now;
      if (!stale_)
        hart.settle(hardware::attention::translations);
      return true;
    }
    /// An instruction that its view could not serve is executed as the step engine does it.
    template <bool Flow>
    [[gnu::noinline]] static const op *run_again(const op *o, Hart &hart, u64 left, one_step step) {
      over &e = hart.engine();
      e.make_exact(o, hart, left);
      const bool retired = step(hart, o->args);
      return !Flow && retired && !hart.needs_attention() ? e.later(o + 1, left) : e.stop(o, left, retired);
    }
    /// An instruction that its view served on a cold path, and that goes on at `next` if it retired.
    template <bool Flow>
    [[gnu::noinline]] static const op *after_slow(const op *o, Hart &hart, u64 left, bool retired, u64 next) {
      over &e = hart.engine();
      if (!Flow && retired && !hart.needs_attention())
        return e.later(o + 1, left);
      e.make_exact(o, hart, left);
      if (retired) {
        set_pc(hart, next);
        ++hart.user().retired;
      }
      return e.stop(o, left, retired);
    }
    /// The block ends with `o`; pc and retired are exact. If it did not retire there is a trap.
    const op *stop(const op *o, u64 left, bool retired) noexcept {
      left_ = left_before(o, left) - (retired ? 1 : 0);
      link_ = nullptr;
      trapped_ = !retired;
      return nullptr;
    }
    /// How a block ended: by a direct jump, by running into the next block, by an indirect jump.
    enum class way : u8 { taken, fallthrough, indirect };
    /// The block that ends with `o` leads to where no block is known, or the budget does not hold it.
    [[gnu::noinline]] static const op *leave(const op *o, Hart &hart, u64 left, u64 target, way by) {
      over &e = hart.engine();
      auto &tail = cache::tail_of(o);
      const op **link = const_cast<const op **>(by == way::taken ? &tail.taken : &tail.fallthrough);
      e.link_ = nullptr;
      if (by != way::indirect && *link == e.cache_.nowhere()) {
        if (e.chains_ && target - e.base_ < frame_size) {
          e.link_ = link;
        } else if (const auto found = e.jumps_.find(target, e.stamp_)) {
          if (const u64 count = cache::head_of(*found).count; left >= count) {
            e.base_ = target - cache::head_of(*found).offset();
            e.current_ = *found;
            return e.later(*found, left - count);
          }
        }
      }
      set_pc(hart, target);
      e.left_ = left;
      return nullptr;
    }
    [[nodiscard]] u64 left_before(const op *o, u64 left) const noexcept {
      return left + cache::head_of(current_).count - static_cast<u64>(o - current_);
    }
    static void set_pc(Hart &hart, u64 to) noexcept {
      hart.user().pc = static_cast<std::decay_t<decltype(hart.user().pc)>>(to);
    }

    void run_blocks(Hart &hart, const op *block, u64 &budget) {
      anchor_ = hart.user().retired + budget;
      base_ = hart.user().pc - cache::head_of(block).offset();
      stamp_ = chains_ ? hart.code_bank().stamp : no_stamp;
      current_ = block;
      stale_ = false;
      left_ = budget - cache::head_of(block).count;
      for (const op *o = block; o != nullptr;)
        o = o->run(o, hart, left_);
      hart.user().retired = anchor_ - left_;
      budget = left_;
    }

    /// The block at the pc; null where one instruction is to be stepped instead (it crosses a page, or cannot be
    /// fetched, or lies where nothing may be remembered).
    const op *next_block(Hart &hart) {
      const gva pc = hart.pc();
      const op **link = link_;
      link_ = nullptr;
      const op *const *known = jumps_.find(pc.value, hart.code_bank().stamp);
      const op *block = known != nullptr ? *known : nullptr;
      if (block == nullptr) {
        const u8 *host = hart.code_bank().fetch.template find<u16>(pc);
        if (host == nullptr) {
          if (!hart.template fetch<u16>(pc))
            return nullptr; // the step that follows takes the trap
          host = hart.code_bank().fetch.template find<u16>(pc);
          if (host == nullptr)
            return nullptr;
        }
        const hpa at = hart.memory().address_of(host);
        const u64 generation = cache_.generation();
        block = cache_.find(at);
        if (block == nullptr)
          block = decode(hart, at, host);
        if (generation != cache_.generation()) { // all other blocks are gone
          link = nullptr;
          forget_jumps(hart);
        }
        if (block == nullptr)
          return nullptr;
        jumps_.note(pc.value, hart.code_bank().stamp, block);
      }
      if (link != nullptr)
        *link = block;
      return block;
    }

    /// Decodes from `at` up to the first jump, the end of the page, or as much as a block holds.
    const op *decode(Hart &hart, hpa at, const u8 *host) {
      op *first = cache_.reserve(block_ops + 1);
      std::size_t n = 0;
      u32 offset = 0, last = 0;
      const u64 room = frame_size - frame_offset(at.value);
      bool open = true;
      while (open && n < block_ops && offset < operands::reach - 4) {
        const auto word = instruction_at(host + offset, room - offset);
        const auto d = word ? isa::decode<cpu>(*word) : isa::decoded<cpu>{};
        if (!d)
          break;
        op &o = *::new (first + n) op{isa::handlers<cpu, handler, maker>[d.row], d.operands};
        o.args.set_offset(offset);
        last = offset;
        offset += o.args.length();
        ++n;
        open = isa::facts<cpu>[d.row].needs != isa::capability::flow;
      }
      if (n == 0)
        return nullptr;
      const auto count = static_cast<u32>(n);
      if (open)
        ::new (first + n++) op{&end_of_block, {}};
      cache_.commit(at, first, n, count, last, offset);
      hart.watch(at, hardware::remembered::code);
      return first;
    }
    /// The instruction word at `host`, if all of it lies in the `room` bytes left of the page.
    [[nodiscard]] static maybe<u32> instruction_at(const u8 *host, u64 room) {
      u16 low = 0;
      if (room < sizeof low)
        return {};
      std::memcpy(&low, host, sizeof low);
      if (cpu::instruction_length(low) == 2)
        return low;
      u32 word = 0;
      if (room < sizeof word)
        return {};
      std::memcpy(&word, host, sizeof word);
      return word;
    }

    static constexpr std::size_t block_ops = 64;
    void forget_jumps(Hart &hart) {
      hart.translations().renew_stamps();
      hart.attend(hardware::attention::translations);
      link_ = nullptr;
    }

    static constexpr u64 no_stamp = ~u64{0};

    u64 left_ = 0;   ///< of the budget, where no handler holds it
    u64 anchor_ = 0; ///< retired instructions are anchor_ less what is left of the budget
    u64 base_ = 0;   ///< the pc less its place in its frame
    u64 stamp_ = 0;  ///< of the context the code runs in; no_stamp where handlers must not find each other
    const op *current_ = nullptr;
    const op **link_ = nullptr; ///< where the block that is looked up next is to be noted
    bool trapped_ = false;
    bool stale_ = false; ///< code has changed since the block that runs was looked up
    const bool chains_ = tail_calls_are_jumps();
    cache cache_;
    jump_cache<op> jumps_;
  };
};

} // namespace hvkit::engine

#undef HVKIT_TAIL_CALL
