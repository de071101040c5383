package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

type server struct {
	options *options.ServerRunOptions
	url     string
	// The server signs its own certificate; the file holds its authority too.
	caFile string
}

func newServer(dir string, credentials credentials, etcd string) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	certificates := filepath.Join(dir, "certificates")
	chosen := options.NewServerRunOptions()
	flags := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, set := range chosen.Flags().FlagSets {
		flags.AddFlagSet(set)
	}
	err = flags.Parse([]string{
		"--etcd-servers=http://" + etcd,
		"--bind-address=127.0.0.1",
		"--cert-dir=" + certificates,
		"--token-auth-file=" + credentials.tokenFile,
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + credentials.keyFile,
		"--service-account-signing-key-file=" + credentials.keyFile,
		"--service-cluster-ip-range=10.100.0.0/16",
		"--endpoint-reconciler-type=none",
	})
	if err != nil {
		return nil, err
	}
	chosen.SecureServing.Listener = listener
	chosen.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	return &server{
		options: chosen,
		url:     "https://" + listener.Addr().String(),
		caFile:  filepath.Join(certificates, "apiserver.crt"),
	}, nil
}

func (s *server) run(ctx context.Context) error {
	registry := s.options.GenericServerRunOptions.ComponentGlobalsRegistry
	if err := registry.Set(); err != nil {
		return err
	}
	completed, err := s.options.Complete(ctx)
	if err != nil {
		return err
	}
	if errs := completed.Validate(); len(errs) != 0 {
		return fmt.Errorf("options: %v", errs)
	}
	return app.Run(ctx, completed)
}

func (s *server) waitUntilReady(ctx context.Context, token string) error {
	client, err := kubernetes.NewForConfig(&rest.Config{
		Host:            s.url,
		BearerToken:     token,
		TLSClientConfig: rest.TLSClientConfig{Insecure: true},
	})
	if err != nil {
		return err
	}
	return wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 2*time.Minute, true, func(ctx context.Context) (bool, error) {
		_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err == nil, nil
	})
}

func (s *server) writeKubeconfig(dir, token string) (string, error) {
	file := filepath.Join(dir, "controllers.kubeconfig")
	const name = "control-plane"
	config := api.NewConfig()
	config.Clusters[name] = &api.Cluster{Server: s.url, CertificateAuthority: s.caFile}
	config.AuthInfos[name] = &api.AuthInfo{Token: token}
	config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	return file, clientcmd.WriteToFile(*config, file)
}
