/** The key for a language model: in this tab until it is closed, never in an address. */

const PLACE = "sightline-language-model-key";

export const modelKey = () => sessionStorage.getItem(PLACE) ?? "";

/** @param {string} key "" forgets it */
export const keepModelKey = (key) => sessionStorage.setItem(PLACE, key);
