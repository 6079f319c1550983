//go:build !encore_app

package check_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// problems lists what is wrong with the resources although Kubernetes would take them.
func (c *cluster) problems() (list []string) {
	report := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for _, d := range c.deployments {
		for _, problem := range slices.Concat(c.deploymentProblems(d), securityProblems(d), probeProblems(d)) {
			report("Deployment %s: %s", d.Name, problem)
		}
	}
	for _, s := range c.services {
		for _, problem := range c.serviceProblems(s) {
			report("Service %s: %s", s.Name, problem)
		}
	}
	for _, b := range c.budgets {
		if len(c.selected(b.Spec.Selector.MatchLabels)) != 1 {
			report("PodDisruptionBudget %s: selects the pods of no deployment", b.Name)
		}
	}
	for _, s := range c.scalers {
		if target := s.Spec.ScaleTargetRef; target.Kind != "Deployment" || c.deployment(target.Name).Name == "" {
			report("HorizontalPodAutoscaler %s: scales %s %s, which does not exist", s.Name, target.Kind, target.Name)
		}
	}
	for _, p := range c.policies {
		for _, problem := range c.policyProblems(p) {
			report("NetworkPolicy %s: %s", p.Name, problem)
		}
	}
	if !slices.ContainsFunc(c.policies, func(p *networking.NetworkPolicy) bool {
		all := len(p.Spec.PodSelector.MatchLabels) == 0 && len(p.Spec.PodSelector.MatchExpressions) == 0
		return all && len(p.Spec.Ingress) == 0 && slices.Contains(p.Spec.PolicyTypes, networking.PolicyTypeIngress)
	}) {
		report("no NetworkPolicy denies what is not allowed")
	}
	return list
}

func (c *cluster) deploymentProblems(d *apps.Deployment) (list []string) {
	report := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	pod := d.Spec.Template.Spec
	if !holds(d.Spec.Template.Labels, d.Spec.Selector.MatchLabels) {
		report("its selector does not match its pods")
	}
	if r := d.Spec.Strategy.RollingUpdate; r == nil || r.MaxUnavailable == nil || r.MaxUnavailable.String() != "0" {
		report("an update may stop pods before new ones are ready (maxUnavailable is not 0)")
	}
	if len(pod.TopologySpreadConstraints) == 0 {
		report("its pods may all be on one node (no topologySpreadConstraints)")
	}
	for _, spread := range pod.TopologySpreadConstraints {
		if !holds(d.Spec.Template.Labels, spread.LabelSelector.MatchLabels) {
			report("topologySpreadConstraints select other pods")
		}
	}
	if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
		report("enableServiceLinks overwrites BACKEND_PORT")
	}
	env, wrong := c.environment(d)
	list = append(list, wrong...)
	volumes := map[string]bool{}
	for _, volume := range pod.Volumes {
		volumes[volume.Name] = true
		if source := volume.ConfigMap; source != nil {
			if _, ok := c.values(source.Name); !ok {
				report("volume %s holds the ConfigMap %q, which does not exist", volume.Name, source.Name)
			}
		}
		if source := volume.Secret; source != nil && (source.Optional == nil || !*source.Optional) {
			if _, ok := c.values(source.SecretName); !ok {
				report("volume %s holds the Secret %q, which does not exist", volume.Name, source.SecretName)
			}
		}
	}
	for _, container := range pod.Containers {
		if _, tag, ok := strings.Cut(container.Image, ":"); !ok || tag == "" || tag == "latest" {
			report("image %q has no version", container.Image)
		}
		if container.Resources.Requests.Cpu().IsZero() || container.Resources.Requests.Memory().IsZero() {
			report("container %s requests no cpu or memory", container.Name)
		}
		if container.Resources.Limits.Memory().IsZero() {
			report("container %s has no memory limit", container.Name)
		}
		for _, mount := range container.VolumeMounts {
			if !volumes[mount.Name] {
				report("mounts the volume %s, which does not exist", mount.Name)
			}
			delete(volumes, mount.Name)
		}
		if port, ok := env["PORT"]; ok && port != strconv.Itoa(int(portNamed(container, "http"))) {
			report("PORT is %s, but the port http is %d", port, portNamed(container, "http"))
		}
		if port, ok := env["API_PORT"]; ok && port != strconv.Itoa(int(portNamed(container, "api"))) {
			report("API_PORT is %s, but the port api is %d", port, portNamed(container, "api"))
		}
	}
	for name := range volumes {
		report("volume %s is mounted nowhere", name)
	}
	for _, name := range []string{"BACKEND", "FRONTEND"} {
		if address, ok := env[name]; ok && !c.reaches(address, d.Namespace) {
			report("%s is %s, where no service listens", name, address)
		}
	}
	if patience, needed := c.patience(d), c.shutdownSeconds(d); patience <= needed {
		report("its pods are killed after %d s, but they need up to %d s to stop", patience, needed)
	}
	return list
}

// reaches reports whether a service listens on the address, which is its full name, because nginx knows no other.
func (c *cluster) reaches(address, namespace string) bool {
	for _, s := range c.services {
		for _, port := range s.Spec.Ports {
			if address == fmt.Sprintf("%s.%s.svc.cluster.local:%d", s.Name, namespace, port.Port) {
				return true
			}
		}
	}
	return false
}

func (c *cluster) patience(d *apps.Deployment) int64 {
	if grace := d.Spec.Template.Spec.TerminationGracePeriodSeconds; grace != nil {
		return *grace
	}
	return 30
}

// shutdownSeconds is how long the program of a deployment may take to stop, by its configuration.
func (c *cluster) shutdownSeconds(d *apps.Deployment) int64 {
	for _, volume := range d.Spec.Template.Spec.Volumes {
		if volume.ConfigMap == nil {
			continue
		}
		values, _ := c.values(volume.ConfigMap.Name)
		var config struct {
			GracefulShutdown struct{ Drain, Total int64 } `json:"graceful_shutdown"`
		}
		if json.Unmarshal([]byte(values["infra.config.json"]), &config) == nil {
			return config.GracefulShutdown.Drain + config.GracefulShutdown.Total
		}
	}
	return 30
}

func securityProblems(d *apps.Deployment) (list []string) {
	report := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	pod := d.Spec.Template.Spec
	if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.RunAsUser == nil || *s.RunAsUser == 0 {
		report("may run as root")
	} else if s.SeccompProfile == nil || s.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
		report("has no seccomp profile RuntimeDefault")
	}
	if pod.HostNetwork || pod.HostPID || pod.HostIPC {
		report("shares namespaces of the node")
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		report("its pods get a token of the cluster that they do not need")
	}
	for _, volume := range pod.Volumes {
		if volume.HostPath != nil {
			report("volume %s is a folder of the node", volume.Name)
		}
		if volume.EmptyDir != nil && volume.EmptyDir.SizeLimit == nil {
			report("volume %s may fill the node's disk", volume.Name)
		}
	}
	for _, container := range slices.Concat(pod.InitContainers, pod.Containers) {
		s := container.SecurityContext
		if s == nil {
			report("container %s has no securityContext", container.Name)
			continue
		}
		if s.RunAsUser != nil && *s.RunAsUser == 0 || s.RunAsNonRoot != nil && !*s.RunAsNonRoot {
			report("container %s runs as root", container.Name)
		}
		if s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem {
			report("container %s may write to its root file system", container.Name)
		}
		if s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || s.Privileged != nil && *s.Privileged {
			report("container %s may gain privileges", container.Name)
		}
		if s.Capabilities == nil || !slices.Contains(s.Capabilities.Drop, "ALL") || len(s.Capabilities.Add) > 0 {
			report("container %s has capabilities", container.Name)
		}
	}
	return list
}

func probeProblems(d *apps.Deployment) (list []string) {
	report := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for _, container := range d.Spec.Template.Spec.Containers {
		probes := map[string]*core.Probe{
			"startupProbe": container.StartupProbe, "readinessProbe": container.ReadinessProbe, "livenessProbe": container.LivenessProbe,
		}
		for _, name := range slices.Sorted(maps.Keys(probes)) {
			probe := probes[name]
			var port intstr.IntOrString
			switch {
			case probe == nil:
				report("has no %s", name)
				continue
			case probe.HTTPGet != nil:
				port = probe.HTTPGet.Port
				if want := map[string]string{"livenessProbe": "/livez"}[name]; want != "" && probe.HTTPGet.Path != want {
					report("%s asks %s, not %s", name, probe.HTTPGet.Path, want)
				}
				if name != "livenessProbe" && probe.HTTPGet.Path != "/readyz" {
					report("%s asks %s, not /readyz", name, probe.HTTPGet.Path)
				}
			case probe.TCPSocket != nil:
				port = probe.TCPSocket.Port
			default:
				continue
			}
			if !listens(container, port) {
				report("%s asks port %s, which is not one of its ports", name, port.String())
			}
		}
	}
	return list
}

func (c *cluster) serviceProblems(s *core.Service) (list []string) {
	pods := c.selected(s.Spec.Selector)
	if len(pods) != 1 {
		return []string{fmt.Sprintf("its selector matches %d deployments", len(pods))}
	}
	for _, port := range s.Spec.Ports {
		if !listensAny(pods[0], port.TargetPort) {
			list = append(list, fmt.Sprintf("port %d leads to %s, which is not a port of the pods", port.Port, port.TargetPort.String()))
		}
		if s.Spec.ClusterIP == core.ClusterIPNone && port.Port != portNamed(pods[0].Spec.Template.Spec.Containers[0], port.TargetPort.StrVal) {
			list = append(list, fmt.Sprintf("port %d is not translated, because the service has no address of its own", port.Port))
		}
	}
	if (s.Spec.Type == core.ServiceTypeLoadBalancer || s.Spec.Type == core.ServiceTypeNodePort) && s.Name != "nginx" {
		list = append(list, "is reached from outside; only nginx may be")
	}
	return list
}

func (c *cluster) policyProblems(p *networking.NetworkPolicy) (list []string) {
	report := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	targets := c.matching(&p.Spec.PodSelector)
	if len(targets) == 0 {
		report("selects no pods")
	}
	for _, rule := range p.Spec.Ingress {
		for _, peer := range rule.From {
			if peer.PodSelector != nil && peer.NamespaceSelector == nil && len(c.matching(peer.PodSelector)) == 0 {
				report("lets in pods that do not exist")
			}
		}
		for _, port := range rule.Ports {
			for _, target := range targets {
				if port.Port == nil || !listensAny(target, *port.Port) {
					report("opens port %s, which %s does not have", port.Port.String(), target.Name)
				}
				if len(rule.From) == 0 && target.Name != "nginx" {
					report("opens %s to everybody", target.Name)
				}
			}
		}
	}
	for _, rule := range p.Spec.Egress {
		for _, peer := range rule.To {
			if peer.PodSelector == nil || peer.NamespaceSelector != nil {
				continue
			}
			others := c.matching(peer.PodSelector)
			if len(others) == 0 {
				report("lets out to pods that do not exist")
			}
			for _, port := range rule.Ports {
				for _, other := range others {
					if !listensAny(other, *port.Port) {
						report("lets out to port %s, which %s does not have", port.Port.String(), other.Name)
					}
				}
			}
		}
	}
	return list
}

// matching returns the deployments whose pods a selector selects; the empty selector selects all.
func (c *cluster) matching(selector *meta.LabelSelector) (list []*apps.Deployment) {
	for _, d := range c.deployments {
		labels := d.Spec.Template.Labels
		matches := holds(labels, selector.MatchLabels)
		for _, e := range selector.MatchExpressions {
			matches = matches && e.Operator == meta.LabelSelectorOpIn && slices.Contains(e.Values, labels[e.Key])
		}
		if matches {
			list = append(list, d)
		}
	}
	return list
}

func portNamed(container core.Container, name string) int32 {
	for _, port := range container.Ports {
		if port.Name == name {
			return port.ContainerPort
		}
	}
	return 0
}

func listens(container core.Container, wanted intstr.IntOrString) bool {
	return slices.ContainsFunc(container.Ports, func(port core.ContainerPort) bool {
		if wanted.Type == intstr.String {
			return port.Name == wanted.StrVal
		}
		return port.ContainerPort == wanted.IntVal
	})
}

func listensAny(d *apps.Deployment, wanted intstr.IntOrString) bool {
	return slices.ContainsFunc(d.Spec.Template.Spec.Containers, func(container core.Container) bool { return listens(container, wanted) })
}
