package proof

import (
	"cmp"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"maps"
	"slices"
	"sync"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

// The forms at rest: version ‖ random nonce (12) ‖ SM4-GCM ciphertext with tag. Under the node's own keys of a later generation than the first,
// restV2 has the generation (2 bytes) after the version.
const (
	restV1 = 1
	restV2 = 2
)

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
func (k DataKey) Encrypt(plain, aad []byte) []byte { return k.seal([]byte{restV1}, plain, aad) }

func (k DataKey) seal(head, plain, aad []byte) []byte {
	n := len(head)
	out := make([]byte, n+k.aead.NonceSize(), n+k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	copy(out, head)
	_, _ = rand.Read(out[n:]) // never fails: the program stops instead
	return k.aead.Seal(out, out[n:], plain, aad)
}

// Decrypt opens what Encrypt made with the same aad; any other input gives errs.CannotDecrypt.
func (k DataKey) Decrypt(ct, aad []byte) ([]byte, error) {
	if len(ct) == 0 || ct[0] != restV1 {
		return nil, errs.New(errs.CannotDecrypt, "unknown form at rest")
	}
	return k.unseal(ct[1:], aad)
}

func (k DataKey) unseal(ct, aad []byte) ([]byte, error) {
	n := k.aead.NonceSize()
	if len(ct) < n {
		return nil, errs.New(errs.CannotDecrypt, "unknown form at rest")
	}
	plain, err := k.aead.Open(nil, ct[:n], ct[n:], aad)
	if err != nil {
		return nil, errs.New(errs.CannotDecrypt, "at rest")
	}
	return plain, nil
}

// vaultCacheMax bounds the data keys kept open; a full cache is emptied, refilling costs a microsecond each.
const vaultCacheMax = 4096

// Vault keeps data keys under a key-encryption key and makes blind indexes, under the keys of one generation; what was sealed under
// another living generation opens too. Safe for concurrent use.
type Vault struct {
	secrets Secrets

	mu    sync.RWMutex // guards what follows
	gens  map[Generation]generation
	order []Generation // those living, the one that seals first, then the newest first
	open  map[string]DataKey
}

// NewVault takes the SM4 key-encryption key (16 bytes) and the key of the blind indexes (16 bytes or more) as the first and only generation.
func NewVault(kek, indexKey []byte) (*Vault, error) {
	kek, indexKey = slices.Clone(kek), slices.Clone(indexKey)
	v := OpenVault(func(g Generation, _ bool) (rest, index []byte, err error) {
		if g != 1 {
			return nil, nil, errs.New(errs.KeysMissing, "generation %d", g)
		}
		return kek, indexKey, nil
	})
	return v, v.Live(1, nil, false)
}

// OpenVault makes a vault that opens and seals nothing before Live.
func OpenVault(secrets Secrets) *Vault {
	return &Vault{secrets: secrets, gens: map[Generation]generation{}, open: map[string]DataKey{}}
}

// Live says which generation seals and which others live beside it; any other is forgotten. fresh makes keys that do not exist yet. Errors:
// errs.KeysMissing, errs.BadKey; then nothing has changed.
func (v *Vault) Live(seals Generation, others []Generation, fresh bool) error {
	others = slices.Clone(others)
	slices.SortFunc(others, func(a, b Generation) int { return cmp.Compare(b, a) })
	order := append([]Generation{seals}, others...)
	v.mu.RLock()
	same, have := slices.Equal(v.order, order), maps.Clone(v.gens)
	v.mu.RUnlock()
	if same {
		return nil
	}
	gens := make(map[Generation]generation, len(order))
	for _, g := range order {
		known, ok := have[g]
		if !ok {
			rest, index, err := v.secrets(g, fresh)
			if err != nil {
				return err
			}
			if known, err = newGeneration(rest, index); err != nil {
				return err
			}
		}
		gens[g] = known
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gens, v.order = gens, order
	clear(v.open)
	return nil
}

// Make makes the keys of a generation, if they are not there, and gives their mark; the generation does not live by that.
func (v *Vault) Make(g Generation) ([]byte, error) {
	rest, index, err := v.secrets(g, true)
	if err != nil {
		return nil, err
	}
	made, err := newGeneration(rest, index)
	return made.mark, err
}

// Mark tells the keys of a living generation from any others, and nothing of them; nil if it does not live.
func (v *Vault) Mark(g Generation) []byte {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.gens[g].mark
}

// Living are the living generations, the one that seals first.
func (v *Vault) Living() []Generation {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.Clone(v.order)
}

// Seals is the generation that seals.
func (v *Vault) Seals() Generation {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.order[0]
}

// NewDataKey makes a data key and the form in which it is stored.
func (v *Vault) NewDataKey() (DataKey, []byte, error) {
	key := gm.NewSecret()
	wrapped := v.seal(key, []byte(dataKeyAAD))
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
	key, err := v.unseal(wrapped, []byte(dataKeyAAD))
	if err != nil {
		return DataKey{}, err
	}
	if k, err = newDataKey(key); err != nil {
		return DataKey{}, err
	}
	v.keep(wrapped, k)
	return k, nil
}

// Rewrap gives a stored data key as it is stored under the generation that seals; errs.CannotDecrypt if it is not this vault's.
func (v *Vault) Rewrap(wrapped []byte) ([]byte, error) {
	key, err := v.unseal(wrapped, []byte(dataKeyAAD))
	if err != nil {
		return nil, err
	}
	return v.seal(key, []byte(dataKeyAAD)), nil
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
func (v *Vault) Encrypt(plain, aad []byte) []byte { return v.seal(plain, v.ownAAD(aad)) }

// Decrypt opens what Encrypt made with the same aad under a generation that lives, or gives errs.CannotDecrypt.
func (v *Vault) Decrypt(ct, aad []byte) ([]byte, error) { return v.unseal(ct, v.ownAAD(aad)) }

// ownAAD keeps rows and wrapped data keys apart whatever aad the caller chooses.
func (*Vault) ownAAD(aad []byte) []byte { return join([]byte("row:"), aad) }

func (v *Vault) seal(plain, aad []byte) []byte {
	v.mu.RLock()
	g := v.order[0]
	kek := v.gens[g].kek
	v.mu.RUnlock()
	return kek.seal(head(g), plain, aad)
}

func (v *Vault) unseal(ct, aad []byte) ([]byte, error) {
	g := Under(ct)
	v.mu.RLock()
	gen, ok := v.gens[g]
	v.mu.RUnlock()
	if !ok {
		return nil, errs.New(errs.CannotDecrypt, "unknown form at rest")
	}
	return gen.kek.unseal(ct[len(head(g)):], aad)
}

// Index is the blind index of an exact value: the same kind and value give the same 32 bytes, which say nothing without
// the index key. Kinds do not mix: a phone number and a birth date of the same digits differ.
func (v *Vault) Index(kind, value string) []byte { return v.Indexes(kind, value)[0] }

// Indexes is Index under each living generation, the one that seals first.
func (v *Vault) Indexes(kind, value string) [][]byte {
	v.mu.RLock()
	defer v.mu.RUnlock()
	out := make([][]byte, len(v.order))
	for i, g := range v.order {
		h := gm.HMAC(v.gens[g].index, binary.BigEndian.AppendUint32(nil, uint32(len(kind))), []byte(kind), []byte(value)) //nolint:gosec // kinds are short constants
		out[i] = h[:]
	}
	return out
}
