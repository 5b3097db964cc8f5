/** The server, asked over HTTP. Every refusal becomes a Problem, a lost server Unreachable. */

export const BASE = "/api/v1";

/** The server's own sentence about what is wrong. */
export class Problem extends Error {
	/** @param {number} status @param {string} detail @param {number} retryAfter_s */
	constructor(status, detail, retryAfter_s) {
		super(detail);
		this.status = status;
		this.retryAfter_s = retryAfter_s;
	}
}

/** Nobody answers at the address of this page. */
export class Unreachable extends Error {
	message = "Sightline does not answer.";
}

/** @type {() => Promise<void>} */
let signIn = async () => {};

/** Say how to ask for the token when the server wants one. @param {() => Promise<void>} ask */
export function whenLocked(ask) {
	signIn = ask;
}

/** The JSON that answers; the token is asked for when it is missing. @param {string} path below /api/v1 @param {Asked} [asked] */
export function call(path, { json, form, signal, modelKey, method = json || form ? "POST" : "GET" } = {}) {
	const headers = new Headers(json ? { "content-type": "application/json" } : {});
	if (modelKey) headers.set("x-language-model-key", modelKey);
	const body = json ? JSON.stringify(json) : (form ?? null);
	return unlocked(path, async () => {
		try {
			return await fetch(BASE + path, { method, headers, body, signal: signal ?? null });
		} catch (error) {
			throw signal?.aborted ? error : new Unreachable();
		}
	});
}

/** Add one file; fetch cannot tell how much of it was sent. @param {FormData} form @param {(fraction: number) => void} onProgress @param {AbortSignal} signal @returns {Promise<UploadAnswer>} */
export function upload(form, onProgress, signal) {
	/** @type {() => Promise<Response>} */
	const send = () =>
		new Promise((resolve, reject) => {
			const request = new XMLHttpRequest();
			request.open("POST", `${BASE}/images`);
			request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
			request.onload = () => resolve(new Response(request.response, { status: request.status }));
			request.onerror = () => reject(new Unreachable());
			request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
			signal.onabort = () => request.abort();
			request.send(form);
		});
	return unlocked("/images", send);
}

/** Whether the server is there and takes searches. @returns {Promise<'gone'|'loading'|'ready'>} */
export async function readiness() {
	try {
		return (await fetch("/readyz", { cache: "no-store" })).ok ? "ready" : "loading";
	} catch {
		return "gone";
	}
}

/** @param {string} path @param {() => Promise<Response>} send @returns {Promise<any>} */
async function unlocked(path, send) {
	let response = await send();
	while (response.status === 401 && path !== "/session") {
		await signIn();
		response = await send();
	}
	const body = await response.json().catch(() => ({ detail: `The server answered ${response.status}.` }));
	if (response.ok) return body;
	throw new Problem(response.status, body.detail, Number(response.headers.get("retry-after") ?? 1));
}
