import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { address } from "./application.js";

export type Door = {
	address: string;
	/** From now on another version of the app is installed behind it: a byte more is another one. */
	release(): void;
	/** Whether it answers everything with a page of its own, as the hotspot of a café before its visitors have signed in. */
	capture(captive: boolean): void;
	/** How many requests got that page. */
	captured(): number;
	close(): Promise<void>;
};

/** A door to the application, through which a service worker goes too. */
export async function door(): Promise<Door> {
	let newer = false;
	let captive = false;
	let captured = 0;
	const server = createServer((incoming, answer) => {
		if (captive) {
			captured += 1;
			answer.writeHead(200, { "content-type": "text/html; charset=utf-8" });
			answer.end("<!doctype html><title>Free Wi-Fi</title><h1>Sign in to use the network</h1>");
			return;
		}
		// Whole, and not "as you have it".
		const { "if-none-match": _, "if-modified-since": __, ...asked } = incoming.headers;
		const options = { method: incoming.method, headers: { ...asked, "accept-encoding": "identity" } };
		const forwarded = request(new URL(incoming.url ?? "/", address), options, (response) => {
			const headers = { ...response.headers };
			if (!newer || incoming.url !== "/service-worker.js") {
				answer.writeHead(response.statusCode ?? 502, headers);
				response.pipe(answer);
				return;
			}
			delete headers["content-length"];
			delete headers.etag;
			answer.writeHead(response.statusCode ?? 502, headers);
			response.on("end", () => answer.end("\n// newer"));
			response.pipe(answer, { end: false });
		});
		forwarded.on("error", () => answer.destroy());
		incoming.pipe(forwarded);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		release: () => {
			newer = true;
		},
		capture: (now) => {
			captive = now;
			server.closeIdleConnections();
		},
		captured: () => captured,
		close: () => {
			server.closeAllConnections();
			return new Promise((resolve) => server.close(() => resolve()));
		},
	};
}
