/** The curve: its points, and what it says at a step. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { curve, short } from "../../apps/static/curve.js";

/** A curve on an element that keeps what is set. */
function drawn(options) {
  const parts = {};
  const part = (name) => (parts[name] ??= { set: {}, setAttribute(key, value) { this.set[key] = value; }, removeAttribute(key) { delete this.set[key]; } });
  const element = {
    innerHTML: "", firstElementChild: part("svg"),
    querySelector: (selector) => part(selector.slice(1)),
    querySelectorAll: () => ["of-live", "of-control", "of-twin"].map(part),
  };
  return { chart: curve(element, options), path: (name) => part(name).set.d ?? "", text: (name) => part(name).textContent, label: () => parts.svg.set["aria-label"] };
}
const count = (path) => path.split("L").length;

test("the first number of a run is drawn with its control", () => {
  const { chart, path, text, label } = drawn();
  for (let step = 0; step < 10; step += 1) chart.add(step, { activation: step, "control activation": 1, other: 99 });
  chart.draw(9);
  assert.equal(path("of-live"), "M0.00 98.00" + Array.from({ length: 9 }, (_, i) => `L${((100 * (i + 1)) / 9).toFixed(2)} ${(98 - (96 * (i + 1)) / 9).toFixed(2)}`).join(""));
  assert.equal(count(path("of-control")), 10);
  assert.equal(path("of-twin"), "");
  assert.equal(text("what"), "activation");
  assert.equal(label(), "activation 9.00, control 1.00");
});

test("of a long run a share of the points is drawn, and always the last", () => {
  const { chart, path } = drawn();
  for (let step = 0; step < 1000; step += 1) chart.add(step, { loss: step });
  chart.draw(999);
  assert.ok(count(path("of-live")) <= 241);
  assert.ok(path("of-live").endsWith("L100.00 2.00"));
});

test("the value at a step is that of the last one before it that was shown", () => {
  const { chart } = drawn();
  chart.add(8, { loss: 2 });
  chart.add(3, { loss: 5 }); // they may come in any order
  assert.deepEqual([2, 3, 7, 8, 100].map((step) => chart.at(step, "loss")), [null, 5, 5, 2, 2]);
});

test("of several pictures the mean is drawn, and it says so", () => {
  const { chart, text } = drawn();
  chart.add(0, { activation: [1, 3] });
  chart.draw(0);
  assert.equal(text("what"), "activation, mean");
  assert.equal(chart.at(0, "activation"), 2);
});

test("a number that is none leaves a gap and breaks nothing", () => {
  const { chart, path } = drawn();
  [1, null, 3].forEach((loss, step) => chart.add(step, { loss }));
  chart.draw(2);
  assert.equal(count(path("of-live")), 2);
});

test("the twin is on the same scale, or on one of its own where its number is another", () => {
  const { chart, path, text } = drawn();
  for (const step of [0, 1]) chart.add(step, { loss: step + 1 }), chart.beside(step, { loss: 10 * (step + 1) });
  chart.draw(1);
  assert.ok(path("of-live").includes("L100.00 88.40")); // 2 of 20
  chart.pair("Another layer: each curve on a scale of its own");
  for (const step of [0, 1]) chart.beside(step, { loss: 10 * (step + 1) });
  chart.draw(1);
  assert.ok(path("of-live").includes("L100.00 2.00"));
  assert.match(text("what"), /Another layer/);
});

test("another future drops what came later, another run everything", () => {
  const { chart, path } = drawn();
  for (let step = 0; step < 5; step += 1) chart.add(step, { loss: step });
  chart.upTo(2);
  assert.deepEqual([...chart.values.keys()], [0, 1, 2]);
  chart.draw(2);
  chart.clear();
  assert.equal(path("of-live"), "");
  chart.add(0, { error: 1 });
  chart.draw(0);
  assert.notEqual(path("of-live"), "");
});

test("numbers are short", () => {
  assert.deepEqual([0, 1234.5, 0.00012, 3.14159, null].map(short), ["0.00", "1.2e+3", "1.2e-4", "3.14", "not there"]);
});
