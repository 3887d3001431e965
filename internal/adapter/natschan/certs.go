package natschan

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"

	"tongban/internal/kernel/errs"
)

// CA issues the certificates of the channel's transport (P-256; evidence is signed elsewhere, with SM2). The hub has
// one for nodes and one for the servers of a cluster.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewCA makes a self-signed CA that is valid from..until.
func NewCA(name string, from, until time.Time) (*CA, error) {
	key, err := NewKey()
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until, IsCA: true, BasicConstraintsValid: true,
		MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := create(t, t, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &CA{cert, key}, err
}

// NewKey makes a P-256 key.
func NewKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// Leaf describes a certificate to issue.
type Leaf struct {
	Name        string   // a node's or a server's name
	Hosts       []string // names and addresses that a server is reached by; none for a node: then it cannot act as a server
	From, Until time.Time
}

// Issue makes a certificate in DER for a key whose private half stays where it is.
func (ca *CA) Issue(public *ecdsa.PublicKey, l Leaf) ([]byte, error) {
	t := &x509.Certificate{
		Subject: pkix.Name{CommonName: l.Name}, NotBefore: l.From, NotAfter: l.Until, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, h := range l.Hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	if len(l.Hosts) > 0 {
		t.ExtKeyUsage = append(t.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	return create(t, ca.cert, public, ca.key)
}

// create takes *ecdsa.PublicKey so that no other kind of key gets a certificate.
func create(t, parent *x509.Certificate, public *ecdsa.PublicKey, signer *ecdsa.PrivateKey) ([]byte, error) {
	if public.Curve != elliptic.P256() {
		return nil, errs.New(errs.ChannelConfig, "certificate of %s: not a P-256 key", t.Subject.CommonName)
	}
	var err error
	if t.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return nil, err
	}
	return x509.CreateCertificate(rand.Reader, t, parent, public, signer)
}

// Pool is the CA as the only root.
func (ca *CA) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(ca.cert)
	return p
}

// PEM gives the CA's certificate and its secret key.
func (ca *CA) PEM() (cert, key []byte, err error) {
	key, err = KeyPEM(ca.key)
	return CertPEM(ca.cert.Raw), key, err
}

// LoadCA reads what PEM gave.
func LoadCA(cert, key []byte) (*CA, error) {
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, errs.Wrap(errs.ChannelConfig, err, "the CA's files")
	}
	k, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return nil, errs.New(errs.ChannelConfig, "the CA's files hold no CA with an elliptic curve key")
	}
	return &CA{pair.Leaf, k}, nil
}

// CertPEM writes a certificate in PEM.
func CertPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// KeyPEM writes a private key in PEM (PKCS #8, not encrypted).
func KeyPEM(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// LoadTLS reads a certificate, its key and the roots of the other side, all in PEM.
func LoadTLS(cert, key, roots []byte) (*TLS, error) {
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, errs.Wrap(errs.ChannelConfig, err, "certificate and key")
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(roots) {
		return nil, errs.New(errs.ChannelConfig, "no root certificate in the file of roots")
	}
	return &TLS{Cert: pair, Roots: pool}, nil
}
