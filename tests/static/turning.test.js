/** A cloud that is turned: where the eye goes, and what is drawn. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { looked, moving, standing } from "../../apps/static/turning.js";

const far = ({ x, y, z }) => Math.hypot(x, y, z);
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("arrow keys go around the cloud, and back", () => {
  const eye = { x: 1, y: -1, z: 0.5 }, there = looked(eye, "ArrowRight"), back = looked(there, "ArrowLeft");
  assert.notDeepEqual(there, eye);
  assert.ok(looked({ x: 1, y: 0, z: 0 }, "ArrowRight").y > 0); // the eye goes to the right
  near(far(there), far(eye));
  near(there.z, eye.z);
  for (const axis of ["x", "y", "z"]) near(back[axis], eye[axis]);
  assert.ok(looked(eye, "ArrowUp").z > eye.z);
  assert.ok(looked(eye, "ArrowDown").z < eye.z);
});

test("nobody goes over the top, into the cloud or out of sight", () => {
  let eye = { x: 1, y: 0, z: 0 };
  for (let i = 0; i < 100; i += 1) eye = looked(eye, "ArrowUp");
  assert.ok(Math.hypot(eye.x, eye.y) > 0.01);
  for (let i = 0; i < 100; i += 1) eye = looked(eye, "+");
  assert.ok(far(eye) > 0.2);
  for (let i = 0; i < 100; i += 1) eye = looked(eye, "-");
  assert.ok(far(eye) < 7);
  assert.equal(looked(eye, "a"), null);
});

const marks = (form, shape, values, more = {}) => ({ form, shape, values: Float32Array.from(values), classes: null, names: [], over: "cloud", low: -4, high: 4, ...more });
const colour = (token) => `of ${token}`;

test("points stand by their classes, a flat line as a plane, and a way moves", () => {
  const points = marks("points", [3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9], { classes: Int32Array.from([2, 3, 2]), names: ["", "", "without", "with"] });
  const line = marks("paths", [1, 2, 2], [0.5, -4, 0.5, 4], { classes: Int32Array.from([-1]), names: ["frontier"] });
  const way = marks("paths", [1, 2, 3], [0, 0, 0, 1, 2, 3], { classes: Int32Array.from([0]), names: ["way"] });
  const [one, other, plane] = standing(points, [line, way], colour);
  assert.deepEqual([one.name, one.x, one.z, one.marker.color], ["without", [1, 7], [3, 9], "of class-2"]);
  assert.deepEqual([other.name, other.y], ["with", [5]]);
  assert.deepEqual([plane.type, plane.x, plane.z], ["mesh3d", [0.5, 0.5, 0.5, 0.5], [-4, -4, 4, 4]]);
  const [moved, ...none] = moving([line, way], colour);
  assert.equal(none.length, 0);
  assert.deepEqual([moved.x, moved.y, moved.z, moved.marker.size], [[0, 1], [0, 2], [0, 3], [0, 8]]);
});
