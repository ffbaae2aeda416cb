/** Curves that are looked at closer: in the numbers of their axes, and as a table. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { csv, curves, traces } from "../../apps/static/charts.js";
import { placed, ticks, valued } from "../../apps/static/marks.js";

const axes = [{ title: "evaluations", low: 4, high: 64, log: true }, { title: "distance, in \"sd\"", low: 0, high: 2, log: false }];
const what = {
  form: "paths", shape: [2, 3, 2], values: Float32Array.from([0, 1, 0.5, 0.5, 1, 0, 0, 0.25, 0.5, 0.75, 0.5, 0.75]),
  classes: Int32Array.from([-1, 0]), names: ["Heun", "DDIM"], over: "", low: 0, high: 1, axes,
};
const colour = (token) => `of ${token}`;

test("a share of an axis is a value, and back", () => {
  for (const axis of axes) for (const share of [0, 0.3, 1]) assert.ok(Math.abs(placed(axis, valued(axis, share)) - share) < 1e-12);
  assert.equal(valued(axes[0], 0.5), 16);
  assert.equal(valued(axes[1], 0.5), 1);
});

test("marks of an axis are round and inside it", () => {
  assert.deepEqual(ticks(axes[0]), [5, 10, 20, 50]);
  assert.deepEqual(ticks(axes[1]), [0, 0.5, 1, 1.5, 2]);
  assert.deepEqual(ticks({ title: "", low: 0, high: 10, log: false }), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks({ title: "", low: 1e-3, high: 4, log: true }), [0.001, 0.01, 0.1, 1]);
});

test("a curve is in the numbers of its axes, and a last point that stands again is said once", () => {
  assert.deepEqual(curves(what), [
    { name: "Heun", x: [4, 16, 64], y: [2, 1, 0] },
    { name: "DDIM", x: [4, 16], y: [0.5, 1.5] },
  ]);
});

test("what is shown has its colour, and what stands behind has none of them", () => {
  const [behind, live] = traces(what, colour);
  assert.equal(live.line.color, "of live");
  assert.equal(behind.line.color, undefined);
  assert.ok(behind.line.width < live.line.width);
});

test("the table has every point of every panel, and quotes what needs it", () => {
  const lines = csv(new Map([["error", what], ["share", { ...what, shape: [1, 3, 2], names: ["Heun"] }]])).trim().split("\n");
  assert.equal(lines[0], "panel,curve,x,x is,y,y is");
  assert.equal(lines.length, 1 + 5 + 3);
  assert.equal(lines[1], 'error,Heun,4,evaluations,2,"distance, in ""sd"""');
});
