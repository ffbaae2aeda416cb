/** The room that this tab leads, from page to page: its code and token are in the tab's memory. */

const KEPT = "room";

/** @returns {{code: string, token: string} | null} */
export function kept() {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT));
    return found?.code && found.token ? found : null;
  } catch { return null; }
}

/** @param {{code: string, token: string} | null} what */
export function keep(what) {
  try {
    what ? sessionStorage.setItem(KEPT, JSON.stringify(what)) : sessionStorage.removeItem(KEPT);
  } catch { /* the room then ends with the page */ }
}
