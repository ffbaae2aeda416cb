/** One run on one socket: opening, coming back, wishes and their echoes, frames and acks. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { inflateSync } from "node:zlib";

import { run as opened } from "../../apps/static/run.js";
import { uploads } from "../../apps/static/uploads.js";
import { bitmaps, marked, packet, Socket, socket, tick, turn, world } from "./world.js";

beforeEach(world);

const HELLO = { run: 7, token: "secret", probe: "dream", panels: ["picture", "control"], settings: { rate: 1, size: 64 }, live: ["rate"] };
const WANTED = { probe: "dream", settings: { size: 64 } };

/** A run that is there, and all that was heard of it. */
function begun(more = {}) {
  const heard = [];
  const ears = ["hello", "frame", "status", "numbers", "settings", "sentence", "refused", "away", "back", "up", "other"];
  const on = Object.fromEntries(ears.map((kind) => [kind, (...what) => heard.push([kind, ...what])]));
  const run = opened({ ...on, ...more }, { rate: 1 });
  run.open(WANTED);
  socket().up();
  return { run, heard, of: (kind) => heard.filter(([one]) => one === kind) };
}
function running(more) {
  const found = begun(more);
  socket().say({ hello: HELLO });
  return found;
}
const gone = (wait = 250) => (socket().break(), tick(wait), socket().up());
const LOST = { sentence: "That run is no longer there: open its page or its link again." };
const KEPT = { ...HELLO, keep: { record: { v: 2, probe: "dream", fingerprints: { network: "ab" }, settings: { size: 64 } }, until: null } };

test("what is wanted is asked for once the socket is there", () => {
  const { run } = begun();
  assert.deepEqual(socket().took("open"), [{ open: WANTED }]);
  assert.equal(run.opening, true);
  socket().say({ hello: HELLO });
  assert.deepEqual([run.number, run.token, run.opening], [7, "secret", false]);
  assert.deepEqual(run.settings, { rate: 1, size: 64 });
});

test("after an outage the same run is come back to by its number and token", () => {
  const { of } = running();
  gone();
  assert.deepEqual(socket().took("open"), [{ open: { run: 7, token: "secret" } }]);
  socket().say({ hello: HELLO });
  assert.deepEqual(of("hello").map(([, , fresh]) => fresh), [true, false]);
});

test("the last play, pause and seek that nobody heard are asked again of the run that is back", () => {
  const { run } = running();
  socket().say({ status: { state: "running", step: 9 } });
  socket().break();
  for (const order of ["play", "pause"]) run.do(order);
  run.do("seek", { step: 3 });
  assert.equal(run.goes, false);
  tick(250);
  socket().up();
  assert.deepEqual(socket().took("do"), []);
  socket().say({ hello: HELLO });
  assert.deepEqual(socket().took("do"), [{ do: "pause" }, { do: "seek", step: 3 }]);
  socket().say({ status: { state: "paused", step: 3 } });
  gone();
  socket().say({ hello: HELLO });
  assert.deepEqual(socket().took("do"), []); // they were answered
  socket().break();
  run.do("pause");
  run.open(WANTED);
  tick(250);
  socket().up();
  socket().say({ hello: { ...HELLO, run: 8 } });
  assert.deepEqual(socket().took("do"), []); // another run owes them nothing
});

test("a page that left its run returns to it, and says when it is gone and was not kept", () => {
  const { run, of } = begun();
  run.open(null, { run: 5, token: "old" });
  assert.deepEqual(socket().took("open").at(-1), { open: { run: 5, token: "old" } });
  socket().say(LOST);
  assert.deepEqual(of("refused"), [["refused", "The run that was here is gone, and this page has not kept it: it begins again.", true]]);
  assert.equal(run.number, 0);
});

/** A run that is kept, steered and shown at step 3, running. */
async function kept(more) {
  const found = begun(more);
  socket().say({ hello: KEPT });
  socket().say({ tape: { branch: 1, from: 0, rows: [[2, { rate: 3 }]] } });
  socket().say({ status: { state: "running", kept: 2, step: 2 } });
  socket().show(packet({ step: 3, sequence: 1 }));
  await turn();
  return found;
}
const RECORD = { ...KEPT.keep.record, step: 3 };
const ROOT = { branch: 1, parent: 0, leaves: -1, kept: 3, name: "", tape: [[2, { rate: 3 }]] };

/** What a link says. */
const read = (link) => JSON.parse(inflateSync(Buffer.from(link, "base64url")).toString());

test("a link that was asked for while nobody heard is of the run of then, whatever is opened since", async () => {
  const { run } = await kept();
  socket().break();
  const asked = run.record();
  run.set({ rate: 5 });
  run.open({ probe: "dream", settings: { size: 32 } });
  const { link, copyable } = await asked;
  assert.deepEqual(read(link), { ...RECORD, tape: [[2, { rate: 3 }], [3, { rate: 5 }]] });
  assert.equal(copyable, true);
});

test("a page that returns says which step it shows, and how far it knows the run to have been", async () => {
  await kept();
  gone();
  assert.deepEqual(socket().took("open"), [{ open: { run: 7, token: "secret", step: 3, furthest: 3 } }]);
});

test("a run that is gone is opened again from what was kept, and is the same run", async () => {
  const { run, of } = await kept();
  gone();
  socket().took("open");
  socket().say(LOST);
  await turn();
  assert.deepEqual(socket().took("open"), [{ open: { record: RECORD, branches: [ROOT], now: 1, goes: true, until: null } }]);
  socket().say({ hello: { ...KEPT, run: 8, token: "new" } });
  assert.deepEqual([run.number, run.token, run.step, run.state], [8, "new", 3, "loading"]);
  assert.deepEqual(of("hello").map(([, , fresh]) => fresh), [true, false]);
  assert.deepEqual([of("refused").length, of("sentence").length], [0, 0]); // nothing false was said
});

test("a run that rested comes back at rest", async () => {
  await kept();
  socket().say({ status: { state: "paused", kept: 3, step: 3 } });
  gone();
  socket().say(LOST);
  await turn();
  assert.equal(socket().took("open").at(-1).open.goes, false);
});

test("an outage in the middle of coming back is one more outage, and nothing is lost", async () => {
  await kept();
  gone();
  socket().say(LOST);
  await turn();
  gone(500);
  assert.deepEqual(socket().took("open").at(-1), { open: { run: 7, token: "secret", step: 3, furthest: 3 } });
  socket().say(LOST);
  await turn();
  assert.deepEqual(socket().took("open").at(-1).open.record, RECORD);
});

test("how a run came back is told with its first picture, once", async () => {
  const back = [];
  await kept({ back: (how) => back.push(how) });
  back.length = 0;
  gone();
  socket().say({ hello: KEPT });
  assert.deepEqual(back, []);
  socket().show(packet({ step: 3, sequence: 1 }));
  await turn();
  const [{ step, replayed, whole, seconds }] = back;
  assert.deepEqual([step, replayed, whole], [3, false, true]);
  assert.ok(seconds >= 0 && seconds < 5);
  socket().show(packet({ step: 4, sequence: 2 }));
  await turn();
  assert.equal(back.length, 1);
});

test("a replay is told as one, and what was said against it too", async () => {
  const back = [];
  await kept({ back: (how) => back.push(how) });
  back.length = 0;
  gone();
  socket().say(LOST);
  await turn();
  socket().say({ hello: { ...KEPT, run: 8 } });
  socket().show(packet({ run: 8, step: 3, sequence: 1 }));
  await turn();
  gone();
  socket().say(LOST);
  await turn();
  socket().say({ hello: { ...KEPT, run: 9 } });
  socket().say({ sentence: "One of the changes was left out." });
  socket().show(packet({ run: 9, step: 3, sequence: 1 }));
  await turn();
  assert.deepEqual(back.map(({ replayed, whole }) => [replayed, whole]), [[true, true], [true, false]]);
});

test("a page that was reloaded opens what the one before has kept", async () => {
  const { of } = begun();
  const { run } = await kept();
  const message = JSON.parse(JSON.stringify(run.kept()));
  run.open(null, { run: 7, token: "secret", kept: message });
  assert.deepEqual(socket().took("open").at(-1), { open: { run: 7, token: "secret", step: 3, furthest: 3 } });
  socket().say(LOST);
  await turn();
  assert.deepEqual(socket().took("open").at(-1), { open: message });
  assert.equal(of("refused").length, 0);
});

test("another run is not mixed with what was kept of the one before", async () => {
  const { run } = await kept();
  run.open(WANTED);
  socket().say({ hello: { ...KEPT, run: 8 } });
  assert.deepEqual(run.kept().branches, [{ ...ROOT, kept: -1, tape: [] }]);
});

test("rows that do not fit are asked for again", async () => {
  await kept();
  socket().say({ tape: { branch: 1, from: 5, rows: [[9, { rate: 1 }]] } });
  assert.deepEqual(socket().took("do"), [{ do: "tape" }]);
});

test("pictures that this page has sent are sent again before their run is opened", async () => {
  const asked = [];
  globalThis.fetch = async (address) => (asked.push([address, socket().sent.filter(({ open }) => open).length]), { ok: true });
  uploads.keep("upload-1", "/pictures", "the file");
  begun();
  socket().say({ hello: { ...KEPT, keep: { ...KEPT.keep, record: { ...KEPT.keep.record, settings: { picture: "upload-1" } } } } });
  gone();
  socket().took("open");
  socket().say(LOST);
  await turn();
  assert.deepEqual(asked, [["/pictures", 0]]);
  assert.equal(socket().took("open").length, 1);
});

test("what cannot be opened is told from a sentence beside a run", () => {
  const { of } = begun();
  socket().say({ sentence: "There is no probe 'dreams'." });
  assert.deepEqual(of("refused").map(([, , returning]) => returning), [false]);
  socket().say({ hello: HELLO });
  socket().say({ sentence: "rate = 9 is out of range." });
  assert.equal(of("sentence").length, 1);
});

test("what is wanted may say so only when the time has come", () => {
  let there = null;
  const { run } = begun();
  socket().took("open");
  run.open(() => there);
  assert.deepEqual(socket().took("open"), []);
  there = { beside: 3 };
  gone();
  assert.deepEqual(socket().took("open"), [{ open: { beside: 3 } }]);
});

test("a run that was forgotten is not come back to", () => {
  const { run } = running();
  run.forget();
  gone();
  assert.deepEqual(socket().took("open"), []);
});

test("a run that was closed comes back only when it is opened", () => {
  const { run } = running();
  run.close();
  tick(60_000);
  assert.equal(Socket.all.length, 1);
  run.open(WANTED);
  socket().up();
  assert.deepEqual(socket().took("open"), [{ open: WANTED }]);
});

test("wishes of a moment are one, and carry a revision", () => {
  const { run } = running();
  run.set({ rate: 2 });
  run.set({ rate: 3 });
  run.set({ size: 96 });
  tick(30);
  assert.deepEqual(socket().took("set"), [{ rev: 1, set: { rate: 3, size: 96 } }]);
  assert.equal(run.asked, 1);
});

test("an echo from before the last wish does not move it back", () => {
  const { run } = running();
  run.set({ rate: 2 });
  tick(30);
  run.set({ rate: 3 });
  tick(30);
  socket().say({ rev: 1, now: { rate: 2 } });
  assert.equal(run.settings.rate, 3);
  assert.equal(run.answered, 1);
  socket().say({ rev: 2, now: { rate: 2.5 } }); // the stage has the last word
  assert.equal(run.settings.rate, 2.5);
});

test("a wish that is not sent yet survives an echo", () => {
  const { run } = running();
  run.set({ rate: 2 });
  socket().say({ rev: 0, now: { rate: 1, size: 64 } });
  assert.equal(run.settings.rate, 2);
});

test("a wish while the socket is away is sent when the run is back", () => {
  const { run } = running();
  socket().break();
  run.set({ rate: 4 });
  tick(250);
  socket().up();
  assert.deepEqual(socket().took("set"), []); // not before the run is there
  socket().say({ hello: HELLO });
  assert.deepEqual(socket().took("set").map(({ set }) => set), [{ rate: 4 }]);
  assert.equal(run.settings.rate, 4);
});

test("a wish that was never answered is sent again", () => {
  const { run } = running();
  run.set({ rate: 4 });
  tick(30);
  gone();
  socket().say({ hello: HELLO });
  assert.deepEqual(socket().took("set").map(({ set }) => set), [{ rate: 4 }]);
  socket().say({ rev: 2, now: { rate: 4 } });
  gone();
  socket().say({ hello: HELLO });
  assert.deepEqual(socket().took("set"), []); // that one was answered
});

test("another run begins without the wishes of the one before", () => {
  const { run } = running();
  run.set({ rate: 4 });
  run.open(WANTED);
  tick(30);
  socket().say({ hello: { ...HELLO, run: 8 } });
  tick(30);
  assert.deepEqual(socket().took("set"), []);
  assert.equal(run.settings.rate, 1);
});

test("echoes of a run that is to be left are not heard", () => {
  const { run, of } = running();
  run.deaf();
  socket().say({ rev: 0, now: { rate: 9 } });
  assert.equal(of("settings").length, 0);
  assert.equal(run.settings.rate, 1);
});

test("a record that was asked for before an outage is asked for again", async () => {
  const { run } = running();
  const record = run.record();
  gone();
  socket().say({ hello: HELLO });
  assert.deepEqual(socket().took("do"), [{ do: "link" }]);
  socket().say({ link: "packed", copyable: true });
  assert.deepEqual(await record, { link: "packed", copyable: true });
});

test("the panels of a step are drawn together, under their names, and acknowledged", async () => {
  const { of } = running();
  socket().show(packet({ panel: 0, last: false, step: 3, sequence: 1 }));
  await turn();
  assert.equal(of("frame").length, 0);
  socket().show(packet({ panel: 1, step: 3, sequence: 2 }));
  await turn();
  const [[, { step, parts, exact }]] = of("frame");
  assert.deepEqual([step, exact, parts.map(({ name }) => name)], [3, false, ["picture", "control"]]);
  assert.deepEqual(socket().took("ack"), [{ ack: 2 }]);
  assert.ok(bitmaps.made.every(({ closed }) => closed));
});

test("pictures and marks of a step come together, in the order of the panels", async () => {
  const { of } = running();
  socket().show(packet({ panel: 0, encoding: 1, last: false, sequence: 1 }));
  socket().show(packet({ panel: 1, encoding: 2, payload: marked({ over: "picture" }), sequence: 2 }));
  await turn();
  const [[, { parts, exact }]] = of("frame");
  assert.deepEqual(parts.map(({ name }) => name), ["picture", "control"]);
  assert.equal(parts[1].content.over, "picture");
  assert.equal(exact, true); // without loss, both
});

test("of frames that come faster than they are drawn the newest is, and no bitmap is left open", async () => {
  const { run, of } = running();
  for (const sequence of [1, 2, 3]) socket().show(packet({ step: sequence, sequence }));
  await turn();
  assert.deepEqual(of("frame").map(([, { step }]) => step), [3]);
  assert.deepEqual(socket().took("ack"), [{ ack: 3 }]);
  assert.deepEqual([run.step, run.exact, run.frames], [3, -1, 1]);
  assert.ok(bitmaps.made.length === 3 && bitmaps.made.every(({ closed }) => closed));
});

test("an older frame that is read late is not drawn after a newer one", async () => {
  const { of } = running();
  let read;
  bitmaps.late.set(1, new Promise((done) => (read = done)));
  socket().show(packet({ step: 1, sequence: 1, payload: [1] }));
  socket().show(packet({ step: 2, sequence: 2, payload: [2] }));
  await turn();
  read();
  await turn();
  assert.deepEqual(of("frame").map(([, { step }]) => step), [2]);
  assert.ok(bitmaps.made.every(({ closed }) => closed));
});

test("a frame that was being read when the socket broke does not hold up those of the next", async () => {
  const { of } = running();
  let read;
  bitmaps.late.set(9, new Promise((done) => (read = done)));
  socket().show(packet({ step: 500, sequence: 900, payload: [9] }));
  gone();
  socket().say({ hello: HELLO });
  read();
  await turn();
  socket().show(packet({ step: 501, sequence: 1 }));
  await turn();
  assert.deepEqual(of("frame").map(([, { step }]) => step), [501]);
  assert.deepEqual(socket().took("ack"), [{ ack: 1 }]); // never one of the other socket
});

test("frames of another run are acknowledged and not drawn", async () => {
  const { of } = running();
  socket().show(packet({ run: 6, sequence: 4 }));
  await turn();
  assert.equal(of("frame").length, 0);
  assert.deepEqual(socket().took("ack"), [{ ack: 4 }]);
});

test("a damaged panel is left out, the others are shown", async () => {
  const { of } = running();
  socket().show(packet({ panel: 0, last: false, payload: [255], sequence: 1 }));
  socket().show(packet({ panel: 1, sequence: 2 }));
  await turn();
  assert.deepEqual(of("frame")[0][1].parts.map(({ name }) => name), ["control"]);
});

test("a kind of panel or a version that is not known is passed over", async () => {
  const { of } = running();
  socket().show(packet({ panel: 0, encoding: 77, last: false, sequence: 1 }));
  socket().show(packet({ panel: 1, sequence: 2 }));
  const other = packet({ sequence: 3 });
  new DataView(other).setUint8(0, 2);
  socket().show(other);
  await turn();
  assert.deepEqual(of("frame").map(([, { parts }]) => parts.map(({ name }) => name)), [["control"]]);
});

test("what the client does not know is passed on", () => {
  const { of } = running();
  const tree = { now: 1, all: [{ branch: 1, parent: 0, leaves: -1, kept: 4, name: "first run" }] };
  socket().say({ branches: tree });
  socket().say({ survival: { rows: [] } });
  assert.deepEqual(of("other"), [["other", "branches", tree], ["other", "survival", { rows: [] }]]);
});

test("a step is a message, an action has its values, an address its token", () => {
  const { run } = running();
  run.do("seek", { step: 3 });
  run.act("breed", { first: 1 });
  run.measure("noise");
  assert.deepEqual(socket().took("do"), [{ do: "seek", step: 3 }]);
  assert.deepEqual(socket().took("act"), [{ act: { action: "breed", first: 1 } }]);
  assert.deepEqual(socket().took("measure"), [{ measure: "noise" }]);
  assert.equal(run.address("film", { form: "gif" }), "/run/7/film?token=secret&form=gif");
});

test("who follows asks for the room again after an outage, and not for the run", () => {
  const { run } = begun();
  run.open({ follow: "KZ4T" });
  socket().took("open");
  socket().say({ hello: { ...HELLO, token: "" } });
  gone();
  assert.deepEqual(socket().took("open"), [{ open: { follow: "KZ4T" } }]);
});

test("on another run of the room, what others wish is heard again", () => {
  const { run, of } = running();
  run.set({ rate: 2 });
  tick(40);
  socket().say({ rev: 1, now: { rate: 2 } });
  socket().say({ hello: { ...HELLO, run: 8 } });
  socket().say({ rev: 0, now: { rate: 5 } });
  assert.equal(run.settings.rate, 5);
  assert.equal(of("hello").at(-1)[2], true);
});

test("whatever else is to be said is said", () => {
  const { run } = running();
  run.say({ guess: 2 });
  assert.deepEqual(socket().took("guess"), [{ guess: 2 }]);
});
