/** Which settings are a part of a run: all conditions of such a one must hold. */

/** `[other, wanted]`: the other setting has one of these values; without values, any but 0 and "none". */
export const holds = ([other, wanted], settings) =>
  wanted.length ? wanted.includes(settings[other]) : Boolean(settings[other]) && settings[other] !== "none";

export const part = (name, { when }, settings) => (when?.[name] ?? []).every((one) => holds(one, settings));
