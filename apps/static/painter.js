/** What the page Painter adds: photographs that it never learned from, the camera, a file to keep or bring back. */

import { hand } from "./player.js";
import { uploads } from "./uploads.js";

const SIDE = 256, QUALITY = 0.8;
const MARKUP = `
<figure class="unseen-of"><canvas class="judges" data-more="1" width="2" height="2" role="img"
  aria-label="Four photographs that it never learned from, as it paints them"></canvas>
  <figcaption><b>Never learned from</b><span class="left"></span></figcaption></figure>
<figure class="live-of"><canvas class="live" width="256" height="192" role="img" aria-label="The camera, painted"></canvas>
  <figcaption><b>Your camera, painted</b><span class="rate"></span></figcaption></figure>
<p class="does"><button type="button" class="camera" aria-pressed="false">Paint the camera</button>
  <button type="button" class="keep">Keep the painter</button>
  <label class="back">Bring one back…<input type="file" class="unseen" accept=".safetensors"></label>
  <span class="said" role="status">Pictures of the camera go to this lab and nowhere else; none is kept.</span></p>`;

/** @type {import("./page.js").Extension} */
export function extension(player, page) {
  const panel = document.createElement("section");
  panel.className = "painter";
  panel.setAttribute("aria-label", "What it paints");
  panel.innerHTML = MARKUP;
  const $ = (name) => panel.querySelector(`.${name}`);
  player.below(panel, "Your camera, its file");
  player.claim("unseen", $("judges"));
  const say = (text) => ($("said").textContent = text);
  const small = document.createElement("canvas"), video = document.createElement("video");
  video.muted = video.playsInline = true;
  let stream = null;

  player.heard((what) => {
    if (!what.status && !what.settings) return;
    const left = player.chart.at(player.step, "unseen style left");
    $("left").textContent = left == null ? "" : `${(100 * left).toPrecision(3)} % of their distance to the style is left`;
  });

  // the camera: a picture is sent when the last has come back

  async function begin() {
    if (!navigator.mediaDevices?.getUserMedia) return say("This browser gives a page no camera here: open the lab at localhost, or by https.");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: false });
    } catch (error) {
      return say(error.name === "NotAllowedError" ? "The camera was not allowed: allow it beside the address, and press again." : "There is no camera here: bring a photograph instead.");
    }
    stream.getTracks().forEach((track) => track.addEventListener("ended", end));
    video.srcObject = stream;
    await video.play();
    player.pause();
    panel.classList.add("filming");
    $("camera").setAttribute("aria-pressed", "true");
    $("camera").textContent = "Stop the camera";
    say("Learning rests while the camera paints; press Play and it goes on, more slowly.");
    film(stream);
  }

  function end() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = video.srcObject = null;
    panel.classList.remove("filming");
    $("camera").setAttribute("aria-pressed", "false");
    $("camera").textContent = "Paint the camera";
    say("The camera is off. None of its pictures was kept.");
  }

  async function film(mine) {
    const times = [];
    while (stream === mine) {
      if (document.hidden) {
        await new Promise((seen) => setTimeout(seen, 200));
        continue;
      }
      let answer;
      try {
        answer = await fetch(player.address("applied"), { method: "POST", body: await taken() });
      } catch {
        answer = null; // the lab is away: the player says so
      }
      if (!answer?.ok) {
        if (answer) say((await answer.json()).sentence);
        await new Promise((wait) => setTimeout(wait, 500));
        continue;
      }
      const bitmap = await createImageBitmap(await answer.blob());
      if (stream === mine) show(bitmap);
      bitmap.close();
      times.push(performance.now());
      if (times.length > 12) times.shift();
      panel.dataset.painted = `${Number(panel.dataset.painted ?? 0) + 1}`;
      if (times.length > 2) $("rate").textContent = `${((1000 * (times.length - 1)) / (times.at(-1) - times[0])).toFixed(1)} pictures a second`;
    }
  }

  /** The camera's picture of now, as a mirror shows it. */
  function taken() {
    const scale = SIDE / Math.max(video.videoWidth, video.videoHeight);
    small.width = Math.round(video.videoWidth * scale);
    small.height = Math.round(video.videoHeight * scale);
    const to = small.getContext("2d");
    to.setTransform(-1, 0, 0, 1, small.width, 0);
    to.drawImage(video, 0, 0, small.width, small.height);
    return new Promise((done) => small.toBlob(done, "image/jpeg", QUALITY));
  }

  function show(bitmap) {
    const canvas = $("live");
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
  }

  async function keep() {
    const answer = await fetch(player.address("weights"));
    if (!answer.ok) return player.notice((await answer.json()).sentence);
    const name = `painter-${player.settings.style}.safetensors`;
    hand(await answer.blob(), name);
    say(`Paint with it anywhere: python -m core paint ${name} PICTURE -o FILE`);
  }

  /** A painter that was kept paints at once; its name says whose style that was. */
  async function take(file) {
    const answer = await fetch("/brought/painter", { method: "POST", body: file });
    const said = await answer.json();
    if (!answer.ok) return player.notice(said.sentence);
    uploads.keep(said.name, "/brought/painter", file);
    const style = /^painter-(.+?)( ?\(\d+\))?\.safetensors$/.exec(file.name)?.[1];
    const known = page.pictures("style").includes(style);
    page.option("begin", said.name, file.name);
    player.again({ begin: said.name, steps: 0, ...(known ? { style } : {}) });
    say(`${file.name} paints. To let it learn on, choose steps below.`);
  }
  page.takes(take);
  $("back").querySelector("input").addEventListener("change", ({ target }) => {
    if (target.files[0]) take(target.files[0]);
    target.value = "";
  });

  $("camera").addEventListener("click", () => (stream ? end() : begin()));
  $("keep").addEventListener("click", keep);
  addEventListener("pagehide", () => stream && end());
}
