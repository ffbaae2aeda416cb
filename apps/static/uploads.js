/** Files that this page has sent: a lab that was started anew is given them again. */

const MOST = 16; // the latest

/** @type {Map<string, {address: string, file: Blob}>} by the name that the lab gave */
const sent = new Map();

export const uploads = {
  /** @param {string} name @param {string} address where it was sent to @param {Blob} file */
  keep(name, address, file) {
    sent.delete(name);
    sent.set(name, { address, file });
    if (sent.size > MOST) sent.delete(sent.keys().next().value);
  },

  /** Send those that these settings name once more; what fails is said when the run opens. @param {Record<string, any>} settings */
  async again(settings = {}) {
    const named = Object.values(settings).map((value) => sent.get(value)).filter(Boolean);
    const send = ({ address, file }) => fetch(address, { method: "POST", body: file }).catch(() => null);
    await Promise.all(named.map(send));
  },
};
