/**
 * The arithmetic of a window along one axis, as `cnnmath.window` has it. Pure functions: the page of the explorer and
 * node both read this file, and a test compares every answer with the package's.
 *
 * A setting is {n, kernel, stride, dilation, padding}; the padding is [before, after] or one of NAMED. A window is
 * {kernel, stride, dilation, before, after}. Output o reads input tap(window, o, k) through weight k.
 */
(function (root) {
  "use strict";

  const NAMED = ["valid", "same", "same_lower"];
  const MOST = 1000; // of every setting: more is not drawn, and not written out, by anybody
  const ENTRIES = 4000; // of a matrix that is written down
  const LISTED = 8; // names in a sentence

  const range = (length) => Array.from({ length: Math.max(length, 0) }, (_, i) => i);
  const quotient = (a, b) => Math.floor(a / b);
  const remainder = (a, b) => a - b * quotient(a, b);

  /** Length of the stretch of input that one output sees, holes included. */
  const extent = (w) => w.dilation * (w.kernel - 1) + 1;

  /** Input position that output o reads through tap k; it lies in the padding where outside the input. */
  const tap = (w, o, k) => w.stride * o + w.dilation * k - w.before;

  /** Inputs that output o reads, one a tap. */
  const reads = (w, o) => range(w.kernel).map((k) => tap(w, o, k));

  /** Length of the output for an input of length n; below 1 where the window does not fit. */
  const placements = (w, n) => quotient(n + w.before + w.after - extent(w), w.stride) + 1;

  /** Positions at the end of the padded input that no window reaches. */
  const rest = (w, n) => remainder(n + w.before + w.after - extent(w), w.stride);

  /** The pairs [o, k] with tap(w, o, k) = j, for an input of length n; the outputs ascend. */
  function readers(w, j, n) {
    const outputs = placements(w, n);
    const pairs = range(w.kernel).map((k) => [(j + w.before - w.dilation * k) / w.stride, k]);
    return pairs.filter(([o]) => Number.isInteger(o) && 0 <= o && o < outputs).sort(([a], [b]) => a - b);
  }

  /** The window of a setting, where the padding may depend on the size. */
  function fit({ n, kernel, stride, dilation, padding }) {
    const window = { kernel, stride, dilation, before: 0, after: 0 };
    if (padding === "same" || padding === "same_lower") {
      const total = Math.max((quotient(n + stride - 1, stride) - 1) * stride + extent(window) - n, 0);
      window.before = quotient(total + (padding === "same_lower" ? 1 : 0), 2);
      window.after = total - window.before;
    } else if (padding !== "valid") {
      [window.before, window.after] = padding;
    }
    return window;
  }

  /** For each output a row, for each input a column: the number of the weight that stands there, or null for zero. */
  function matrix(w, n) {
    return range(placements(w, n)).map((o) => {
      const row = Array(n).fill(null);
      reads(w, o).forEach((j, k) => {
        if (0 <= j && j < n) row[j] = k;
      });
      return row;
    });
  }

  const sum = (terms) => terms.join(" + ") || "0";

  /** One output, written out. */
  function output(w, n, o) {
    const taps = range(w.kernel).map((k) => [k, tap(w, o, k)]);
    return `y[${o}] = ${sum(taps.filter(([, j]) => 0 <= j && j < n).map(([k, j]) => `w[${k}]*x[${j}]`))}`;
  }

  /** Output and gradients, entry by entry: {y, x, w}, each a list of equations. */
  function formulas(w, n) {
    const outputs = range(placements(w, n));
    const inside = (j) => 0 <= j && j < n;
    const x = range(n).map((j) => sum(readers(w, j, n).map(([o, k]) => `dL/dy[${o}]*w[${k}]`)));
    const weights = range(w.kernel).map((k) =>
      sum(outputs.filter((o) => inside(tap(w, o, k))).map((o) => `dL/dy[${o}]*x[${tap(w, o, k)}]`)),
    );
    return {
      y: outputs.map((o) => output(w, n, o)),
      x: x.map((right, j) => `dL/dx[${j}] = ${right}`),
      w: weights.map((right, k) => `dL/dw[${k}] = ${right}`),
    };
  }

  /** The size rule with the numbers put in. */
  const rule = (w, n) =>
    `floor((${n} + ${w.before} + ${w.after} - ${w.dilation}*(${w.kernel} - 1) - 1)/${w.stride}) + 1 = ${placements(w, n)}`;

  /** What the border costs, in sentences. */
  function losses(w, n) {
    const outputs = placements(w, n);
    const uses = range(n).map((j) => readers(w, j, n).length);
    const inside = range(outputs).map((o) => reads(w, o).filter((j) => 0 <= j && j < n).length);
    const total = outputs * w.kernel;
    const padded = total - inside.reduce((a, b) => a + b, 0);
    const [left, unread] = [rest(w, n), range(n).filter((j) => uses[j] === 0)];
    const blind = range(outputs).filter((o) => inside[o] === 0);
    return [
      outputs === n
        ? "The output is as long as the input."
        : `The output is ${Math.abs(outputs - n)} ${outputs < n ? "shorter" : "longer"} than the input.`,
      `${left || "No"} ${left > 1 ? "positions are" : "position is"} left over at the end, where no window reaches: ` +
        `(${n} + ${w.before} + ${w.after} - ${extent(w)}) mod ${w.stride} = ${left}.`,
      unread.length === 0
        ? "Every input is read."
        : `No output reads ${names("x", unread)}, so the gradient there is 0.`,
      `Inputs are read ${times(Math.min(...uses), Math.max(...uses))}.`,
      `${padded} of the ${total} products ${padded === 1 ? "has" : "have"} a zero of the padding.`,
      ...(blind.length ? [`Padding alone is seen by ${names("y", blind)}.`] : []),
    ];
  }

  const times = (least, most) => {
    if (least === most) return least === 1 ? "once each" : `${least} times each`;
    return `${least} to ${most} times`;
  };

  function names(array, indices) {
    const shown = indices.slice(0, LISTED).map((i) => `${array}[${i}]`);
    const more = indices.length - shown.length;
    return shown.join(", ") + (more ? ` and ${more} more` : "");
  }

  /** What is wrong with a setting, as the package says it: {fact, lines}, lines being pairs; or null. */
  function problem(setting) {
    const { n, kernel, stride, dilation, padding } = setting;
    const named = typeof padding === "string";
    const checks = [
      ["size of the input", n, 1],
      ...(named ? [] : [["padding before", padding[0], 0], ["padding after", padding[1], 0]]),
      ["kernel", kernel, 1],
      ["stride", stride, 1],
      ["dilation", dilation, 1],
    ];
    if (named && !NAMED.includes(padding)) {
      const fix = "use 'same', 'same_lower', 'valid', integers or (before, after)";
      return { fact: `there is no padding '${padding}'.`, lines: [["fix", fix]] };
    }
    for (const check of checks) {
      const found = outside(...check);
      if (found) return found;
    }
    return unfitting(fit(setting), n);
  }

  function outside(name, value, least) {
    if (!Number.isInteger(value)) {
      const shown = typeof value === "string" ? `'${value}'` : value;
      return {
        fact: `the ${name} must be an integer.`,
        lines: [["here", `${name} ${shown}`], ["fix", `use an integer of at least ${least}`]],
      };
    }
    const [sign, bound, most] = value < least ? ["<", least, "least"] : [">", MOST, "most"];
    if (least <= value && value <= MOST) return null;
    return {
      fact: `the ${name} must be at ${most} ${bound}.`,
      lines: [
        ["rule", `${name} ${sign === "<" ? ">=" : "<="} ${bound}`],
        ["here", `${value} ${sign} ${bound}`],
        ["fix", `use ${bound} or ${sign === "<" ? "more" : "less"}`],
      ],
    };
  }

  function unfitting(w, n) {
    const outputs = placements(w, n);
    if (outputs >= 1) return null;
    const room = n + w.before + w.after;
    const missing = extent(w) - room;
    const kernel = room > 0 ? `, or use a kernel of at most ${quotient(room - 1, w.dilation) + 1}` : "";
    const settings = `kernel ${w.kernel}, stride ${w.stride}, dilation ${w.dilation}, padding (${w.before}, ${w.after})`;
    return {
      fact: "the kernel does not fit the input.",
      lines: [
        ["input", `length ${n}     window  ${settings}`],
        ["rule", "floor((n + before + after - d*(k-1) - 1)/s) + 1 >= 1"],
        ["here", `floor((${n} + ${w.before} + ${w.after} - ${extent(w) - 1} - 1)/${w.stride}) + 1 = ${outputs}`],
        ["fix", `pad by at least ${missing} more in total${kernel}, or give an input of at least ${n + missing}`],
      ],
    };
  }

  /** Why a matrix is not written down, as the package says it, or null. */
  function tooLarge(outputs, n) {
    if (outputs * n <= ENTRIES) return null;
    const [rows, columns, entries] = [outputs, n, outputs * n].map((a) => a.toLocaleString("en-US"));
    return {
      fact: "the matrix would be too large to write down.",
      lines: [
        ["here", `${rows} outputs times ${columns} inputs are ${entries} entries`],
        ["rule", `at most ${ENTRIES.toLocaleString("en-US")}`],
        ["fix", "give a smaller input, or fewer channels and filters"],
      ],
    };
  }

  /** Everything about a setting: {problem} for one that no convolution can have. */
  function answers(setting) {
    const wrong = problem(setting);
    if (wrong) return { problem: wrong };
    const [{ n }, window] = [setting, fit(setting)];
    const outputs = placements(window, n);
    const large = tooLarge(outputs, n);
    return {
      problem: null,
      n,
      window,
      outputs,
      extent: extent(window),
      rule: rule(window, n),
      losses: losses(window, n),
      reads: range(outputs).map((o) => reads(window, o)),
      uses: range(n).map((j) => readers(window, j, n).length),
      rest: rest(window, n),
      large,
      matrix: large ? null : matrix(window, n),
      formulas: large ? null : formulas(window, n),
    };
  }

  const arithmetic = { NAMED, answers, output };
  if (typeof module === "object") module.exports = arithmetic;
  else root.slidingWindow = arithmetic;
})(globalThis);
