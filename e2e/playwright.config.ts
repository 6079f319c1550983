import { defineConfig, devices } from "@playwright/test";
import { address, dashboard, timeZone } from "./application.js";

const hostile = "walk.spec.ts";

// Chromium only: Debian's, because a browser that a test tool downloads is one more thing to keep safe.
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
	testDir: ".",
	outputDir: "results",
	// Pictures of the documentation are made on request: SCREENSHOTS=1 make e2e ARGS=screenshots
	grepInvert: process.env.SCREENSHOTS ? /^$/ : /@screenshots/,
	forbidOnly: Boolean(process.env.CI),
	// The tests share one application, and each makes what it needs; two browsers at a time fit a small machine.
	workers: 2,
	// A second try tells an unlucky moment of a busy machine from a fault; the report still names it as flaky.
	retries: 1,
	fullyParallel: true,
	timeout: 60_000,
	expect: { timeout: 10_000 },
	reporter: [["list"]],
	use: {
		baseURL: address,
		locale: "en-GB",
		timezoneId: timeZone,
		screenshot: "only-on-failure",
		launchOptions: {
			executablePath,
			// Chromium's sandbox refuses to run as root, which is who a container's user often is.
			chromiumSandbox: process.getuid?.() !== 0,
			args: ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
		},
	},
	projects: [
		{
			name: "desktop",
			// An installation has a configuration of its own.
			testIgnore: ["installation/**", hostile],
			use: { ...devices["Desktop Chrome"], viewport: { width: 1440, height: 900 } },
		},
		// It uses up what strangers may ask for from this address, so it comes when the others are done: alone with
		// make e2e ARGS="walk.spec --no-deps"
		{ name: "hostile", testMatch: hostile, dependencies: ["desktop"] },
	],
	webServer: {
		command: `./serve --port ${new URL(address).port} --dashboard ${dashboard}`,
		url: `${address}/__encore/healthz`,
		env: { TIME_ZONE: timeZone },
		// The first build on a machine compiles every dependency.
		timeout: 600_000,
		gracefulShutdown: { signal: "SIGTERM", timeout: 20_000 },
		stdout: "ignore",
		stderr: "pipe",
	},
});
