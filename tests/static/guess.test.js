/** Guesses, the wheel's controls and words: what needs no page. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { differing } from "../../apps/static/follower.js";
import { meant, verdict } from "../../apps/static/guess.js";
import { scale, worded } from "../../apps/static/wheel.js";
import { followers } from "../../apps/static/words.js";

const GUESS = { question: "Which?", answers: ["this", "that"], right: 1, reveal: "That it is." };

test("a guess is told right or not, and what is seen", () => {
  assert.equal(verdict(GUESS, 1), "Right. That it is.");
  assert.equal(verdict(GUESS, 0), "Not so: “that” is right. That it is.");
  assert.equal(verdict(GUESS, null), "That it is.");
});

test("the preset that is shown is meant where it has a guess, else the first that has one", () => {
  const presets = [{ guess: null }, { guess: GUESS }, { guess: null }, { guess: GUESS }];
  assert.deepEqual([-1, 0, 1, 3].map((chosen) => meant(presets, chosen)), [1, 1, 1, 3]);
  assert.equal(meant([{ guess: null }], 0), -1);
});

test("a range of whole numbers moves by one, another in two hundred steps", () => {
  const whole = scale({ low: 0, high: 9, whole: true });
  assert.deepEqual([whole.step, whole.value(3.4)], [1, 3]);
  const fine = scale({ low: 0, high: 2 });
  assert.deepEqual([fine.step, fine.at(0.5), fine.value(0.50001)], [0.01, 0.5, 0.5]);
});

test("a logarithmic range moves by its powers and comes back inside its limits", () => {
  const made = scale({ low: 0.001, high: 0.5, log: true });
  assert.equal(made.at(0.1), -1);
  assert.equal(made.value(-1), 0.1);
  for (const end of [0.001, 0.5]) assert.equal(made.value(made.at(end)), end);
});

test("a setting is told in words, with its unit", () => {
  const field = { kind: "Range", label: "Step size", unit: "px", zero: "none" };
  assert.equal(worded(field, 2.5), "Step size 2.5 px");
  assert.equal(worded(field, 0), "Step size none");
  assert.equal(worded({ kind: "Range", label: "Hue" }, -0.12345), "Hue −0.123");
  assert.equal(worded({ kind: "Switch", label: "Views" }, true), "Views on");
  assert.equal(worded({ kind: "Label", label: "Target" }, 1, ["cat", "dog"]), "Target dog");
  assert.equal(worded({ kind: "Label", label: "Target" }, 7), "Target 7");
  assert.equal(worded({ kind: "Point", label: "Place" }, [0.5, -1]), "Place 0.5, −1");
});

test("settings that differ are named, those of another probe are not", () => {
  const was = { hue: 1, place: [0, 1], gain: 2 };
  assert.deepEqual(differing(was, { hue: 2, place: [0, 1], gain: 2, other: 3 }), ["hue"]);
  assert.deepEqual(differing(was, { ...was, place: [1, 1] }), ["place"]);
});

test("how many follow is said in words", () => {
  assert.deepEqual([0, 1, 23].map(followers), ["Nobody follows yet", "1 person follows", "23 people follow"]);
});
