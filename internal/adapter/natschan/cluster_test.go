package natschan_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"

	"tongban/internal/adapter/natschan"
	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
)

func freeAddrs(n int) []string {
	var ls []net.Listener
	var out []string
	for range n {
		l := must(net.Listen("tcp", "127.0.0.1:0"))
		ls = append(ls, l)
		out = append(out, l.Addr().String())
	}
	for _, l := range ls {
		_ = l.Close()
	}
	return out
}

// three starts three servers as one cluster by start(i, listen, cluster) and returns their client addresses.
func three(t *testing.T, start func(cfg natschan.ServerConfig) (kill func())) (urls []string, kill []func()) {
	t.Helper()
	addrs := freeAddrs(6)
	for i := range 3 {
		urls = append(urls, "tls://"+addrs[i])
		kill = append(kill, start(natschan.ServerConfig{
			Name: fmt.Sprintf("hub-%d", i), Listen: addrs[i],
			Cluster: &natschan.Cluster{Name: "gov", Listen: addrs[3+i], Routes: addrs[3:]},
		}))
	}
	return urls, kill
}

// survives: A and B sit on different servers of the cluster; one server is killed while requests go on. Requests may
// fail with errs.TryLater for a while, as the outbox expects; they never get a wrong answer, and soon all pass again.
func survives(t *testing.T, p pki, seeds map[office.NodeID][]byte, urls []string, kill func()) {
	t.Helper()
	client := func(id office.NodeID, urls ...string) *natschan.Client {
		return connect(t, natschan.Config{Me: id, Seed: seeds[id], URLs: urls, TLS: p.tls(string(id), time.Hour), Receiver: echo})
	}
	a := client("23", urls[0], urls[2])
	client("66", urls[1], urls[2])
	client("66", urls[2], urls[1])

	eventually := func(what string) {
		t.Helper()
		var last error
		passed := 0
		for deadline := time.Now().Add(30 * time.Second); passed < 50; {
			ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
			_, last = a.Send(ctx, "66", handover.Message{Kind: "hello"})
			stop()
			if passed++; last != nil {
				passed = 0
				time.Sleep(50 * time.Millisecond)
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %v", what, last)
			}
		}
	}
	eventually("before")

	var wg sync.WaitGroup
	var sent, later atomic.Int64
	end := make(chan struct{})
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-end:
					return
				default:
				}
				body := fmt.Sprintf("%d/%d", w, i)
				ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
				got, err := a.Send(ctx, "66", handover.Message{Kind: "packet", Body: []byte(body)})
				stop()
				switch {
				case errs.Is(err, errs.TryLater):
					later.Add(1)
					time.Sleep(10 * time.Millisecond)
				case err != nil || string(got) != body:
					t.Errorf("got %q, %v for %q", got, err, body)
					return
				default:
					sent.Add(1)
				}
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	kill()
	eventually("after one server was killed")
	close(end)
	wg.Wait()
	t.Logf("%d answered, %d to be repeated", sent.Load(), later.Load())
	if sent.Load() == 0 {
		t.Error("nothing passed")
	}
}

func TestClusterInProcess(t *testing.T) {
	p, routes := newPKI(), newPKI()
	nodes, seeds := keys("23", "66")
	urls, kill := three(t, func(cfg natschan.ServerConfig) func() {
		cfg.Nodes, cfg.TLS = nodes, p.hub()
		cfg.Cluster.TLS = routes.hub()
		s := newServer(t, cfg)
		if cfg.Name == "hub-2" {
			nodeIsNoServer(t, p, s.ClusterAddr())
		}
		return s.Close
	})
	survives(t, p, seeds, urls, kill[0])
}

// nodeIsNoServer: a member's certificate does not open the servers' own port.
func nodeIsNoServer(t *testing.T, p pki, addr string) {
	t.Helper()
	conn := tls.Client(must(net.Dial("tcp", addr)), &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, // an intruder does not check
		Certificates: []tls.Certificate{p.tls("23", time.Hour).Cert}})
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if err := conn.Handshake(); err == nil {
		_, err = conn.Read(make([]byte, 1)) // TLS 1.3: the client learns of the refusal with its first read
		if err == nil || !strings.Contains(err.Error(), "tls: ") {
			t.Errorf("a member's certificate opened the servers' port: %v", err)
		}
	}
}

// writeFiles puts a certificate into dir and gives its paths.
func writeFiles(t *testing.T, dir, prefix string, p pki) natschan.Files {
	t.Helper()
	cert, key, roots := p.files("hub", time.Hour, "127.0.0.1")
	f := natschan.Files{Cert: filepath.Join(dir, prefix+".crt"), Key: filepath.Join(dir, prefix+".key"), Roots: filepath.Join(dir, prefix+"-ca.crt")}
	for path, data := range map[string][]byte{f.Cert: cert, f.Key: key, f.Roots: roots} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func writeConfig(t *testing.T, path string, cfg natschan.ServerConfig, client, cluster natschan.Files) {
	t.Helper()
	var b bytes.Buffer
	if err := cfg.WriteConfig(&b, client, cluster); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestProcesses runs the cluster as three processes of this version from written files, and kills one with SIGKILL.
func TestProcesses(t *testing.T) {
	p, routes := newPKI(), newPKI()
	nodes, seeds := keys("23", "66")
	dir := t.TempDir()
	client, cluster := writeFiles(t, dir, "client", p), writeFiles(t, dir, "route", routes)
	urls, kill := three(t, func(cfg natschan.ServerConfig) func() {
		cfg.Nodes = nodes
		path := filepath.Join(dir, cfg.Name+".conf")
		writeConfig(t, path, cfg, client, cluster)
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "NATSCHAN_SERVE="+path)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		stop := sync.OnceFunc(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		t.Cleanup(stop)
		return stop
	})
	survives(t, p, seeds, urls, kill[1])
}

// TestWrittenFileMeansTheSame: the file gives every node the permissions that the embedded server gives.
func TestWrittenFileMeansTheSame(t *testing.T) {
	p := newPKI()
	nodes, _ := keys("66", "23", "hub")
	dir := t.TempDir()
	files := writeFiles(t, dir, "a", p)
	path := filepath.Join(dir, "hub.conf")
	cfg := natschan.ServerConfig{
		Name: "hub-1", Listen: "127.0.0.1:4222", Nodes: nodes,
		Cluster: &natschan.Cluster{Name: "gov", Listen: "127.0.0.1:6222", Routes: []string{"127.0.0.1:6223"}},
	}
	writeConfig(t, path, cfg, files, files)
	o := must(server.ProcessConfigFile(path))
	if o.ServerName != "hub-1" || o.Port != 4222 || o.MaxPayload != 2<<20 || o.PingInterval != 2*time.Second || o.MaxPingsOut != 2 ||
		o.TLSConfig.MinVersion != tls.VersionTLS13 || o.TLSConfig.ClientAuth != tls.RequireAndVerifyClientCert ||
		o.Cluster.TLSConfig == nil || o.Cluster.TLSConfig.ClientAuth != tls.RequireAndVerifyClientCert || !o.Cluster.NoAdvertise || len(o.Routes) != 1 {
		t.Errorf("the file says %+v", o)
	}
	if len(o.Nkeys) != len(nodes) || len(o.Users) != 0 {
		t.Fatalf("%d keys and %d users", len(o.Nkeys), len(o.Users))
	}
	for _, n := range nodes {
		i := slices.IndexFunc(o.Nkeys, func(u *server.NkeyUser) bool { return u.Nkey == n.NKey })
		me := string(n.ID)
		want := &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: []string{"gov.*.*." + me}},
			Subscribe: &server.SubjectPermission{Allow: []string{"gov." + me + ".>", "_INBOX." + me + ".>"}},
			Response:  &server.ResponsePermission{MaxMsgs: 1, Expires: 2 * time.Minute},
		}
		if diff := cmp.Diff(want, o.Nkeys[i].Permissions); diff != "" {
			t.Errorf("%s: %s", n.ID, diff)
		}
	}
	cfg.Nodes = nil
	wantCode(t, cfg.WriteConfig(&bytes.Buffer{}, files, files), errs.ChannelConfig)
}
