// SPDX-License-Identifier: BSL-1.0
// Decides when prepared input is typed at a guest's console: by what the guest said and by its own clock, never by the
// host's, so that a run can be repeated exactly.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <hvkit/device/console.hpp>
#include <hvkit/hardware/machine.hpp>

namespace hvkit::host {

/// What is typed, and when.
struct typed_text {
  std::string text;
  /// Typed once the console has printed this since the guest took the previous text (at once, if it is empty); without
  /// it, once the console has been quiet for a while.
  maybe<std::string> after = {};
};

/// Stands between a guest's console and the host: all output goes through, input is what was prepared, then what
/// `beyond` has to give. Bytes wait until the guest takes them.
///
/// "Quiet" counts the guest's own time. It is long enough for firmware to finish its countdowns, so that input does not
/// get lost in the receiver that firmware resets, or in a "press any key".
class typist final : public device::byte_sink, public device::byte_source {
public:
  /// In instruction times (retired or idle).
  static constexpr u64 default_patience = 50'000'000;

  /// `output`, and `beyond` unless it is null, must outlive the typist. Input from `beyond` waits for quiet, too.
  typist(device::byte_sink &output, std::vector<typed_text> script, device::byte_source *beyond = nullptr,
         u64 patience = default_patience)
      : output_(output), script_(std::move(script)), beyond_(beyond), patience_(patience) {
    if (beyond_ != nullptr)
      script_.push_back({});
    begin();
  }
  /// The guest's clock; nothing is typed for quietness' sake before it is set.
  void set_clock(const hardware::instruction_clock &clock) noexcept { clock_ = &clock; }

  /// Calls `heard` once the console has printed `text` after the guest took all that was prepared.
  void listen(std::string text, std::function<void()> heard) {
    last_words_ = std::move(text);
    heard_last_ = std::move(heard);
  }

  void put(u8 byte) override {
    output_.put(byte);
    quiet_since_ = now();
    if (waits_for_text())
      released_ = hear(byte, *script_[stage_].after);
    else if (heard_last_ && (stage_ == script_.size() || passes_on()) && hear(byte, last_words_))
      std::exchange(heard_last_, {})();
  }
  [[nodiscard]] maybe<u8> get() override {
    if (!ready())
      return {};
    released_ = true;
    quiet_since_ = now();
    if (passes_on())
      return beyond_->get();
    const u8 byte = static_cast<u8>(script_[stage_].text[next_++]);
    if (next_ == script_[stage_].text.size()) {
      ++stage_;
      begin();
    }
    return byte;
  }
  [[nodiscard]] bool ready() const override { return available() != 0; }
  [[nodiscard]] std::size_t available() const override {
    if (stage_ == script_.size() || !(released_ || was_quiet()))
      return 0;
    return passes_on() ? beyond_->available() : script_[stage_].text.size() - next_;
  }

  /// When input becomes ready by itself, on the guest's clock.
  [[nodiscard]] u64 next_event() const {
    const bool by_time = stage_ < script_.size() && !released_ && !script_[stage_].after && clock_ != nullptr;
    return by_time && !was_quiet() ? quiet_since_ + patience_ : hardware::never;
  }

private:
  /// Whether the console has now printed `wanted`.
  [[nodiscard]] bool hear(u8 byte, const std::string &wanted) {
    heard_.push_back(static_cast<char>(byte));
    if (heard_.size() > wanted.size())
      heard_.erase(0, heard_.size() - wanted.size());
    return heard_ == wanted;
  }
  [[nodiscard]] u64 now() const { return clock_ != nullptr ? clock_->now() : 0; }
  [[nodiscard]] bool passes_on() const noexcept { return beyond_ != nullptr && stage_ + 1 == script_.size(); }
  [[nodiscard]] bool waits_for_text() const noexcept {
    return stage_ < script_.size() && !released_ && script_[stage_].after;
  }
  [[nodiscard]] bool was_quiet() const {
    return !script_[stage_].after && clock_ != nullptr && now() - quiet_since_ >= patience_;
  }
  void begin() {
    while (stage_ < script_.size() && !passes_on() && script_[stage_].text.empty())
      ++stage_;
    next_ = 0;
    heard_.clear();
    released_ = stage_ < script_.size() && script_[stage_].after && script_[stage_].after->empty();
  }

  device::byte_sink &output_;
  std::vector<typed_text> script_;
  device::byte_source *beyond_;
  u64 patience_;
  const hardware::instruction_clock *clock_ = nullptr;
  std::string heard_;
  std::string last_words_;
  std::function<void()> heard_last_;
  std::size_t stage_ = 0;
  std::size_t next_ = 0;
  u64 quiet_since_ = 0;
  bool released_ = false;
};

/// A board whose console is typed at: the typist's next word is an event like a device's.
class typed_board final : public hardware::board {
public:
  /// Both must outlive it.
  typed_board(hardware::board &around, const typist &at) : around_(around), typist_(at) {}
  [[nodiscard]] const hardware::bus &devices() const override { return around_.devices(); }
  [[nodiscard]] u64 next_event() const override { return std::min(around_.next_event(), typist_.next_event()); }
  void advance(u64 now) override { around_.advance(now); }
  [[nodiscard]] bool finished() const override { return around_.finished(); }
  [[nodiscard]] const hardware::tick_source *ticks() const override { return around_.ticks(); }
  [[nodiscard]] hypercall_services *hypercalls() override { return around_.hypercalls(); }

private:
  hardware::board &around_;
  const typist &typist_;
};

} // namespace hvkit::host
