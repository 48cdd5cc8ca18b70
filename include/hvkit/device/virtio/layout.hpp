// SPDX-License-Identifier: BSL-1.0
// Decides nothing of its own: the numbers of the Virtio standard that several files need, under the standard's names.
#pragma once

#include <hvkit/core/bits.hpp>

namespace hvkit::device::virtio {

/// Source: Virtio 1.2, "Device Types".
enum class device_type : u32 { none = 0, block = 2, console = 3, entropy = 4 };

/// Source: Virtio 1.2, "Reserved Feature Bits".
inline constexpr u64 ring_indirect_desc = bit(28);
inline constexpr u64 ring_event_idx = bit(29);
inline constexpr u64 version_1 = bit(32);
inline constexpr u64 ring_reset = bit(40);

/// Source: Virtio 1.2, "Device Status Field".
enum status_bits : u32 {
  acknowledge = 1,
  driver = 2,
  driver_ok = 4,
  features_ok = 8,
  needs_reset = 64,
  driver_failed = 128
};

/// Source: Virtio 1.2, "The Virtqueue Descriptor Table".
inline constexpr u16 desc_next = 1, desc_write = 2, desc_indirect = 4;
/// One entry of the table: 16 bytes, little-endian.
struct descriptor {
  u64 address;
  u32 length;
  u16 flags;
  u16 next;
};
static_assert(sizeof(descriptor) == 16);

/// The driver's ring: flags and idx (2 bytes each), an entry of 2 bytes for each descriptor, used_event (2 bytes).
/// Source: Virtio 1.2, "The Virtqueue Available Ring".
inline constexpr u16 avail_no_interrupt = 1;
inline constexpr u64 avail_index = 2, avail_ring = 4;

/// The device's ring: flags and idx (2 bytes each), an entry of 8 bytes for each descriptor, avail_event (2 bytes).
/// Source: Virtio 1.2, "The Virtqueue Used Ring".
inline constexpr u64 used_index = 2, used_ring = 4;
struct used_element {
  u32 id;
  u32 length;
};
static_assert(sizeof(used_element) == 8);

/// Most entries of a queue, and so most buffers of a request.
inline constexpr u32 queue_limit = 64;
/// No device here has more queues.
inline constexpr unsigned most_queues = 2;

} // namespace hvkit::device::virtio
