// SPDX-License-Identifier: BSL-1.0
// Decides how several guests' consoles come together at one: which of them has the keyboard, and how it is seen who
// says what. Knows neither guest nor terminal.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <hvkit/device/console.hpp>

namespace hvkit::host {

/// How several guests share a screen.
enum class screen : u8 {
  focused, ///< it shows the guest that has the keyboard; the others' output is shown when they get it
  lines    ///< it shows all, line by line, each with the guest's name before it
};

/// Several guests at one console. The keyboard has one owner at a time.
class console_switch {
public:
  /// One guest's side.
  class seat final : public device::byte_sink, public device::byte_source {
  public:
    seat(console_switch &of, std::string name) : of_(of), name_(std::move(name)) {}
    void put(u8 byte) override {
      if (of_.how_ == screen::focused && of_.has_keyboard(*this))
        return of_.output_.put(byte);
      if (of_.how_ == screen::focused && said_.size() == most_held)
        said_.erase(0, most_held / 2);
      said_.push_back(static_cast<char>(byte));
      if (of_.how_ == screen::lines && (byte == '\n' || said_.size() == longest_line))
        show_line();
    }
    [[nodiscard]] maybe<u8> get() override {
      if (typed_.empty())
        return of_.has_keyboard(*this) ? of_.input_.get() : maybe<u8>();
      const u8 key = typed_.front();
      typed_.pop_front();
      return key;
    }
    [[nodiscard]] bool ready() const override { return available() != 0; }
    [[nodiscard]] std::size_t available() const override {
      return !typed_.empty() ? typed_.size() : of_.has_keyboard(*this) ? of_.input_.available() : 0;
    }

  private:
    friend console_switch;
    static constexpr std::size_t most_held = std::size_t{64} << 10, longest_line = 4096;
    void show_line() {
      if (said_.empty())
        return;
      of_.show(name_ + ": " + said_ + (said_.back() == '\n' ? "" : "\n"));
      said_.clear();
    }
    void show_held() {
      of_.show(fmt::format("\n[{}]\n{}", name_, said_));
      said_.clear();
    }
    console_switch &of_;
    std::string name_;
    std::string said_;     ///< and not shown yet
    std::deque<u8> typed_; ///< while it had the keyboard, and not taken yet
  };

  /// Both sides must outlive it.
  console_switch(device::byte_sink &output, device::byte_source &input, screen how)
      : output_(output), input_(input), how_(how) {}
  console_switch(const console_switch &) = delete;
  console_switch &operator=(const console_switch &) = delete;
  ~console_switch() { show_rest(); }

  /// A further guest of that name; the first one has the keyboard. It lives as long as this.
  [[nodiscard]] seat &add(std::string name) {
    return *seats_.emplace_back(std::make_unique<seat>(*this, std::move(name)));
  }
  [[nodiscard]] std::size_t size() const noexcept { return seats_.size(); }
  /// Who has the keyboard.
  [[nodiscard]] std::size_t owner() const noexcept { return owner_; }
  /// That guest, which is there, has the keyboard from the start: nothing was typed for another one.
  void begin_with(std::size_t owner) noexcept { owner_ = owner; }
  /// Gives the keyboard to that guest, if there is one. Keys that came before are the last owner's.
  void give(std::size_t to) {
    if (to >= seats_.size() || to == owner_)
      return;
    while (input_.available() != 0)
      seats_[owner_]->typed_.push_back(*input_.get());
    owner_ = to;
    if (how_ == screen::focused)
      seats_[to]->show_held();
  }
  /// Says something of the host's own.
  void show(std::string_view text) {
    for (const char c : text)
      output_.put(static_cast<u8>(c));
  }
  /// What was said and not shown yet, of all guests.
  void show_rest() {
    for (const auto &s : seats_)
      if (how_ == screen::lines)
        s->show_line();
      else if (!s->said_.empty())
        s->show_held();
  }

private:
  [[nodiscard]] bool has_keyboard(const seat &s) const noexcept { return seats_[owner_].get() == &s; }

  device::byte_sink &output_;
  device::byte_source &input_;
  screen how_;
  std::vector<std::unique_ptr<seat>> seats_;
  std::size_t owner_ = 0;
};

} // namespace hvkit::host
