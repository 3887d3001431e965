package proof

import (
	"crypto/rand"

	"tongban/internal/kernel/gm"
)

// Commit hashes a private part with a fresh salt. The hash may stand in a public fact: without the salt, which travels
// with the private part, it cannot be guessed back even from a short text such as a name.
func Commit(private []byte) (salt [16]byte, h Hash) {
	_, _ = rand.Read(salt[:]) // never fails: the program stops instead
	return salt, CommitWith(salt, private)
}

// CommitWith repeats the hash that Commit made, to compare.
func CommitWith(salt [16]byte, private []byte) Hash {
	return gm.SM3([]byte("tongban private part\n"), salt[:], private)
}
