package proof

import (
	"encoding/binary"
	"slices"
	"strconv"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

// Generation numbers a node's keys at rest from 1: a key-encryption key and a key of blind indexes, which are changed together.
type Generation uint16

// Secrets gives the two keys of a generation. Without fresh, errs.KeysMissing if they were never made: another key would open nothing.
type Secrets func(g Generation, fresh bool) (rest, index []byte, err error)

// AtRest takes generations from a provider, under the names that RestNames gives.
func AtRest(keys gm.KeyProvider) Secrets {
	return func(g Generation, fresh bool) (rest, index []byte, err error) {
		names := RestNames(g)
		var got [2][]byte
		for i, name := range names {
			if !fresh && !keys.Held(name) {
				return nil, nil, errs.New(errs.KeysMissing, "%s", name)
			}
			if got[i], err = keys.Secret(name); err != nil {
				return nil, nil, err
			}
		}
		return got[0], got[1], nil
	}
}

// RestNames are the names of a generation's keys: the key-encryption key's and the index key's.
func RestNames(g Generation) [2]string {
	if g == 1 {
		return [2]string{"rest", "index"}
	}
	n := strconv.Itoa(int(g))
	return [2]string{"rest-" + n, "index-" + n}
}

// generation is one that lives.
type generation struct {
	kek   DataKey
	index []byte
	mark  []byte
}

func newGeneration(rest, index []byte) (generation, error) {
	if len(index) < gm.SecretSize {
		return generation{}, errs.New(errs.BadKey, "index key of %d bytes", len(index))
	}
	k, err := newDataKey(rest)
	if err != nil {
		return generation{}, err
	}
	inner := gm.HMAC(rest, []byte("tongban generation"))
	mark := gm.HMAC(index, []byte("tongban generation"), inner[:])
	return generation{kek: k, index: slices.Clone(index), mark: mark[:]}, nil
}

// head is what stands before the nonce of what is sealed under a generation.
func head(g Generation) []byte {
	if g == 1 {
		return []byte{restV1}
	}
	return binary.BigEndian.AppendUint16([]byte{restV2}, uint16(g))
}

// HeadSize is how many bytes Under needs.
const HeadSize = 3

// Under tells under which generation something was sealed, from its first HeadSize bytes; 0 if it is of no known form.
func Under(ct []byte) Generation {
	switch {
	case len(ct) > 0 && ct[0] == restV1:
		return 1
	case len(ct) >= HeadSize && ct[0] == restV2:
		if g := Generation(binary.BigEndian.Uint16(ct[1:])); g > 1 {
			return g
		}
	}
	return 0
}
