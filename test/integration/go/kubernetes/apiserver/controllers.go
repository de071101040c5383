package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
)

// runControllers runs what finishes the deletion of a namespace or an owner, and what makes pods of a deployment.
func runControllers(ctx context.Context, kubeconfig string, credentials credentials) error {
	chosen, err := options.NewKubeControllerManagerOptions()
	if err != nil {
		return fmt.Errorf("kube-controller-manager: %w", err)
	}
	all, disabled, aliases := app.KnownControllers(), app.ControllersDisabledByDefault(), app.ControllerAliases()
	sets := chosen.Flags(all, disabled, aliases)
	flags := pflag.NewFlagSet("kube-controller-manager", pflag.ContinueOnError)
	for _, set := range sets.FlagSets {
		flags.AddFlagSet(set)
	}
	err = flags.Parse([]string{
		"--kubeconfig=" + kubeconfig,
		"--secure-port=0",
		"--leader-elect=false",
		"--service-account-private-key-file=" + credentials.keyFile,
		"--controllers=namespace-controller,garbage-collector-controller,deployment-controller,replicaset-controller",
		"--controllers=serviceaccount-controller,endpointslice-controller,root-ca-certificate-publisher-controller",
	})
	if err != nil {
		return err
	}
	chosen.ParsedFlags = &sets
	config, err := chosen.Config(ctx, all, disabled, aliases)
	if err != nil {
		return fmt.Errorf("kube-controller-manager: %w", err)
	}
	return app.Run(ctx, config.Complete())
}
