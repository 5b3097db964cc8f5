/* Light, dark, or as the system has it. Not a module: it runs before the first paint, so that a
   chosen theme never flashes. */
(() => {
	const KEY = "sightline-theme";
	const NAMES = { system: "as the system", light: "light", dark: "dark" };
	const ORDER = /** @type {(keyof typeof NAMES)[]} */ (Object.keys(NAMES));
	const { dataset } = document.documentElement;
	const chosen = () => ORDER.find((name) => name === localStorage.getItem(KEY)) ?? "system";
	dataset.theme = chosen();

	document.addEventListener("DOMContentLoaded", () => {
		const toggle = document.getElementById("theme");
		if (!toggle) return;
		const tell = () => {
			dataset.theme = chosen();
			toggle.ariaLabel = toggle.title = `Colours: ${NAMES[chosen()]}`;
		};
		toggle.onclick = () => {
			localStorage.setItem(KEY, ORDER[(ORDER.indexOf(chosen()) + 1) % 3] ?? "system");
			tell();
		};
		tell();
	});
})();
