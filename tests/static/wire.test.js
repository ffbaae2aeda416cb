/** One socket: how soon a silent one is noticed, and when it is tried again. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { wire } from "../../apps/static/wire.js";
import { happens, packet, Socket, socket, tick, turn, world } from "./world.js";

beforeEach(world);

/** A socket that is there. */
function there() {
  const heard = [];
  const line = wire({
    up: () => heard.push("up"), down: (wait) => heard.push(wait), text: (message) => heard.push(message), frame() {},
  });
  line.connect();
  socket().up();
  return { line, heard };
}

test("each try waits twice as long, up to one second, and a quarter of one again after success", async () => {
  const { heard } = there();
  socket().break();
  for (const wait of [250, 500, 1000, 1000, 1000]) {
    assert.equal(heard.at(-1), wait);
    const count = Socket.all.length;
    tick(wait - 1);
    await turn();
    assert.equal(Socket.all.length, count);
    tick(1);
    await turn();
    assert.equal(Socket.all.length, count + 1);
    socket().break();
  }
  tick(1000);
  await turn();
  socket().up();
  socket().say({ sentence: "The lab is full." }); // it is there, and takes nobody
  socket().break();
  assert.equal(heard.at(-1), 1000);
  tick(1000);
  socket().up();
  socket().say({ status: {} });
  socket().break();
  assert.equal(heard.at(-1), 250);
});

test("once a socket has failed the lab is asked until it answers, and no more sockets fail", async () => {
  const { heard } = there(), asked = [];
  const answer = { json: async () => ({ ready: false }) }; // it is still opening
  globalThis.fetch = async (address) => (asked.push(address), asked.length < 3 ? Promise.reject(new Error()) : answer);
  socket().break();
  tick(250);
  socket().break();
  for (let i = 0; i < 5; i += 1) tick(1000), await turn();
  assert.deepEqual([Socket.all.length, asked.length, new Set(asked)], [2, 5, new Set(["/healthz"])]);
  assert.equal(heard.at(-1), 1000);
  answer.json = async () => ({ ready: false, runs: 0 });
  tick(1000);
  await turn();
  assert.equal(Socket.all.length, 3);
});

test("a socket that says nothing for three seconds is closed, and another is opened at once", () => {
  const { heard } = there(), first = socket();
  tick(2999);
  assert.deepEqual([Socket.all.length, heard], [1, ["up"]]);
  tick(1);
  assert.equal(heard.at(-1), 0);
  tick(1);
  assert.equal(Socket.all.length, 2);
  assert.equal(first.code, 4000); // no goodbye: the run is kept
});

test("whatever is said is a sign of life, and a beat is nothing else", () => {
  const { heard } = there();
  for (let i = 0; i < 10; i += 1) {
    tick(2500);
    socket().say(i % 2 ? { beat: true } : { status: {} });
  }
  assert.equal(Socket.all.length, 1);
  assert.deepEqual(heard.filter((one) => one.beat), []);
});

test("a page whose timers stood still takes nobody for silent", () => {
  there();
  tick(2500);
  socket().say({ beat: true });
  const { now } = Date, clock = performance.now;
  Date.now = () => now() + 3.6e6; // the lid was closed for an hour, and no tick came
  performance.now = () => clock.call(performance) + 3.6e6;
  tick(2500);
  Date.now = now;
  performance.now = clock;
  assert.equal(Socket.all.length, 1);
  socket().say({ beat: true });
  tick(2500);
  assert.equal(Socket.all.length, 1);
});

test("something large that is announced may take its time", () => {
  there();
  socket().say({ coming: 640_000 }); // ten seconds at the slowest
  tick(9000);
  assert.equal(Socket.all.length, 1);
  socket().show(packet({}));
  tick(3100);
  assert.equal(Socket.all.length, 2);
});

test("a socket that never comes is given up after three seconds", async () => {
  const { heard } = there();
  socket().break();
  tick(250);
  assert.equal(Socket.all.length, 2);
  tick(3000);
  assert.equal(heard.at(-1), 500);
  tick(500);
  await turn();
  assert.equal(Socket.all.length, 3);
});

/** A try was to come later; this happens, and it comes now. */
async function hurried(kind) {
  there();
  socket().break();
  tick(250);
  socket().break();
  happens(kind);
  await turn();
  assert.equal(Socket.all.length, 3);
}
test("a page that is online again tries at once", () => hurried("online"));
test("a page that comes into sight tries at once", () => hurried("visibilitychange"));
test("a page that is shown again tries at once", () => hurried("pageshow"));

test("a page that comes into sight doubts a socket that has been silent", () => {
  there();
  happens("visibilitychange");
  tick(1999);
  assert.equal(Socket.all.length, 1);
  tick(10);
  assert.equal(Socket.all.length, 2);
});

test("a page that comes back from the browser's own store has a new socket", () => {
  there();
  happens("pageshow", { persisted: true });
  assert.equal(Socket.all.length, 2);
});

test("who leaves says goodbye, and tries nothing any more", () => {
  const { line } = there(), mine = socket();
  line.close();
  assert.equal(mine.code, 1000);
  tick(60_000);
  happens("online");
  happens("pageshow", { persisted: true });
  assert.equal(Socket.all.length, 1);
  line.connect();
  assert.equal(Socket.all.length, 2);
});

test("what an old socket still says is not heard", () => {
  const { heard } = there(), old = socket();
  socket().break();
  tick(250);
  assert.equal(old.onmessage, null);
  socket().up();
  assert.deepEqual(heard, ["up", 250, "up"]);
});
