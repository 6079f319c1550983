// apiServer finds out where the endpoints are tried: on the page's own origin, or, where nginx shows this page beside the
// web app, on the API's own port, which the web app's settings name.
async function apiServer() {
	if (location.pathname.startsWith("/docs/")) {
		return location.origin;
	}
	const { api_base } = await readJSON("/config.json");
	return api_base ? location.protocol + api_base : location.origin;
}

async function readJSON(address) {
	const answer = await fetch(address);
	if (!answer.ok) {
		throw new Error(`${address} could not be read (HTTP ${answer.status}).`);
	}
	return answer.json();
}

async function show() {
	const [server, api] = await Promise.all([apiServer(), readJSON("openapi.json")]);
	SwaggerUIBundle({
		spec: { ...api, servers: [{ url: server }] },
		dom_id: "#explorer",
		deepLinking: true,
		filter: true,
		tryItOutEnabled: true,
		docExpansion: "list",
		defaultModelsExpandDepth: 0,
		// The session cookie is enough to try an endpoint.
		withCredentials: true,
		requestInterceptor: (request) => ({ ...request, credentials: "include" }),
	});
}

show().catch((error) => {
	document.getElementById("explorer").textContent = `The documentation cannot be shown: ${error.message}`;
});
