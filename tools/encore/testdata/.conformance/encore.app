{
	// An application that shows how endpoints behave over HTTP; conformance_test.go asks it.
	"id": "",
	"global_cors": {
		"allow_headers": ["X-Allowed"],
		"expose_headers": ["X-Exposed"],
		"allow_origins_without_credentials": ["https://open.example"],
		"allow_origins_with_credentials": ["https://app.example", "https://*.preview.example"],
	},
}
