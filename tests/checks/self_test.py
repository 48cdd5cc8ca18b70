# SPDX-License-Identifier: BSL-1.0
"""Shows that each check refuses what it must, on small trees made for it. usage: self_test.py COMPILER FLAGS..."""
import sys
import tempfile
import unittest
from pathlib import Path

import compile_fail
import layers
import readme
import spdx

COMPILE: list[str] = []


class Tree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file


class CompileFail(Tree):
    def complaints(self, text: str) -> str:
        return "\n".join(compile_fail.complaints(self.write("case.cpp", text), COMPILE))

    def test_one_expected_error_is_right(self):
        self.assertEqual(self.complaints('// expect: the reason\nstatic_assert(false, "the reason");\n'), "")

    def test_an_error_found_only_by_instantiation_counts(self):
        self.assertEqual(self.complaints('// expect: too small\ntemplate <class T> auto f() {\n'
                                         '  static_assert(sizeof(T) > 9, "too small");\n}\nvoid g() { f<int>(); }\n'), "")

    def test_what_compiles_is_refused(self):
        self.assertIn("it compiles", self.complaints("// expect: the reason\nint x;\n"))

    def test_a_warning_is_no_error(self):
        self.assertIn("it compiles", self.complaints("// expect: error: x\n#warning error: x\n"))

    def test_two_errors_are_refused(self):
        self.assertIn("2 errors, not 1", self.complaints('// expect: one\nstatic_assert(false, "one");\n'
                                                         'static_assert(false, "two");\n'))

    def test_words_in_the_second_error_do_not_help(self):
        self.assertIn("lacks 'two'", self.complaints('// expect: two\nstatic_assert(false, "one");\n'
                                                     'static_assert(false, "two");\n'))

    def test_every_expectation_counts(self):
        self.assertIn("lacks 'blue'", self.complaints('// expect: red\n// expect: blue\nstatic_assert(false, "red");\n'))

    def test_the_other_compilers_words_do_not_count(self):
        own = compile_fail.family(COMPILE[0])
        other = {"gcc": "clang", "clang": "gcc"}[own]
        text = '// expect-{}: red\n// expect-{}: blue\nstatic_assert(false, "red");\n'
        self.assertEqual(self.complaints(text.format(own, other)), "")
        self.assertIn("lacks 'blue'", self.complaints(text.format(other, own)))

    def test_a_case_without_expectation_is_refused(self):
        self.assertIn("no line '// expect", self.complaints('static_assert(false, "one");\n// expect: one\n'))

    def test_the_complaint_says_how_to_repeat_it(self):
        self.assertIn(f"repeat: {COMPILE[0]} ", self.complaints("// expect: the reason\nint x;\n"))


class Layers(Tree):
    def setUp(self):
        super().setUp()
        for path in ("core/a.hpp", "isa/a.hpp", "hardware/a.hpp", "device/a.hpp", "policy/paging/a.hpp", "vmm/a.hpp",
                     "cpu/shared.hpp", "cpu/rv64.hpp", "cpu/rv64/a.hpp", "cpu/third_generation/a.hpp"):
            self.write(f"include/hvkit/{path}", "#pragma once\n")

    def offences(self, path: str, text: str) -> str:
        self.write(f"include/hvkit/{path}", text)
        return "\n".join(layers.offences(self.root))

    def test_what_is_above_may_be_included(self):
        self.assertEqual(self.offences("vmm/b.hpp", "#include <vector>\n#include <hvkit/core/a.hpp>\n"
                                       "#include <hvkit/vmm/a.hpp>\n"), "")
        self.assertEqual(self.offences("cpu/rv64/b.hpp", "#include <hvkit/cpu/shared.hpp>\n"), "")
        self.assertEqual(self.offences("cpu/rv64.hpp", "#include <hvkit/cpu/rv64/a.hpp>\n"), "")
        self.assertEqual(self.offences("machines/a.hpp", "#include <hvkit/vmm/a.hpp>\n"
                                       "#include <hvkit/cpu/rv64.hpp>\n"), "")

    def test_what_is_below_may_not(self):
        self.assertIn("core/b.hpp:2: isa/ is below core/",
                      self.offences("core/b.hpp", "#pragma once\n#include <hvkit/isa/a.hpp>\n"))

    def test_siblings_may_not(self):
        self.assertIn("policy/ and device/ are siblings",
                      self.offences("device/b.hpp", "#include <hvkit/policy/paging/a.hpp>\n"))
        self.assertIn("cpu/rv64 is not for cpu/third_generation",
                      self.offences("cpu/third_generation/b.hpp", "#include <hvkit/cpu/rv64/a.hpp>\n"))
        self.assertIn("cpu/rv64 is not for cpu/third_generation",
                      self.offences("cpu/third_generation/b.hpp", "#include <hvkit/cpu/rv64.hpp>\n"))
        self.assertIn("not for what all CPUs share", self.offences("cpu/shared.hpp", "#include <hvkit/cpu/rv64.hpp>\n"))

    def test_no_cpu_is_known_where_none_should_be(self):
        self.assertEqual(self.offences("hardware/b.hpp", "#include <hvkit/cpu/shared.hpp>\n"), "")
        for folder in ("hardware", "device", "policy/paging", "vmm"):
            self.assertIn("knows no CPU", self.offences(f"{folder}/b.hpp", "#include <hvkit/cpu/rv64/a.hpp>\n"))
        self.assertIn("hardware/ knows no CPU", self.offences("hardware/b.hpp", "#include <hvkit/cpu/rv64.hpp>\n"))

    def test_a_new_folder_must_be_placed(self):
        self.assertIn("belongs to no layer", self.offences("extra/a.hpp", "#pragma once\n"))
        self.assertIn("there is no layer extra/", self.offences("core/b.hpp", "#include <hvkit/extra/a.hpp>\n"))

    def test_includes_cannot_hide(self):
        self.assertIn("written <hvkit/...>", self.offences("core/b.hpp", '  #  include "../isa/a.hpp"\n'))

    def test_range_views_are_for_reports(self):
        text = "#include <range/v3/view/zip.hpp>\n"
        self.assertEqual(self.offences("report/a.hpp", text), "")
        self.assertIn("for report/", self.offences("core/b.hpp", text))

    def test_detail_stays_at_home(self):
        self.write("include/hvkit/isa/a.hpp", "namespace hvkit::isa {\nnamespace detail {\nint x;\n}\n"
                                              "int &y = detail::x;\n}\n")
        self.write("include/hvkit/cpu/rv64/a.hpp", "namespace hvkit::cpu::rv64_detail {\nint x;\n}\n")
        self.assertEqual(self.offences("cpu/rv64.hpp", "int &y = hvkit::cpu::rv64_detail::x;\n"), "")
        self.assertEqual(self.offences("core/b.hpp", "// isa::detail::x\nconst char *y = \"isa::detail::x\";\n"), "")
        for use in ("hvkit::isa::detail::x", "::hvkit::isa::detail::x", "isa::detail::x", "detail::x", "rv64_detail::x"):
            with self.subTest(use):
                self.assertIn(f"hardware/b.hpp:2: detail of", self.offences("hardware/b.hpp", f"\nint &y = {use};\n"))


class Readme(Tree):
    def test_the_program_is_the_example(self):
        self.write("examples/01_first_vm.cpp", "// licence\n// what\nint main() {}\n")
        self.write("examples/golden/01_first_vm.txt", "nothing\n")
        self.write("examples/golden/03_popf_unmasked.txt", "popf differs\n")
        self.write("examples/golden/09_failure_museum.txt", "words\n\n== a fence\nit differs\n\n")
        exhibit = "## {}\n\nWhy\n\n```\n{}```\n\n"
        self.write("docs/museum.md", exhibit.format("popf", "popf differs\n") + exhibit.format("a fence", "it differs\n"))
        text = "## A complete program\nwords\n\n```cpp\n{}```\n\n```\n{}```\n\n## More\n"
        self.write("README.md", text.format("int main() {}\n", "nothing\n"))
        self.assertEqual(readme.offences(self.root), [])
        self.write("README.md", text.format("int main() { }\n", "something\n"))
        self.assertEqual(len(readme.offences(self.root)), 2)
        self.write("docs/museum.md", exhibit.format("a fence", "it differed\n"))
        self.assertEqual(len(readme.offences(self.root)), 4)
        self.write("README.md", "## Another program\n")
        self.assertIn("has no section", readme.offences(self.root)[0])


class Spdx(Tree):
    def test_the_licence_comes_first(self):
        self.write("include/a.hpp", f"// {spdx.LICENCE}\n")
        self.write("tests/a.py", f"#!/usr/bin/env python3\n# {spdx.LICENCE}\n")
        self.assertEqual(spdx.offences(self.root), [])
        self.write("include/a.hpp", f"\n// {spdx.LICENCE}\n")
        self.write("scripts/run", "#!/bin/bash\n")
        self.write("tests/CMakeLists.txt", "project(x)\n")
        self.assertEqual(len(spdx.offences(self.root)), 3)


if __name__ == "__main__":
    COMPILE = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
