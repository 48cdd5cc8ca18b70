// SPDX-License-Identifier: BSL-1.0
// Decides how the fast engine runs a hart: straight-line code is decoded once into a block of handlers, each of which
// jumps to the next. Blocks are keyed by physical address, so they outlive every change of translation.
//
// While a block runs, user().pc is its start and user().retired is stale; a cold path sets both to the exact values
// first. Whatever wants attention ends the block after the instruction that caused it.
#pragma once

#include <cstring>
#include <string_view>

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

/// Decoded blocks, chained within a page.
struct blocks {
  static constexpr slot kind = slot::engine;
  static constexpr std::string_view name = "blocks";

  template <class Hart> class over {
    using cpu = typename Hart::cpu;
    using operands = typename cpu::operands;
    struct op;
    using handler = const op *(*)(const op *, Hart &);
    struct op {
      handler run;
      operands args;
    };
    using cache = code_cache<op>;

  public:
    explicit over(const hardware::physical_memory &memory) : cache_(memory) {}

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
      forget_jumps(hart);
    }
    /// Translations were forgotten: a jump may lead elsewhere now.
    void contexts_changed(Hart &hart) { forget_jumps(hart); }
    /// Instructions retired when `o`, in the block that runs, is about to be executed.
    [[nodiscard]] u64 retired_before(const op *o) const noexcept {
      return anchor_ - left_ + static_cast<u64>(o - current_);
    }

  private:
    struct maker {
      template <class Row> static const op *call(const op *o, Hart &hart) {
        using isa::capability;
        if constexpr (Row::needs == capability::system) {
          return run_system<Row>(o, hart);
        } else {
          block_view<Hart, op> v{hart, o};
          const bool retired = Row::form::run(typename Row::semantics{}, v, o->args);
          if constexpr (Row::needs == capability::flow) {
            const op *to = v.indirect ? leave_indirect(o, hart, v.target) : leave_direct(o, hart, v.target, v.taken);
            if (to == nullptr) [[unlikely]]
              return nullptr;
            HVKIT_TAIL_CALL(to->run, to, hart);
          } else {
            if constexpr (Row::needs == capability::memory || Row::needs == capability::fp) {
              if (v.slow) [[unlikely]]
                return after_slow(o, hart, retired);
            }
            HVKIT_TAIL_CALL(o[1].run, o + 1, hart);
          }
        }
      }
    };

    /// A system row sees the hart exactly as the step engine shows it, and ends its block.
    template <class Row> [[gnu::noinline]] static const op *run_system(const op *o, Hart &hart) {
      over &e = hart.engine();
      e.settle(o, hart);
      e.trapped_ = !hart.template execute_row<Row>(o->args);
      e.left_ -= e.trapped_ ? 0 : 1;
      return nullptr;
    }
    /// After a cold path: the trap is taken, or what wants attention gets it, or the block goes on.
    [[gnu::noinline]] static const op *after_slow(const op *o, Hart &hart, bool retired) {
      over &e = hart.engine();
      if (retired && !hart.needs_attention())
        return o + 1;
      e.settle(o, hart);
      e.trapped_ = !retired;
      if (retired) {
        hart.user().pc += o->args.length();
        ++hart.user().retired;
        --e.left_;
      }
      return nullptr;
    }
    /// The block is left before `o`: its share of the budget is taken, pc and retired are made exact.
    void settle(const op *o, Hart &hart) {
      const auto done = static_cast<u64>(o - current_);
      left_ -= done;
      hart.user().retired = anchor_ - left_;
      hart.user().pc += o->args.offset();
      link_ = nullptr;
    }

    /// A direct jump or the end of a block: goes on with the block there, if it is known and the budget holds it.
    [[gnu::always_inline]] static const op *leave_direct(const op *o, Hart &hart, u64 target, bool taken) {
      over &e = hart.engine();
      auto &tail = cache::tail_of(o);
      const op **link = const_cast<const op **>(taken ? &tail.taken : &tail.fallthrough);
      const op *to = *link;
      e.left_ -= tail.count;
      if (to == nullptr || e.left_ < cache::head_of(to).count) [[unlikely]] {
        e.link_ = e.chains_ && (hart.user().pc ^ target) < frame_size ? link : nullptr;
        hart.user().pc = target;
        return nullptr;
      }
      hart.user().pc = target;
      e.current_ = to;
      return to;
    }
    /// An indirect jump: where this address led the last time in this context.
    [[gnu::always_inline]] static const op *leave_indirect(const op *o, Hart &hart, u64 target) {
      over &e = hart.engine();
      e.left_ -= cache::tail_of(o).count;
      hart.user().pc = target;
      e.link_ = nullptr;
      const op *to = e.jumps_.find(target, hart.code_bank().stamp);
      if (to == nullptr || e.left_ < cache::head_of(to).count || !e.chains_) [[unlikely]]
        return nullptr;
      e.current_ = to;
      return to;
    }
    static const op *end_of_block(const op *o, Hart &hart) {
      const op *to = leave_direct(o, hart, hart.user().pc + o->args.offset(), false);
      if (to == nullptr) [[unlikely]]
        return nullptr;
      HVKIT_TAIL_CALL(to->run, to, hart);
    }

    void run_blocks(Hart &hart, const op *block, u64 &budget) {
      left_ = budget;
      anchor_ = hart.user().retired + budget;
      current_ = block;
      for (const op *o = block; o != nullptr;)
        o = o->run(o, hart);
      hart.user().retired = anchor_ - left_;
      budget = left_;
    }

    /// The block at the pc; null where one instruction is to be stepped instead (it crosses a page, or cannot be
    /// fetched, or lies where nothing may be remembered).
    const op *next_block(Hart &hart) {
      const gva pc = hart.pc();
      const op **link = link_;
      link_ = nullptr;
      const op *block = jumps_.find(pc.value, hart.code_bank().stamp);
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

    /// Decodes from `at` up to the first jump or system row, the end of the page, or as much as a block holds.
    const op *decode(Hart &hart, hpa at, const u8 *host) {
      op *first = cache_.reserve(block_ops + 1);
      std::size_t n = 0;
      u64 offset = 0;
      const u64 room = frame_size - frame_offset(at.value);
      bool open = true;
      while (open && n < block_ops && offset < operands::reach - 4) {
        const auto word = instruction_at(host + offset, room - offset);
        const auto d = word ? isa::decode<cpu>(*word) : isa::decoded<cpu>{};
        if (!d)
          break;
        op &o = *::new (first + n) op{isa::handlers<cpu, handler, maker>[d.row], d.operands};
        o.args.set_offset(static_cast<u32>(offset));
        offset += o.args.length();
        ++n;
        const auto needs = isa::facts<cpu>[d.row].needs;
        open = needs != isa::capability::flow && needs != isa::capability::system;
      }
      if (n == 0)
        return nullptr;
      const auto count = static_cast<u32>(n);
      if (open) {
        op &o = *::new (first + n++) op{&end_of_block, {}};
        o.args.set_offset(static_cast<u32>(offset));
      }
      cache_.commit(at, first, n, count, static_cast<u32>(offset));
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

    u64 left_ = 0;   ///< of the budget, at the start of the running block
    u64 anchor_ = 0; ///< retired instructions are anchor_ - left_ there
    const op *current_ = nullptr;
    const op **link_ = nullptr; ///< where the block that is looked up next is to be noted
    bool trapped_ = false;
    const bool chains_ = tail_calls_are_jumps();
    cache cache_;
    jump_cache<op> jumps_;
  };
};

} // namespace hvkit::engine

#undef HVKIT_TAIL_CALL
