// SPDX-License-Identifier: BSL-1.0
// First and only program of the guest `disk`: reads what the disk's image holds, writes to it, mounts it anew, reads
// that back, takes some random numbers if the machine has a source of them, and powers off.
#include "disk.h"

static char bytes[256 * 1024], again[sizeof bytes];

/// The image holds noise that this program can compute, too.
static void check_image(void) {
  show_file(DISK "/hello.txt");
  fill(again, sizeof again, 2);
  const long n = read_file(DISK "/folder/noise", bytes, sizeof bytes);
  SAY("noise of the image: %ld bytes, %s, checksum %x\n", n, memcmp(bytes, again, sizeof bytes) ? "DIFFERENT" : "right",
      checksum(bytes, n));
}

/// Counts how often this image was booted: what was written outlives the machine.
static int next_boot(void) {
  char text[16] = "0";
  const int file = open(DISK "/boots", O_RDONLY);
  if (file >= 0) {
    text[read_all(file, text, sizeof text - 1)] = '\0';
    close(file);
  }
  const int boots = atoi(text) + 1;
  const char *now = itoa(boots);
  write_file(DISK "/boots", now, (long)strlen(now));
  return boots;
}

/// Which source of random numbers the kernel has found, and the first of them.
static void show_random_numbers(void) {
  static const char source[] = "/sys/class/misc/hw_random/rng_current";
  char found[32] = "";
  unsigned char number[16];
  show_file(source);
  read_file(source, found, sizeof found - 1);
  if (!memcmp(found, "none", 4))
    return;
  need(mknod("/dev/hwrng", S_IFCHR | 0600, makedev(10, 183)), "mknod /dev/hwrng"); // Linux, devices.txt
  const int file = need(open("/dev/hwrng", O_RDONLY), "open /dev/hwrng");
  const long n = read_all(file, (char *)number, sizeof number);
  SAY("/dev/hwrng: %ld bytes, checksum %x\n", n, checksum((char *)number, n));
  close(file);
}

int main(void) {
  SAY("a Linux guest with a disk\n");
  mount_proc_and_sys();
  const char *device = find_disk();
  if (!device)
    give_up("there is no disk: neither vda nor sda");
  show_file("/proc/partitions");
  mount_disk(device);
  SAY("mounted %s\n", device);
  check_image();
  const int boots = next_boot();
  SAY("boot %d of this image\n", boots);
  fill(bytes, sizeof bytes, 100 + (unsigned)boots);
  write_file(DISK "/written", bytes, sizeof bytes);
  unmount_disk();
  mount_disk(device);
  const long n = read_file(DISK "/written", again, sizeof again);
  SAY("/written: %ld bytes read back after mounting anew, %s, checksum %x\n", n,
      memcmp(again, bytes, sizeof again) ? "DIFFERENT" : "the same", checksum(again, n));
  unmount_disk();
  show_random_numbers();
  show_file("/proc/interrupts");
  SAY("done\n");
  power_off();
}
