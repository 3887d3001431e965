package nation

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/hub"
	"tongban/internal/kernel/errs"
)

// freePorts finds ports that nobody uses now.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	var out []string
	for range n {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() //nolint:errcheck // only its port is wanted
		out = append(out, l.Addr().String())
	}
	return out
}

// TestAnOutsideCluster runs a nation over three channel servers of their own, and ends one of them: the provinces go on
// over the other two.
func TestAnOutsideCluster(t *testing.T) {
	dir := t.TempDir()
	listen, peers := freePorts(t, 3), freePorts(t, 3)
	var urls []string
	for _, l := range listen {
		urls = append(urls, "nats://"+l)
	}
	n := start(t, Config{Dir: dir, Only: []office.NodeID{"23", "63"}, Silent: true, Channel: urls})
	servers := make([]*hub.Server, 0, 3)
	for i := range 3 {
		s, err := hub.Serve(hub.ServerConfig{
			Dir: filepath.Join(dir, "hub"), Name: fmt.Sprintf("s%d", i), Listen: listen[i], Peers: peers[i], Routes: peers,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		servers = append(servers, s)
	}
	reach := func() error {
		_, err := n.Nodes["23"].Post.Channel.Send(t.Context(), "63", handover.Message{From: "23", Kind: "packet", Body: []byte("no packet")})
		return err
	}
	// The answer is an error of the other province (what was sent is no packet), which proves that it was reached.
	answered := func(what string) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			err := reach()
			if err != nil && isBadPacket(err) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %v", what, err)
			}
		}
	}
	answered("with three servers")
	servers[0].Close()
	answered("with two servers")
}

func isBadPacket(err error) bool { return errs.Is(err, errs.BadPacket) }
