import { defineConfig } from "@playwright/test";
import tests from "../playwright.config.js";

// Tests of an installation that runs elsewhere, such as the containers: `make first-run LINK=…`
export default defineConfig({
	...tests,
	testDir: ".",
	testIgnore: [],
	outputDir: "../results",
	grepInvert: [],
	retries: 0,
	timeout: 180_000,
	webServer: undefined,
	// The certificate is self-signed until there is another.
	use: { ...tests.use, baseURL: new URL(process.env.LINK || "http://localhost").origin, ignoreHTTPSErrors: true },
});
