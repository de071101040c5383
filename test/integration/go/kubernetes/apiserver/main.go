// Command apiserver runs a Kubernetes control plane without nodes in one process: etcd, kube-apiserver and those
// controllers that turn what users write into what a kubelet would run. It serves on a free port of the loopback
// interface, prints one line of JSON that says where, and ends when its standard input does.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
	utilversion "k8s.io/component-base/version"

	etcdversion "go.etcd.io/etcd/api/v3/version"
)

// What the caller needs to use the control plane.
type ready struct {
	Server     string `json:"server"`
	CA         string `json:"ca"`
	Token      string `json:"token"`
	Kubernetes string `json:"kubernetes"`
	Etcd       string `json:"etcd"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: apiserver DIR, an empty folder for data, keys and certificates")
		os.Exit(2)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	if err := run(ctx, os.Args[1]); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	credentials, err := newCredentials(dir)
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	etcd, err := startEtcd(dir)
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	defer etcd.Close()

	group, ctx := errgroup.WithContext(ctx)
	server, err := newServer(dir, credentials, etcd.Clients[0].Addr().String())
	if err != nil {
		return fmt.Errorf("kube-apiserver: %w", err)
	}
	group.Go(func() error { return server.run(ctx) })
	if err := server.waitUntilReady(ctx, credentials.token); err != nil {
		return fmt.Errorf("kube-apiserver: %w", err)
	}
	kubeconfig, err := server.writeKubeconfig(dir, credentials.token)
	if err != nil {
		return fmt.Errorf("kubeconfig: %w", err)
	}
	group.Go(func() error { return runControllers(ctx, kubeconfig, credentials) })

	err = json.NewEncoder(os.Stdout).Encode(ready{
		Server:     server.url,
		CA:         server.caFile,
		Token:      credentials.token,
		Kubernetes: utilversion.Get().GitVersion,
		Etcd:       etcdversion.Version,
	})
	if err != nil {
		return err
	}
	return group.Wait()
}
