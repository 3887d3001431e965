package proof

import (
	"bytes"
	"sync"
	"testing"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

func newVault(t testing.TB, kek, index []byte) *Vault {
	t.Helper()
	v, err := NewVault(kek, index)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVault(t *testing.T) {
	kek, index := gm.NewSecret(), gm.NewSecret()
	v := newVault(t, kek, index)
	k, wrapped, err := v.NewDataKey()
	if err != nil {
		t.Fatal(err)
	}
	ct := k.Encrypt([]byte("李梅"), []byte("party/7/name"))
	if bytes.Equal(ct, k.Encrypt([]byte("李梅"), []byte("party/7/name"))) {
		t.Error("the same name encrypts to the same bytes")
	}
	// A restarted process, another vault object, the same keys.
	again := newVault(t, kek, index)
	for range 2 { // from the stored form, then from memory
		back, err := again.DataKey(wrapped)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := back.Decrypt(ct, []byte("party/7/name")); err != nil || string(plain) != "李梅" {
			t.Errorf("%q %v", plain, err)
		}
	}
	again.Forget(wrapped)
	if len(again.open) != 0 {
		t.Error("a forgotten key stays in memory")
	}
	for name, err := range map[string]error{
		"another row":          second(k.Decrypt(ct, []byte("party/8/name"))),
		"cut":                  second(k.Decrypt(ct[:5], []byte("party/7/name"))),
		"empty":                second(k.Decrypt(nil, nil)),
		"another form":         second(k.Decrypt(append([]byte{9}, ct[1:]...), []byte("party/7/name"))),
		"another vault":        wrongVault(t, index, wrapped),
		"wrapped key as row":   second(v.Decrypt(wrapped, []byte(dataKeyAAD))),
		"row as wrapped key":   dataKeyErr(v, v.Encrypt(gm.NewSecret(), []byte(dataKeyAAD))),
		"data key, wrong form": dataKeyErr(v, nil),
	} {
		if !errs.Is(err, errs.CannotDecrypt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	row := v.Encrypt([]byte("session"), []byte("row 1"))
	if plain, err := again.Decrypt(row, []byte("row 1")); err != nil || string(plain) != "session" {
		t.Errorf("%q %v", plain, err)
	}
}

func wrongVault(t *testing.T, index, wrapped []byte) error {
	t.Helper()
	return dataKeyErr(newVault(t, gm.NewSecret(), index), wrapped)
}

func dataKeyErr(v *Vault, wrapped []byte) error {
	_, err := v.DataKey(wrapped)
	return err
}

func TestVaultRefusesKeys(t *testing.T) {
	for _, c := range [][2][]byte{{nil, gm.NewSecret()}, {gm.NewSecret(), nil}, {make([]byte, 15), gm.NewSecret()}} {
		if _, err := NewVault(c[0], c[1]); !errs.Is(err, errs.BadKey) {
			t.Errorf("%d, %d bytes: %v", len(c[0]), len(c[1]), err)
		}
	}
}

func TestVaultCacheIsBounded(t *testing.T) {
	v := newVault(t, gm.NewSecret(), gm.NewSecret())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range vaultCacheMax/4 + 10 {
				if _, _, err := v.NewDataKey(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(v.open); n == 0 || n > vaultCacheMax {
		t.Errorf("%d keys kept", n)
	}
}

func TestIndex(t *testing.T) {
	kek, index := gm.NewSecret(), gm.NewSecret()
	v := newVault(t, kek, index)
	a := v.Index("phone", "13800000000")
	if len(a) != 32 || !bytes.Equal(a, newVault(t, gm.NewSecret(), index).Index("phone", "13800000000")) {
		t.Error("the index depends on more than index key, kind and value")
	}
	for name, b := range map[string][]byte{
		"another kind":   v.Index("number", "13800000000"),
		"another value":  v.Index("phone", "13800000001"),
		"moved boundary": v.Index("phone1", "3800000000"),
		"another key":    newVault(t, kek, gm.NewSecret()).Index("phone", "13800000000"),
	} {
		if bytes.Equal(a, b) {
			t.Errorf("%s gives the same index", name)
		}
	}
}

func TestCommit(t *testing.T) {
	salt, h := Commit([]byte("李梅"))
	if CommitWith(salt, []byte("李梅")) != h {
		t.Error("the hash cannot be repeated")
	}
	if CommitWith(salt, []byte("李莓")) == h {
		t.Error("another private part has the same hash")
	}
	if _, other := Commit([]byte("李梅")); other == h {
		t.Error("the salt is not used")
	}
}
