// SPDX-License-Identifier: BSL-1.0
// Decides how requests are taken from a split virtqueue and given back, and when the driver wants to hear of it.
#pragma once

#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/virtio/chain.hpp>
#include <hvkit/device/virtio/layout.hpp>

namespace hvkit::device::virtio {

/// Where a queue is, and how far the device is with it. What lies in the guest's memory is not part of it.
struct queue_state {
  u32 size = queue_limit;
  bool ready = false;
  gpa table{}, available{}, used{}; ///< Descriptor Area, Driver Area, Device Area
  u16 next_available = 0;           ///< the first entry of the driver's ring not taken yet, modulo 2^16
  u16 next_used = 0;                ///< entries given back, modulo 2^16
  friend bool operator==(const queue_state &, const queue_state &) = default;
};

/// One look at a queue: takes only what was available when it began, so that it ends whatever the device writes where.
///
/// Indices run modulo 2^16, slots are indices modulo the queue's size. After a failure nothing more is taken or given.
/// Source: Virtio 1.2, "Split Virtqueues"; "Virtqueue Interrupt Suppression"; "Driver Notifications Suppression".
class split_queue {
public:
  /// `features`: what was negotiated.
  split_queue(queue_state &state, guest_access &memory, u64 features)
      : state_(state), memory_(memory), features_(features), taken_before_(state.next_available),
        used_before_(state.next_used) {
    const auto index = memory.load<u16>(state.available + avail_index);
    failed_ = !index || distance(state.next_available, *index) > state.size;
    end_ = failed_ ? state.next_available : *index;
  }

  /// The next request; nothing if there is none, or if it has to be refused.
  [[nodiscard]] maybe<chain> take() {
    if (failed_ || state_.next_available == end_)
      return {};
    const auto head = memory_.load<u16>(state_.available + avail_ring + 2 * slot(state_.next_available));
    maybe<chain> request;
    if (head)
      request = chain_walk(memory_, state_.table, state_.size, negotiated(ring_indirect_desc)).from(*head);
    failed_ = !request;
    if (request)
      ++state_.next_available;
    return request;
  }
  /// Done with a request. `written`: how many of its writable bytes, from the first one on, were written for certain.
  void give_back(const chain &request, u32 written) {
    const u64 at = used_ring + sizeof(used_element) * slot(state_.next_used);
    if (failed_ || !memory_.store(state_.used + at, used_element{request.head, written})) {
      failed_ = true;
      return;
    }
    ++state_.next_used;
    fail_unless(memory_.store(state_.used + used_index, state_.next_used));
  }
  /// The driver has lied, or put the queue where there is no memory.
  void fail() noexcept { failed_ = true; }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool negotiated(u64 feature) const noexcept { return (features_ & feature) != 0; }

  /// At the end: asks to be notified of the request behind those that were taken. True if the driver wants an interrupt
  /// for what was given back.
  [[nodiscard]] bool finish() {
    if (failed_)
      return false;
    if (negotiated(ring_event_idx) && state_.next_available != taken_before_)
      fail_unless(memory_.store(state_.used + used_ring + sizeof(used_element) * state_.size, state_.next_available));
    const u16 given = distance(used_before_, state_.next_used);
    return given != 0 && !failed_ && wants_interrupt(given);
  }

private:
  [[nodiscard]] static u16 distance(u16 from, u16 to) noexcept { return static_cast<u16>(to - from); }
  [[nodiscard]] u64 slot(u16 index) const noexcept { return index % state_.size; }
  void fail_unless(bool done) noexcept { failed_ = failed_ || !done; }

  /// `given`: how many entries the driver has not heard of.
  [[nodiscard]] bool wants_interrupt(u16 given) {
    const bool by_index = negotiated(ring_event_idx);
    const auto word = memory_.load<u16>(state_.available + (by_index ? avail_ring + 2 * u64{state_.size} : 0));
    fail_unless(word.has_value());
    if (!word)
      return false;
    if (!by_index)
      return (*word & avail_no_interrupt) == 0;
    // The driver waits for the entry with that index: it is among those just given back.
    return distance(static_cast<u16>(*word + 1), state_.next_used) < given;
  }

  queue_state &state_;
  guest_access &memory_;
  u64 features_;
  u16 taken_before_;
  u16 used_before_;
  u16 end_ = 0; ///< the driver's index when this began
  bool failed_ = false;
};

} // namespace hvkit::device::virtio
