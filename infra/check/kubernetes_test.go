//go:build !encore_app

package check_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tailscale/hujson"
	"sigs.k8s.io/yaml"
)

func TestKubernetesManifestsAreSound(t *testing.T) {
	t.Parallel()
	c, err := render(t)
	require.NoError(t, err)
	require.Empty(t, c.problems())
	var names []string
	for _, d := range c.deployments {
		names = append(names, d.Name)
	}
	require.ElementsMatch(t, []string{"nginx", "frontend", "backend"}, names)
	require.EqualValues(t, 3, *c.deployment("backend").Spec.Replicas)
}

func TestKubernetesAutoscalingIsSound(t *testing.T) {
	t.Parallel()
	c, err := render(t, edit{"example/kustomization.yaml", "# components:", "components:"})
	require.NoError(t, err)
	require.Empty(t, c.problems())
	require.Len(t, c.scalers, 1)
	require.Nil(t, c.deployment("backend").Spec.Replicas, "an apply would undo what the autoscaler decided")
}

// TestKubernetesMistakesAreFound shows that the check can fail.
func TestKubernetesMistakesAreFound(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit  edit
		found string
	}{
		"misspelled field":     {edit{"base/backend.yaml", "readOnlyRootFilesystem", "readonlyRootFilesystem"}, "readonlyRootFilesystem"},
		"misplaced field":      {edit{"base/backend.yaml", "  replicas: 3", "  replica: 3"}, "replica"},
		"wrong type":           {edit{"base/backend.yaml", "replicas: 3", "replicas: three"}, "replicas"},
		"unknown kustomize":    {edit{"base/kustomization.yaml", "configMapGenerator:", "configMapGenerators:"}, "configMapGenerators"},
		"selector":             {edit{"base/backend.yaml", "selector: {app.kubernetes.io/name: backend}", "selector: {app.kubernetes.io/name: back}"}, "matches 0 deployments"},
		"port of a service":    {edit{"base/frontend.yaml", "targetPort: http", "targetPort: web"}, "not a port of the pods"},
		"headless port":        {edit{"base/frontend.yaml", "port: 3000, targetPort", "port: 80, targetPort"}, "not translated"},
		"port of the program":  {edit{"base/backend.yaml", `value: "8000"`, `value: "8080"`}, "PORT is 8080"},
		"port of a probe":      {edit{"base/frontend.yaml", "{path: /livez, port: metrics}", "{path: /livez, port: 9465}"}, "asks port 9465"},
		"path of a probe":      {edit{"base/backend.yaml", "path: /livez", "path: /readyz"}, "asks /readyz"},
		"name of the backend":  {edit{"base/nginx.yaml", "backend.$(NAMESPACE)", "backends.$(NAMESPACE)"}, "where no service listens"},
		"root":                 {edit{"base/nginx.yaml", "runAsUser: 101", "runAsUser: 0"}, "may run as root"},
		"capability":           {edit{"base/nginx.yaml", "{drop: [ALL]}", "{drop: [ALL], add: [NET_BIND_SERVICE]}"}, "has capabilities"},
		"image without tag":    {edit{"example/kustomization.yaml", `trottoir/backend, newTag: "1.0.0"`, "trottoir/backend, newTag: latest"}, "has no version"},
		"grace period":         {edit{"base/backend.yaml", "terminationGracePeriodSeconds: 40", "terminationGracePeriodSeconds: 30"}, "need up to 30 s"},
		"update":               {edit{"base/frontend.yaml", "maxUnavailable: 0", "maxUnavailable: 1"}, "may stop pods"},
		"missing secret":       {edit{"example/kustomization.yaml", "- name: secrets", "- name: passwords"}, "does not exist"},
		"unmounted volume":     {edit{"base/backend.yaml", "{name: tmp, mountPath", "{name: temp, mountPath"}, "mounts the volume temp"},
		"open to everybody":    {edit{"base/network.yaml", "  ingress:\n    - from:\n        - podSelector:\n            matchLabels: {app.kubernetes.io/name: nginx}\n      ports:\n        - {protocol: TCP, port: http}", "  ingress:\n    - ports:\n        - {protocol: TCP, port: http}"}, "to everybody"},
		"published by mistake": {edit{"base/frontend.yaml", "clusterIP: None", "type: LoadBalancer"}, "only nginx may be"},
		"budget":               {edit{"base/frontend.yaml", "maxUnavailable: 1\n  selector:\n    matchLabels: {app.kubernetes.io/name: frontend}", "maxUnavailable: 1\n  selector:\n    matchLabels: {app.kubernetes.io/name: web}"}, "no deployment"},
		"service links":        {edit{"base/backend.yaml", "enableServiceLinks: false", "enableServiceLinks: true"}, "BACKEND_PORT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := render(t, test.edit)
			if err != nil {
				require.ErrorContains(t, err, test.found)
				return
			}
			require.Contains(t, strings.Join(c.problems(), "\n"), test.found)
		})
	}
}

// TestKubernetesSetsWhatComposeSets compares with docker-compose.yml: each program gets every variable that it gets there,
// and as much memory.
func TestKubernetesSetsWhatComposeSets(t *testing.T) {
	t.Parallel()
	c, err := render(t)
	require.NoError(t, err)
	var compose struct {
		Services map[string]struct {
			Environment map[string]string `json:"environment"`
			MemoryLimit string            `json:"mem_limit"`
		} `json:"services"`
	}
	require.NoError(t, yaml.Unmarshal(read(t, "../../docker-compose.yml"), &compose))
	// The predecessor's name, and what a cluster is not for.
	elsewhere := []string{"DJANGO_SECRET_KEY", "DEMO_DATA"}
	for _, name := range []string{"nginx", "frontend", "backend"} {
		env, _ := c.environment(c.deployment(name))
		require.NotEmpty(t, compose.Services[name].Environment)
		require.Equal(t, compose.Services[name].Environment["GOMEMLIMIT"], env["GOMEMLIMIT"], name)
		limit := c.deployment(name).Spec.Template.Spec.Containers[0].Resources.Limits.Memory().String()
		require.Equal(t, strings.Replace(compose.Services[name].MemoryLimit, "m", "Mi", 1), limit, name)
		for _, key := range slices.Sorted(maps.Keys(compose.Services[name].Environment)) {
			// The frontend has no secrets; a header of OTEL_EXPORTER_OTLP_HEADERS is one.
			if slices.Contains(elsewhere, key) || name == "frontend" && key == "OTEL_EXPORTER_OTLP_HEADERS" {
				continue
			}
			require.Contains(t, env, key, "%s gets %s from docker-compose.yml, but not in Kubernetes", name, key)
		}
	}
}

// TestKubernetesSetsEveryKey compares with .env.example, which names every setting.
func TestKubernetesSetsEveryKey(t *testing.T) {
	t.Parallel()
	c, err := render(t)
	require.NoError(t, err)
	set := map[string]string{}
	for _, d := range c.deployments {
		env, _ := c.environment(d)
		maps.Copy(set, env)
	}
	elsewhere := map[string]string{
		"DEMO_DATA": "a cluster is for production",
		"REGISTRY":  "images of kustomization.yaml",
		"BACKENDS":  "replicas of base/backend.yaml",
		"VERSION":   "images of kustomization.yaml",
	}
	keys := regexp.MustCompile(`(?m)^#?([A-Z][A-Z0-9_]+)=`).FindAllStringSubmatch(string(read(t, "../../.env.example")), -1)
	require.NotEmpty(t, keys)
	for _, key := range keys {
		if elsewhere[key[1]] == "" {
			require.Contains(t, set, key[1], "%s of .env.example is not set in Kubernetes", key[1])
		}
	}
}

// TestKubernetesInfrastructureIsThatOfTheImages compares base/infra.config.json with infra/backend.json: a database, topic,
// bucket or secret that one has is in the other. Where things are may differ.
func TestKubernetesInfrastructureIsThatOfTheImages(t *testing.T) {
	t.Parallel()
	standard, err := hujson.Standardize(read(t, "../backend.json"))
	require.NoError(t, err)
	var compose, kubernetes map[string]any
	require.NoError(t, json.Unmarshal(standard, &compose))
	require.NoError(t, json.Unmarshal(read(t, "../kubernetes/base/infra.config.json"), &kubernetes), "comments are not allowed at run time")
	for _, config := range []map[string]any{compose, kubernetes} {
		delete(config["graceful_shutdown"].(map[string]any), "drain")
		server := config["sql_servers"].([]any)[0].(map[string]any)
		delete(server, "host")
		delete(server, "tls_config")
		store := config["object_storage"].([]any)[0].(map[string]any)
		config["object_storage"] = slices.Sorted(maps.Keys(store["buckets"].(map[string]any)))
		config["redis"] = slices.Sorted(maps.Keys(config["redis"].(map[string]any)))
	}
	require.Equal(t, compose, kubernetes)
}

// TestKubernetesBackendHasEveryVariableOfItsInfrastructure follows each {"$env": …} without a default.
func TestKubernetesBackendHasEveryVariableOfItsInfrastructure(t *testing.T) {
	t.Parallel()
	c, err := render(t)
	require.NoError(t, err)
	env, _ := c.environment(c.deployment("backend"))
	var config any
	require.NoError(t, json.Unmarshal(read(t, "../kubernetes/base/infra.config.json"), &config))
	needed := variables(config)
	require.Contains(t, needed, "SECRET_KEY")
	for _, name := range needed {
		require.Contains(t, env, name)
	}
}

// variables returns the names in {"$env": NAME} and {"$env": [NAME, …]} that have no default.
func variables(value any) (names []string) {
	switch value := value.(type) {
	case map[string]any:
		if name, ok := value["$env"]; ok {
			if _, optional := value["default"]; optional {
				return nil
			}
			if list, several := name.([]any); several {
				name = list[0]
			}
			return []string{name.(string)}
		}
		for _, member := range value {
			names = append(names, variables(member)...)
		}
	case []any:
		for _, element := range value {
			names = append(names, variables(element)...)
		}
	}
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	return content
}
