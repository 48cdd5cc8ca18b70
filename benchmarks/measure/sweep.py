# SPDX-License-Identifier: BSL-1.0
"""Decides how all legal compositions are run over a set of guests: in shards, resumable, with results that merge."""
import argparse
import hashlib
import json
import subprocess
import tempfile
import time
from pathlib import Path

from measure import common

OPENSBI = Path("/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.bin")
U_BOOT = Path("/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin")
LINUX = common.ROOT / "build/guests/linux/Image"
OLD_GUEST = common.ROOT / "tests/system/guests/prints_by_sio.s"
PROMPT = ["--input", r"version\n", "--until", "=> "]
ROUNDS = 20
FOLDER = common.BUILD / "bench"


def guests(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Options of hvkit-run for each guest and each kind of machine that can run it."""
    found = {}
    for name, image in {**common.kernels(), **common.events()}.items():
        patched = common.with_parameters(image, ROUNDS, True, folder / f"{name}.bin")
        found[name] = {"rv64": ["--kernel", str(patched)]}
    if OPENSBI.exists() and U_BOOT.exists():
        found["firmware"] = {"rv64": ["--bios", str(OPENSBI), "--kernel", str(U_BOOT), *PROMPT],
                             "rv64 kernel": ["--kernel", str(U_BOOT), *PROMPT]}
    if LINUX.exists():
        found["linux"] = {"rv64": ["--bios", str(OPENSBI), "--kernel", str(LINUX)],
                          "rv64 kernel": ["--kernel", str(LINUX)]}
    found["old_guest"] = {"third_generation": ["--kernel", str(OLD_GUEST), "--max-instructions", "1M"]}
    return found


def kind(composition: dict) -> str:
    if composition["policies"].get("technique") == "paravirtual":
        return f"{composition['cpu']} kernel"
    return composition["cpu"].split("+")[0]


def jobs(names: list[str], folder: Path) -> list[dict]:
    """Every legal composition with every guest that it can run; always in this order."""
    listed = subprocess.run([common.BUILD / "examples/hvkit-run", "--list=json"], capture_output=True, check=True)
    legal = [one for one in json.loads(listed.stdout) if one["legal"]]
    known = guests(folder)
    return [{"guest": name, "composition": one, "options": one["options"] + known[name][kind(one)]}
            for name in common.chosen(names, list(known)) for one in legal if kind(one) in known[name]]


def key(job: dict) -> str:
    """The same for the same guest in the same composition."""
    text = json.dumps([job["guest"], job["composition"]["cpu"], job["composition"]["policies"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def run(job: dict) -> dict:
    command = [common.BUILD / "examples/hvkit-run", *job["options"], "--stats=json"]
    start = time.monotonic()
    with tempfile.NamedTemporaryFile() as stats:
        done = subprocess.run([*command, "--stats-file", stats.name], stdin=subprocess.DEVNULL, capture_output=True)
        text = Path(stats.name).read_text()
    one = job["composition"]
    return {"key": key(job), "guest": job["guest"], "cpu": one["cpu"], "bare": one["bare"], "grade": one["grade"],
            "policies": one["policies"], "exit_code": done.returncode, "wall": time.monotonic() - start,
            "printed": hashlib.sha256(done.stdout).hexdigest(), "stats": json.loads(text) if text else None}


def lines(path: Path) -> list[dict]:
    """Results kept in a file; a last line that was cut off by an end in the middle is left out."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def clock(seconds: float) -> str:
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"


def sweep(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench sweep",
                                     description="Every legal composition over a set of guests.")
    parser.add_argument("--guests", nargs="*", default=[], metavar="GUEST", help="all if none is named")
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="only the I-th of N parts, counted from 1")
    parser.add_argument("--resume", action="store_true", help="leave out what the file holds already")
    parser.add_argument("--output", type=Path, metavar="FILE", help="one result a line; sweep-I-of-N.jsonl if not given")
    options = parser.parse_args(arguments)
    part, parts = shard(options.shard)
    common.build("hvkit-run", "benchmark.images")
    output = options.output or FOLDER / f"sweep-{part}-of-{parts}.jsonl"
    output.parent.mkdir(parents=True, exist_ok=True)
    kept = lines(output) if options.resume else []
    done = {one.get("key") for one in kept}
    with tempfile.TemporaryDirectory(prefix="hvkit-bench-") as folder, output.open("w") as file:
        for one in kept or [{"conditions": common.conditions()}]:
            print(json.dumps(one), file=file, flush=True)
        left = [job for job in jobs(options.guests, Path(folder))[part - 1::parts] if key(job) not in done]
        start = time.monotonic()
        for n, job in enumerate(left):
            result = run(job)
            print(json.dumps(result), file=file, flush=True)
            spent = time.monotonic() - start
            rest = spent / (n + 1) * (len(left) - n - 1)
            print(f"bench: {n + 1} of {len(left)}, {clock(rest)} left: {job['guest']} on "
                  f"{' '.join(job['composition']['policies'].values())}: {result['wall']:.2f} s", flush=True)
    print(f"bench: results are in {output}")


def shard(text: str) -> tuple[int, int]:
    try:
        part, parts = map(int, text.split("/"))
    except ValueError:
        raise common.Failure(f"'{text}' is no shard; 2/8 is the second of eight.") from None
    if not 1 <= part <= parts:
        raise common.Failure(f"there is no shard {text}.")
    return part, parts


def merge(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench merge",
                                     description="Makes one JSON file of the results of a sweep's shards.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE")
    options = parser.parse_args(arguments)
    conditions, results = [], {}
    for path in options.files:
        for one in lines(path):
            if "conditions" in one:
                if one["conditions"] not in conditions:
                    conditions.append(one["conditions"])
            else:
                results[one["key"]] = one
    commits = {one["commit"] for one in conditions}
    if len(commits) > 1:
        raise common.Failure(f"these results are of different commits: {', '.join(sorted(commits))}.")
    ordered = sorted(results.values(), key=lambda one: (one["guest"], one["cpu"], not one["bare"], one["key"]))
    options.output.write_text(json.dumps({"conditions": conditions, "results": ordered}, indent=1) + "\n")
    wrong = unlike(ordered)
    for one in wrong:
        print(f"bench: {one['guest']} on {' '.join(one['policies'].values())} did not do what the bare machine did")
    print(f"bench: {len(ordered)} results in {options.output}")
    if wrong:
        raise common.Failure(f"{len(wrong)} compositions differ.")


def unlike(results: list[dict]) -> list[dict]:
    """The exact compositions that printed or retired something else than the bare machine with the same devices."""
    def said(one: dict) -> tuple:
        return one["printed"], one["exit_code"], one["stats"]["retired"] if one["stats"] else None

    bare = {(one["guest"], one["cpu"], one["policies"]["io"]): said(one) for one in results if one["bare"]}
    return [one for one in results if one["grade"] == "exact" and
            said(one) != bare.get((one["guest"], one["cpu"], one["policies"]["io"]), said(one))]
