// SPDX-License-Identifier: BSL-1.0
export const squares = (count) => Array.from({ length: count }, (_, i) => i ** 2);
export const unused = () => "nobody calls this";
