// SPDX-License-Identifier: BSL-1.0
// What the guest `esbuild` bundles: one import is used, one is not.
import { squares, unused } from "./squares.js";

const answer = 0.1 * 3 + 1e21 / 7;
console.log(`${squares(5).join(", ")} and ${answer}`);
