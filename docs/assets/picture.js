/** The explorer's pictures of a window, in SVG: functions of what window.js answers. */
(function (root) {
  "use strict";

  const DRAWN = 40; // positions along one axis; of more, those around the chosen output
  const GRID = 24; // positions along each of two axes
  const SIDE = 38; // of a cell
  const SMALL = 18; // of a cell in two dimensions
  const [ABOVE, CELLS, BELOW, RAYS, OUTPUTS] = [20, 30, 84, 90, 130]; // heights at which things stand

  const svg = (width, height, said, drawing) =>
    `<svg role="img" aria-label="${said}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `${drawing.join("")}</svg>`;
  const text = (x, y, what, kind = "index") => `<text class="${kind}" x="${x}" y="${y}" text-anchor="middle">${what}</text>`;
  const square = (x, y, side, kind, more = "") =>
    `<rect class="cell ${kind}" x="${x}" y="${y}" width="${side}" height="${side}" ${more}/>`;
  const cross = (x, y, a) => `<path class="unread" d="M${x} ${y}l${a} ${a}m0 ${-a}l${-a} ${a}"/>`;
  const small = (sentence) => `<p class="explorer-said">${sentence}</p>`;

  /** A part of the page that scrolls where it is too large. */
  const region = (label, inside) =>
    `<div class="scrolled" role="region" aria-label="${label}" tabindex="0">${inside}</div>`;

  /** The positions from first to last that are drawn, where output o is in view. */
  function section({ n, window: w, reads }, o) {
    const [low, high] = [-w.before, n - 1 + w.after];
    if (high - low < DRAWN) return { low, high, first: low, last: high };
    const first = Math.max(low, Math.min(reads[o][0] - 4, high - DRAWN + 1));
    return { low, high, first, last: first + DRAWN - 1 };
  }

  /** The window along one axis: inputs above, outputs below, and what output o reads. */
  function reach(answer, o) {
    const { n, window: w, outputs, extent, reads, uses } = answer;
    const { low, high, first, last } = section(answer, o);
    const inside = (j) => 0 <= j && j < n;
    const left = (j) => (j - first) * SIDE + 8;
    const middle = (j) => left(j) + SIDE / 2;
    const place = (i) => middle(w.stride * i - w.before) + ((extent - 1) * SIDE) / 2;
    const width = left(last + 1) + 8;
    const drawing = [];
    for (let j = first; j <= last; j++) {
      const k = reads[o].indexOf(j);
      const covered = reads[o][0] < j && j < reads[o][0] + extent;
      const kind = k >= 0 ? "read weight" : covered ? "hole" : "";
      drawing.push(square(left(j), CELLS, SIDE, `${kind} ${inside(j) ? "" : "zero"}`, `style="--k:${k}"`));
      if (inside(j)) drawing.push(text(middle(j), ABOVE, j), text(middle(j), BELOW, `${uses[j]}×`));
      if (k >= 0) drawing.push(text(middle(j), CELLS + 24, `w[${k}]`, "inside"));
      else if (!inside(j)) drawing.push(text(middle(j), CELLS + 24, "0"));
      if (inside(j) && uses[j] === 0) drawing.push(cross(left(j) + 10, CELLS + 10, SIDE - 20));
    }
    for (const [k, j] of reads[o].entries()) {
      const from = inside(j) ? RAYS : CELLS + SIDE;
      const ends = `x1="${middle(j)}" y1="${from}" x2="${place(o)}" y2="${OUTPUTS}"`;
      if (first <= j && j <= last) drawing.push(`<line class="ray" style="--k:${k}" ${ends}/>`);
    }
    for (let i = 0; i < outputs; i++) {
      const [x, current] = [place(i) - SIDE / 2, i === o];
      const label = text(place(i), OUTPUTS + 24, i, current ? "inside" : "index");
      const cell = square(x, OUTPUTS, SIDE, current ? "current" : "");
      if (0 <= x && x + SIDE <= width) drawing.push(`<g class="pick" data-output="${i}">${cell}${label}</g>`);
    }
    const cut = [];
    if (first > low) cut.push(`${first - low} positions before`);
    if (last < high) cut.push(`${high - last} positions after`);
    const said = `Output ${o} reads positions ${reads[o].join(", ")} through weights 0 to ${w.kernel - 1}.`;
    return (
      region("The window", svg(width, OUTPUTS + SIDE + 8, said, drawing)) +
      small(
        "Above each input its number, below it how many outputs read it; under them the outputs." +
          (cut.length ? ` Not drawn: ${cut.join(" and ")}.` : ""),
      )
    );
  }

  /** The window along two axes of a square input, and the outputs to choose from. */
  function plane({ n, window: w, outputs, extent, reads }, { output, row }) {
    const count = n + w.before + w.after;
    if (count > GRID) return small(`Drawn for at most ${GRID} positions along an axis, padding included; here are ${count}.`);
    const places = Array.from({ length: count }, (_, i) => i - w.before);
    const at = (i) => (i + w.before) * SMALL + 1;
    const covers = (o, j) => reads[o][0] <= j && j < reads[o][0] + extent;
    const kindOf = (i, j) => {
      const outside = Math.min(i, j) < 0 || Math.max(i, j) >= n ? "zero" : "";
      if (reads[row].includes(i) && reads[output].includes(j)) return `read ${outside}`;
      return covers(row, i) && covers(output, j) ? `hole ${outside}` : outside;
    };
    const inputs = places.flatMap((i) => places.map((j) => square(at(j), at(i), SMALL, kindOf(i, j))));
    const picks = [];
    for (let i = 0; i < outputs; i++) {
      for (let j = 0; j < outputs; j++) {
        const kind = i === row && j === output ? "pick current" : "pick";
        picks.push(square(j * SMALL + 1, i * SMALL + 1, SMALL, kind, `data-output="${j}" data-row="${i}"`));
      }
    }
    const figure = (length, side, said, cells, name) =>
      `<figure>${region(name, svg(side * SMALL + 2, side * SMALL + 2, said, cells))}` +
      `<figcaption>${length} × ${length} ${name}</figcaption></figure>`;
    const rows = `Output row ${row} reads rows ${reads[row].join(", ")}`;
    const columns = `column ${output} reads columns ${reads[output].join(", ")}.`;
    const [left, right] = [
      figure(n, count, `${rows}, ${columns}`, inputs, "inputs"),
      figure(outputs, outputs, `Row ${row}, column ${output} of ${outputs} by ${outputs}.`, picks, "outputs"),
    ];
    return `<div class="side-by-side">${left}${right}</div>`;
  }

  root.windowPicture = { reach, plane, small };
})(globalThis);
