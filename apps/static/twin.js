/** The run beside: a second socket, whose run follows the first one step by step. */

import { wire } from "/static/wire.js";

const MARKUP = `
<div class="frame"><canvas class="twin-picture" width="1" height="1" role="img" aria-label="The twin"></canvas></div>
<figcaption><b class="step"><i></i><span>Loading</span></b><span class="differs"></span></figcaption>`;
const CONTROL = `<figure class="other second" hidden>
  <canvas class="twin-control" width="1" height="1" role="img" aria-label="The control of the twin"></canvas>
  <figcaption><b>Control</b></figcaption></figure>`;

export function twin(lab) {
  const figure = document.createElement("figure");
  figure.className = "main second";
  figure.innerHTML = MARKUP;
  figure.hidden = true;
  lab.element.querySelector(".main").after(figure);
  lab.element.querySelector(".beside").insertAdjacentHTML("beforeend", CONTROL);
  const other = lab.element.querySelector(".other.second");
  const canvases = { picture: figure.querySelector("canvas"), control: other.firstElementChild };
  const said = figure.querySelector(".step span"), differs = figure.querySelector(".differs");
  let panels = [], token = "", wish = null, status = {}, pending = null, raf = 0, asking = 0, before = null, dialing = false;

  const own = { run: 0, step: -1, exact: -1, frames: 0, settings: {}, state: "away", open, close, back, memory, wish: () => wish };

  const line = wire({
    up() {
      dialing = false;
      own.run ? line.send({ open: { run: own.run, token } }) : ask();
    },
    down() { say("away"); },
    text(message) {
      for (const [kind, value] of Object.entries(message)) hear[kind]?.(value);
    },
    frame(picture) {
      pending?.panels.forEach(([, bitmap]) => bitmap.close());
      pending = picture;
      raf ||= requestAnimationFrame(paint);
    },
  });

  const hear = {
    hello(hello) {
      asking = 0;
      before = wish;
      if (hello.run !== own.run) own.step = own.exact = -1;
      [own.run, token, panels, own.settings] = [hello.run, hello.token, hello.panels, hello.settings];
      other.hidden = panels.length > 0 && !panels.includes("control");
    },
    status(now) {
      status = now;
      own.state = now.state;
      figure.dataset.state = now.state;
      if (now.state === "failed") lab.notice(`The twin: ${now.sentence}`);
      paintStep();
    },
    numbers(rows) {
      rows.forEach(([step, values]) => lab.chart.beside(step, values));
      lab.chart.draw(lab.step);
    },
    now(settings) { Object.assign(own.settings, settings); },
    sentence(text) {
      if (asking && own.run && !wish.again) { // it was to return to a run that is gone
        own.run = 0;
        return ask();
      }
      lab.notice(text);
      if (!asking) return;
      asking = 0;
      before && own.run ? open(before.what, before.name, before.why) : close();
      own.changed?.();
    },
  };

  /** Show beside the run of now what differs: {settings}, {branch}, or {} as its link says. */
  function open(what, name, why = "") {
    wish = { what, name, why, again: true };
    figure.hidden = false;
    differs.textContent = name;
    figure.querySelector("canvas").setAttribute("aria-label", `The twin: ${name}`);
    lab.element.classList.add("paired");
    lab.chart.pair(why);
    lab.chart.draw(lab.step);
    if (line.ready()) ask();
    else if (!dialing) dialing = true, line.connect();
  }

  function ask() {
    if (!wish || !lab.run) return;
    asking = 1;
    line.send({ open: { beside: lab.run, token: lab.token(), ...wish.what } });
  }

  function close() {
    wish = before = null;
    [own.run, own.step, own.exact, own.frames, own.state] = [0, -1, -1, 0, "away"];
    line.close();
    dialing = false;
    figure.hidden = other.hidden = true;
    lab.element.classList.remove("paired");
    lab.chart.pair();
    lab.chart.draw(lab.step);
  }

  /** What a page needs to come back to it after a reload. */
  function memory() { return wish && own.run ? { ...wish, run: own.run, token } : null; }
  function back(was) {
    open(was.what, was.name, was.why);
    wish.again = false;
    [own.run, token, asking] = [was.run, was.token, 1];
  }

  lab.heard(({ hello, fresh }) => {
    if (!hello || !fresh || !wish) return;
    if (wish.again || own.run === 0) {
      if (wish.what.branch) return close(), own.changed?.(); // its tree is gone with the run
      own.run = 0;
      if (line.ready()) ask();
    }
    wish.again = true;
  });

  function paint() {
    raf = 0;
    const { panels: pictures, step, sequence, run, exact } = pending;
    pending = null;
    if (run === own.run && wish) {
      for (const [index, bitmap] of pictures) put(canvases[panels[index]], bitmap);
      own.step = step;
      own.frames += 1;
      own.exact = exact ? step : -1;
      paintStep();
    }
    pictures.forEach(([, bitmap]) => bitmap.close());
    line.send({ ack: sequence });
  }

  function put(canvas, bitmap) {
    if (!canvas) return;
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      canvas.closest("figure").style.setProperty("--ratio", (bitmap.width / bitmap.height).toFixed(4));
    }
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
  }

  function paintStep() {
    const ends = status.ends > own.step ? ` of ${status.ends + 1}` : "";
    const word = { ended: "done", failed: "stopped", loading: "loading", waiting: "waiting" }[own.state];
    say(own.step < 0 ? word ?? "Loading" : [`step ${own.step + 1}${ends}`, word].filter(Boolean).join(" · "));
  }
  function say(text) { said.textContent = text; }

  return own;
}
