/** What a page keeps of its run: rows and branches as they are told, and what opens it again. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { keeper } from "../../apps/static/kept.js";
import { returned } from "../../apps/static/outage.js";
import { pace, shared } from "../../apps/static/words.js";

const BEGUN = { record: { v: 2, probe: "dream", fingerprints: {}, settings: { size: 64 } }, until: null };
const ROOT = { branch: 1, parent: 0, leaves: -1, kept: 30, name: "first run" };
const CHILD = { branch: 2, parent: 1, leaves: 15, kept: 15, name: "hue 0.1" };

function running(more = {}) {
  const kept = keeper();
  kept.begun({ ...BEGUN, ...more });
  kept.tape({ branch: 1, from: 0, rows: [[5, { hue: 0.9 }]] });
  kept.stands({ state: "running", kept: 30 });
  kept.shown(31);
  return kept;
}

test("before anything was told there is nothing to open", () => {
  assert.equal(keeper().message(), null);
  assert.deepEqual(keeper().place(), {});
});

test("a run has its record, its rows, its step and whether it goes", () => {
  const kept = running();
  assert.deepEqual(kept.message(), {
    record: { ...BEGUN.record, step: 31 }, now: 1, goes: true, until: null,
    branches: [{ branch: 1, parent: 0, leaves: -1, kept: 31, name: "", tape: [[5, { hue: 0.9 }]] }],
  });
  kept.stands({ state: "paused", kept: 31 });
  assert.equal(kept.message().goes, false);
});

test("a row that was still open is replaced", () => {
  const kept = running();
  kept.tape({ branch: 1, from: 1, rows: [[9, { hue: 0.1 }]] });
  kept.tape({ branch: 1, from: 1, rows: [[9, { hue: 0.2 }], [10, { hue: 0.3 }]] });
  assert.deepEqual(kept.message().branches[0].tape, [[5, { hue: 0.9 }], [9, { hue: 0.2 }], [10, { hue: 0.3 }]]);
});

test("rows after a gap do not fit, nor do those of a branch that nobody knows", () => {
  const kept = running();
  assert.equal(kept.tape({ branch: 1, from: 2, rows: [] }), false);
  assert.equal(kept.tape({ branch: 7, from: 0, rows: [] }), false);
  assert.equal(kept.message().branches[0].tape.length, 1);
});

test("another branch leaves the rows of the old one as they are, and one that is gone is forgotten", () => {
  const kept = running();
  kept.tree({ now: 2, all: [ROOT, CHILD] });
  kept.tape({ branch: 2, from: 0, rows: [[16, { hue: 0.1 }]] });
  kept.shown(20);
  const { branches, now } = kept.message();
  assert.deepEqual(branches, [{ ...ROOT, tape: [[5, { hue: 0.9 }]] }, { ...CHILD, kept: 20, tape: [[16, { hue: 0.1 }]] }]);
  assert.equal(now, 2);
  kept.tree({ now: 1, all: [ROOT] });
  assert.deepEqual(kept.message().branches.map(({ branch, kept: last }) => [branch, last]), [[1, 30]]);
});

test("a step of the past is shown and the future stays", () => {
  const kept = running();
  kept.shown(4);
  kept.stands({ state: "paused", kept: 31 });
  assert.deepEqual(kept.place(), { step: 4, furthest: 31 });
  assert.equal(kept.message().record.step, 4);
});

test("what a run on its way back says of where it stands is not where it was", () => {
  const kept = running();
  kept.stands({ state: "loading", kept: -1 });
  kept.stands({ state: "running", kept: 3, replays: [3, 31] });
  assert.deepEqual(kept.place(), { step: 31, furthest: 31 });
});

test("the step that a link rests at is kept until a hand steers the run", () => {
  const kept = running({ until: 40 });
  assert.equal(kept.message().until, 40);
  kept.tape({ branch: 1, from: 1, rows: [[32, { hue: 0.1 }]] });
  assert.equal(kept.message().until, null);
});

test("what is too long is left out: first branches, then all of it", () => {
  const kept = running(), long = (count) => Array.from({ length: count }, (_, i) => [i + 16, { hue: 0.123456 }]);
  kept.tree({ now: 1, all: [ROOT, CHILD, { ...CHILD, branch: 3 }] });
  kept.tape({ branch: 2, from: 0, rows: long(13_000) });
  kept.tape({ branch: 3, from: 0, rows: long(3) });
  assert.deepEqual(kept.message().branches.map(({ branch }) => branch), [1, 3]);
  assert.equal(kept.whole, false);
  assert.ok(JSON.stringify(kept.message()).length <= 250_000);
  kept.tape({ branch: 1, from: 0, rows: long(13_000) });
  assert.equal(kept.message(), null);
});

test("what another page has kept is taken over whole", () => {
  const before = running();
  before.tree({ now: 2, all: [ROOT, CHILD] });
  before.tape({ branch: 2, from: 0, rows: [[16, { hue: 0.1 }]] });
  before.shown(20);
  const after = keeper();
  after.take(JSON.parse(JSON.stringify(before.message())));
  assert.deepEqual(after.message(), before.message());
  assert.deepEqual(after.place(), { step: 20, furthest: 20 });
});

test("what is said of a run that is back is what happened", () => {
  const said = (how) => returned({ step: 155, seconds: 8.2, replayed: false, whole: true, ...how });
  assert.equal(said({}), "Back at step 156 after 8 seconds without a connection: nothing is lost.");
  assert.equal(said({ replayed: true }), "Back at step 156 after 8 seconds without a connection: replayed, nothing is lost.");
  assert.equal(said({ replayed: true, seconds: 0 }), "Back at step 156: replayed, nothing is lost.");
  assert.match(said({ replayed: true, whole: false, seconds: 1.2 }), /after 1 second without .* not all of it could be kept\.$/);
  assert.equal(said({ seconds: 0.4 }), "");
});

test("what others cost is said in steps a second, or in seconds a step", () => {
  assert.equal(shared({ state: "running", people: 12, rate: 2.1 }), "12 people share this computer: about 2 steps a second");
  assert.equal(shared({ state: "running", people: 2, rate: 0 }), "2 people share this computer");
  assert.equal(shared({ state: "running", people: 1, rate: 9 }), "");
  assert.deepEqual([0.2, 0.9, 1.4, 1.5, 24.4].map(pace), ["a step in 5 seconds", "a step a second", "a step a second", "2 steps a second", "24 steps a second"]);
});
