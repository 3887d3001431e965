package proof

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"sync"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

// restV1 is the form at rest: version ‖ random nonce (12) ‖ SM4-GCM ciphertext with tag.
const restV1 = 1

// dataKeyAAD separates wrapped data keys from everything else under the same key-encryption key.
const dataKeyAAD = "tongban data key"

// DataKey encrypts the personal fields of one case. When the case's retention ends, its wrapped form is destroyed and with
// it every field. Safe for concurrent use; the zero value is not usable.
type DataKey struct{ aead cipher.AEAD }

func newDataKey(key []byte) (DataKey, error) {
	aead, err := gm.NewGCM(key)
	return DataKey{aead}, err
}

// Encrypt encrypts plain under a random nonce and binds it to aad (record, column, version), so that a ciphertext moved
// to another row does not open. A data key may encrypt 2³² times.
func (k DataKey) Encrypt(plain, aad []byte) []byte {
	out := make([]byte, 1+k.aead.NonceSize(), 1+k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	out[0] = restV1
	_, _ = rand.Read(out[1:])                    // never fails: the program stops instead
	return k.aead.Seal(out, out[1:], plain, aad) //nolint:gosec // the nonce is random, two lines up
}

// Decrypt opens what Encrypt made with the same aad; any other input gives errs.CannotDecrypt.
func (k DataKey) Decrypt(ct, aad []byte) ([]byte, error) {
	head := 1 + k.aead.NonceSize()
	if len(ct) < head || ct[0] != restV1 {
		return nil, errs.New(errs.CannotDecrypt, "unknown form at rest")
	}
	plain, err := k.aead.Open(nil, ct[1:head], ct[head:], aad)
	if err != nil {
		return nil, errs.New(errs.CannotDecrypt, "at rest")
	}
	return plain, nil
}

// vaultCacheMax bounds the data keys kept open; a full cache is emptied, refilling costs a microsecond each.
const vaultCacheMax = 4096

// Vault keeps data keys under a key-encryption key and makes blind indexes. Safe for concurrent use.
type Vault struct {
	kek      DataKey
	indexKey []byte

	mu   sync.RWMutex // guards open
	open map[string]DataKey
}

// NewVault takes the SM4 key-encryption key (16 bytes) and the key of the blind indexes (16 bytes or more).
func NewVault(kek, indexKey []byte) (*Vault, error) {
	if len(indexKey) < gm.SecretSize {
		return nil, errs.New(errs.BadKey, "index key of %d bytes", len(indexKey))
	}
	k, err := newDataKey(kek)
	if err != nil {
		return nil, err
	}
	return &Vault{kek: k, indexKey: slices.Clone(indexKey), open: map[string]DataKey{}}, nil
}

// NewDataKey makes a data key and the form in which it is stored.
func (v *Vault) NewDataKey() (DataKey, []byte, error) {
	key := gm.NewSecret()
	wrapped := v.kek.Encrypt(key, []byte(dataKeyAAD))
	k, err := newDataKey(key)
	if err != nil {
		return DataKey{}, nil, err
	}
	v.keep(wrapped, k)
	return k, wrapped, nil
}

// DataKey opens a stored data key; errs.CannotDecrypt if it is not this vault's.
func (v *Vault) DataKey(wrapped []byte) (DataKey, error) {
	v.mu.RLock()
	k, ok := v.open[string(wrapped)]
	v.mu.RUnlock()
	if ok {
		return k, nil
	}
	key, err := v.kek.Decrypt(wrapped, []byte(dataKeyAAD))
	if err != nil {
		return DataKey{}, err
	}
	if k, err = newDataKey(key); err != nil {
		return DataKey{}, err
	}
	v.keep(wrapped, k)
	return k, nil
}

// Forget drops a data key from memory, at the moment its stored form is destroyed.
func (v *Vault) Forget(wrapped []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.open, string(wrapped))
}

func (v *Vault) keep(wrapped []byte, k DataKey) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.open) >= vaultCacheMax {
		clear(v.open)
	}
	v.open[string(wrapped)] = k
}

// Encrypt encrypts under the key-encryption key itself: for rows that belong to no case.
func (v *Vault) Encrypt(plain, aad []byte) []byte { return v.kek.Encrypt(plain, v.ownAAD(aad)) }

// Decrypt opens what Encrypt made with the same aad, or gives errs.CannotDecrypt.
func (v *Vault) Decrypt(ct, aad []byte) ([]byte, error) { return v.kek.Decrypt(ct, v.ownAAD(aad)) }

// ownAAD keeps rows and wrapped data keys apart whatever aad the caller chooses.
func (*Vault) ownAAD(aad []byte) []byte { return join([]byte("row:"), aad) }

// Index is the blind index of an exact value: the same kind and value give the same 32 bytes, which say nothing without
// the index key. Kinds do not mix: a phone number and a birth date of the same digits differ.
func (v *Vault) Index(kind, value string) []byte {
	h := gm.HMAC(v.indexKey, binary.BigEndian.AppendUint32(nil, uint32(len(kind))), []byte(kind), []byte(value)) //nolint:gosec // kinds are short constants
	return h[:]
}
