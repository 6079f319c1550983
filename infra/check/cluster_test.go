//go:build !encore_app

package check_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// cluster is what `kubectl apply -k` would send, decoded into Kubernetes' own types: a misspelled or misplaced field is
// an error.
type cluster struct {
	deployments []*apps.Deployment
	services    []*core.Service
	configMaps  []*core.ConfigMap
	secrets     []*core.Secret
	budgets     []*policy.PodDisruptionBudget
	policies    []*networking.NetworkPolicy
	scalers     []*autoscaling.HorizontalPodAutoscaler
	namespaces  []*core.Namespace
}

// edit changes a file of infra/kubernetes before it is rendered.
type edit struct{ file, old, new string }

// render makes the resources of infra/kubernetes/example, with the example's secrets.
func render(t *testing.T, edits ...edit) (*cluster, error) {
	t.Helper()
	files := filesys.MakeFsInMemory()
	const root = "../kubernetes"
	require.NoError(t, filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "secrets.env" {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		name = path.Join("/", filepath.ToSlash(strings.TrimPrefix(name, root)))
		for _, e := range edits {
			if path.Join("/", e.file) == name {
				require.Contains(t, string(content), e.old)
				content = []byte(strings.Replace(string(content), e.old, e.new, 1))
			}
		}
		return files.WriteFile(strings.TrimSuffix(name, ".example"), content)
	}))
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, "/example")
	if err != nil {
		return nil, err
	}
	c := new(cluster)
	for _, resource := range resources.Resources() {
		text, err := resource.AsYAML()
		require.NoError(t, err)
		if err := c.add(resource.GetApiVersion()+" "+resource.GetKind(), text); err != nil {
			return nil, fmt.Errorf("%s %s: %w", resource.GetKind(), resource.GetName(), err)
		}
	}
	return c, nil
}

func (c *cluster) add(kind string, text []byte) error {
	switch kind {
	case "apps/v1 Deployment":
		return decode(text, &c.deployments)
	case "v1 Service":
		return decode(text, &c.services)
	case "v1 ConfigMap":
		return decode(text, &c.configMaps)
	case "v1 Secret":
		return decode(text, &c.secrets)
	case "v1 Namespace":
		return decode(text, &c.namespaces)
	case "policy/v1 PodDisruptionBudget":
		return decode(text, &c.budgets)
	case "networking.k8s.io/v1 NetworkPolicy":
		return decode(text, &c.policies)
	case "autoscaling/v2 HorizontalPodAutoscaler":
		return decode(text, &c.scalers)
	}
	return fmt.Errorf("this check knows no %s: add it, with its rules", kind)
}

func decode[T any](text []byte, list *[]*T) error {
	object := new(T)
	asJSON, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return err
	}
	// Kubernetes' own decoder: it also minds upper and lower case.
	unknown, err := kjson.UnmarshalStrict(asJSON, object)
	if err := errors.Join(append(unknown, err)...); err != nil {
		return err
	}
	*list = append(*list, object)
	return nil
}

func (c *cluster) deployment(name string) *apps.Deployment {
	for _, d := range c.deployments {
		if d.Name == name {
			return d
		}
	}
	return new(apps.Deployment)
}

// selected returns the deployments whose pods have the labels.
func (c *cluster) selected(labels map[string]string) (list []*apps.Deployment) {
	for _, d := range c.deployments {
		if len(labels) > 0 && holds(d.Spec.Template.Labels, labels) {
			list = append(list, d)
		}
	}
	return list
}

func holds(labels, wanted map[string]string) bool {
	for key, value := range wanted {
		if labels[key] != value {
			return false
		}
	}
	return true
}

// values returns the keys and values of a ConfigMap or Secret.
func (c *cluster) values(name string) (map[string]string, bool) {
	for _, m := range c.configMaps {
		if m.Name == name {
			return m.Data, true
		}
	}
	for _, s := range c.secrets {
		if s.Name == name {
			values := map[string]string{}
			for key, value := range s.Data {
				values[key] = string(value)
			}
			return values, true
		}
	}
	return nil, false
}

// environment returns the variables of a deployment's container as its program sees them, and what is wrong with them.
func (c *cluster) environment(d *apps.Deployment) (env map[string]string, wrong []string) {
	env = map[string]string{}
	for _, container := range d.Spec.Template.Spec.Containers {
		for _, source := range container.EnvFrom {
			var name string
			switch {
			case source.ConfigMapRef != nil:
				name = source.ConfigMapRef.Name
			case source.SecretRef != nil:
				name = source.SecretRef.Name
			}
			values, ok := c.values(name)
			if !ok {
				wrong = append(wrong, fmt.Sprintf("takes its environment from %q, which does not exist", name))
			}
			maps.Copy(env, values)
		}
		for _, variable := range container.Env {
			value := variable.Value
			if from := variable.ValueFrom; from != nil && from.ConfigMapKeyRef != nil {
				values, _ := c.values(from.ConfigMapKeyRef.Name)
				var ok bool
				if value, ok = values[from.ConfigMapKeyRef.Key]; !ok {
					wrong = append(wrong, fmt.Sprintf("%s comes from key %s of %q, which does not exist",
						variable.Name, from.ConfigMapKeyRef.Key, from.ConfigMapKeyRef.Name))
				}
			} else if from != nil && from.FieldRef != nil {
				value = d.Namespace
			}
			for _, name := range slices.Sorted(maps.Keys(env)) {
				value = strings.ReplaceAll(value, "$("+name+")", env[name])
			}
			env[variable.Name] = value
		}
	}
	return env, wrong
}
