//go:build !encore_app

// Package check holds the tests of the files in infra/ that no program of this repository reads: the Kubernetes
// manifests, the rules and the dashboard of the monitoring, and the handbook of its alerts.
package check
