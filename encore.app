{
	// Trottoir: plans and follows the rounds of waste bins.
	"id": "",
	"lang": "go",
	"global_cors": {
		// The public origin is known when the app is installed, not when it is built: nginx answers for it.
		"allow_origins_with_credentials": ["http://localhost", "http://localhost:3000", "http://localhost:4000"],
	},
	"build": {
		"hooks": {
			// The web app is embedded in frontend-proxy, so it is built first (and only when its sources changed).
			"prebuild": "make --no-print-directory web",
		},
	},
}
