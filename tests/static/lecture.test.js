/** The one control of a lecture, the step of a path, the place in a lesson. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { chosen } from "../../apps/static/begin.js";
import { dial } from "../../apps/static/lecture.js";
import { asked } from "../../apps/static/lesson.js";

const FIELDS = [
  { name: "a", kind: "Range", label: "A", low: 0.5, high: 8 },
  { name: "b", kind: "Range", label: "B", low: 0.001, high: 1, log: true },
  { name: "c", kind: "Range", label: "C", low: 0, high: 32, whole: true, unit: "px", zero: "none" },
];

test("every place of a dial is a value, and the value leads back to the place", () => {
  for (const field of FIELDS) {
    const { places, place, value } = dial(field);
    for (let i = 0; i <= places; i += 1) assert.equal(place(value(i)), i, `${field.name} ${i}`);
    assert.ok(Math.abs(value(0) - field.low) < 1e-9 && Math.abs(value(places) - field.high) < 1e-9);
  }
});

test("a dial of whole numbers has a place for each, and says its unit or its word", () => {
  const { places, say, key } = dial(FIELDS[2]);
  assert.equal(places, 32);
  assert.deepEqual([say(0), say(8)], ["none", "8 px"]);
  assert.equal(key, 2);
});

test("the dial of a layer goes through its network's layers one by one", () => {
  const { places, place, value, key } = dial({ name: "layer", kind: "Layer", label: "Layer" }, ["stem", "one", "two"]);
  assert.deepEqual([places, key, value(2), place("one")], [2, 1, "two", 1]);
  assert.equal(place("one.inside"), 0); // a layer that is no stage of it
});

test("an address names a step of the path from 1 on", () => {
  assert.deepEqual([chosen(null, 5), chosen("1", 5), chosen("5", 5)], [0, 0, 4]);
  for (const said of ["0", "6", "-1", "1.5", "two", ""]) assert.equal(chosen(said, 5), null, said);
});

test("a place in a lesson is its name and a step from 1 on", () => {
  assert.deepEqual(asked("?lesson=a&at=3"), { name: "a", at: 2 });
  assert.deepEqual(asked("?lesson=a"), { name: "a", at: 0 });
  for (const search of ["", "?at=3", "?lesson=a&at=0", "?lesson=a&at=x"]) assert.equal(asked(search), null, search);
});
