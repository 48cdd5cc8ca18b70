# SPDX-License-Identifier: BSL-1.0
"""Decides how hvkit and QEMU are compared: the same images, machine after machine, in several rounds of one run."""
import argparse
import json
import resource
import statistics
import subprocess
import tempfile
from pathlib import Path

from measure import common

# How each machine is called; whether the guest turns Sv39 on there.
MACHINES = {"bare": ("bare", False), "bare, Sv39": ("bare", True), "VMM, Sv39": ("vmm", True),
            "QEMU": ("qemu", False), "QEMU, Sv39": ("qemu", True)}


def on_hvkit(machine: str, image: Path, rounds: int, paged: bool) -> dict:
    command = [common.BUILD / "benchmarks/benchmark.run", machine, image, str(rounds), str(int(paged))]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise common.Failure(f"{image.stem} failed on {machine}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def cpu_time() -> float:
    """Of all programs run so far: what else the machine does is not in it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def on_qemu(image: Path, rounds: int, paged: bool, folder: Path) -> float:
    """CPU seconds from start to power-off."""
    patched = common.with_parameters(image, rounds, paged, folder / "image")
    command = [common.QEMU, *"-M virt -m 16M -display none -serial none -monitor none -bios".split(), patched]
    before = cpu_time()
    done = subprocess.run(command, capture_output=True)
    if done.returncode != 0:
        raise common.Failure(f"{image.stem} failed on QEMU.")
    return cpu_time() - before


def seconds(machine: str, image: Path, rounds: int, paged: bool, folder: Path) -> float:
    """CPU seconds for `rounds` rounds; of QEMU without what one round takes with all its start-up."""
    if machine != "qemu":
        return on_hvkit(machine, image, rounds, paged)["seconds"]
    start_up = on_qemu(image, 1, paged, folder)
    return max(on_qemu(image, rounds + 1, paged, folder) - start_up, 1e-9)


class Guest:
    """One image, and how often it does its work on each machine so that the time is about the one wanted."""

    def __init__(self, name: str, image: Path, is_event: bool, folder: Path, wanted: float):
        self.name, self.image, self.is_event, self.folder = name, image, is_event, folder
        few, more = (on_hvkit("bare", image, n, True)["instructions"] for n in (10, 20))
        self.instructions = (more - few) / 10
        self.rounds, self.times = {}, {}
        for label in self.machines():
            machine, paged = MACHINES[label]
            rounds, took = 20, 0.0
            while took < wanted / 5:
                took = seconds(machine, image, rounds, paged, folder)
                rounds = rounds * 4 if took < wanted / 5 else max(1, int(rounds * wanted / took))
            self.rounds[label], self.times[label] = rounds, []

    def machines(self) -> list[str]:
        return [label for label, (_, paged) in MACHINES.items() if paged or not self.is_event]

    def measure(self) -> None:
        for label in self.machines():
            machine, paged = MACHINES[label]
            took = seconds(machine, self.image, self.rounds[label], paged, self.folder)
            self.times[label].append(took / self.rounds[label])

    def figures(self) -> dict:
        """Of each machine the median, in MIPS or in ns an event, its spread, and its ratio to QEMU in speed."""
        results = {}
        for label, times in self.times.items():
            each = [1e9 * t / common.EVENTS_EACH if self.is_event else self.instructions / t / 1e6 for t in times]
            median = statistics.median(each)
            results[label] = {"median": median, "spread": (max(each) - min(each)) / median, "all": each}
        for label, result in results.items():
            qemu = results["QEMU, Sv39" if MACHINES[label][1] else "QEMU"]["median"]
            result["of_qemu"] = qemu / result["median"] if self.is_event else result["median"] / qemu
        return {"unit": "ns" if self.is_event else "MIPS", "instructions": self.instructions, "machines": results}


def show(guests: list[Guest]) -> None:
    for is_event, title in ((False, "million guest instructions a second"), (True, "ns an event")):
        shown = [guest for guest in guests if guest.is_event == is_event]
        if not shown:
            continue
        print(f"\n{title}: median (spread), speed relative to QEMU in the same mode")
        print(f"{'':16}" + "".join(f"{label:>24}" for label in shown[0].machines()))
        for guest in shown:
            cells = [f"{one['median']:.0f} ({one['spread']:.0%}) {one['of_qemu']:.2f}"
                     for one in guest.figures()["machines"].values()]
            print(f"{guest.name:16}" + "".join(f"{cell:>24}" for cell in cells))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench peers", description="The same binaries on hvkit and on QEMU.")
    parser.add_argument("guests", nargs="*", metavar="GUEST", help="all if none is named")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds over all machines (5)")
    parser.add_argument("--seconds", type=float, default=0.5, metavar="S", help="about what one measurement takes (0.5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args(arguments)
    common.build("benchmark.run", "benchmark.images")
    images = {**common.kernels(), **common.events()}
    with tempfile.TemporaryDirectory(prefix="hvkit-bench-") as folder:
        guests = []
        for name in common.chosen(options.guests, list(images)):
            print(f"bench: {name}: how many rounds", flush=True)
            guests.append(Guest(name, images[name], name in common.events(), Path(folder), options.seconds))
        for turn in range(options.repeat):
            for guest in guests:
                print(f"bench: round {turn + 1} of {options.repeat}: {guest.name}", flush=True)
                guest.measure()
    show(guests)
    if options.json:
        found = {**common.conditions(), "guests": {guest.name: guest.figures() for guest in guests}}
        options.json.write_text(json.dumps(found, indent=1) + "\n")
