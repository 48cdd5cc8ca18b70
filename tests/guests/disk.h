// SPDX-License-Identifier: BSL-1.0
// How a Linux guest finds its disk, whichever controller it hangs on.
#pragma once

#include "guest.h"

#define DISK "/disk"

/// Makes the node /dev/NAME by what /sys tells; 0 if the kernel found no such disk.
static inline int make_node(const char *name) {
  char folder[32], path[32], number[16];
  const int file = open(join(path, join(folder, "/sys/block/", name), "/dev"), O_RDONLY);
  if (file < 0)
    return 0;
  number[read_all(file, number, sizeof number - 1)] = '\0';
  close(file);
  const char *minor = strchr(number, ':') + 1;
  need(mknod(join(path, "/dev/", name), S_IFBLK | 0600, makedev(atoi(number), atoi(minor))), path);
  return 1;
}

/// The device of the first disk, virtio before ATA; NULL if there is none.
static inline const char *find_disk(void) {
  return make_node("vda") ? "/dev/vda" : make_node("sda") ? "/dev/sda" : NULL;
}

static inline void mount_disk(const char *device) { need(mount(device, DISK, "ext2", 0, NULL), "mount the disk"); }
static inline void unmount_disk(void) { need(umount2(DISK, 0), "unmount the disk"); }
