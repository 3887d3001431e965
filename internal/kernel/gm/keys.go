package gm

import (
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"tongban/internal/kernel/errs"
)

// SignKey signs; its private half never leaves it. Safe for concurrent use.
type SignKey interface {
	// Public is the 65-byte uncompressed point.
	Public() []byte
	// Sign gives 64 bytes r ‖ s over SM3(ZA ‖ msg), user id 1234567812345678.
	Sign(msg []byte) ([]byte, error)
}

// DecryptKey opens what Encrypt closed. Safe for concurrent use.
type DecryptKey interface {
	// Public is the 65-byte uncompressed point.
	Public() []byte
	// Decrypt returns errs.CannotDecrypt without saying why, so that an attacker learns nothing from it.
	Decrypt(ciphertext []byte) ([]byte, error)
}

// KeyProvider hands out a node's keys by name; asked twice, it gives the same key. Names are lower-case letters, digits
// and hyphens. A signing key and an encryption key must have different names (GB/T 20518: separate key pairs).
type KeyProvider interface {
	SignKey(name string) (SignKey, error)
	DecryptKey(name string) (DecryptKey, error)
	// ES256Key signs what must be read where SM2 is unknown.
	ES256Key(name string) (ES256Key, error)
	// Secret is a 16-byte SM4 key.
	Secret(name string) ([]byte, error)
	// Held reports whether a key of that name was made before.
	Held(name string) bool
}

// Keys is the software KeyProvider: keys in files, or in memory only.
type Keys struct {
	dir string // "" keeps keys in memory only

	mu      sync.Mutex // guards pairs, p256 and secrets
	pairs   map[string]*pair
	p256    map[string]*p256
	secrets map[string][]byte
}

var _ KeyProvider = (*Keys)(nil)

// MemoryKeys makes fresh keys that end with the process: for tests and simulations.
func MemoryKeys() *Keys {
	return &Keys{pairs: map[string]*pair{}, p256: map[string]*p256{}, secrets: map[string][]byte{}}
}

// OpenKeys reads keys from dir, one PEM file per name (PKCS#8 for SM2 and P-256), and makes those that are missing with mode 0600.
// Keys are read when first asked for. A file that others can read is refused with errs.BadKey.
func OpenKeys(dir string) (*Keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "key folder")
	}
	k := MemoryKeys()
	k.dir = dir
	return k, nil
}

// SignKey gives the SM2 signing key of that name.
func (k *Keys) SignKey(name string) (SignKey, error) { return k.pair(name) }

// DecryptKey gives the SM2 encryption key of that name.
func (k *Keys) DecryptKey(name string) (DecryptKey, error) { return k.pair(name) }

// Secret gives the SM4 key of that name; the caller may not change the bytes.
func (k *Keys) Secret(name string) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s, ok := k.secrets[name]; ok {
		return s, nil
	}
	s, err := k.load(name, secretBlock, func() ([]byte, error) { return NewSecret(), nil })
	if err != nil {
		return nil, err
	}
	if len(s) != SecretSize {
		return nil, errs.New(errs.BadKey, "key %s: %d bytes, want %d", name, len(s), SecretSize)
	}
	k.secrets[name] = s
	return s, nil
}

// Held reports whether a key of that name was made before.
func (k *Keys) Held(name string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dir != "" {
		_, err := os.Stat(filepath.Join(k.dir, name+".pem"))
		return keyName.MatchString(name) && err == nil
	}
	return k.pairs[name] != nil || k.p256[name] != nil || k.secrets[name] != nil
}

func (k *Keys) pair(name string) (*pair, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p, ok := k.pairs[name]; ok {
		return p, nil
	}
	der, err := k.load(name, pairBlock, func() ([]byte, error) {
		key, err := sm2.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		return smx509.MarshalPKCS8PrivateKey(key)
	})
	if err != nil {
		return nil, err
	}
	anyKey, err := smx509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "key %s", name)
	}
	key, ok := anyKey.(*sm2.PrivateKey)
	if !ok {
		return nil, errs.New(errs.BadKey, "key %s: %T, want SM2", name, anyKey)
	}
	p, err := newPair(key)
	if err != nil {
		return nil, err
	}
	k.pairs[name] = p
	return p, nil
}

const (
	pairBlock   = "PRIVATE KEY"
	secretBlock = "SM4 KEY"
)

var keyName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// load reads the file of that name or, where there is none, makes and stores a key. The file is complete under its
// temporary name before it is linked, so that two processes starting together end with one key and a crash with none.
func (k *Keys) load(name, block string, fresh func() ([]byte, error)) ([]byte, error) {
	if !keyName.MatchString(name) {
		return nil, errs.New(errs.BadKey, "key name %q", name)
	}
	if k.dir == "" {
		return fresh()
	}
	file := filepath.Join(k.dir, name+".pem")
	der, err := readPEM(file, block)
	if !errors.Is(err, fs.ErrNotExist) {
		return der, err
	}
	if der, err = fresh(); err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "making key %s", name)
	}
	if err := writePEM(k.dir, file, &pem.Block{Type: block, Bytes: der}); err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "storing key %s", name)
	}
	return readPEM(file, block)
}

func readPEM(file, block string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "key file")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, errs.New(errs.BadKey, "%s has mode %o, want 600", filepath.Base(file), info.Mode().Perm())
	}
	text, err := os.ReadFile(file) //nolint:gosec // the name is checked against keyName
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "key file")
	}
	b, _ := pem.Decode(text)
	if b == nil || b.Type != block {
		return nil, errs.New(errs.BadKey, "%s holds no %s", filepath.Base(file), block)
	}
	return b.Bytes, nil
}

// writePEM stores b under file unless a file is there already; both outcomes are success.
func writePEM(dir, file string, b *pem.Block) error {
	tmp, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // a leftover holds an unused key only
	err = errors.Join(pem.Encode(tmp, b), tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := os.Open(dir) //nolint:gosec // the folder the operator named
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// pair is an SM2 key pair held in this process.
type pair struct {
	*public
	private *sm2.PrivateKey
	point   []byte
}

func newPair(key *sm2.PrivateKey) (*pair, error) {
	pub, err := newPublic(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	point, err := sm2.PublicKeyToECDH(&key.PublicKey)
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "public key")
	}
	return &pair{public: pub, private: key, point: point.Bytes()}, nil
}

func (p *pair) Public() []byte { return p.point }

func (p *pair) Sign(msg []byte) ([]byte, error) {
	der, err := sm2.SignASN1(rand.Reader, p.private, p.digest(msg), nil)
	if err != nil {
		return nil, errs.Wrap(errs.Unexpected, err, "SM2 signature")
	}
	return fromDER(der)
}

func (p *pair) Decrypt(ciphertext []byte) ([]byte, error) {
	plain, err := sm2.Decrypt(p.private, ciphertext)
	if err != nil {
		return nil, errs.New(errs.CannotDecrypt, "SM2")
	}
	return plain, nil
}
