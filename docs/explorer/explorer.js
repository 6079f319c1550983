SwaggerUIBundle({
	url: "openapi.json",
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
