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

// tagsInAnyCase lets the filter find a tag by any part of its name, whatever the case, or of the paths below it.
const tagsInAnyCase = () => ({
	fn: {
		opsFilter: (operationsByTag, phrase) => {
			const wanted = phrase.trim().toLowerCase();
			return operationsByTag
				.map((group, tag) =>
					tag.toLowerCase().includes(wanted)
						? group
						: group.update("operations", (operations) =>
								operations.filter((operation) => operation.get("path").toLowerCase().includes(wanted)),
							),
				)
				.filter((group) => group.get("operations").size > 0);
		},
	},
});

async function show() {
	const [server, api] = await Promise.all([apiServer(), readJSON("openapi.json")]);
	SwaggerUIBundle({
		spec: { ...api, servers: [{ url: server }] },
		dom_id: "#explorer",
		deepLinking: true,
		filter: true,
		plugins: [tagsInAnyCase],
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
