/** Conditions, addresses, places and latents: what settings are to the client. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { addressed } from "../../apps/static/begin.js";
import { holds, part } from "../../apps/static/conditions.js";
import { changed, drawn, normal } from "../../apps/static/latent.js";
import { at, moved, share } from "../../apps/static/point.js";
import { said, toggled } from "../../apps/static/set.js";
import { worded } from "../../apps/static/wheel.js";

test("a condition names values, or any but 0 and none", () => {
  assert.equal(holds(["target", ["class", "unit"]], { target: "class" }), true);
  assert.equal(holds(["target", ["class"]], { target: "unit" }), false);
  assert.equal(holds(["share", []], { share: 0.5 }), true);
  assert.equal(holds(["share", []], { share: 0 }), false);
  assert.equal(holds(["mask", []], { mask: "none" }), false);
});

test("all conditions of a setting must hold", () => {
  const config = { when: { unit: [["target", ["unit"]], ["count", []]] } };
  assert.equal(part("unit", config, { target: "unit", count: 2 }), true);
  assert.equal(part("unit", config, { target: "unit", count: 0 }), false);
  assert.equal(part("layer", config, {}), true);
});

const DEFAULTS = { unit: 3, control: true, layer: "blocks.3", point: [0, 0], latent: [] };
const asked = (text) => addressed(new URLSearchParams(text), DEFAULTS);

test("an address gives a setting the kind of value that it has", () => {
  const { settings } = asked("unit=7&control=false&layer=blocks.2&point=0.5,-1&latent=1,2,3");
  assert.deepEqual(settings, { unit: 7, control: false, layer: "blocks.2", point: [0.5, -1], latent: [1, 2, 3] });
});

test("what is no such value stays as it is written: the stage answers", () => {
  assert.deepEqual(asked("unit=twelve&control=perhaps&point=0.5,left").settings, { unit: "twelve", control: "perhaps", point: "0.5,left" });
  assert.deepEqual(asked("unit=").settings, { unit: "" });
  assert.deepEqual(asked("latent=").settings, { latent: [] });
});

test("names that are no settings are told, but not those of the page", () => {
  assert.deepEqual(asked("layers=3&r=abc&lecture=1&__theme=dark"), { settings: null, unknown: ["layers"] });
});

const HOLD = { name: "hold", label: "Hold", kind: "Attributes", every: "all others", without: "nothing" };

test("a set of names goes into a sentence in few words", () => {
  assert.equal(said(HOLD, []), "nothing");
  assert.equal(said(HOLD, ["all others"]), "all others");
  assert.equal(said(HOLD, ["eye_size"]), "eye size");
  assert.equal(said(HOLD, ["dark", "smile"]), "dark and smile");
  assert.equal(said(HOLD, ["dark", "smile"], ["smile"]), "dark"); // what is edited is not held
  assert.equal(said(HOLD, ["smile"], ["smile"]), "nothing");
  assert.equal(said(HOLD, ["eye_open", "mouth_open"]), "2 attributes");
  assert.equal(said(HOLD, ["dark", "hat", "smile"]), "3 attributes");
  assert.equal(worded(HOLD, ["dark", "smile"]), "Hold dark and smile");
});

test("a press puts a name into a set or takes it out, and takes one out of all", () => {
  const every = ["dark", "glasses", "hat", "smile"];
  assert.deepEqual(toggled(HOLD, ["smile"], "dark", every, ["glasses"]), ["dark", "smile"]);
  assert.deepEqual(toggled(HOLD, ["dark", "smile"], "dark", every, ["glasses"]), ["smile"]);
  assert.deepEqual(toggled(HOLD, ["all others"], "hat", every, ["glasses"]), ["dark", "smile"]);
});

test("an address says a set as names with commas", () => {
  const { settings } = addressed(new URLSearchParams("hold=dark,smile"), { hold: [] });
  assert.deepEqual(settings, { hold: "dark,smile" }); // the stage reads it
});

const PLANE = { low: -2, high: 2 };

test("a place goes to its panel and back, y upwards", () => {
  assert.deepEqual(share([-2, 2], PLANE), [0, 0]);
  assert.deepEqual(share([1, -1], PLANE), [0.75, 0.75]);
  for (const place of [[0, 0], [1.5, -0.25], [-2, 2]]) assert.deepEqual(at(share(place, PLANE), PLANE), place);
  assert.deepEqual(at([1.4, -3], PLANE), [2, 2]); // held inside
});

test("arrow keys move a place, and hold it inside", () => {
  assert.deepEqual(moved([0, 0], { key: "ArrowRight" }, PLANE), [0.04, 0]);
  assert.deepEqual(moved([0, 0], { key: "ArrowUp", shiftKey: true }, PLANE), [0, 0.4]);
  assert.deepEqual(moved([2, -2], { key: "ArrowRight" }, PLANE), [2, -2]);
  assert.deepEqual(moved([0, 1], { key: "Home" }, PLANE), [-2, 1]);
  assert.equal(moved([0, 0], { key: "a" }, PLANE), null);
});

const LATENT = { shown: 4, low: -1, high: 1 };

test("one number of a latent is changed, and those before it that were left out are zero", () => {
  assert.deepEqual(changed([], 2, 0.5, LATENT), [0, 0, 0.5]);
  assert.deepEqual(changed([0.1, 0.2, 0.3], 0, 9, LATENT), [1, 0.2, 0.3]);
});

test("a latent at random has as many numbers as sliders, inside, and about the right spread", () => {
  const many = drawn({ shown: 20_000, low: -5, high: 5 }), mean = many.reduce((sum, z) => sum + z) / many.length;
  const spread = Math.sqrt(many.reduce((sum, z) => sum + z * z, 0) / many.length);
  assert.ok(Math.abs(mean) < 0.05 && Math.abs(spread - 1) < 0.05, `${mean} ${spread}`);
  assert.ok(drawn(LATENT).every((z) => z >= -1 && z <= 1));
  assert.equal(drawn(LATENT).length, 4);
  assert.ok(Number.isFinite(normal(() => 0)));
});

test("one of them is no plural", () => {
  const said = (value, unit) => worded({ kind: "Range", label: "Count", unit }, value);
  assert.equal(said(1, "pictures"), "Count 1 picture");
  assert.equal(said(2, "levels of 255"), "Count 2 levels of 255");
  assert.equal(said(1, "levels of 255"), "Count 1 level of 255");
  assert.equal(said(1, "children"), "Count 1 child");
  assert.equal(said(1, "times"), "Count 1 times");
  assert.equal(said(1, "px"), "Count 1 px");
});
