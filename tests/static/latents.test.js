/** A cell of the matrices of Latents, in words. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { cell } from "../../apps/static/latents.js";

test("a row is edited and a column moves", () => {
  const values = { cosines: [1, 0.25, 0.25, 1], leakage: [0.8, 0.3, -0.1, 0.9], "locked leakage": [0.7, 0.02, -0.1, 0.9] };
  assert.equal(cell(["glasses", "eye_size"], values, 0, 1),
    "An edit of glasses by 1 moves eye size by +0.30, with the locks held +0.02; cosine +0.25");
  assert.equal(cell(["glasses", "eye_size"], values, 1, 0),
    "An edit of eye size by 1 moves glasses by −0.10, with the locks held −0.10; cosine +0.25");
  assert.equal(cell(["glasses", "eye_size"], values, 1, 1), "An edit of eye size by 1 moves it by +0.90, with the locks held +0.90");
});
