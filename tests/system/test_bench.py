# SPDX-License-Identifier: BSL-1.0
"""The benchmark guests do their work on every machine, and what scripts/bench makes of results is right."""
import json
import subprocess
import sys
from pathlib import Path

from support import RUN, SKIPPED, Case, main

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
from measure import common, sweep, table  # noqa: E402

common.BUILD = Path(RUN).resolve().parent.parent
common.IMAGES = common.BUILD / "benchmarks/guests"
PROGRAM = common.BUILD / "benchmarks/benchmark.run"


def counted(machine: str, image: Path, paged: bool) -> int:
    done = subprocess.run([PROGRAM, machine, image, "2", str(int(paged))], capture_output=True, text=True)
    assert done.returncode == 0, f"{image.stem} on {machine}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)["instructions"]


class Guests(Case):
    def test_kernels_give_the_expected_answer_everywhere(self):
        self.assertGreaterEqual(len(common.kernels()), 7)
        for name, image in common.kernels().items():
            for paged in (False, True):
                with self.subTest(guest=name, paged=paged):
                    self.assertEqual(len({counted(machine, image, paged) for machine in ("bare", "vmm", "step")}), 1)

    def test_events_happen_alike_everywhere(self):
        self.assertGreaterEqual(len(common.events()), 6)
        for name, image in common.events().items():
            with self.subTest(event=name):
                self.assertEqual(len({counted(machine, image, True) for machine in ("bare", "vmm", "step")}), 1)

    def test_a_wrong_answer_is_noticed(self):
        content = bytearray(common.kernels()["sieve"].read_bytes())
        at = content.rindex((3512).to_bytes(8, "little"))
        content[at] ^= 1
        image = self.folder / "wrong.bin"
        image.write_bytes(content)
        done = subprocess.run([PROGRAM, "bare", image, "1", "0"], capture_output=True)
        self.assertEqual(done.returncode, 1)


class Results(Case):
    def test_readme_shows_what_was_measured(self):
        found = json.loads(table.RESULTS.read_text())
        self.assertIn(table.tables(found), (ROOT / "README.md").read_text())
        self.assertEqual(set(table.KERNELS) | set(table.EVENTS), set(found["guests"]))


class Sweep(Case):
    def test_shards_cover_every_job_once(self):
        everything = sweep.jobs(["sieve", "old_guest"], self.folder)
        parts = [sweep.key(job) for part in range(7) for job in everything[part::7]]
        self.assertEqual(sorted(parts), sorted({sweep.key(job) for job in everything}))

    def merged(self, *results: list[dict]) -> int:
        """Exit code of a merge of these shards."""
        files = []
        for n, result in enumerate(results):
            files.append(self.folder / f"{n}.jsonl")
            files[-1].write_text("".join(json.dumps(one) + "\n" for one in result))
        return subprocess.run([ROOT / "scripts/bench", "merge", *files, "--output", self.folder / "merged"],
                              capture_output=True).returncode

    def test_merge_compares_with_the_bare_machine_and_refuses_other_commits(self):
        def result(key: str, bare: bool, retired: int) -> dict:
            return {"key": key, "guest": "g", "cpu": "c", "bare": bare, "grade": "" if bare else "exact",
                    "policies": {"io": "emulated"}, "printed": "", "exit_code": 0, "stats": {"retired": retired}}

        one, other = [{"conditions": {"commit": commit}} for commit in ("a", "b")]
        self.assertEqual(self.merged([one, result("1", True, 5)], [one, result("2", False, 5)]), 0)
        self.assertEqual(len(json.loads((self.folder / "merged").read_text())["results"]), 2)
        self.assertEqual(self.merged([one, result("1", True, 5)], [one, result("2", False, 6)]), 1)
        self.assertEqual(self.merged([one, result("1", True, 5)], [other, result("2", False, 5)]), 1)

    def test_a_cut_line_ends_what_is_kept(self):
        file = self.folder / "cut.jsonl"
        file.write_text('{"key": "1"}\n{"key": "2"')
        self.assertEqual(sweep.lines(file), [{"key": "1"}])


if __name__ == "__main__":
    if not PROGRAM.exists() or not common.kernels():
        print("skipped: the benchmarks are not built")
        sys.exit(SKIPPED)
    main()
