package natschan_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"testing"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/kernel/errs"
)

func TestCertificates(t *testing.T) {
	p := newPKI()
	node, server := p.tls("23", time.Hour).Cert.Leaf, p.hub().Cert.Leaf
	for _, c := range []struct {
		name string
		leaf *x509.Certificate
		use  x509.ExtKeyUsage
		host string
		at   time.Time
		ok   bool
	}{
		{"a node signs in", node, x509.ExtKeyUsageClientAuth, "", time.Now(), true},
		{"a node is no server", node, x509.ExtKeyUsageServerAuth, "", time.Now(), false},
		{"a node after its time", node, x509.ExtKeyUsageClientAuth, "", time.Now().Add(2 * time.Hour), false},
		{"the hub serves", server, x509.ExtKeyUsageServerAuth, "127.0.0.1", time.Now(), true},
		{"the hub under another name", server, x509.ExtKeyUsageServerAuth, "hub.example", time.Now(), false},
	} {
		_, err := c.leaf.Verify(x509.VerifyOptions{Roots: p.ca.Pool(), KeyUsages: []x509.ExtKeyUsage{c.use}, DNSName: c.host, CurrentTime: c.at})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestCAIsReadBack(t *testing.T) {
	p := newPKI()
	cert, key, err := p.ca.PEM()
	if err != nil {
		t.Fatal(err)
	}
	again := pki{must(natschan.LoadCA(cert, key))}
	if _, err := again.tls("23", time.Hour).Cert.Leaf.Verify(x509.VerifyOptions{Roots: p.ca.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	leaf, leafKey, _ := p.files("23", time.Hour)
	if _, err := natschan.LoadCA(leaf, leafKey); errs.CodeOf(err) != errs.ChannelConfig {
		t.Errorf("a node's certificate as CA: %v", err)
	}
	if _, err := natschan.LoadTLS(leaf, leafKey, []byte("none")); errs.CodeOf(err) != errs.ChannelConfig {
		t.Errorf("no roots: %v", err)
	}
	other := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	if _, err := p.ca.Issue(&other.PublicKey, natschan.Leaf{Name: "23"}); errs.CodeOf(err) != errs.ChannelConfig {
		t.Errorf("P-384: %v", err)
	}
}
