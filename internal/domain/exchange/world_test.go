package exchange

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

var update = flag.Bool("update", false, "make test keys and wire documents that are missing; what is there is never changed")

const (
	north office.NodeID = "23"
	west  office.NodeID = "63"
	south office.NodeID = "44"
)

// pair is a node's keys.
type pair struct {
	sign *proof.Signer
	box  gm.DecryptKey
}

// keysOf opens a node's committed test keys. Git keeps no file modes, so they are copied to where only we can read.
func keysOf(tb testing.TB, id office.NodeID) pair {
	tb.Helper()
	dir := tb.TempDir()
	for _, name := range []string{"sign", "encrypt"} {
		file := filepath.Join("testdata", "test-only-"+string(id)+"-"+name+".pem")
		text, err := os.ReadFile(file)
		if err != nil {
			if !*update {
				tb.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name+".pem"), text, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	keys, err := gm.OpenKeys(dir)
	if err != nil {
		tb.Fatal(err)
	}
	sign, err := keys.SignKey("sign")
	if err != nil {
		tb.Fatal(err)
	}
	box, err := keys.DecryptKey("encrypt")
	if err != nil {
		tb.Fatal(err)
	}
	if *update {
		for _, name := range []string{"sign", "encrypt"} {
			text, err := os.ReadFile(filepath.Join(dir, name+".pem"))
			if err != nil {
				tb.Fatal(err)
			}
			file := filepath.Join("testdata", "test-only-"+string(id)+"-"+name+".pem")
			if _, err := os.Stat(file); err != nil {
				text = append([]byte("TEST ONLY: this key is public and stands in no trust list.\n"), text...)
				if err := os.WriteFile(file, text, 0o600); err != nil {
					tb.Fatal(err)
				}
			}
		}
	}
	return pair{proof.NewSigner(sign), box}
}

// world is three nodes that know each other; a stranger has keys that nobody knows.
type world struct {
	keys  map[office.NodeID]pair
	trust *office.TrustList
}

func newWorld(tb testing.TB) world {
	tb.Helper()
	w := world{keys: map[office.NodeID]pair{}, trust: &office.TrustList{Version: 1, Issued: at}}
	for _, id := range []office.NodeID{north, west, south} {
		k := keysOf(tb, id)
		w.keys[id] = k
		w.trust.Nodes = append(w.trust.Nodes, office.Node{ID: id, Protocol: NewestProtocol, Sign: k.sign.Public(), Encrypt: k.box.Public()})
	}
	return w
}

func stranger(tb testing.TB) *proof.Signer {
	tb.Helper()
	key, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		tb.Fatal(err)
	}
	return proof.NewSigner(key)
}

var at = time.Date(2026, 11, 23, 1, 30, 0, 123000, time.UTC)

// released is the envelope of the committed documents; it may never change.
func (w world) released(tb testing.TB) Envelope {
	tb.Helper()
	fact, err := w.keys[north].sign.Sign("fact", []byte(`{"case":"0193b7c0-0000-7000-8000-000000000001","act":"hand-over"}`))
	if err != nil {
		tb.Fatal(err)
	}
	return Envelope{
		ID: "0193b7c0-0000-7000-8000-0000000000e1", From: north, To: west, Kind: Offer,
		Case: "0193b7c0-0000-7000-8000-000000000001", Leg: "decide", At: at,
		Facts: []proof.Signed{fact}, Private: []byte(`{"case":{}}`),
		Files: []File{{
			Address: proof.HashOf([]byte("ciphertext")), Key: []byte("0123456789abcdef"), Size: 10, Cipher: 34,
			Name: "章程.pdf", Type: "application/pdf", Material: "charter",
		}},
	}
}

func (w world) signed(tb testing.TB, by *proof.Signer, e Envelope) proof.Signed {
	tb.Helper()
	s, err := proof.SignJSON(by, TypEnvelope, e)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func (w world) packet(tb testing.TB, protocol, n int) Packet {
	tb.Helper()
	p := Packet{Protocol: protocol, From: north, To: west, AnswerKey: []byte("fedcba9876543210")}
	for range n {
		s := w.signed(tb, w.keys[north].sign, w.released(tb))
		if protocol >= TreeProtocol {
			var err error
			if s, err = w.keys[north].sign.SignTogether(TypEnvelope, s.Body); err != nil {
				tb.Fatal(err)
			}
		}
		p.Envelopes = append(p.Envelopes, s)
	}
	return p
}

func pack(tb testing.TB, w world, p Packet) []byte {
	tb.Helper()
	b, err := PackFor(p, w.keys[west].box.Public())
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func wantCode(t *testing.T, what string, err error, codes ...errs.Code) {
	t.Helper()
	for _, c := range codes {
		if errs.CodeOf(err) == c && err != nil {
			return
		}
	}
	t.Errorf("%s: got %v, want %s", what, err, codes[0].Name())
}

// vector is a released wire document with the outcome that every node must come to.
type vector struct {
	About   string          `json:"about"`
	Outcome string          `json:"outcome"` // what reading it must give
	JSON    json.RawMessage `json:"json,omitempty"`
	Bytes   []byte          `json:"bytes,omitempty"`
}

// readVector reads a released document; with -update a missing one is made.
func readVector(t *testing.T, name string, make func() vector) vector {
	t.Helper()
	file := filepath.Join("testdata", name)
	text, err := os.ReadFile(file)
	if err != nil && *update {
		if text, err = json.MarshalIndent(make(), "", "  "); err == nil {
			err = os.WriteFile(file, append(text, '\n'), 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	var v vector
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
