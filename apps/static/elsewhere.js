/** A page without a run, in a tab that leads a room: those who follow are told where their lecturer is. */

import { keep, kept } from "./leading.js";
import { wire } from "./wire.js";

export function elsewhere() {
  if (!kept()) return;
  const line = wire({
    up: () => line.send({ room: "open", ...kept(), page: location.pathname + location.search, title: named() }),
    down() {},
    frame() {},
    text({ room }) {
      if (room?.over) keep(null);
      if (room?.over || room?.elsewhere) line.close();
    },
  });
  line.connect();
}

/** What the page is called, without the lab's name. */
const named = () => document.title.split(" · ")[0].slice(0, 100);
