package gm

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"tongban/internal/kernel/errs"
)

// toDER turns r ‖ s into the ASN.1 SM2Signature (GB/T 35276-2017) that the library reads; false for another length.
func toDER(sig []byte) ([]byte, bool) {
	if len(sig) != SignatureSize {
		return nil, false
	}
	var buf [6 + 2*33]byte // the longest: a header of 2, and 2 + 1 + 32 for each number
	out := append(buf[:0], 0x30, 0)
	out = appendInt(out, sig[:32])
	out = appendInt(out, sig[32:])
	out[1] = byte(len(out) - 2) //nolint:gosec // at most 70
	return out, true
}

// appendInt appends a DER INTEGER: no leading zero unless the top bit of the number is set.
func appendInt(out, n []byte) []byte {
	for len(n) > 1 && n[0] == 0 {
		n = n[1:]
	}
	pad := n[0] >> 7
	out = append(out, 2, byte(len(n))+pad) //nolint:gosec // at most 33
	if pad == 1 {
		out = append(out, 0)
	}
	return append(out, n...)
}

// fromDER is the reverse of toDER.
func fromDER(der []byte) ([]byte, error) {
	in, sig := cryptobyte.String(der), make([]byte, SignatureSize)
	var inner cryptobyte.String
	if !in.ReadASN1(&inner, asn1.SEQUENCE) || !in.Empty() || !readInt(&inner, sig[:32]) || !readInt(&inner, sig[32:]) || !inner.Empty() {
		return nil, errs.New(errs.Unexpected, "the signing key returned a malformed signature")
	}
	return sig, nil
}

func readInt(in *cryptobyte.String, out []byte) bool {
	var n cryptobyte.String
	if !in.ReadASN1(&n, asn1.INTEGER) {
		return false
	}
	for len(n) > len(out) && n[0] == 0 {
		n = n[1:]
	}
	if len(n) > len(out) {
		return false
	}
	copy(out[len(out)-len(n):], n)
	return true
}
