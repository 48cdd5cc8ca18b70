# SPDX-License-Identifier: BSL-1.0
"""Decides how the README shows what `scripts/bench peers --json` wrote."""
import argparse
import json
from pathlib import Path

from measure import common

RESULTS = common.ROOT / "docs/results/peers.json"
KERNELS = {
    "coremark_like": "list, matrix, states, CRC (CoreMark-like)", "dhrystone_like": "records, strings (Dhrystone-like)",
    "sieve": "sieve", "matrix": "matrix", "sha256": "SHA-256", "recursion": "recursive calls",
    "bytecode": "a bytecode switch"}
EVENTS = {
    "ecall": "call from S to M mode and back", "csr_write": "CSR write", "sum_toggle": "SUM on, a load, SUM off",
    "fence_touch": "fence a page and touch it", "page_fault": "page fault, map, retry",
    "mmio_read": "device register read", "uart_byte": "a byte to the serial port",
    "interrupt": "software interrupt, taken and cleared", "context_switch": "another address space, and a load",
    "table_write": "change a page's entry, fence, touch", "fork": "a page of a fork: protect, fault, unprotect",
    "working_set": "a load from one of 400 pages"}


def rows(found: dict, names: dict[str, str], columns: list[str], reference: str) -> list[str]:
    lines = []
    for name, shown in names.items():
        machines = found["guests"][name]["machines"]
        figures = [f"{machines[label]['median']:.0f}" for label in columns]
        lines.append(f"| {shown} | {' | '.join(figures)} | {machines[reference]['of_qemu']:.2f} |")
    return lines


def tables(found: dict) -> str:
    """Speeds of the kernels and times of the events, with the speed relative to QEMU."""
    first = ["| guest, MIPS | bare, no paging | bare, Sv39 | in a VMM, Sv39 | QEMU 7.2, Sv39 | bare to QEMU |",
             "|---|---|---|---|---|---|",
             *rows(found, KERNELS, ["bare", "bare, Sv39", "VMM, Sv39", "QEMU, Sv39"], "bare, Sv39")]
    second = ["| event, ns | bare | in a VMM | QEMU 7.2 | bare to QEMU, in speed |", "|---|---|---|---|---|",
              *rows(found, EVENTS, ["bare, Sv39", "VMM, Sv39", "QEMU, Sv39"], "bare, Sv39")]
    return "\n".join([*first, "", *second]) + "\n"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench table", description="What peers wrote, as the README has it.")
    parser.add_argument("file", nargs="?", type=Path, default=RESULTS, metavar="FILE")
    options = parser.parse_args(arguments)
    print(tables(json.loads(options.file.read_text())), end="")
