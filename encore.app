{
	// Trottoir: plans and follows the rounds of waste bins.
	"id": "",
	"lang": "go",
	"global_cors": {
		// The public origin is known when the app is installed, not when it is built: nginx answers for it.
		"allow_origins_with_credentials": ["http://localhost", "http://localhost:3000", "http://localhost:4000"],
	},
}
