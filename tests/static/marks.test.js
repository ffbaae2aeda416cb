/** Marks as they come on the wire, and their words. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { grouped, named, packed, read, sentence } from "../../apps/static/marks.js";
import { marked, packet } from "./world.js";

const taken = (what) => read(packet({ encoding: 2, payload: marked(what) }), 16);

test("values and classes are what was sent", () => {
  const found = taken({ shape: [3, 2], values: [0, 0.5, 1, -1, 2, 3], classes: [0, 2, 1], low: -1, high: 3 });
  assert.deepEqual([...found.values], [0, 0.5, 1, -1, 2, 3]);
  assert.deepEqual([...found.classes], [0, 2, 1]);
  assert.deepEqual([found.form, found.shape, found.low, found.high, found.over], ["points", [3, 2], -1, 3, ""]);
});

test("names of any length leave the values where they are", () => {
  for (const word of ["a", "ab", "abc", "Käfer", "猫", "🐝 bee"]) {
    const found = taken({ names: [word], values: [1, 2, 3, 4] });
    assert.deepEqual([found.names, [...found.values]], [[word], [1, 2, 3, 4]]);
  }
});

test("without classes there are none", () => {
  assert.equal(taken({}).classes, null);
});

test("a grid has a class for each cell", () => {
  const found = taken({ form: "grid", shape: [2, 3], values: [0, 1, 2, 3, 4, 5], classes: [0, 1, 0, 1, 0, 1] });
  assert.equal(found.classes.length, 6);
});

test("nothing to show is no error", () => {
  const found = taken({ shape: [0, 2], values: [] });
  assert.equal(found.values.length, 0);
  assert.equal(sentence(found), "0 points, from 0 to 1.");
});

test("too few bytes are an error, not marks", () => {
  assert.throws(() => taken({ shape: [9, 2] }));
});

test("marks are gathered by their class, so that a colour is set once", () => {
  assert.deepEqual([...grouped(taken({ shape: [3, 2], values: [0, 0, 0, 0, 0, 0], classes: [1, 0, 1] }))], [[1, [0, 2]], [0, [1]]]);
  assert.deepEqual([...grouped(taken({}))], [[0, [0, 1]]]);
});

test("a colour of the theme is a pixel, any other is grey", () => {
  assert.equal(packed("#c2410c"), 0x0c41c2);
  assert.equal(packed("red"), 0x888888);
});

test("a name belongs to a mark, or to its class", () => {
  const each = taken({ form: "bars", shape: [2], values: [1, 2], names: ["cat", "dog"] });
  assert.deepEqual([named(each, 0), named(each, 1)], ["cat", "dog"]);
  const kinds = taken({ form: "boxes", shape: [3, 4], values: Array(12).fill(0), classes: [1, 0, 5], names: ["cat", "dog"] });
  assert.deepEqual([0, 1, 2].map((i) => named(kinds, i)), ["dog", "cat", ""]);
});

test("what they show is said in words", () => {
  const points = taken({ shape: [2, 2], classes: [0, 1], names: ["critter", "glyph", "plane"], low: -3, high: 3 });
  assert.equal(sentence(points), "2 points, from −3 to 3 of 3 classes: critter, glyph, plane.");
  const boxes = { form: "boxes", shape: [1, 4], values: [0, 0, 1, 1], names: ["zebra"] };
  assert.equal(sentence(taken(boxes)), "1 box: zebra.");
  const bars = { form: "bars", shape: [2], values: [0.25, 0.75], names: ["cat", "dog"] };
  assert.equal(sentence(taken(bars)), "2 bars, from 0 to 1; the highest is dog at 0.75.");
  assert.equal(sentence(taken({ form: "grid", shape: [1, 2], values: [0, 1] })), "A grid of 1 row and 2 columns, from 0 to 1.");
  assert.equal(sentence(taken({ form: "paths", shape: [2, 5, 2], values: Array(20).fill(0) })), "2 paths of 5 places, from 0 to 1.");
});
